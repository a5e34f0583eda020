import { changedBy } from "../approval/bar.ts"
import { sha256 } from "../core/bytes.ts"
import { DAY_MS } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"
import { foldName } from "../core/name.ts"
import { ADMIN, type Principal } from "../core/principal.ts"
import { policySet, type PolicySet } from "../policy/document.ts"
import { guardedRoles, loosens, loosensApproval } from "../policy/loosens.ts"
import type { Change } from "../state/change.ts"
import { LOOSENED } from "../telemetry/security-metrics.ts"
import type { AccessRequestRow, PolicyRow, PrincipalRow } from "../state/rows.ts"
import { genuine, nextEpoch } from "./accounts.ts"
import { actOf } from "./act.ts"
import { askingOf, standsAlone } from "./deciders.ts"
import type { About } from "./entry.ts"
import { leavesAnAdmin } from "./last-admin.ts"
import type { Step, View } from "./perform.ts"
import { putPolicies } from "./policies.ts"
import { noticeOf } from "./notices.ts"
import { opensRoles, type ProviderChange, providerWritten, rowBefore } from "./provider-change.ts"
import { newRequest } from "./request-access.ts"
import { ownedEnd } from "./owner.ts"
import { rolesGiven, rolesHeld, rolesNamed, unknownRoles } from "./roles.ts"
import { tellOfChange } from "./request-notices.ts"
import type { Caller, Service } from "./service.ts"
import { spendGovern } from "./step-up.ts"

/** How long a change waits that nobody else could approve, so that others see the alarm and can cancel it. */
export const ALONE_MS = DAY_MS

/** A change of the rules or of somebody's account, as plain data: what is approved is exactly what is made. */
export type Governed = PoliciesChange | PersonChange | ProviderChange | ErasureChange

export interface PoliciesChange {
  readonly type: "policies"
  readonly put: readonly PolicyRow[]
  readonly removed: readonly string[]
  /** Of the set that it was made on; on any other it is void. */
  readonly epoch: number
}

export interface PersonChange {
  readonly type: "person"
  readonly id: string
  /** From what the person had when it was asked for. */
  readonly roles?: { readonly from: readonly string[]; readonly to: readonly string[] }
  readonly disabled?: boolean
  readonly passwordHash?: string
  readonly mustChangePassword?: boolean
  readonly breakGlass?: boolean
  readonly resetFactors?: true
}

export interface ErasureChange {
  readonly type: "erasure"
  readonly id: string
  /** Of the person, disabled; whatever happens to the account meanwhile makes the request void. */
  readonly epoch: number
}

interface Kind<G extends Governed> {
  /** Letters, digits and `._:-`: it stands in the entry. */
  subject(change: G): string
  /** Whether one admin alone may not make it. */
  guarded(on: Service, view: View, change: G): Promise<boolean>
  /** Whose own word does not count: he may be the one who lost the means to give it. */
  concerns(change: G): string | null
  /** @throws TylerError `request_closed` if what it was made on is no longer so */
  apply(on: Service, view: View, change: G, request: AccessRequestRow): Promise<readonly Change[]>
}

const KINDS: { readonly [T in Governed["type"]]: Kind<Extract<Governed, { type: T }>> } = {
  policies: {
    subject: () => "policies",
    concerns: () => null,
    async guarded(on, { policies }, change) {
      const after = policySet(nextRows(policies, change), policies.epoch + 1)
      return loosensApproval(policies, after, { purgeGuarded: on.settings.purgeGuarded })
    },
    async apply(on, { policies }, change) {
      if (policies.epoch !== change.epoch) throw stale("The policies have changed since; ask again")
      const held = await stillThere(on, rolesNamed(change.put))
      return [...held, putPolicies(on, policies, change.put, change.removed)]
    },
  },
  person: {
    subject: ({ id }) => `person:${id}`,
    concerns: (change) => (resets(change) || losesAdmin(change) ? change.id : null),
    async guarded(on, { policies, principal }, change) {
      const { id, roles, breakGlass } = change
      if (resets(change) || breakGlass === true) return true
      // Else an admin would take the others' right to approve away, and be alone.
      if (losesAdmin(change) && id !== principal.id) return true
      const added = roles === undefined ? [] : roles.to.filter((role) => !roles.from.includes(role))
      if (added.length === 0) return false
      const guards = guardedRoles(policies, { purgeGuarded: on.settings.purgeGuarded })
      return added.some((role) => guards.has(role))
    },
    async apply(on, _view, change, { requesterId: by }) {
      const row = await on.reader.principalById(change.id)
      if (row === undefined) throw stale("The person is gone")
      if (change.roles !== undefined && change.roles.from.join() !== row.roles.join())
        throw stale("The person's roles have changed since; ask again")
      if (!(await leavesAnAdmin(on, row, change))) throw stale("Nobody who can administer would be left")
      await stillThere(on, change.roles?.to ?? [])
      return personChanges(on, genuine(on, row), change, by)
    },
  },
  provider: {
    subject: ({ id }) => `provider:${id}`,
    concerns: () => null,
    async guarded(on, { policies }, change) {
      const guards = guardedRoles(policies, { purgeGuarded: on.settings.purgeGuarded })
      return opensRoles(guards, change, await rowBefore(on, change))
    },
    async apply(on, view, change) {
      const now = await on.reader.identityProvider(change.id)
      if ((now?.revision ?? 0) !== change.revision) throw stale("The identity provider has changed since; ask again")
      const held = await stillThere(on, rolesGiven(change.fields))
      return [...held, (await providerWritten(on, view, change, await rowBefore(on, change))).write]
    },
  },
  erasure: {
    subject: ({ id }) => `erasure:${id}`,
    concerns: () => null,
    guarded: () => Promise.resolve(true),
    async apply(on, _view, { id, epoch }, request) {
      const [row, hold, erasure] = await Promise.all([
        on.reader.principalById(id),
        on.reader.hold(id),
        on.reader.erasure(id),
      ])
      if (row?.epoch !== epoch || !row.disabled || hold !== undefined || erasure !== undefined)
        throw stale("The person's account has changed since, or is held; ask again")
      const orderedAt = on.clock.now()
      return [{ kind: "orderErasure", personId: id, requestId: request.id, expectedEpoch: epoch, orderedAt }]
    },
  },
}

