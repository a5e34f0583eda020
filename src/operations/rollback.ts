import type { SecretName } from "../core/name.ts"
import type { Reason } from "../core/reason.ts"
import type { VersionId } from "../core/version.ts"
import { promote } from "../secrets/lifecycle.ts"
import { actOf } from "./act.ts"
import type { Written } from "./create.ts"
import { perform } from "./perform.ts"
import { permissionFor } from "./permission.ts"
import { expectVersion } from "./put.ts"
import { findSecret, versionNotFound } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

export interface RollbackRequest {
  readonly name: SecretName
  readonly versionId: VersionId
  readonly reason: Reason
  readonly expectedVersion: VersionId | undefined
}

/** Makes an earlier version current again. No new version is made: versions are immutable, labels move. */
export function rollBackSecret(on: Service, caller: Caller, ask: RollbackRequest): Promise<Written> {
  const about = { action: "ROLLBACK", resourceType: "secret", resourceName: ask.name, reason: ask.reason }
  return perform(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(ask.name),
    async plan(view) {
      const found = await findSecret(on, view, "write", ask)
      const { secret } = found
      const permission = await permissionFor(on, caller, view, "write", secret)
      const target = await on.reader.version(secret.id, ask.versionId)
      if (target === undefined) throw versionNotFound(ask.versionId)
      expectVersion(found, ask.expectedVersion)
      const labels = await on.reader.labels(secret.id)
      const moved = promote(labels, ask.versionId)
      const changedAt = on.clock.now()
      const changes =
        moved === labels ? [] : [{ kind: "putLabels" as const, secretId: secret.id, labels: moved, changedAt }]
      return {
        act: actOf(on, caller, view, about, { ...permission, secret, versionId: ask.versionId, changes }),
        done() {
          on.secrets.drop(ask.name)
          return { arn: secret.arn, name: ask.name, versionId: ask.versionId }
        },
      }
    },
  })
}
