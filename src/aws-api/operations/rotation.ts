import { type Static, Type } from "../../api/schema.ts"
import type { TylerError } from "../../core/errors.ts"
import { checkRotation } from "../../operations/rotation/check.ts"
import { type Plan, type Scheduled, setSchedule } from "../../operations/rotation/schedule.ts"
import { startRotation } from "../../operations/rotation/start.ts"
import { turnOffRotation } from "../../operations/rotation/turn-off.ts"
import type { Named } from "../../operations/secret.ts"
import type { Caller } from "../../operations/service.ts"
import type { ScheduleRow } from "../../state/rows.ts"
import type { Desk } from "../desk.ts"
import { AwsError } from "../errors.ts"
import { members, SecretId, ValueMembers } from "../fields.ts"
import { rotatedBy } from "../functions.ts"
import { type Operation, operation } from "../operation.ts"
import { inWordsOf, tokenUsed, versionIdIn } from "../parameters.ts"
import { RotationRules, timetableIn, wrongRules } from "../rotation-rules.ts"
import { secretRef } from "../secret-id.ts"

const NO_FUNCTION = "No Lambda rotation function ARN is associated with this secret."
const NEVER = "Rotation was never configured for this secret, so there is nothing to cancel."

const RotateSecret = members({
  SecretId,
  ClientRequestToken: ValueMembers.ClientRequestToken,
  RotationLambdaARN: Type.Optional(Type.String({ maxLength: 2048 })),
  RotationRules: Type.Optional(RotationRules),
  RotateImmediately: Type.Optional(Type.Boolean()),
})

/** Rotation as AWS's clients ask for it. */
export const rotationOperations: readonly Operation[] = [
  operation({
    name: "RotateSecret",
    action: "ROTATE",
    input: RotateSecret,
    async run(desk, caller, input) {
      if (input.ClientRequestToken === undefined)
        throw new AwsError(
          "InvalidParameterException",
          "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
        )
      const token = versionIdIn("ClientRequestToken", input.ClientRequestToken)
      const wanted = configurationIn(desk, input)
      const ref = await secretRef(desk, caller, "rotate", input.SecretId)
      const words = { not_rotatable: saying(NO_FUNCTION), idempotency_mismatch: tokenUsed(token) }
      return inWordsOf(words, async () => {
        const set = wanted === undefined ? undefined : await configure(desk, caller, ref, wanted)
        if (input.RotateImmediately === false) return set?.lambdaArn == null ? tried(desk, caller, ref) : answerOf(set)
        const ask = {
          ...ref,
          reason: null,
          revokePrevious: false,
          idempotencyKey: token,
          enable: true,
          lambdaArn: null,
        }
        const { arn, name, versionId } = await startRotation(desk.service, caller, ask)
        desk.rotation.wake()
        return { ARN: arn, Name: name, VersionId: versionId }
      })
    },
  }),

  operation({
    name: "CancelRotateSecret",
    action: "ROTATE_CANCEL",
    input: members({ SecretId }),
    async run(desk, caller, input) {
      const ref = await secretRef(desk, caller, "rotate", input.SecretId)
      const words = { not_rotatable: saying(NEVER) }
      const { arn, name, versionId } = await inWordsOf(words, () => turnOffRotation(desk.service, caller, ref))
      return { ARN: arn, Name: name, VersionId: versionId ?? undefined }
    },
  }),
]

function saying(text: string): (error: TylerError) => AwsError {
  return (error) => new AwsError("InvalidRequestException", text, error)
}

/** What the schedule becomes; undefined: it stays. What is not given is as it was. @throws AwsError */
function configurationIn(
  desk: Desk,
  { RotationLambdaARN: arn = "", RotationRules: rules }: Static<typeof RotateSecret>,
): ((present: ScheduleRow | undefined) => Plan | undefined) | undefined {
  if (arn === "" && rules === undefined) return undefined
  const by = arn === "" ? undefined : rotatedBy(desk, arn)
  const timetable = rules === undefined ? undefined : timetableIn(rules)
  return (present) => {
    const known = by ?? present
    if (known === undefined) return undefined
    const { strategy, lambdaArn } = known
    const { days, expression, windowHours } = timetable ?? present ?? NEVER_BY_ITSELF
    return { strategy, lambdaArn, days, expression, windowHours, enabled: true }
  }
}

const NEVER_BY_ITSELF = { days: null, expression: null, windowHours: null }

async function configure(
  { service, rotation }: Desk,
  caller: Caller,
  ref: Named,
  wanted: (present: ScheduleRow | undefined) => Plan | undefined,
): Promise<Scheduled> {
  const words = { invalid_request: wrongRules }
  return inWordsOf(words, () => setSchedule(service, rotation.rotating, caller, ref, wanted))
}

/** AWS invokes the function for its test only, and says nothing of how that went; here the caller hears it. */
async function tried({ service, rotation }: Desk, caller: Caller, ref: Named): Promise<object> {
  const words = {
    rotation_refused: (error: TylerError) =>
      new AwsError(
        "InvalidRequestException",
        `The configuration is kept, but trying it failed: ${error.message}`,
        error,
      ),
  }
  return answerOf(await inWordsOf(words, () => checkRotation(service, rotation.rotating, caller, ref)))
}

/** Without a VersionId: no version is made. */
function answerOf({ arn, name }: Pick<Scheduled, "arn" | "name">): object {
  return { ARN: arn, Name: name }
}