function resets({ passwordHash, resetFactors }: PersonChange): boolean {
  return passwordHash !== undefined || resetFactors === true
}

function losesAdmin({ roles }: PersonChange): boolean {
  return roles !== undefined && roles.from.includes(ADMIN) && !roles.to.includes(ADMIN)
}

function kindOf(change: Governed): Kind<Governed> {
  return KINDS[change.type]
}

function stale(error: string): TylerError {
  return new TylerError("request_closed", { state: "void", error })
}

async function stillThere(on: Service, roles: readonly string[]): Promise<readonly Change[]> {
  if ((await unknownRoles(on, roles)).length > 0) throw stale("A role that it names is gone")
  return rolesHeld(on, roles)
}

function nextRows(policies: PolicySet, { put, removed }: PoliciesChange): readonly PolicyRow[] {
  const kept = policies.rows.filter((row) => !removed.includes(row.id) && !put.some((one) => one.id === row.id))
  return [...kept, ...put]
}

/**
 * What changing a person comes to. All sessions end; a reset takes the grants with it, and who is disabled takes the
 * tokens of the programs he owns with him.
 */
export async function personChanges(
  on: Service,
  row: PrincipalRow,
  change: PersonChange,
  by: string,
): Promise<readonly Change[]> {
  return (await personChange(on, row, change, by)).changes
}

