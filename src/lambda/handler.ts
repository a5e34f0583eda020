import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager"
import { judgedAddress } from "../adapters/targets/address.ts"
import { stepsOf } from "../adapters/targets/open.ts"
import { systemResolve } from "../adapters/webhook/pin.ts"
import { systemRandom } from "../core/random.ts"
import type { StepContext } from "../rotation/steps.ts"
import { RotationFault } from "../rotation/fault.ts"
import { eventIn, Refused } from "./event.ts"
import { rotate } from "./rotate.ts"
import { secretsOf } from "./secrets.ts"
import { settingsIn } from "./settings.ts"

/** What Lambda hands over beside the event. */
interface LambdaContext {
  getRemainingTimeInMillis(): number
}

/** Left for the answer once a step has to end. */
const SPARE_MS = 1000

const settings = settingsIn(process.env)
const secrets = secretsOf(new SecretsManagerClient({}))
const addressOf = judgedAddress(settings.reaches, systemResolve)

/** A rotation function of AWS Secrets Manager: the strategies of this service, run by Lambda. */
export async function handler(given: unknown, lambda: LambdaContext): Promise<void> {
  const event = eventIn(given)
  const context: StepContext = {
    token: event.token,
    random: systemRandom,
    now: Date.now,
    signal: AbortSignal.timeout(Math.max(1, lambda.getRemainingTimeInMillis() - SPARE_MS)),
    addressOf,
    hosts: settings.hosts,
    effect: (_name, act) => act(),
  }
  const { step, secretId: secret, token: version } = event
  const say = (outcome: string): void => console.log(JSON.stringify({ step, secret, version, outcome }))
  try {
    const steps = await stepsOf(settings.strategy)
    say(await rotate({ secrets, steps, settings, event, context }))
  } catch (error) {
    say("failed")
    throw told(error)
  }
}

/** Lambda logs what is thrown, causes too. A foreign error's text may quote what was sent: only its name goes on. */
function told(error: unknown): Error {
  if (error instanceof RotationFault) return new Error(`${error.code}: ${error.message}`)
  if (error instanceof Refused || (error instanceof Error && error.name === "SecretsFault"))
    return new Error(error.message)
  return new Error(`internal: ${error instanceof Error ? error.name : typeof error}`)
}
