import { TylerError } from "../../core/errors.ts"
import type { SecretName } from "../../core/name.ts"
import type { Reason } from "../../core/reason.ts"
import { CURRENT, PENDING } from "../../core/stage.ts"
import { newVersionId, type VersionId } from "../../core/version.ts"
import { mayBegin, nextDue } from "../../rotation/timetable.ts"
import type { Change } from "../../state/change.ts"
import type { LabelRow, RotationRow, ScheduleRow, SecretRow, VersionRow } from "../../state/rows.ts"
import { actOf } from "../act.ts"
import { perform, type Step } from "../perform.ts"
import { permissionFor, permitFor } from "../permission.ts"
import { findSecret, type Named } from "../secret.ts"
import type { Caller, Service } from "../service.ts"
import { acceptFunction, readied } from "./functions.ts"
import { genuineSchedule } from "./genuine.ts"
import { holderOf } from "./held.ts"
import { aboutRotation, rotatorFor } from "./rotator.ts"
import { signed } from "./genuine.ts"
import { watched } from "./watch.ts"

export interface StartRequest extends Named {
  readonly reason: Reason | null
  /** Ends the previous version after the promotion: it is known to somebody who must not know it. */
  readonly revokePrevious: boolean
  readonly idempotencyKey: VersionId | undefined
  /** A function of AWS that is to do it; null: whoever the schedule names. */
  readonly lambdaArn: string | null
  /** A schedule that waits goes on, as AWS has it. */
  readonly enable: boolean
}

export interface Started {
  readonly arn: string
  readonly name: SecretName
  readonly versionId: VersionId
  readonly rotationId: string
}

/** Among so many of a secret's rotations an idempotency key is looked for. */
const REMEMBERED = 50

/** Begins a rotation now. At most one of a secret is under way. @throws TylerError `not_rotatable`, `rotation_running` */
export function startRotation(on: Service, caller: Caller, ask: StartRequest): Promise<Started> {
  const { name } = ask
  const reason = ask.reason ?? caller.principal.standingReason ?? null
  const about = { ...aboutRotation(name), reason }
  return perform(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(name),
    async plan(view): Promise<Step<Started>> {
      const { secret, current } = await findSecret(on, view, "rotate", ask)
      const permission = await permissionFor(on, caller, view, "rotate", secret)
      const present = await genuineSchedule(on, secret.id)
      const wanted = { ...ask, secretId: secret.id, principalId: view.principal.id }
      const schedule = readied(on, present, wanted)
      if (schedule.lambdaArn !== null) acceptRotation(on, schedule.lambdaArn, current, ask)
      const repeated = await repeatedStart(on, secret.id, ask.idempotencyKey, view.principal.id)
      const row = repeated ?? (await newRotation(on, secret, schedule, ask, view.principal.id))
      const changes = repeated === undefined ? [...putting(schedule, present), starting(row, schedule)] : []
      const details = `rotation=${row.id}${repeated === undefined ? "" : " repeated"}`
      const { versionId } = row
      const act = actOf(on, caller, view, about, { ...permission, secret, versionId, details, changes })
      return {
        act: { ...act, entry: { ...act.entry, result: "INTENT" } },
        done: () => ({ arn: secret.arn, name, versionId, rotationId: row.id }),
      }
    },
  })
}

async function repeatedStart(
  on: Service,
  secretId: string,
  key: VersionId | undefined,
  principalId: string,
): Promise<RotationRow | undefined> {
  if (key === undefined) return undefined
  const rows = await on.reader.rotationsOf(secretId, REMEMBERED)
  const found = rows.find(({ versionId }) => versionId === key)
  if (found === undefined ? (await on.reader.version(secretId, key)) !== undefined : found.startedBy !== principalId)
    throw new TylerError("idempotency_mismatch")
  return found
}

async function newRotation(
  on: Service,
  secret: SecretRow,
  schedule: ScheduleRow,
  { revokePrevious, idempotencyKey }: Pick<StartRequest, "revokePrevious" | "idempotencyKey">,
  startedBy: string,
): Promise<RotationRow> {
  const labels = await on.reader.labels(secret.id)
  if (holderOf(labels, CURRENT) === undefined)
    throw new TylerError("not_found", { error: "The secret has no value yet", stage: CURRENT })
  return rotationRow(on, schedule, {
    versionId: leftPending(labels) ?? idempotencyKey ?? newVersionId(on.random),
    cause: "asked",
    revoke: revokePrevious,
    startedBy,
  })
}

