import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import type { Change } from "../state/change.ts"
import type { AccessRequestRow, PrincipalRow } from "../state/rows.ts"
import { requireAdmin, signedPrincipal } from "./accounts.ts"
import type { About } from "./entry.ts"
import { proposeChange } from "./governed-change.ts"
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

/**
 * Asks for the erasure of a person who is disabled and not held. Another admin has to agree: always, whatever the policies
 * guard, for nothing brings a person back.
 */
export async function requestErasure(on: Service, caller: Caller, ask: PersonRequest): Promise<AccessRequestRow> {
  const person = await aboutPerson(on, ERASE_ORDER.action, ask)
  const { about } = person
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      const row = await erasable(on, ask.id)
      refuseNaming(person)
      const change = { type: "erasure", id: row.id, epoch: row.epoch } as const
      return proposeChange(on, caller, view, about, change, (request) => request)
    },
  })
}

/** @throws TylerError `not_found`, `person_enabled`, `person_held` */
async function erasable(on: Service, id: string): Promise<PrincipalRow> {
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
    hasFactor: false,
    mustEnrol: false,
    breakGlass: false,
    email: null,
    changedBy: [],
    ownerId: null,
  })
  const orderedAt = on.clock.now()
  return { kind: "erasePerson", row: nobody, expectedEpoch: row.epoch, orderedAt, limit: ERASED_AT_ONCE }
}

/** What an act about a person is about, and whether the reason it was given may be kept. */
export interface AboutPerson {
  readonly about: About
  readonly namesPerson: boolean
}

/**
 * A reason stays with whoever gave it, where no erasure of the person it names can reach it: so one that names the person
 * is refused, and is not written down with the refusal either.
 */
export async function aboutPerson(on: Service, action: string, ask: PersonRequest): Promise<AboutPerson> {
  const row = await on.reader.principalById(ask.id)
  const namesPerson = row !== undefined && names(ask.reason, row.name)
  const about = { action, resourceType: ERASE_ORDER.resourceType, resourceName: ask.id }
  return { about: { ...about, reason: namesPerson ? null : ask.reason }, namesPerson }
}

/** @throws TylerError `invalid_reason` */
export function refuseNaming({ namesPerson }: AboutPerson): void {
  if (!namesPerson) return
  throw new TylerError("invalid_reason", {
    error: "The reason must not name the person: it stays when everything of the person is gone",
    field: "/reason",
  })
}

const LETTER = /[a-z0-9]/

/** As a word of its own, in any spelling that signs in. */
function names(reason: Reason, name: string): boolean {
  const words = reason.normalize("NFKC").toLowerCase()
  for (let at = words.indexOf(name); at >= 0; at = words.indexOf(name, at + 1))
    if (!LETTER.test(words[at - 1] ?? "") && !LETTER.test(words[at + name.length] ?? "")) return true
  return false
}