export async function personChange(
  on: Service,
  row: PrincipalRow,
  change: PersonChange,
  by: string,
): Promise<{ readonly changed: PrincipalRow; readonly changes: readonly Change[] }> {
  const { roles, disabled, passwordHash, mustChangePassword, breakGlass, resetFactors } = change
  const reset = resets(change)
  const touches = reset || roles !== undefined || disabled === true
  const changed = nextEpoch(on, row, {
    ...(roles === undefined ? {} : { roles: roles.to }),
    ...(disabled === undefined ? {} : { disabled }),
    ...(passwordHash === undefined ? {} : { passwordHash }),
    ...(mustChangePassword === undefined ? {} : { mustChangePassword }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    ...(resetFactors === true ? { factorEpoch: row.factorEpoch + 1, hasFactor: false } : {}),
    ...(reset ? { mustEnrol: true } : {}),
    ...(touches ? { changedBy: changedBy(row, by, on.clock.now()) } : {}),
  })
  const changes: Change[] = [
    ...(roles === undefined ? [] : await rolesHeld(on, roles.to)),
    { kind: "putPrincipal", row: changed, expectedEpoch: row.epoch },
    { kind: "removeCredentialsOf", principalId: row.id, exceptId: null },
    ...(resetFactors === true ? [{ kind: "removeFactorsOf" as const, principalId: row.id }] : []),
    ...(reset || changed.disabled ? [{ kind: "removeGrantsOf" as const, principalId: row.id }] : []),
    ...(changed.disabled && row.kind === "person" ? await ownedEnd(on, row.id) : []),
    ...tellOwner(on, changed, change),
  ]
  return { changed, changes }
}

/** The person hears of a change of the own password, roles or factors, whoever made it. */
function tellOwner(on: Service, { id, name: account, roles }: PrincipalRow, change: PersonChange): readonly Change[] {
  const by = "an admin"
  const factor = { account, by, factor: "all", event: "reset" as const }
  return [
    ...(change.passwordHash === undefined ? [] : noticeOf(on, "password_changed", [id], { account, by })),
    ...(change.roles === undefined ? [] : noticeOf(on, "role_changed", [id], { account, by, roles: roles.join("+") })),
    ...(change.resetFactors === undefined ? [] : noticeOf(on, "factor_changed", [id], factor)),
  ]
}

/**
 * Whether the change takes a second person. Not in development, and not before there is a secret that an approval
 * guards: until then there is nothing to get at, and somebody has to make the first accounts.
 */
export async function takesSecondPerson(on: Service, view: View, change: Governed): Promise<boolean> {
  if (!on.settings.changesGuarded || !(await guardedSecretExists(on, view.policies))) return false
  return kindOf(change).guarded(on, view, change)
}

/** Those of the roles that one admin alone may not give. */
export async function guardedAmong(on: Service, view: View, roles: readonly string[]): Promise<readonly string[]> {
  const given: PersonChange = { type: "person", id: "", roles: { from: [], to: roles } }
  if (!(await takesSecondPerson(on, view, given))) return []
  const guards = guardedRoles(view.policies, { purgeGuarded: on.settings.purgeGuarded })
  return roles.filter((role) => guards.has(role))
}

async function guardedSecretExists(on: Service, { rows }: PolicySet): Promise<boolean> {
  for (const { secretPattern, requiresApproval } of rows)
    if (requiresApproval && (await on.reader.secretBelow(foldName(literalStart(secretPattern))))) return true
  return false
}

function literalStart(pattern: string): string {
  const star = pattern.indexOf("*")
  return star < 0 ? pattern : pattern.slice(0, star)
}

/**
 * Asks for a change instead of making it: another admin approves it, or it takes effect after a day if there is none.
 * Takes a step-up token of its own.
 */
export async function proposeChange<T>(
  on: Service,
  caller: Caller,
  view: View,
  about: About,
  change: Governed,
  answer: (request: AccessRequestRow) => T,
): Promise<Step<T>> {
  const spent = await spendGovern(on, caller, view)
  const id = on.random.uuid()
  const text = JSON.stringify(change)
  const shape = { kind: "change" as const, verb: null, targets: [], requesterId: view.principal.id }
  const alone = await standsAlone(on, view.policies, shape, kindOf(change).concerns(change))
  const effectiveAt = alone ? on.clock.now() + ALONE_MS : null
  const { row, details } = newRequest(on, {
    ...shape,
    id,
    change: text,
    reason: about.reason,
    minutes: 0,
    uses: null,
    steppedUp: true,
    needed: 1,
    effectiveAt,
    state: "pending",
    facts: {
      kind: "change",
      subject: kindOf(change).subject(change),
      change: sha256(Buffer.from(text, "utf8")).toString("base64url"),
      epoch: String(view.policies.epoch),
      effective: effectiveAt === null ? "approved" : String(effectiveAt),
    },
  })
  const asked = { action: "ACCESS_REQUEST", resourceType: "request", resourceName: id, reason: about.reason }
  const told = await tellOfChange(on, view.policies, row, view.principal.name, kindOf(change).subject(change))
  const changes: Change[] = [...spent.changes, { kind: "addRequest", row, mostOpen: null }, ...told]
  return {
    act: actOf(on, caller, view, asked, { by: "role admin", details, changes }),
    done: () => answer(row),
  }
}

export interface Applied {
  readonly changes: readonly Change[]
  /** What the entry that makes the change must say. */
  readonly facts: Readonly<Record<string, string>>
}

/** @throws TylerError `request_closed` where it is void: another change came first, or its author is no admin any more */
export async function applyGoverned(on: Service, view: View, request: AccessRequestRow): Promise<Applied> {
  const change = governedOf(request)
  const { requester } = await askingOf(on, request)
  const { disabled, roles } = genuine(on, requester)
  if (disabled || !roles.includes(ADMIN)) throw stale("Whoever asked for it is no admin any more")
  const changes = await kindOf(change).apply(on, view, change, request)
  const reset = change.type === "person" && change.resetFactors === true ? { factorsReset: change.id } : {}
  return { changes, facts: { ...reset, ...(change.type === "policies" ? looseningFacts(view.policies, change) : {}) } }
}

/** What the entry of a change of the policies says, if somebody has to show less after it than before: an alarm. */
export function looseningFacts(before: PolicySet, change: PoliciesChange): Readonly<Record<string, string>> {
  const after = policySet(nextRows(before, change), before.epoch + 1)
  return loosens(before, after) ? { [LOOSENED]: "true" } : {}
}

/** In a word what a change is about. */
export function subjectOf(request: AccessRequestRow): string {
  const change = governedOf(request)
  return kindOf(change).subject(change)
}

export function governedOf(request: AccessRequestRow): Governed {
  return JSON.parse(request.change ?? "{}") as Governed
}

/** The job that makes changes whose day has passed. */
export const CHANGER: Principal = {
  id: "changes",
  kind: "job",
  name: "changes",
  roles: [],
  assurance: "system",
  epoch: 0,
  sessionId: null,
}
