import { STRATEGIES } from "../../core/rotation-strategy.ts"
import { CURRENT, PENDING, PREVIOUS } from "../../core/stage.ts"
import type { RotationRow, ScheduleRow, SecretRow } from "../../state/rows.ts"
import type { Service } from "../service.ts"
import { holderOf } from "./held.ts"

/** Of a secret, what says whether a rotation would help against somebody who has seen a version of it. */
export interface Prospect {
  readonly secret: SecretRow
  readonly current: string | undefined
  readonly previous: string | undefined
  readonly pending: string | undefined
  readonly schedule: ScheduleRow | undefined
  /** The previous version was ended when the current one came. */
  readonly revoked: boolean
}

/** Rotations looked at for the one that made the current version. */
const HISTORY = 20

export async function prospectOf({ reader }: Pick<Service, "reader">, secret: SecretRow): Promise<Prospect> {
  const labels = await reader.labels(secret.id)
  const current = holderOf(labels, CURRENT)
  const schedule = await reader.schedule(secret.id)
  const rotations = schedule === undefined ? [] : await reader.rotationsOf(secret.id, HISTORY)
  return {
    secret,
    current,
    previous: holderOf(labels, PREVIOUS),
    pending: holderOf(labels, PENDING),
    schedule,
    revoked: rotations.some((row) => row.versionId === current && endedPrevious(row)),
  }
}

function endedPrevious({ state, revoke }: RotationRow): boolean {
  return state === "done" && revoke
}

export type Stage = typeof CURRENT | typeof PREVIOUS | typeof PENDING

export function stageOf({ current, previous, pending }: Prospect, versionId: string): Stage | null {
  if (versionId === current) return CURRENT
  if (versionId === pending) return PENDING
  return versionId === previous ? PREVIOUS : null
}

/** What a rotation now would do about a version that was seen: api/seen.ts says of each what it means. */
export type Outlook =
  | "rotatable"
  | "replaced"
  | "no_schedule"
  | "used_elsewhere"
  | "forbidden"
  | "version_pending"
  | "secret_pending_deletion"
  | "gone"

/**
 * Of a version of a secret that is there.
 * @param mayRotate whether whoever asks has the verb
 */
export function outlookOf(prospect: Prospect, stage: Stage | null, mayRotate: boolean): Outlook {
  const { secret, schedule } = prospect
  if (stage === null || (stage === PREVIOUS && isOver(prospect))) return "replaced"
  if (secret.deletionAt !== null) return "secret_pending_deletion"
  if (schedule === undefined) return "no_schedule"
  if (promiseOf(schedule) === "none") return "used_elsewhere"
  if (!mayRotate) return "forbidden"
  // What is pending is what a rotation makes current.
  return stage === PENDING ? "version_pending" : "rotatable"
}

/** Whether the previous version is good nowhere. Nobody knows that of one that no strategy took care of. */
function isOver({ schedule, revoked }: Prospect): boolean {
  return schedule !== undefined && (revoked || promiseOf(schedule) === "window")
}

/** Undefined: a function of AWS rotates it, which promises nothing to us. */
function promiseOf({ strategy }: ScheduleRow) {
  return STRATEGIES.find(({ name }) => name === strategy)?.promises
}
