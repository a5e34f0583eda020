import { createHmac } from "node:crypto"
import { accessRequestDetails, type Facts as DetailFacts, spellFacts } from "../audit/approval-details.ts"
import { lengthPrefixed } from "../core/bytes.ts"
import { DAY_MS } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import type { Reason } from "../core/reason.ts"
import { requestGenuine, requestMac } from "../identity/row-mac.ts"
import { combine } from "../policy/combine.ts"
import type { Change } from "../state/change.ts"
import type { AccessRequestRow } from "../state/rows.ts"
import { actOf, type Spent } from "./act.ts"
import { grantsOf } from "./grants-of.ts"
import { perform, type View } from "./perform.ts"
import { tellDeciders } from "./request-notices.ts"
import { findSecret } from "./secret.ts"
import type { Caller, Service } from "./service.ts"
import { HERE, recordTampering } from "./service-entries.ts"
import { presentedStepUp } from "./step-up.ts"

/** How long a request waits for those who may decide it. */
export const REQUEST_LIFETIME_MS = 7 * DAY_MS
/** Requests of one person that may wait at once. */
export const OPEN_REQUESTS_MAX = 50
export const LEASE_VERBS = ["read", "purge"] as const

export interface AccessAsk {
  /** 1 to 50. */
  readonly names: readonly SecretName[]
  readonly verb: (typeof LEASE_VERBS)[number]
  readonly reason: Reason
  /** Undefined: as long as policy lets a grant live. */
  readonly minutes: number | undefined
  /** 1 to 1,000; null: any number. */
  readonly uses: number | null
}

/**
 * Asks others to allow something that policy wants an approval for. Whoever shows a step-up token with it has the
 * factor stand for the grants' lifetime too: for clients that cannot type a code each time. Where policy wants nothing
 * but the factor there is nobody to ask, and the grants begin at once.
 */
export function requestAccess(on: Service, caller: Caller, ask: AccessAsk): Promise<AccessRequestRow> {
  const id = on.random.uuid()
  const about = { action: "ACCESS_REQUEST", resourceType: "request", resourceName: id, reason: ask.reason }
  return perform(on, caller, {
    about,
    async plan(view) {
      await refuseTooMany(on, view)
      const targets = await targetsOf(on, caller, view, ask)
      const asked = targets.map(({ name }) => requirementsOf(on, view, ask.verb, name))
      const minutes = minutesOf(asked, ask.minutes)
      const spent = await stepUpsFor(on, caller, view, ask, targets)
      const needed = asked.reduce((most, one) => Math.max(most, one.approvals), 0)
      const wanted = {
        id,
        requesterId: view.principal.id,
        verb: ask.verb,
        targets,
        uses: ask.uses,
        steppedUp: spent !== undefined,
      }
      const grants = needed === 0 ? grantsOf(on, wanted, 0, () => minutes) : []
      const { row, details } = newRequest(on, {
        ...wanted,
        kind: "access",
        change: null,
        reason: ask.reason,
        minutes,
        needed,
        effectiveAt: null,
        state: needed === 0 ? "approved" : "pending",
        facts: {
          kind: "access",
          verb: ask.verb,
          secrets: targets.map(({ secretId }) => secretId).join("+"),
          minutes: String(minutes),
          uses: ask.uses === null ? "any" : String(ask.uses),
          stepUp: String(spent !== undefined),
          ...(needed === 0 ? { grants: grants.map((grant) => grant.id).join("+") } : {}),
        },
      })
      const holderEpoch = view.principal.epoch
      const changes: Change[] = [
        ...(spent?.changes ?? []),
        { kind: "addRequest", row, mostOpen: openNow(on) },
        ...grants.map((grant) => ({ kind: "addGrant" as const, row: grant, holderEpoch })),
        ...(needed === 0 ? [] : await tellDeciders(on, view.policies, row, view.principal.name)),
      ]
      const parts = { by: "policy", details, changes }
      return { act: actOf(on, caller, view, about, parts), done: () => row }
    },
  })
}

/** What the record transaction counts once more: many may be asking at once. */
function openNow(on: Service) {
  return { count: OPEN_REQUESTS_MAX, now: on.expiryNow() }
}

async function refuseTooMany(on: Service, { principal }: View): Promise<void> {
  const query = { requesterId: principal.id, state: "pending" as const, before: null, limit: OPEN_REQUESTS_MAX }
  const open = (await on.reader.requests(query)).filter((row) => row.expiresAt > on.expiryNow())
  if (open.length < OPEN_REQUESTS_MAX) return
  const first = Math.min(...open.map((row) => row.expiresAt))
  const retryAfter = Math.max(1, Math.ceil((first - on.expiryNow()) / 1000))
  const resetsAt = new Date(first).toISOString()
  throw new TylerError("rate_limited", { scope: "open_requests", limit: OPEN_REQUESTS_MAX, resetsAt, retryAfter })
}

