import { TylerError } from "../../core/errors.ts"
import { actOf } from "../act.ts"
import { perform } from "../perform.ts"
import { permissionFor } from "../permission.ts"
import { findSecret, type Named } from "../secret.ts"
import type { Caller, Service } from "../service.ts"
import { boundAdmin } from "./admin.ts"
import { genuineSchedule } from "./genuine.ts"
import { look } from "./look.ts"
import { type Rotating, rotatorFor } from "./rotator.ts"

const BY_FUNCTION = "A function of AWS rotates the secret; AWS tries it by itself when the schedule is set"

/**
 * Tries whether a rotation could begin: the value is of the right form, the target lets it in, and the administrator too.
 * Nothing is changed.
 * @throws TylerError `not_rotatable`, `rotation_refused`
 */
export async function checkRotation(on: Service, rotating: Rotating, caller: Caller, ask: Named) {
  const { name } = ask
  const about = { action: "ROTATE_CHECK", resourceType: "secret", resourceName: name, reason: null }
  const { secret, schedule, strategy } = await perform(on, caller, {
    about,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const found = await findSecret(on, view, "rotate", ask)
      const permission = await permissionFor(on, caller, view, "rotate", found.secret)
      const row = await genuineSchedule(on, found.secret.id)
      if (row === undefined) throw new TylerError("not_rotatable")
      if (row.strategy === null) throw new TylerError("rotation_refused", { error: BY_FUNCTION, fault: "function" })
      const made = { secret: found.secret, schedule: row, strategy: row.strategy }
      return { act: actOf(on, caller, view, about, { ...permission, secret: found.secret }), done: () => made }
    },
  })
  const adminOf = (current: string) => boundAdmin(on, rotatorFor(secret.id), current, schedule)
  await look(on, rotating, { secret, strategy, adminOf }, async (steps, held, context) => {
    steps.check(held)
    await steps.prove(held, context)
  })
  return { arn: secret.arn, name, strategy }
}
