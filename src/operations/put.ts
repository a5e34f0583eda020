import { comeBackAt, DAY_MS } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import type { Reason } from "../core/reason.ts"
import { newVersionId, type VersionId } from "../core/version.ts"
import { promote, RECENT_VERSIONS } from "../secrets/lifecycle.ts"
import type { Change } from "../state/change.ts"
import type { VersionRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { perform, type Step, type View } from "./perform.ts"
import { permissionFor } from "./permission.ts"
import { repeats } from "./same-value.ts"
import { findSecret } from "./secret.ts"
import type { CachedSecret } from "./secret-cache.ts"
import type { Caller, Service } from "./service.ts"
import type { Written } from "./create.ts"

export interface PutRequest {
  readonly name: SecretName
  /** Stored form, operations/value.ts; wiped once sealed. */
  readonly stored: Buffer
  readonly reason: Reason
  /** The version the caller believes is current. */
  readonly expectedVersion: VersionId | undefined
  readonly idempotencyKey: VersionId | undefined
}

/** A new version, which becomes current. */
export async function putSecret(on: Service, caller: Caller, ask: PutRequest): Promise<Written> {
  const about = { action: "UPDATE", resourceType: "secret", resourceName: ask.name, reason: ask.reason }
  try {
    return await perform(on, caller, {
      about,
      writes: true,
      plan: (view) => planPut(on, caller, ask, view),
      moved: () => on.secrets.drop(ask.name),
    })
  } finally {
    ask.stored.fill(0)
  }
}

async function planPut(on: Service, caller: Caller, ask: PutRequest, view: View): Promise<Step<Written>> {
  const about = { action: "UPDATE", resourceType: "secret", resourceName: ask.name, reason: ask.reason }
  const found = await findSecret(on, view, "write", ask.name)
  const { secret } = found
  const permission = await permissionFor(on, caller, view, "write", secret)
  const answer = (versionId: VersionId): Written => ({ arn: secret.arn, name: ask.name, versionId })
  const repeated = await repeatedWrite(on, view, secret.id, ask)
  if (repeated !== undefined) {
    const { versionId } = repeated
    const act = actOf(on, caller, view, about, { ...permission, secret, versionId, details: "repeated" })
    return { act, done: () => answer(versionId) }
  }
  expectVersion(found, ask.expectedVersion)
  const versionId = ask.idempotencyKey ?? newVersionId(on.random)
  const changes = await newVersion(on, view, found, versionId, ask.stored)
  return {
    act: actOf(on, caller, view, about, { ...permission, secret, versionId, changes }),
    done() {
      on.secrets.drop(ask.name)
      return answer(versionId)
    },
  }
}

/** The version a repeated key made before; the same key with another value is a mismatch. */
async function repeatedWrite(
  on: Service,
  { principal }: View,
  secretId: string,
  ask: PutRequest,
): Promise<VersionRow | undefined> {
  if (ask.idempotencyKey === undefined) return undefined
  const version = await on.reader.version(secretId, ask.idempotencyKey)
  if (version !== undefined && !(await repeats(on, ask.name, version, principal.id, ask.stored)))
    throw new TylerError("idempotency_mismatch")
  return version
}

export function expectVersion({ current }: CachedSecret, expected: VersionId | undefined): void {
  if (expected === undefined || current?.versionId === expected) return
  throw new TylerError("version_conflict", { currentVersion: current?.versionId ?? null })
}

async function newVersion(
  on: Service,
  view: View,
  { secret }: CachedSecret,
  versionId: VersionId,
  stored: Buffer,
): Promise<Change[]> {
  const now = on.clock.now()
  const prune = await pruning(on, secret.id, now)
  const place = { secretId: secret.id, versionId, name: secret.name }
  const { keyId, sealed } = await on.store.seal(on, view, place, stored)
  const labels = promote(await on.reader.labels(secret.id), versionId)
  const version = {
    secretId: secret.id,
    versionId,
    seq: 0,
    keyId,
    sealed,
    createdAt: now,
    createdBy: view.principal.id,
  }
  return [{ kind: "addVersion", secretId: secret.id, version, labels, changedAt: now }, ...prune]
}

async function pruning(on: Service, secretId: string, now: number): Promise<Change[]> {
  const versions = await on.reader.versions(secretId)
  if (versions.length < RECENT_VERSIONS) return []
  const olderThan = now - DAY_MS
  const recent = versions.map(({ createdAt }) => createdAt).filter((createdAt) => createdAt >= olderThan)
  if (recent.length >= RECENT_VERSIONS) {
    const roomAt = Math.min(...recent) + DAY_MS + 1
    throw new TylerError("too_many_versions", { scope: "versions", limit: RECENT_VERSIONS, ...comeBackAt(roomAt, now) })
  }
  return [{ kind: "pruneVersions", secretId, olderThan }]
}
