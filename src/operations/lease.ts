import type { Verb } from "../core/verb.ts"
import { grantGenuine, grantMac } from "../identity/row-mac.ts"
import type { Change } from "../state/change.ts"
import type { GrantRow } from "../state/rows.ts"
import type { Spent } from "./act.ts"
import type { Service } from "./service.ts"
import { HERE, recordTampering } from "./service-entries.ts"

/** What a grant is given for: `read` covers reveal. */
export function leaseVerb(verb: Verb): Verb {
  return verb === "reveal" ? "read" : verb
}

/** The person's live grant for this secret and verb that opens most; undefined: none. @param least approvals it takes */
export async function liveLease(
  on: Service,
  principalId: string,
  secretId: string,
  verb: Verb,
  least: number,
): Promise<GrantRow | undefined> {
  const rows = await on.reader.grantsFor(principalId, secretId, leaseVerb(verb))
  const live = rows.filter((row) => isLive(on, row))
  const genuine: GrantRow[] = []
  for (const row of live)
    if (grantGenuine(on.keyring().rowsKey, row)) genuine.push(row)
    else await recordTampering(on, HERE, "grant", row.id)
  return genuine.toSorted((a, b) => worth(b, least) - worth(a, least))[0]
}

export function isLive(on: Pick<Service, "expiryNow">, { expiresAt, usesLeft }: GrantRow): boolean {
  return expiresAt > on.expiryNow() && (usesLeft === null || usesLeft > 0)
}

/** One with enough approvals before any other, then one that stands for the second factor, then one that is not used up. */
function worth({ approvals, steppedUp, usesLeft }: GrantRow, least: number): number {
  return (approvals >= least ? 4 : 0) + (steppedUp ? 2 : 0) + (usesLeft === null ? 1 : 0)
}

/** What an act carries that leans on the lease: it must stand still, and one with a count of uses loses one. */
export function spendLease(on: Service, row: GrantRow): Pick<Spent, "grantId" | "grant" | "changes"> {
  const { id, revision, usesLeft } = row
  if (usesLeft === null) return { grantId: id, grant: { id, revision }, changes: [] }
  const next = signedGrant(on, { ...row, usesLeft: usesLeft - 1, revision: revision + 1 })
  const change: Change = { kind: "putGrant", row: next, expectedRevision: revision }
  return { grantId: id, grant: null, changes: [change] }
}

export function signedGrant(on: Service, row: Omit<GrantRow, "mac">): GrantRow {
  return { ...row, mac: grantMac(on.keyring().rowsKey, row) }
}
