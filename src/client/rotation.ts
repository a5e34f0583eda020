import type {
  CancelledAnswer,
  CheckedAnswer,
  RotateAnswer,
  RotationAnswer,
  ScheduleBody,
  ScheduledAnswer,
  SchedulesAnswer,
} from "../api/rotation.ts"
import { queryText, secretPath } from "./address.ts"
import type { Caller, Held } from "./caller.ts"
import { paged } from "./pages.ts"
import type { Reasoned } from "./secrets.ts"

export interface RotateOptions extends Reasoned {
  /** Ends the previous version too, after the new one is current: somebody knows it who must not. */
  readonly revokePrevious?: boolean
  /** With values in AWS: the function there that does it. */
  readonly lambdaArn?: string
}

export interface WatchOptions {
  /** `seen` of an earlier answer: the server answers once something has changed since. */
  readonly seen?: string
  /** Seconds, 0 (at once) to 20, after which it answers in any case. They come on top of `timeoutMs`. */
  readonly wait?: number
  /** Ends the waiting; the call then throws `aborted`. */
  readonly signal?: AbortSignal
}

/** One schedule of a page. */
export type ScheduleItem = SchedulesAnswer["schedules"][number]

/** Rotation of secrets. Every method throws TylerApiError. */
export interface Rotation {
  /** Starts one; it goes on by itself. 409 `not_rotatable`, `rotation_running`. */
  rotate(name: string, options?: RotateOptions): Promise<RotateAnswer>
  /** Schedule, and the last 20 rotations, newest first. With `seen` and `wait` it waits for a change. */
  rotation(name: string, options?: WatchOptions): Promise<RotationAnswer>
  /** Tries whether a rotation could begin; changes nothing. 409 `rotation_refused` says what stands in the way. */
  checkRotation(name: string, options?: Reasoned): Promise<CheckedAnswer>
  /** Ends one that has not reached its target. 409 `rotation_not_running`, `rotation_begun`. */
  cancelRotation(name: string, options?: Reasoned): Promise<CancelledAnswer>
  /** How and when it is rotated, in place of what was set before. 409 `rotation_refused`. */
  schedule(name: string, schedule: ScheduleBody, options?: Reasoned): Promise<ScheduledAnswer>
  /** Schedules of all secrets that the caller may list, page by page. */
  rotations(options?: {
    readonly cursor?: string
    readonly limit?: number
  }): AsyncGenerator<ScheduleItem, void, undefined>
}

export function rotationOf(caller: Caller): Rotation {
  return {
    rotate: async (name, options = {}) => {
      const { revokePrevious, lambdaArn } = options
      const body = { reason: caller.readReason(options.reason), revokePrevious, lambdaArn }
      return caller.sendOnce("POST", `${secretPath(name)}/rotate`, body, options)
    },
    rotation: async (name, { seen, wait, signal } = {}) => {
      const held: Held = { holdMs: (wait ?? 0) * 1000, ...(signal === undefined ? {} : { signal }) }
      return caller.read(`${secretPath(name)}/rotation${queryText({ seen, wait })}`, held)
    },
    checkRotation: async (name, options = {}) => caller.ask(`${secretPath(name)}/check-rotation`, {}, options),
    cancelRotation: async (name, options = {}) =>
      caller.send("POST", `${secretPath(name)}/cancel-rotation`, { reason: caller.reason(options.reason) }, options),
    schedule: async (name, schedule, options = {}) =>
      caller.send("POST", `${secretPath(name)}/schedule`, { ...schedule }, options),
    rotations: (options = {}) =>
      paged<"schedules", ScheduleItem>(
        options.cursor,
        (cursor) => caller.read(`/api/rotations${queryText({ ...options, cursor })}`),
        "schedules",
      ),
  }
}
