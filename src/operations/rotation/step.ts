import type { Receipt } from "../../core/receipt.ts"
import { TylerError } from "../../core/errors.ts"
import type { VersionId } from "../../core/version.ts"
import { CURRENT } from "../../core/stage.ts"
import type { Held, StepContext, Steps } from "../../rotation/steps.ts"
import type { LabelRow, RotationRow, ScheduleRow, SecretRow } from "../../state/rows.ts"
import { actOf } from "../act.ts"
import { perform, type Step, type View } from "../perform.ts"
import { permitFor } from "../permission.ts"
import { boundAdmin, withAdmin } from "./admin.ts"
import { discardAll, holderOf, lendVersions, type Opened, openVersions } from "./held.ts"
import { keeping, renew, whileHeld } from "./lease.ts"
import { genuineSchedule } from "./genuine.ts"
import { aboutStep, detailsOf, type OneRotation } from "./rotator.ts"

/** No step takes longer; most are done within a second. */
const STEP_MS = 120_000

/** What a step has to do with. */
export interface AtTarget {
  readonly steps: Steps
  readonly held: Held
  readonly context: StepContext
  /** The current version. */
  readonly from: VersionId
}

/** What a rotation is about, as the database has it now. */
export interface Subject {
  readonly secret: SecretRow
  readonly labels: readonly LabelRow[]
  readonly schedule: ScheduleRow
}

/** @throws TylerError `not_found`, `secret_pending_deletion`, `not_rotatable` */
export async function subjectOf({ on }: Pick<OneRotation, "on">, secretId: string): Promise<Subject> {
  const secret = await on.reader.secretById(secretId)
  if (secret === undefined) throw new TylerError("not_found", { error: "Secret not found" })
  if (secret.deletionAt !== null) throw new TylerError("secret_pending_deletion")
  const schedule = await genuineSchedule(on, secretId)
  if (schedule === undefined) throw new TylerError("not_rotatable")
  return { secret, labels: await on.reader.labels(secretId), schedule }
}

/**
 * Does what a step does at the target. Before it, an entry that the rotator is about to use the values; it renews the
 * lease in the same transaction.
 * @throws RotationFault, LeaseLost, TylerError
 */
export async function atTarget<T>(
  one: OneRotation,
  row: RotationRow,
  stop: AbortSignal,
  act: (at: AtTarget) => Promise<T>,
): Promise<T> {
  const { on, caller } = one
  const steps = await one.steps(row.strategy ?? "")
  const { opened, schedule, receipt, from } = await permitted(one, row)
  return lendVersions(opened, receipt, async (held) => {
    const admin = await boundAdmin(on, caller, held.current, schedule)
    const use = (adminText?: string): Promise<T> => {
      const whole = adminText === undefined ? held : { ...held, admin: adminText }
      return whileHeld(one, row, AbortSignal.any([stop, AbortSignal.timeout(STEP_MS)]), (signal) => {
        steps.check(whole)
        return act({ steps, held: whole, context: contextOf(one, row, signal), from })
      })
    }
    return admin === undefined ? use() : withAdmin(on, caller, admin, detailsOf(row), use)
  })
}

interface Permitted {
  readonly opened: Opened
  readonly schedule: ScheduleRow
  readonly receipt: Receipt
  readonly from: VersionId
}

function permitted(one: OneRotation, row: RotationRow): Promise<Permitted> {
  const { on, caller, name } = one
  const about = aboutStep(name)
  return perform(on, caller, {
    about,
    moved: () => on.secrets.drop(name),
    async plan(view: View): Promise<Step<Permitted>> {
      const { secret, labels, schedule } = await subjectOf(one, row.secretId)
      const by = permitFor(on, view, "rotate", secret.name)
      const opened = await openVersions(on, secret, labels, row.versionId)
      const from = holderOf(labels, CURRENT)
      if (opened === undefined || from === undefined)
        throw new TylerError("not_found", { error: "The secret has no value", stage: CURRENT })
      const changes = [keeping(one, row, row.step, row.step === "set" ? { fromVersion: from } : {})]
      const parts = {
        by,
        secret,
        versionId: row.versionId,
        details: detailsOf(row, `attempt=${row.attempts + 1}`),
        changes,
      }
      const act = actOf(on, caller, view, about, parts)
      return {
        act: { ...act, entry: { ...act.entry, result: "INTENT" } },
        done: (receipt) => ({ opened, schedule, receipt, from }),
        undone: () => discardAll(opened),
      }
    },
  })
}

function contextOf(one: OneRotation, row: RotationRow, signal: AbortSignal): StepContext {
  const { on, addressOf, hosts } = one
  return {
    token: row.versionId,
    random: on.random,
    now: () => on.clock.now(),
    signal,
    addressOf,
    hosts,
    async effect(name, act) {
      await renew(one, row, name)
      signal.throwIfAborted()
      return act()
    },
  }
}
