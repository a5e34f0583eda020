import { equalBytes, lengthPrefixed, sha256 } from "../core/bytes.ts"
import { STAGED } from "../core/stage.ts"
import { adminNamed } from "../rotation/admin.ts"
import { RotationFault } from "../rotation/fault.ts"
import { pendingOf } from "../rotation/pending.ts"
import { placeOf } from "../rotation/place.ts"
import { hasCredential, withCredential } from "../rotation/secret-json.ts"
import type { Held, StepContext, Steps } from "../rotation/steps.ts"
import { Refused, type RotationEvent, type StepName } from "./event.ts"
import type { Secrets, Version } from "./secrets.ts"
import type { LambdaSettings } from "./settings.ts"

const CURRENT = "AWSCURRENT"
const PREVIOUS = "AWSPREVIOUS"
const PENDING = "AWSPENDING"

/** What one invocation is done with. */
export interface Invocation {
  readonly secrets: Secrets
  readonly steps: Steps
  readonly settings: Pick<LambdaSettings, "rotates" | "admins">
  readonly event: RotationEvent
  readonly context: StepContext
}

/**
 * One step of one rotation. Each may have been done before, wholly or in part: Secrets Manager tries all of them again
 * with the same token after a failure.
 * @returns `current` where the version is current already, and nothing is left to do
 * @throws Refused, RotationFault, SecretsFault
 */
export async function rotate(one: Invocation): Promise<"done" | "current"> {
  const { secrets, settings, event } = one
  if (!settings.rotates(event.secretId)) throw new Refused("This function does not rotate that secret")
  const { rotationEnabled, stages } = await secrets.describe(event.secretId)
  if (rotationEnabled === false) throw new Refused("Rotation of the secret is turned off")
  const carried = stages.get(event.token)
  if (carried === undefined) throw new Refused("The secret has no version of that ClientRequestToken")
  if (carried.includes(CURRENT)) return "current"
  if (!carried.includes(PENDING)) throw new Refused("The version is not AWSPENDING")
  await DO[event.step](one)
  return "done"
}

const DO: { readonly [Name in StepName]: (one: Invocation) => Promise<void> } = {
  async createSecret(one) {
    const { secrets, steps, event, context } = one
    const held = await heldOf(one, await currentOf(one))
    steps.check(held)
    const made = await pendingOf(steps, held, context, null)
    if (made === undefined) return
    const { secretId, token: versionId, rotationToken } = event
    await secrets.put(secretId, { versionId, text: made.text, stage: PENDING, rotationToken })
  },

  async setSecret(one) {
    const held = await heldOf(one, await currentOf(one))
    one.steps.check(held)
    await one.steps.set(held, one.context)
  },

  async testSecret(one) {
    const held = await heldOf(one, await currentOf(one))
    one.steps.check(held)
    await one.steps.test(held, one.context)
  },

  finishSecret: finish,
}

/**
 * Makes the pending version current, if nobody has written another since. What somebody has written stays: then the
 * credential becomes part of it, as a version of its own, since no version can be changed.
 */
async function finish(one: Invocation): Promise<void> {
  const { secrets, steps, event, context } = one
  const { secretId, token } = event
  const current = await currentOf(one)
  const held = await heldOf(one, current)
  const { pending } = held
  if (pending === undefined) throw new RotationFault("pending_missing")
  if (hasCredential(current.text, pending, steps.writes)) return secrets.move(secretId, PENDING, undefined, token)
  // Still the credential of this user, and good where the secret leads now.
  await steps.create(held, context)
  if (!equalBytes(placeOf(current.text), placeOf(pending))) throw new RotationFault("identity_changed")
  const merged = withCredential(current.text, pending, steps.writes)
  if (merged === undefined) return secrets.move(secretId, CURRENT, token, current.versionId)
  const versionId = mergedId(token, current.versionId)
  await secrets.put(secretId, { versionId, text: merged, stage: STAGED, rotationToken: event.rotationToken })
  await secrets.move(secretId, CURRENT, versionId, current.versionId)
  await secrets.move(secretId, PENDING, undefined, token)
}

/** The same at every try. */
function mergedId(token: string, current: string): string {
  return sha256(lengthPrefixed([token, current]))
    .toString("hex")
    .slice(0, 32)
}

async function currentOf({ secrets, event }: Invocation): Promise<Version> {
  const current = await secrets.read(event.secretId, { stage: CURRENT })
  if (current === undefined) throw new Refused("The secret has no version that is AWSCURRENT")
  return current
}

async function heldOf(one: Invocation, current: Version): Promise<Held> {
  const { secrets, event } = one
  const { secretId, token: versionId } = event
  const pending = await secrets.read(secretId, { versionId, stage: PENDING })
  const previous = await secrets.read(secretId, { stage: PREVIOUS })
  const admin = await adminFor(one, current.text)
  return { current: current.text, pending: pending?.text, previous: previous?.text, admin }
}

/**
 * The administrator whom the secret names, if whoever deployed the function has bound him to the very place where the
 * secret leads: its writer could name a server of his own, and the administrator would log in there.
 */
async function adminFor({ secrets, settings }: Invocation, current: string): Promise<string | undefined> {
  const named = adminNamed(current)
  if (named === undefined) return undefined
  const bound = settings.admins.filter(({ secretId }) => secretId === named)
  if (bound.length === 0) throw new RotationFault("admin_missing", { field: "masterarn", reason: "is not listed" })
  const place = placeOf(current)
  if (!bound.some((one) => equalBytes(one.place, place))) throw new RotationFault("admin_moved")
  const admin = await secrets.read(named, { stage: CURRENT })
  if (admin === undefined) throw new RotationFault("admin_missing")
  return admin.text
}
