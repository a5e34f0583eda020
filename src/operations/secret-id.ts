import { TylerError } from "../core/errors.ts"
import { parseName, type SecretName } from "../core/name.ts"
import type { Verb } from "../core/verb.ts"
import { admit } from "../policy/decide.ts"
import { type Named, questionOf } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

const ARN = /^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)$/
/** What AWS appends to a name in an ARN. */
const SUFFIX = /-[A-Za-z0-9]{6}$/

/**
 * The secret that an AWS SecretId means: a name, an ARN, or an ARN without its last seven characters, in this order, for
 * a name may itself end like an ARN. A leading `${SECRETS_PREFIX}/` is taken off once.
 *
 * The answer is only a name, and says nothing of whether it is there: a name that the caller may not use counts here as
 * one that is not. The operation asks policy and finds the secret by itself.
 * @throws TylerError `invalid_name`; `not_found` for an ARN of something else
 */
export async function secretOfId(on: Service, caller: Caller, verb: Verb, id: string): Promise<Named> {
  if (!id.startsWith("arn:")) return { name: nameIn(on, id) }
  const tail = ARN.exec(id)?.[1]
  if (tail === undefined) throw new TylerError("not_found", { error: "Secret not found" })
  const whole = { name: nameIn(on, tail) }
  const stripped = SUFFIX.test(tail) ? nameIfValid(on, tail.slice(0, -7)) : undefined
  const candidates = stripped === undefined ? [whole] : [{ name: stripped }, whole]
  const policies = await on.policies.current()
  const view = { principal: caller.principal, policies, round: 0 }
  const admitted = candidates.filter(({ name }) => admit(policies, questionOf(on, view, verb, name)) === undefined)
  for (const { name } of admitted) {
    const arn = (await on.secrets.get(name))?.secret.arn
    if (arn === id) return { name, arn }
    if (arn !== undefined && arn.length === id.length + 7 && arn.startsWith(`${id}-`)) return { name }
  }
  const [first = whole] = admitted.length > 0 ? admitted : candidates
  return { ...first, arn: id }
}

/** Without the prefix that names have in AWS, if it stands there. */
export function withoutPrefix(on: Pick<Service, "settings">, text: string): string {
  const lead = `${on.settings.prefix}/`
  return text.startsWith(lead) ? text.slice(lead.length) : text
}

function nameIn(on: Service, text: string): SecretName {
  const parsed = parseName(withoutPrefix(on, text), on.settings.nameLimit)
  if ("fault" in parsed) throw new TylerError("invalid_name", { fault: parsed.fault })
  return parsed.name
}

function nameIfValid(on: Service, text: string): SecretName | undefined {
  const parsed = parseName(withoutPrefix(on, text), on.settings.nameLimit)
  return "name" in parsed ? parsed.name : undefined
}
