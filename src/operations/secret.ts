import { comeBackAt, nextUtcDay } from "../core/clock.ts"
import { textOf, TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import { CURRENT } from "../core/stage.ts"
import type { Verb } from "../core/verb.ts"
import type { VersionId } from "../core/version.ts"
import { admit, type Question, type Refused } from "../policy/decide.ts"
import type { VersionRow } from "../state/rows.ts"
import type { View } from "./perform.ts"
import type { CachedSecret } from "./secret-cache.ts"
import type { Service } from "./service.ts"

/** Which version is meant; none named means the current one. */
export interface Which {
  readonly versionId: VersionId | undefined
  readonly stage: string | undefined
}

/** A secret as somebody names it: by its name, or by an ARN that it must have, since a name can be given anew. */
export interface Named {
  readonly name: SecretName
  readonly arn?: string | undefined
}

/**
 * Finds a secret for somebody who may ask for it. Roles come before existence: a name the caller may not use is
 * `forbidden` whether it exists or not.
 */
export async function findSecret(
  on: Service,
  view: View,
  verb: Verb,
  named: Named,
  pending: "refused" | "accepted" | "unadopted" = "refused",
): Promise<CachedSecret> {
  const refusal = admit(view.policies, questionOf(on, view, verb, named.name))
  if (refusal !== undefined) throw refused(on, refusal)
  const found =
    (await lookUp(on, named)) ?? ((await on.store.find(on, named.name)) ? await lookUp(on, named) : undefined)
  if (found === undefined) throw new TylerError("not_found", { error: "Secret not found" })
  if (found.secret.deletionAt !== null && pending !== "accepted") {
    throw new TylerError("secret_pending_deletion", { deletionDate: new Date(found.secret.deletionAt).toISOString() })
  }
  if (!found.secret.adopted && verb !== "list" && pending !== "unadopted")
    throw new TylerError("not_adopted", { error: `${textOf("not_adopted")} ${named.name}` })
  return found
}

/**
 * What is held as awaiting deletion may have been restored on another replica, and what has another ARN may have been
 * purged and made anew: only the database says so.
 */
async function lookUp(on: Service, { name, arn }: Named): Promise<CachedSecret | undefined> {
  const isMeant = ({ secret }: CachedSecret) => arn === undefined || secret.arn === arn
  const held = await on.secrets.get(name)
  if (held === undefined || (held.secret.deletionAt === null && isMeant(held))) return held
  on.secrets.drop(name)
  const found = await on.secrets.get(name)
  return found !== undefined && isMeant(found) ? found : undefined
}

export async function findVersion(on: Service, found: CachedSecret, which: Which): Promise<VersionRow> {
  const { secret, current } = found
  if (which.versionId === undefined) {
    const stage = which.stage ?? CURRENT
    const version = stage === CURRENT ? current : await on.reader.versionByLabel(secret.id, stage)
    if (version === undefined)
      throw new TylerError("not_found", { error: `No version carries the label ${stage}`, stage })
    return version
  }
  const version = current?.versionId === which.versionId ? current : await on.reader.version(secret.id, which.versionId)
  if (version === undefined) throw versionNotFound(which.versionId)
  if (which.stage !== undefined) {
    const labels = await on.reader.labels(secret.id)
    const carried = labels.some((one) => one.label === which.stage && one.versionId === which.versionId)
    if (!carried) throw new TylerError("invalid_request", { error: "The version does not carry that label" })
  }
  return version
}

export function versionNotFound(versionId: VersionId): TylerError {
  return new TylerError("not_found", { error: "Version not found", versionId })
}

export function questionOf(on: Service, view: View, verb: Verb, name: SecretName): Question {
  const { mfaIgnored, purgeGuarded } = on.settings
  return { verb, name, principal: view.principal, mfaIgnored, purgeGuarded }
}

/** A policy's refusal as an error: its code, what is missing, and the reasons, which name rules and never values. */
export function refused(on: Pick<Service, "clock">, decision: Refused): TylerError {
  const missing = decision.missing.length > 1 ? { missing: decision.missing } : {}
  const now = on.clock.now()
  const reset = decision.missing.includes("quota") ? comeBackAt(nextUtcDay(now), now) : {}
  return new TylerError(decision.code, { ...decision.facts, ...missing, ...reset, reasons: decision.reasons })
}
