export const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const
export type StepName = (typeof STEPS)[number]

/** What Secrets Manager sends (https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html). */
export interface RotationEvent {
  readonly step: StepName
  /** An ARN. */
  readonly secretId: string
  /** The id of the version that is made. */
  readonly token: string
  /** Proves to Secrets Manager that it asked itself, where roles are assumed. It goes back there and nowhere else. */
  readonly rotationToken: string | undefined
}

/** Nothing is done, whoever asks again. Its text names no value. */
export class Refused extends Error {
  constructor(text: string) {
    super(text)
    this.name = "Refused"
  }
}

const TOKEN = /^[\x21-\x7e]{32,64}$/

/** @throws Refused */
export function eventIn(event: unknown): RotationEvent {
  const all = typeof event === "object" && event !== null ? (event as Readonly<Record<string, unknown>>) : {}
  const { Step: step, SecretId: secretId, ClientRequestToken: token, RotationToken: rotationToken } = all
  // AWS's guide prints snake_case in places; the service sends what its own templates compare with.
  if (!isStep(step)) throw new Refused(`Step is not one of ${STEPS.join(", ")}`)
  if (typeof secretId !== "string" || secretId === "") throw new Refused("SecretId is missing")
  if (typeof token !== "string" || !TOKEN.test(token)) throw new Refused("ClientRequestToken is missing or malformed")
  if (rotationToken === undefined || rotationToken === null) return { step, secretId, token, rotationToken: undefined }
  if (typeof rotationToken !== "string" || rotationToken.length < 36 || rotationToken.length > 256)
    throw new Refused("RotationToken is malformed")
  return { step, secretId, token, rotationToken }
}

function isStep(step: unknown): step is StepName {
  return STEPS.some((one) => one === step)
}
