import type { Reason } from "../core/reason.ts"
import { type LabelMove, moveLabel } from "../secrets/lifecycle.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import { permissionFor } from "./permission.ts"
import { findSecret, type Named, versionNotFound } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

export interface StageRequest extends Named, LabelMove {
  /** Null: the standing reason of the program that asks. */
  readonly reason: Reason | null
}

/** Moves a staging label to a version, or takes it away. @returns the secret's ARN */
export function stageVersion(on: Service, caller: Caller, ask: StageRequest): Promise<string> {
  const { name, label, to, from } = ask
  const reason = ask.reason ?? caller.principal.standingReason ?? null
  const about = { action: "STAGE", resourceType: "secret", resourceName: name, reason }
  return perform(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const { secret } = await findSecret(on, view, "write", ask)
      const permission = await permissionFor(on, caller, view, "write", secret)
      if (to !== undefined && (await on.reader.version(secret.id, to)) === undefined) throw versionNotFound(to)
      const before = await on.reader.labels(secret.id)
      const labels = moveLabel(before, { label, to, from })
      const change = { kind: "putLabels" as const, secretId: secret.id, labels, changedAt: on.clock.now() }
      const changes = labels === before ? [] : [change]
      const parts = { ...permission, secret, ...(to === undefined ? {} : { versionId: to }), changes }
      return {
        act: actOf(on, caller, view, about, parts),
        done() {
          on.secrets.drop(name)
          return secret.arn
        },
      }
    },
  })
}
