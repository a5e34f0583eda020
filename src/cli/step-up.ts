import type { TylerClient } from "../client/client.ts"
import type { TylerApiError } from "../client/error.ts"
import type { StepUpFor } from "./attempt.ts"
import { CODE_QUESTION, withCode } from "./code.ts"
import { type Call, given, switched, Unmet } from "./command.ts"
import { NEEDS_MORE } from "./exit.ts"
import { lacksOf } from "./lacks.ts"
import { canAsk } from "./prompt.ts"

/** Whether a person may be led through what is missing: somebody is there, and wants neither JSON nor a quick end. */
export function canWalk(call: Call): boolean {
  const { world } = call
  return canAsk(world) && world.stderr.isTTY === true && !switched(call, "json") && !switched(call, "no-wait")
}

export function canStepUp(call: Call): boolean {
  return given(call, "code-file") !== undefined || canWalk(call)
}

/** Asks for a code and answers a step-up token. The names are at most 50. */
export async function stepUp(call: Call, client: TylerClient, { verb, names }: StepUpFor): Promise<string> {
  await requireCodes(client)
  const secrets = verb === "govern" ? {} : { secrets: [...names] }
  const { token } = await withCode(call, CODE_QUESTION, (code) => client.factors.verify({ verb, ...secrets, code }))
  return token
}

/** The same after a refusal that says that a second factor, and nothing else, is missing. Throws the refusal else. */
export async function stepUpAfter(
  call: Call,
  client: TylerClient,
  about: StepUpFor,
  refusal: TylerApiError,
): Promise<string> {
  const lacks = lacksOf(refusal.code, refusal.facts)
  if (lacks === undefined || lacks.approval || !canStepUp(call)) throw refusal
  return stepUp(call, client, about)
}

/** Passkeys work in browsers only. @throws Unmet if the caller has nothing whose code could be typed */
export async function requireCodes(client: TylerClient): Promise<void> {
  const factors = await client.factors.list()
  if (factors.some(({ kind, left }) => kind === "totp" || (kind === "recovery" && left !== 0))) return
  const message =
    factors.length === 0
      ? "you have no second factor; enrol one with: tyler mfa add"
      : "your second factor is a passkey, which works in a browser only; there you can add an app for codes too"
  throw new Unmet(NEEDS_MORE, "verification_required", message)
}
