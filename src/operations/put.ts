import { comeBackAt, DAY_MS } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import { newVersionId, type VersionId } from "../core/version.ts"
import { attach, RECENT_VERSIONS } from "../secrets/lifecycle.ts"
import type { Change } from "../state/change.ts"
import type { LabelRow, SecretRow, VersionRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import type { About } from "./entry.ts"
import { perform, type Step, type View } from "./perform.ts"
import { permissionFor } from "./permission.ts"
import { repeats } from "./same-value.ts"
import { sealedVersion } from "./sealed-version.ts"
import { findSecret, type Named } from "./secret.ts"
import type { CachedSecret } from "./secret-cache.ts"
import type { Caller, Service } from "./service.ts"
import type { Written } from "./create.ts"

export interface PutRequest extends Named {
  /** Stored form, operations/value.ts; wiped once sealed. */
  readonly stored: Buffer
  /** Null: the standing reason of the program that asks. */
  readonly reason: Reason | null
  /** Labels that the version takes; undefined: it becomes current. */
  readonly stages?: readonly string[] | undefined
  /** Changed with the value; undefined stays. */
  readonly description?: string | undefined
  /** The version the caller believes is current. */
  readonly expectedVersion: VersionId | undefined
  readonly idempotencyKey: VersionId | undefined
}

export interface Put extends Written {
  readonly versionId: VersionId
  /** Of this version, once it is written. */
  readonly stages: readonly string[]
}

/** A new version, which becomes current unless it is given labels of its own. */
export async function putSecret(on: Service, caller: Caller, ask: PutRequest): Promise<Put> {
  const reason = ask.reason ?? caller.principal.standingReason ?? null
  const about = { action: "UPDATE", resourceType: "secret", resourceName: ask.name, reason }
  try {
    return await perform(on, caller, {
      about,
      writes: true,
      plan: (view) => planPut(on, caller, ask, view, about),
      moved: () => on.secrets.drop(ask.name),
    })
  } finally {
    ask.stored.fill(0)
  }
}

async function planPut(on: Service, caller: Caller, ask: PutRequest, view: View, about: About): Promise<Step<Put>> {
  const found = await findSecret(on, view, "write", ask)
  const { secret } = found
  const permission = await permissionFor(on, caller, view, "write", secret)
  const labels = await on.reader.labels(secret.id)
  const answer = (versionId: VersionId, after: readonly LabelRow[]): Put => {
    const stages = after.filter((one) => one.versionId === versionId).map(({ label }) => label)
    return { arn: secret.arn, name: ask.name, versionId, stages }
  }
  const repeated = await repeatedWrite(on, view, secret, ask)
  if (repeated !== undefined) {
    const { versionId } = repeated
    const parts = { ...permission, secret, versionId, details: "repeated", changes: described(on, secret.id, ask) }
    return { act: actOf(on, caller, view, about, parts), done: () => answer(versionId, labels) }
  }
  expectVersion(found, ask.expectedVersion)
  const versionId = ask.idempotencyKey ?? newVersionId(on.random)
  const after = attach(labels, versionId, ask.stages)
  const changes = [
    ...(await newVersion(on, view, secret, versionId, ask.stored, after)),
    ...described(on, secret.id, ask),
  ]
  return {
    act: actOf(on, caller, view, about, { ...permission, secret, versionId, changes }),
    done() {
      on.secrets.drop(ask.name)
      return answer(versionId, after)
    },
  }
}

/** The version a repeated key made before; the same key with another value is a mismatch. */
async function repeatedWrite(
  on: Service,
  { principal }: View,
  { id, arn }: SecretRow,
  ask: PutRequest,
): Promise<VersionRow | undefined> {
  if (ask.idempotencyKey === undefined) return undefined
  const version = await on.reader.version(id, ask.idempotencyKey)
  if (version !== undefined && !(await repeats(on, ask.name, version, principal.id, ask.stored)))
    throw new TylerError("idempotency_mismatch", { arn })
  return version
}

function described(on: Service, secretId: string, { description }: PutRequest): Change[] {
  if (description === undefined) return []
  return [{ kind: "describeSecret", secretId, description, tags: null, changedAt: on.clock.now() }]
}

export function expectVersion({ current }: CachedSecret, expected: VersionId | undefined): void {
  if (expected === undefined || current?.versionId === expected) return
  throw new TylerError("version_conflict", { currentVersion: current?.versionId ?? null })
}

async function newVersion(
  on: Service,
  view: View,
  secret: SecretRow,
  versionId: VersionId,
  stored: Buffer,
  labels: readonly LabelRow[],
): Promise<Change[]> {
  const now = on.clock.now()
  const prune = await pruning(on, secret.id, now)
  const version = await sealedVersion(on, view, secret, versionId, stored)
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
