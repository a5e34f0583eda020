import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import type { Reason } from "../core/reason.ts"
import { actOf } from "./act.ts"
import type { Written } from "./create.ts"
import { perform } from "./perform.ts"
import { permitFor } from "./permission.ts"
import { findSecret, findVersion } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

export interface RestoreRequest {
  readonly name: SecretName
  readonly reason: Reason
}

/** Takes a scheduled deletion back. Everything is as it was, byte for byte. */
export function restoreSecret(on: Service, caller: Caller, ask: RestoreRequest): Promise<Written> {
  const about = { action: "RESTORE", resourceType: "secret", resourceName: ask.name, reason: ask.reason }
  return perform(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(ask.name),
    async plan(view) {
      const found = await findSecret(on, view, "restore", ask.name, "accepted")
      const by = permitFor(on, view, "restore", ask.name)
      const { secret } = found
      if (secret.deletionAt === null) throw new TylerError("secret_not_deleted")
      const { versionId } = await findVersion(on, found, { versionId: undefined, stage: undefined })
      const change = { kind: "cancelDeletion" as const, secretId: secret.id, changedAt: on.clock.now() }
      return {
        act: actOf(on, caller, view, about, { by, secret, versionId, changes: [change] }),
        done() {
          on.secrets.drop(ask.name)
          return { arn: secret.arn, name: ask.name, versionId }
        },
      }
    },
  })
}
