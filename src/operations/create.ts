import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import { newVersionId, type VersionId } from "../core/version.ts"
import type { Permit } from "../policy/decide.ts"
import type { SecretRow, Tag } from "../state/rows.ts"
import { actOf } from "./act.ts"
import type { About } from "./entry.ts"
import { perform, type Step, type View } from "./perform.ts"
import { permitFor } from "./permission.ts"
import { sealedVersion } from "./sealed-version.ts"
import { repeats } from "./same-value.ts"

import type { Caller, Service } from "./service.ts"

export interface CreateRequest {
  readonly name: SecretName
  /** Stored form, operations/value.ts; wiped once sealed. Null: a secret without a value. */
  readonly stored: Buffer | null
  readonly description: string
  /** Null: none, ever. */
  readonly tags: readonly Tag[] | null
  readonly idempotencyKey: VersionId | undefined
  /** The key of the store outside that is to protect it. */
  readonly kmsKeyId?: string | undefined
}

export interface Written {
  readonly arn: string
  readonly name: SecretName
  /** Null: the secret has no value. */
  readonly versionId: VersionId | null
}

export async function createSecret(on: Service, caller: Caller, ask: CreateRequest): Promise<Written> {
  const about = { action: "CREATE", resourceType: "secret", resourceName: ask.name, reason: null }
  try {
    return await perform(on, caller, {
      about,
      async plan(view) {
        const permit = permitFor(on, view, "create", ask.name)
        const existing = await on.reader.secretByName(ask.name)
        return existing === undefined
          ? planNew(on, caller, ask, view, about, permit)
          : planRepeated(on, caller, ask, view, about, permit, existing)
      },
    })
  } finally {
    ask.stored?.fill(0)
  }
}

async function planNew(
  on: Service,
  caller: Caller,
  ask: CreateRequest,
  view: View,
  about: About,
  by: Permit,
): Promise<Step<Written>> {
  const now = on.clock.now()
  const createdBy = view.principal.id
  const secretId = on.random.uuid()
  const place = { id: secretId, name: ask.name }
  const given = ask.idempotencyKey ?? newVersionId(on.random)
  const kmsKeyId = on.store.acceptKey(ask.kmsKeyId)
  const version = ask.stored === null ? null : await sealedVersion(on, view, place, given, ask.stored)
  const arn = on.settings.arnOf(ask.name)
  const secret: SecretRow = {
    id: secretId,
    name: ask.name,
    arn,
    description: ask.description,
    tags: on.store.newTags(ask.tags, createdBy, now),
    createdAt: now,
    createdBy,
    changedAt: now,
    lastAccessed: null,
    revision: 1,
    rotationDueSince: null,
    deletionAt: null,
    adopted: true,
  }
  const named = version === null ? {} : { versionId: version.versionId }
  return {
    act: actOf(on, caller, view, about, { by, ...named, changes: [{ kind: "addSecret", secret, version, kmsKeyId }] }),
    done: (_receipt, _quota, made) => ({
      arn: made?.arn ?? arn,
      name: ask.name,
      versionId: version?.versionId ?? null,
    }),
  }
}

/** The same key and value again answers as the first time did; anything else finds the name taken. */
async function planRepeated(
  on: Service,
  caller: Caller,
  ask: CreateRequest,
  view: View,
  about: About,
  by: Permit,
  secret: SecretRow,
): Promise<Step<Written>> {
  const key = ask.idempotencyKey
  const version = key === undefined ? undefined : await on.reader.version(secret.id, key)
  if (secret.deletionAt !== null) throw new TylerError("secret_pending_deletion")
  if (version === undefined || ask.stored === null) throw new TylerError("secret_exists")
  if (!(await repeats(on, ask.name, version, view.principal.id, ask.stored)))
    throw new TylerError("idempotency_mismatch", { arn: secret.arn })
  const { versionId } = version
  return {
    act: actOf(on, caller, view, about, { by, secret, versionId, details: "repeated" }),
    done: () => ({ arn: secret.arn, name: ask.name, versionId }),
  }
}
