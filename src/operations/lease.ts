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

/** The person's live grant for this secret and verb with the most approvals; undefined: none. */
export async function liveLease(
  on: Service,
  principalId: string,
  secretId: string,
  verb: Verb,
): Promise<GrantRow | undefined> {
  const rows = await on.reader.grantsFor(principalId, secretId, leaseVerb(verb))
  const live = rows.filter((row) => isLive(on, row))
  const genuine: GrantRow[] = []
  for (const row of live)
    if (grantGenuine(on.keyring().rowsKey, row)) genuine.push(row)
    else await recordTampering(on, HERE, "grant", row.id)
  return genuine.toSorted((a, b) => worth(b) - worth(a))[0]
}

export function isLive(on: Pick<Service, "expiryNow">, { expiresAt, usesLeft }: GrantRow): boolean {
  return expiresAt > on.expiryNow() && (usesLeft === null || usesLeft > 0)
}

/** One that also stands for the second factor first; then the one with the most approvals. */
function worth({ approvals, steppedUp }: GrantRow): number {
  return (steppedUp ? 1000 : 0) + approvals
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
