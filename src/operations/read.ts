import { utcDay } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"
import type { Json } from "../core/json.ts"
import type { SecretName } from "../core/name.ts"
import type { Reason } from "../core/reason.ts"
import type { Receipt, ReceiptFacts } from "../core/receipt.ts"
import { discard, disclose } from "../core/secret-value.ts"
import { CURRENT, PENDING } from "../core/stage.ts"
import type { VersionId } from "../core/version.ts"
import { admit } from "../policy/decide.ts"
import { quotaClaim } from "../quota/claim.ts"
import type { SecretRow, VersionRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { type Attempt, perform, performAll, type Quota, type Result, type Step, type View } from "./perform.ts"
import { permissionFor } from "./permission.ts"
import { findSecret, findVersion, type Named, questionOf, type Which } from "./secret.ts"
import type { Caller, Service } from "./service.ts"
import { decodeValue, maskedValue } from "./value.ts"

export interface ReadRequest extends Named {
  /** Null: the standing reason of the program that asks. */
  readonly reason: Reason | null
  readonly unmask: boolean
  readonly versionId: VersionId | undefined
  readonly stage: string | undefined
  readonly as: "string" | undefined
  readonly skipCache: boolean
  /** Only the secret of this ARN, whatever else had or has its name. */
  readonly arn?: string | undefined
  /** The answer names the version's labels too. */
  readonly labelled?: true
}

export interface Disclosure {
  readonly name: SecretName
  readonly value: { readonly value: Json } | { readonly valueBase64: string }
  readonly masked: boolean
  /** Milliseconds since 1970 UTC. */
  readonly accessTime: number
  readonly versionId: VersionId
  readonly arn: string
  /** Of the version; milliseconds since 1970 UTC. */
  readonly createdAt: number
  /** Empty unless asked for. */
  readonly stages: readonly string[]
  readonly receipt: ReceiptFacts
  /** Uses left today; null without a limit or for a masked answer. */
  readonly remainingToday: number | null
}

/** Reads one secret: decide, open, record, disclose. */
export function readSecret(on: Service, caller: Caller, ask: ReadRequest): Promise<Disclosure> {
  return perform(on, caller, readAttempt(on, caller, ask))
}

/** Reads up to 50, item by item, in one durable act. */
export function readSecrets(on: Service, caller: Caller, asks: readonly ReadRequest[]): Promise<Result<Disclosure>[]> {
  return performAll(
    on,
    caller,
    asks.map((ask) => readAttempt(on, caller, ask)),
  )
}

function readAttempt(on: Service, caller: Caller, ask: ReadRequest): Attempt<Disclosure> {
  const action = "GET"
  const reason = ask.reason ?? caller.principal.standingReason ?? null
  const about = { action, resourceType: "secret", resourceName: ask.name, reason }
  if (ask.skipCache) on.secrets.drop(ask.name)
  return {
    about,
    plan: (view) => planRead(on, caller, ask, view),
    moved: () => on.secrets.drop(ask.name),
  }
}

async function planRead(on: Service, caller: Caller, ask: ReadRequest, view: View): Promise<Step<Disclosure>> {
  const verb = ask.unmask ? "reveal" : "read"
  const which: Which = { versionId: ask.versionId, stage: ask.stage }
  const found = await findSecret(on, view, verb, ask)
  const permission = await permissionFor(on, caller, view, verb, found.secret)
  const permit = permission.by
  const version = await findVersion(on, found, which)
  if (version !== found.current) await refusePending(on, view, found.secret, version)
  if (ask.skipCache) on.store.forget(found.secret.id)
  const labels = ask.labelled === true ? await on.secrets.labels(found) : []
  const { principal } = view
  const now = on.clock.now()
  const { value, cached } = await on.store.open(on, ask.name, version)
  const quota = ask.unmask
    ? quotaClaim(principal, found.secret.id, utcDay(now), permit.perSecretLimit, on.settings.maxAccessPerPerson)
    : null
  const reason = ask.reason ?? principal.standingReason
  if (reason === undefined) throw new TylerError("invalid_reason")
  const about = { action: cached ? "GET_CACHED" : "GET", resourceType: "secret", resourceName: ask.name, reason }
  const { versionId, createdAt } = version
  const stages = labels.filter((one) => one.versionId === versionId).map(({ label }) => label)
  const details = ask.unmask ? "unmasked" : "masked"
  const changes = touch(found.secret, version, utcDay(now))
  return {
    act: actOf(on, caller, view, about, { ...permission, secret: found.secret, versionId, details, quota, changes }),
    done(receipt: Receipt, used: Quota): Disclosure {
      on.secrets.touched(ask.name, versionId, utcDay(now))
      const facts = receipt.facts
      const bytes = disclose(value, receipt)
      try {
        return {
          name: ask.name,
          value: ask.unmask ? decodeValue(bytes, ask.as) : maskedValue(bytes),
          masked: !ask.unmask,
          accessTime: now,
          versionId,
          arn: found.secret.arn,
          createdAt,
          stages,
          receipt: facts,
          remainingToday: remaining(used, permit.perSecretLimit, on.settings.maxAccessPerPerson),
        }
      } finally {
        bytes.fill(0)
      }
    },
    undone: () => discard(value),
  }
}

/**
 * What is not current yet may not be good anywhere, and is the rotator's alone: a program that may rotate the secret. In
 * development an admin's key reads it too.
 * @throws TylerError `version_pending`
 */
async function refusePending(on: Service, view: View, secret: SecretRow, { versionId }: VersionRow): Promise<void> {
  const { principal, policies } = view
  const labels = (await on.reader.labels(secret.id)).filter((one) => one.versionId === versionId)
  const pending = labels.some(({ label }) => label === PENDING) && !labels.some(({ label }) => label === CURRENT)
  if (!pending || principal.unguarded === true) return
  const rotator =
    principal.kind === "program" && admit(policies, questionOf(on, view, "rotate", secret.name)) === undefined
  if (!rotator) throw new TylerError("version_pending", { versionId })
}

/** Day resolution: only a version's first read of a day writes. */
function touch(secret: SecretRow, { versionId, lastAccessed }: VersionRow, day: string) {
  if (secret.lastAccessed === day && lastAccessed === day) return []
  return [{ kind: "touchSecret" as const, secretId: secret.id, versionId, day }]
}

function remaining(used: Quota, perSecret: number | null, perPerson: number | null): number | null {
  if (used === null) return null
  const left = [
    perSecret === null ? null : perSecret - used.secret,
    perPerson === null ? null : perPerson - used.person,
  ].filter((one) => one !== null)
  return left.length === 0 ? null : Math.max(0, Math.min(...left))
}