/** Bound to the secrets' ids: a name that is used again later is another secret. */
async function targetsOf(
  on: Service,
  caller: Caller,
  view: View,
  { names, verb }: AccessAsk,
): Promise<AccessRequestRow["targets"]> {
  const targets: { secretId: string; name: SecretName }[] = []
  for (const name of names) {
    const { secret } = await findSecret(on, view, verb, { name }, verb === "purge" ? "accepted" : "refused")
    const { approvals, secondFactor } = requirementsOf(on, view, verb, name)
    if (approvals === 0 && !secondFactor) throw new TylerError("approval_not_needed", { name })
    if (approvals === 0 && caller.verification === null)
      throw new TylerError("verification_required", { requiresToken: true, name, error: FACTOR_ONLY })
    targets.push({ secretId: secret.id, name })
  }
  return targets
}

const FACTOR_ONLY =
  "Policy asks for no approval here, only for a second factor: show it with the request, and the grant stands for it"

interface Wanted {
  /** 0: nobody has to agree. */
  readonly approvals: number
  readonly secondFactor: boolean
  readonly grantMinutes: number
}

function requirementsOf(on: Service, { policies }: View, verb: AccessAsk["verb"], name: SecretName): Wanted {
  const { approvalRules, mfaRules, minApprovals, grantMinutes } = combine(policies, verb, name)
  const guarded = verb === "purge" && on.settings.purgeGuarded
  const approvals = guarded || approvalRules.length > 0 ? Math.max(1, minApprovals) : 0
  return { approvals, secondFactor: mfaRules.length > 0 && !on.settings.mfaIgnored, grantMinutes }
}

function minutesOf(asked: readonly Wanted[], wanted: number | undefined): number {
  const limit = asked.reduce((least, { grantMinutes }) => Math.min(least, grantMinutes), Number.POSITIVE_INFINITY)
  if (wanted !== undefined && wanted > limit)
    throw new TylerError("invalid_request", {
      field: "/minutes",
      limit,
      error: `Policy lets a grant live for ${limit} minutes at most`,
    })
  return wanted ?? limit
}

/** A token that is sent must be good for every secret: a grant that stands for less than it says would surprise. */
async function stepUpsFor(
  on: Service,
  caller: Caller,
  view: View,
  { verb }: AccessAsk,
  targets: AccessRequestRow["targets"],
): Promise<Pick<Spent, "changes"> | undefined> {
  if (caller.verification === null) return undefined
  const changes: Change[] = []
  for (const { secretId, name } of targets) {
    const change = await presentedStepUp(on, caller, view, verb, secretId)
    if (change === undefined)
      throw new TylerError("verification_required", {
        requiresToken: true,
        name,
        error: "The step-up token is not good for this",
      })
    changes.push(change)
  }
  return { changes }
}

type NewRequest = Omit<
  AccessRequestRow,
  "mac" | "facts" | "digest" | "createdAt" | "expiresAt" | "decidedAt" | "revision"
> & { readonly facts: DetailFacts }

/** The row and what its entry says. The digest that approvers sign covers all of it. */
export function newRequest(
  on: Service,
  wanted: NewRequest,
): { readonly row: AccessRequestRow; readonly details: string } {
  const createdAt = on.clock.now()
  const expiresAt = Math.max(on.expiryNow(), createdAt) + REQUEST_LIFETIME_MS
  const facts = {
    ...wanted.facts,
    needed: String(wanted.needed),
    expires: String(expiresAt),
    reason: reasonHash(on, wanted.id, wanted.reason ?? ""),
  }
  const { details, digest } = accessRequestDetails(wanted.id, wanted.requesterId, facts)
  const decidedAt = wanted.state === "pending" ? null : createdAt
  const bare = { ...wanted, facts: spellFacts(facts), digest, createdAt, expiresAt, decidedAt, revision: 1 }
  return { row: { ...bare, mac: requestMac(on.keyring().rowsKey, bare) }, details }
}

/** Keyed, so that nobody can guess an erased reason from it; the entry has a commitment of its own. */
function reasonHash(on: Service, id: string, reason: string): string {
  const fields = lengthPrefixed(["tyler-request-reason/1", id, reason])
  return createHmac("sha256", on.keyring().rowsKey).update(fields).digest("base64url")
}

/** @throws TylerError `not_found`, `row_tampered` */
export async function genuineRequest(on: Service, id: string): Promise<AccessRequestRow> {
  const row = await on.reader.request(id)
  if (row === undefined) throw new TylerError("not_found", { error: "No such request" })
  const said = row.reason === null || row.facts.endsWith(` reason=${reasonHash(on, row.id, row.reason)}`)
  if (said && requestGenuine(on.keyring().rowsKey, row)) return row
  await recordTampering(on, HERE, "request", row.id)
  throw new TylerError("row_tampered", {}, `request ${row.id}`)
}

export type RequestState = AccessRequestRow["state"] | "expired"

/** As everybody sees it: one that nobody decided in time has lapsed. */
export function stateOf(on: Pick<Service, "expiryNow">, row: AccessRequestRow): RequestState {
  return row.state === "pending" && row.effectiveAt === null && row.expiresAt <= on.expiryNow() ? "expired" : row.state
}

/** The same request in another state. */
export function movedRequest(on: Service, row: AccessRequestRow, state: AccessRequestRow["state"]): Change {
  const bare = { ...row, state, decidedAt: on.clock.now(), revision: row.revision + 1 }
  const next = { ...bare, mac: requestMac(on.keyring().rowsKey, bare) }
  return { kind: "putRequest", row: next, expectedRevision: row.revision }
}
