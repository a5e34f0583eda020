import { RotationFault } from "../../rotation/fault.ts"
import { newPassword, passwordRule } from "../../rotation/generate.ts"
import { invalid, type JsonObject, objectOf, optionalTextIn, textIn, tlsIn } from "../../rotation/secret-json.ts"
import type { Held, StepContext, Steps } from "../../rotation/steps.ts"
import { signatureOf } from "../webhook/signature.ts"
import { exchange, mustBeListed, statusFault, urlIn } from "./exchange.ts"

interface Hook {
  readonly all: JsonObject
  readonly url: URL
  readonly signingKey: string
  readonly ca: string | undefined
}

function hookOf(text: string): Hook {
  const all = objectOf(text)
  if (textIn(all, "engine", 40) !== "webhook") throw invalid("engine", "is not webhook")
  textIn(all, "password", 4096)
  passwordRule(all)
  const signingKey = textIn(all, "signingKey", 512)
  if (signingKey.length < 32) throw invalid("signingKey", "has less than 32 characters")
  const url = urlIn(textIn(all, "webhook", 2048), tlsIn(all), "webhook")
  return { all, url, signingKey, ca: optionalTextIn(all, "sslrootcert", 65_536) }
}

/**
 * Posts what is to be done, signed as notifications are (`tyler-signature`). `tyler-delivery` is the same for every try of
 * one step of one rotation: a receiver that has done it answers 2xx again.
 */
async function tell(step: "set" | "test" | "revoke", held: Held, context: StepContext): Promise<number> {
  const hook = hookOf(held.current)
  mustBeListed(hook.url, context.hosts)
  const values = (text: string | undefined): JsonObject | undefined =>
    text === undefined ? undefined : shown(objectOf(text))
  const body = JSON.stringify({
    step,
    token: context.token,
    current: values(held.current),
    pending: values(held.pending),
    previous: values(held.previous),
  })
  const signature = signatureOf(Buffer.from(hook.signingKey), Math.floor(context.now() / 1000), Buffer.from(body))
  const headers = {
    "content-type": "application/json",
    "tyler-delivery": `${context.token}:${step}`,
    "tyler-signature": signature,
  }
  return (await exchange({ method: "POST", url: hook.url, headers, body, ca: hook.ca }, context)).status
}

/** The receiver knows its own key. */
function shown(all: JsonObject): JsonObject {
  const { signingKey: _, ...rest } = all
  return rest
}

function mustSucceed(status: number, refused: "password_rejected" | "pending_refused"): void {
  if (status >= 200 && status < 300) return
  // 422: it understood and says no.
  throw status === 422 ? new RotationFault(refused, { code: "status_422" }) : statusFault(status)
}

function mustBeSamePlace(held: Held): void {
  if (held.pending === undefined) throw new RotationFault("pending_missing")
  const [one, other] = [hookOf(held.current), hookOf(held.pending)]
  if (one.url.href !== other.url.href) throw new RotationFault("identity_changed", { field: "webhook" })
}

/** For all else: a receiver of one's own changes the credential. What it promises is its own. */
export const webhookSteps: Steps = {
  writes: ["password"],

  check(held) {
    hookOf(held.current)
  },

  /** A receiver that is asked does something: nothing but its place can be judged. */
  async prove(held, context) {
    mustBeListed(hookOf(held.current).url, context.hosts)
  },

  async create(held, context) {
    if (held.pending !== undefined) {
      mustBeSamePlace(held)
      return held.pending
    }
    const { all } = hookOf(held.current)
    return JSON.stringify({ ...all, password: newPassword(context.random, passwordRule(all)) })
  },

  async set(held, context) {
    mustBeSamePlace(held)
    mustSucceed(await context.effect("set told", () => tell("set", held, context)), "password_rejected")
  },

  async test(held, context) {
    mustBeSamePlace(held)
    mustSucceed(await tell("test", held, context), "pending_refused")
  },

  async revoke(held, context) {
    if (held.previous === undefined) return
    mustSucceed(await context.effect("revoke told", () => tell("revoke", held, context)), "pending_refused")
  },
}