/**
 * A version that an earlier rotation left pending is taken up again: the target may have been changed to it, and then no
 * other one that we hold is good.
 */
function leftPending(labels: readonly LabelRow[]): VersionId | undefined {
  const pending = holderOf(labels, PENDING)
  return pending === holderOf(labels, CURRENT) ? undefined : pending
}

function rotationRow(
  on: Service,
  { secretId, strategy, lambdaArn }: ScheduleRow,
  given: Pick<RotationRow, "versionId" | "cause" | "revoke" | "startedBy">,
): RotationRow {
  const now = on.clock.now()
  return {
    id: on.random.uuid(),
    secretId,
    strategy,
    lambdaArn,
    ...given,
    fromVersion: null,
    state: "running",
    step: "create",
    attempts: 0,
    startedAt: now,
    dueAt: now,
    lease: null,
    leasedUntil: null,
    fence: 0,
    finishedAt: null,
    fault: null,
    revision: 1,
  }
}

function acceptRotation(
  on: Service,
  lambdaArn: string,
  current: VersionRow | undefined,
  { revokePrevious }: StartRequest,
): void {
  acceptFunction(on, lambdaArn, current)
  if (!revokePrevious) return
  const error = "revokePrevious needs a strategy: no function of AWS can be told so"
  throw new TylerError("invalid_request", { field: "/revokePrevious", error })
}

function putting(row: ScheduleRow, present: ScheduleRow | undefined): Change[] {
  return row === present ? [] : [{ kind: "putSchedule", row, expectedRevision: present?.revision ?? null }]
}

function starting(row: RotationRow, { revision }: ScheduleRow): Change {
  return { kind: "addRotation", row, scheduleRevision: revision }
}

/** Schedules looked at in one sweep. */
const SWEEP = 50

/** Begins what is due by its schedule, all of it. One whose window has closed waits for the next. */
export async function startDue(on: Service): Promise<void> {
  for (let begun = 1; begun > 0; ) {
    begun = 0
    const due = await on.reader.schedulesDue(on.clock.now(), SWEEP)
    for (const schedule of due) if (await startOne(on, schedule)) begun++
    if (due.length < SWEEP) return
  }
}

/** @returns false where another replica was first, or the secret cannot be rotated now; that has its entry */
async function startOne(on: Service, { secretId }: ScheduleRow): Promise<boolean> {
  const secret = await on.reader.secretById(secretId)
  if (secret === undefined) return false
  const caller = rotatorFor(on.random.uuid())
  const about = aboutRotation(secret.name)
  try {
    return await perform(on, caller, {
      about,
      async plan(view): Promise<Step<boolean>> {
        const by = permitFor(on, view, "rotate", secret.name)
        const schedule = await genuineSchedule(on, secretId)
        if (schedule === undefined) throw new TylerError("not_rotatable")
        if (schedule.lambdaArn !== null) return await watched(on, caller, view, secret, schedule)
        const now = on.clock.now()
        const due = schedule.nextRotation ?? now
        if (!mayBegin(schedule, due, now)) {
          const row = signed(on, missed(schedule, due, now))
          const change = { kind: "putSchedule" as const, row, expectedRevision: schedule.revision }
          const act = actOf(on, caller, view, about, { by, secret, details: "window missed", changes: [change] })
          return { act: { ...act, entry: { ...act.entry, result: "FAILURE" } }, done: () => false }
        }
        const labels = await on.reader.labels(secretId)
        const versionId = leftPending(labels) ?? newVersionId(on.random)
        const row = rotationRow(on, schedule, {
          versionId,
          cause: "schedule",
          revoke: false,
          startedBy: caller.principal.id,
        })
        const details = `rotation=${row.id} due=${due}`
        const act = actOf(on, caller, view, about, {
          by,
          secret,
          versionId,
          details,
          changes: [starting(row, schedule)],
        })
        return { act: { ...act, entry: { ...act.entry, result: "INTENT" } }, done: () => true }
      },
    })
  } catch (error) {
    if (!(error instanceof TylerError) || error.code === "unavailable") throw error
    return false
  }
}

function missed(schedule: ScheduleRow, due: number, now: number): Omit<ScheduleRow, "mac"> {
  const { mac: _, ...row } = schedule
  let next: number | null = due
  while (next !== null && !mayBegin(schedule, next, now)) next = nextDue(schedule, next)
  return { ...row, nextRotation: next, overdueSince: schedule.overdueSince ?? due, revision: schedule.revision + 1 }
}
