import { TylerError } from "../../core/errors.ts"
import type { Reason } from "../../core/reason.ts"
import { nextDue } from "../../rotation/timetable.ts"
import { actOf } from "../act.ts"
import { perform } from "../perform.ts"
import { permissionFor } from "../permission.ts"
import { findSecret, type Named } from "../secret.ts"
import type { Caller, Service } from "../service.ts"
import { genuineSchedule } from "./genuine.ts"

export interface CancelRequest extends Named {
  readonly reason: Reason | null
}

/**
 * Ends a rotation that has not reached its target. One that may have is finished: who stopped it there might be left
 * without any version that is good.
 * @throws TylerError `rotation_not_running`, `rotation_begun`
 */
export function cancelRotation(on: Service, caller: Caller, ask: CancelRequest) {
  const { name } = ask
  const about = { action: "ROTATE_CANCEL", resourceType: "secret", resourceName: name, reason: ask.reason }
  return perform(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const { secret } = await findSecret(on, view, "rotate", ask)
      const permission = await permissionFor(on, caller, view, "rotate", secret)
      const running = (await on.reader.rotationsOf(secret.id, 1)).find(({ state }) => state === "running")
      if (running === undefined) throw new TylerError("rotation_not_running")
      const at = on.clock.now()
      const schedule = await genuineSchedule(on, secret.id)
      const nextRotation = schedule === undefined ? null : nextDue(schedule, at)
      const changes = [{ kind: "cancelRotation" as const, id: running.id, at, nextRotation }]
      const details = `rotation=${running.id}`
      return {
        act: actOf(on, caller, view, about, { ...permission, secret, details, changes }),
        done: () => ({ arn: secret.arn, name, rotationId: running.id }),
      }
    },
  })
}
