import {
  CancelBody,
  CancelledAnswer,
  CheckedAnswer,
  RotateAnswer,
  RotateBody,
  RotationAnswer,
  RotationQuery,
  ScheduleBody,
  ScheduledAnswer,
  SchedulesAnswer,
  SchedulesQuery,
} from "../../api/rotation.ts"
import type { Contract } from "../contract.ts"

/** Refusals of what is asked of a secret that is not about to be deleted. */
const LIVE = ["not_found", "secret_pending_deletion", "verification_required", "row_tampered"] as const

export const rotationContracts = {
  "POST /api/secrets/{name}/rotate": {
    body: RotateBody,
    bodyOptional: true,
    keyed: true,
    answers: { 202: RotateAnswer },
    refuses: [
      "invalid_reason",
      ...LIVE,
      "not_rotatable",
      "rotation_refused",
      "rotation_running",
      "idempotency_mismatch",
    ],
    note: "It goes on by itself; `GET .../rotation` says how far it is. `revokePrevious` ends the previous version too, as after a leak. `lambdaArn` is for values in AWS: one of `SECRETS_ROTATION_LAMBDA`, whose first is the usual one where there is no schedule.",
  },
  "POST /api/secrets/{name}/check-rotation": {
    answers: { 200: CheckedAnswer },
    refuses: [...LIVE, "not_rotatable", "rotation_refused"],
    note: "The target is asked whether it lets the current version in, and the administrator where there is one. Nothing is changed.",
  },
  "POST /api/secrets/{name}/cancel-rotation": {
    body: CancelBody,
    bodyOptional: true,
    answers: { 200: CancelledAnswer },
    refuses: ["invalid_reason", ...LIVE, "rotation_not_running", "rotation_begun"],
    note: "Only before anything reached the target: after that it is finished, so that one version at least is good.",
  },
  "GET /api/secrets/{name}/rotation": {
    query: RotationQuery,
    answers: { 200: RotationAnswer },
    refuses: ["not_found"],
    note: "With `seen` from an earlier answer and `wait`, it answers once something has changed since, at the latest after so many seconds.",
  },
  "POST /api/secrets/{name}/schedule": {
    body: ScheduleBody,
    answers: { 200: ScheduledAnswer },
    refuses: [...LIVE, "rotation_refused"],
    note: "`days`, or an `expression` of AWS's form, `rate(...)` or `cron(...)` in UTC; with neither it is rotated when somebody asks. The strategy is tried on the value's form first.",
  },
  "GET /api/rotations": {
    query: SchedulesQuery,
    answers: { 200: SchedulesAnswer },
    refuses: [],
    note: "Schedules of the secrets that the caller may list, in order of names. A page may have fewer than `limit`, even none, though there are more.",
  },
} satisfies Record<string, Contract>
