import { TylerError } from "../../core/errors.ts"
import type { SecretName } from "../../core/name.ts"
import { newVersionId, type VersionId } from "../../core/version.ts"
import type { Change } from "../../state/change.ts"
import type { RotationRow, ScheduleRow } from "../../state/rows.ts"
import { actOf } from "../act.ts"
import { perform } from "../perform.ts"
import { permissionFor } from "../permission.ts"
import { findSecret, type Named } from "../secret.ts"
import type { Caller, Service } from "../service.ts"
import { genuineSchedule } from "./genuine.ts"
import { signed } from "./genuine.ts"

interface TurnedOff {
  readonly arn: string
  readonly name: SecretName
  /** Of the rotation that was under way; it ends unless it may have reached its target. */
  readonly versionId: VersionId | null
}

/**
 * The schedule waits from here on, and what is under way ends if nothing reached the target: what did is finished, or
 * nobody would hold a version that is good.
 * @throws TylerError `not_rotatable`
 */
export async function turnOffRotation(on: Service, caller: Caller, named: Named): Promise<TurnedOff> {
  try {
    return await turnOff(on, caller, named, true)
  } catch (error) {
    // It went on to its target just now.
    if (!(error instanceof TylerError) || error.code !== "rotation_begun") throw error
    return turnOff(on, caller, named, false)
  }
}

function turnOff(on: Service, caller: Caller, named: Named, cancels: boolean): Promise<TurnedOff> {
  const { name } = named
  const about = { action: "ROTATE_CANCEL", resourceType: "secret", resourceName: name, reason: null }
  return perform(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const { secret } = await findSecret(on, view, "rotate", named)
      const permission = await permissionFor(on, caller, view, "rotate", secret)
      const schedule = await genuineSchedule(on, secret.id)
      if (schedule === undefined) throw new TylerError("not_rotatable")
      const running = (await on.reader.rotationsOf(secret.id, 1)).find(({ state }) => state === "running")
      const changes = [waiting(on, schedule), ...ending(on, cancels ? running : undefined)]
      const details = running === undefined ? "enabled=false" : `enabled=false rotation=${running.id}`
      return {
        act: actOf(on, caller, view, about, { ...permission, secret, details, changes }),
        done: () => ({ arn: secret.arn, name, versionId: running?.versionId ?? null }),
      }
    },
  })
}

function ending(on: Service, running: RotationRow | undefined): Change[] {
  if (running?.step !== "create") return []
  return [{ kind: "cancelRotation", id: running.id, at: on.clock.now(), nextRotation: null }]
}

function waiting(on: Service, row: ScheduleRow): Change {
  return {
    kind: "putSchedule",
    row: signed(on, { ...row, enabled: false, revision: row.revision + 1 }),
    expectedRevision: row.revision,
    ...(row.lambdaArn === null ? {} : { outside: newVersionId(on.random) }),
  }
}
