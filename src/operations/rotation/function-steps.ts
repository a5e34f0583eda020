import { TylerError } from "../../core/errors.ts"
import { CURRENT, PENDING } from "../../core/stage.ts"
import { RotationFault } from "../../rotation/fault.ts"
import { nextDue } from "../../rotation/timetable.ts"
import type { OutsideRotation } from "../../secrets/outside.ts"
import type { RotationRow } from "../../state/rows.ts"
import { actOf } from "../act.ts"
import { perform } from "../perform.ts"
import { permitFor } from "../permission.ts"
import type { FunctionRotations } from "../value-store.ts"
import type { Next } from "./carry-on.ts"
import { acceptFunction } from "./functions.ts"
import { keeping, recordKept, renew } from "./lease.ts"
import { aboutRotation, detailsOf, type OneRotation } from "./rotator.ts"
import { subjectOf } from "./step.ts"

const SECOND_MS = 1000
const HOUR_MS = 3600 * SECOND_MS

/**
 * AWS tries a step for 15 minutes at most, each of four, and all of them again where one failed; what it has not done by
 * then it has given up, and says so nowhere that can be asked.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const FUNCTION_MS = 2 * HOUR_MS

/** Between looks; the last one again and again. */
const LOOKS_MS = [1, 2, 5, 10, 30, 60, 120, 300].map((seconds) => seconds * SECOND_MS)

/** A rotation that a function of AWS does: it is asked for, and looked at until it is done. */
export async function carryFunctionOn(one: OneRotation, row: RotationRow): Promise<Next> {
  const { functions } = one.on.store
  if (functions === null) throw new TylerError("not_rotatable", { error: "Functions need SECRETS_BACKEND=aws" })
  return row.step === "create" ? ask(one, row, functions) : look(one, row, functions)
}

async function ask(one: OneRotation, row: RotationRow, functions: FunctionRotations): Promise<Next> {
  const { on } = one
  const { secret, schedule } = await subjectOf(one, row.secretId)
  const { lambdaArn } = schedule
  if (lambdaArn === null || lambdaArn !== row.lambdaArn) throw new TylerError("not_rotatable")
  acceptFunction(on, lambdaArn, undefined)
  await renew(one, row, "RotateSecret")
  const versionId = await functions.begin(secret.id, {
    token: row.versionId,
    lambdaArn,
    timetable: schedule,
    now: true,
  })
  await recordKept(one, { ...row, versionId }, "SUCCESS", keeping(one, row, "finish", { versionId }))
  return { step: "finish", versionId }
}

async function look(one: OneRotation, row: RotationRow, functions: FunctionRotations): Promise<Next> {
  const { on, name } = one
  const seen = await functions.look(on, name)
  if (seen === undefined || seen.arn !== row.secretId)
    throw new TylerError("not_found", { error: "The secret is gone" })
  const stages = seen.labels.filter(({ versionId }) => versionId === row.versionId).map(({ label }) => label)
  // What carries another label yet was current once: somebody has written since.
  if (stages.includes(CURRENT) || (stages.length > 0 && !stages.includes(PENDING)))
    return finished(one, row, seen.rotation)
  if (stages.length === 0) throw new RotationFault("function_abandoned")
  if (seen.rotation?.enabled === false) throw new RotationFault("function_cancelled")
  const now = on.clock.now()
  if (now - row.startedAt > FUNCTION_MS) throw new RotationFault("function_unfinished")
  const retryAt = now + (LOOKS_MS[Math.min(row.attempts, LOOKS_MS.length - 1)] ?? 0)
  await settleWaiting(one, row, retryAt)
  return { step: row.step, retryAt }
}

function finished(one: OneRotation, row: RotationRow, rotation: OutsideRotation | null): Promise<Next> {
  const { on, caller, lease, name } = one
  const about = aboutRotation(name)
  on.store.forget(row.secretId)
  return perform<Next>(on, caller, {
    about,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const { secret, schedule } = await subjectOf(one, row.secretId)
      const by = permitFor(on, view, "rotate", name)
      const at = on.clock.now()
      const nextRotation = nextRotationOf(rotation) ?? nextDue(schedule, at)
      const changes = [
        { kind: "markRotated" as const, secretId: secret.id, at, nextRotation },
        { kind: "settleRotation" as const, id: row.id, lease, at, outcome: { state: "done" as const } },
      ]
      const { versionId } = row
      const act = actOf(on, caller, view, about, {
        by,
        secret,
        versionId,
        details: detailsOf(row, "function"),
        changes,
      })
      return {
        act,
        done() {
          on.secrets.drop(name)
          return { step: null }
        },
      }
    },
  })
}

function nextRotationOf(rotation: OutsideRotation | null): number | null {
  return rotation?.nextRotation ?? null
}

/** It goes on elsewhere; here it is looked at again later. */
async function settleWaiting(one: OneRotation, row: RotationRow, retryAt: number): Promise<void> {
  const { on, lease } = one
  const outcome = { retryAt, attempts: row.attempts + 1, fault: null }
  const change = { kind: "settleRotation" as const, id: row.id, lease, at: on.clock.now(), outcome }
  await recordKept(one, row, "INTENT", change, "waiting")
}
