import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import { actOf } from "./act.ts"
import type { Written } from "./create.ts"
import { perform } from "./perform.ts"
import { permitFor } from "./permission.ts"
import { findSecret, type Named } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

export interface RestoreRequest extends Named {
  /** Null: the standing reason of the program that asks. */
  readonly reason: Reason | null
  /** A secret that lives is restored already, as AWS has it. */
  readonly liveIsDone?: true
}

/** Takes a scheduled deletion back. Everything is as it was, byte for byte. */
export function restoreSecret(on: Service, caller: Caller, ask: RestoreRequest): Promise<Written> {
  const reason = ask.reason ?? caller.principal.standingReason ?? null
  const about = { action: "RESTORE", resourceType: "secret", resourceName: ask.name, reason }
  return perform(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(ask.name),
    async plan(view) {
      const found = await findSecret(on, view, "restore", ask, "accepted")
      const by = permitFor(on, view, "restore", ask.name)
      const { secret, current } = found
      const live = secret.deletionAt === null
      if (live && !ask.liveIsDone) throw new TylerError("secret_not_deleted")
      const change = { kind: "cancelDeletion" as const, secretId: secret.id, changedAt: on.clock.now() }
      const version = current === undefined ? {} : { versionId: current.versionId }
      return {
        act: actOf(on, caller, view, about, { by, secret, ...version, changes: live ? [] : [change] }),
        done() {
          on.secrets.drop(ask.name)
          return { arn: secret.arn, name: ask.name, versionId: current?.versionId ?? null }
        },
      }
    },
  })
}
