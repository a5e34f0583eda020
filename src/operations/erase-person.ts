import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import type { Change } from "../state/change.ts"
import type { PrincipalRow } from "../state/rows.ts"
import { requireAdmin, signedPrincipal } from "./accounts.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

/** Entries that one act erases: it holds all other writers up for as long. */
export const ERASED_AT_ONCE = 1_000

/** What the spec calls an order: action and resource type of its entry. spec/audit-log.md, ERA-3. */
export const ERASE_ORDER = { action: "ERASE", resourceType: "person" } as const

export interface PersonRequest {
  readonly id: string
  readonly reason: Reason
}

/** That others agreed: the request and who decided it, as the entry names them. */
export interface Approved {
  readonly requestId: string
  readonly approvers: readonly string[]
}

/**
 * Erases a person who is disabled and not held: the act leaves an anonymous row, and takes up to 1,000 entries along;
 * `continueErasures` takes the others.
 */
export function erasePerson(on: Service, caller: Caller, ask: PersonRequest, approved: Approved): Promise<void> {
  const about = { ...ERASE_ORDER, resourceName: ask.id, reason: ask.reason }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const row = await erasable(on, ask.id)
      refuseNaming(row, ask.reason)
      const details = `request=${approved.requestId} approvers=${approved.approvers.join("+")}`
      return {
        act: actOf(on, caller, view, about, { by: "approved", details, changes: [erasureOf(on, row)] }),
        done: () => undefined,
      }
    },
  })
}

/** @throws TylerError `not_found`, `person_enabled`, `person_held` */
export async function erasable(on: Service, id: string): Promise<PrincipalRow> {
  const row = await personRow(on, id)
  if (!row.disabled) throw new TylerError("person_enabled")
  if ((await on.reader.hold(id)) !== undefined) throw new TylerError("person_held")
  return row
}

/** A person who was not erased. @throws TylerError `not_found` */
export async function personRow(on: Service, id: string): Promise<PrincipalRow> {
  const row = await on.reader.principalById(id)
  if (row?.kind !== "person" || (await on.reader.erasure(id)) !== undefined)
    throw new TylerError("not_found", { error: "No such user" })
  return row
}

/** What becomes of the row grants nothing, so one that was tampered with may be signed too. */
export function erasureOf(on: Service, row: PrincipalRow): Change {
  const nobody = signedPrincipal(on, {
    ...row,
    name: `erased-${Buffer.from(on.random.bytes(8)).toString("hex")}`,
    roles: [],
    disabled: true,
    epoch: row.epoch + 1,
    passwordHash: null,
    mustChangePassword: false,
    factorEpoch: row.factorEpoch + 1,
    mustEnrol: false,
    breakGlass: false,
    email: null,
    changedBy: [],
    ownerId: null,
  })
  const orderedAt = on.clock.now()
  return { kind: "erasePerson", row: nobody, expectedEpoch: row.epoch, orderedAt, limit: ERASED_AT_ONCE }
}

/**
 * The reason is kept with whoever gave it, where no erasure of the person can reach it.
 * @throws TylerError `invalid_reason`
 */
export function refuseNaming(row: PrincipalRow, reason: Reason): void {
  const words = reason.normalize("NFKC").toLowerCase()
  for (let at = words.indexOf(row.name); at >= 0; at = words.indexOf(row.name, at + 1))
    if (!LETTER.test(words[at - 1] ?? "") && !LETTER.test(words[at + row.name.length] ?? ""))
      throw new TylerError("invalid_reason", {
        error: "The reason must not name the person: it stays when everything of the person is gone",
        field: "/reason",
      })
}

const LETTER = /[a-z0-9]/
