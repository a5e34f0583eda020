import type { SecretName } from "../core/name.ts"
import { newVersionId, type VersionId } from "../core/version.ts"
import { seal } from "../envelope/seal.ts"
import type { Tag } from "../state/rows.ts"
import { draftEntry } from "./entry.ts"
import { perform, type Step, type View } from "./perform.ts"
import { permitFor } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

export interface CreateRequest {
  readonly name: SecretName
  /** Stored form, operations/value.ts; wiped once sealed. */
  readonly stored: Buffer
  readonly description: string
  readonly tags: readonly Tag[]
  readonly idempotencyKey: VersionId | undefined
}

export interface Written {
  readonly arn: string
  readonly name: SecretName
  readonly versionId: VersionId
}

export async function createSecret(on: Service, caller: Caller, ask: CreateRequest): Promise<Written> {
  const about = { action: "CREATE", resourceType: "secret", resourceName: ask.name, reason: null }
  try {
    return await perform(on, caller, { about, plan: async (view) => planCreate(on, caller, ask, view) })
  } finally {
    ask.stored.fill(0)
  }
}

function planCreate(on: Service, caller: Caller, ask: CreateRequest, view: View): Step<Written> {
  const permit = permitFor(on, view, "create", ask.name)
  const { principal } = view
  const now = on.clock.now()
  const secretId = on.random.uuid()
  const versionId = ask.idempotencyKey ?? newVersionId(on.random)
  const { keyId, sealed } = seal(on.keyring(), { secretId, versionId }, ask.stored, on.random)
  const arn = on.settings.arnOf(ask.name)
  const about = { action: "CREATE", resourceType: "secret", resourceName: ask.name, reason: null }
  return {
    act: {
      entry: draftEntry(on, principal, caller.origin, about, {
        result: "SUCCESS",
        decision: "permit",
        policyIds: permit.policyIds,
        versionId,
      }),
      policyEpoch: permit.policyEpoch,
      principal: { id: principal.id, epoch: principal.epoch },
      secret: null,
      quota: null,
      changes: [
        {
          kind: "addSecret",
          secret: {
            id: secretId,
            name: ask.name,
            arn,
            description: ask.description,
            tags: ask.tags,
            createdAt: now,
            createdBy: principal.id,
            changedAt: now,
            lastAccessed: null,
            revision: 1,
            deletionAt: null,
          },
          version: { secretId, versionId, seq: 1, keyId, sealed, createdAt: now, createdBy: principal.id },
        },
      ],
    },
    done: () => ({ arn, name: ask.name, versionId }),
  }
}
