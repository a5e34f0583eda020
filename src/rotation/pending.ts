import { RotationFault } from "./fault.ts"
import { withCredential } from "./secret-json.ts"
import type { Held, StepContext, Steps } from "./steps.ts"

export interface Made {
  readonly text: string
  /** Of a version of its own, since the one that is pending cannot be changed. */
  readonly anew: boolean
}

/**
 * What is to be stored as the pending version.
 * @param another id of a version that may take the pending one's place; null: there can be none, and what somebody wrote
 * since is seen to at the promotion
 * @returns undefined where what is pending is right as it is
 */
export async function pendingOf(
  steps: Steps,
  held: Held,
  context: StepContext,
  another: string | null,
): Promise<Made | undefined> {
  const { pending, ...rest } = held
  if (pending === undefined) return { text: await steps.create(held, context), anew: false }
  try {
    await steps.create(held, context)
  } catch (error) {
    if (another === null || !(error instanceof RotationFault) || error.code !== "identity_changed") throw error
    // Left by a rotation of what the secret was before: that place is not this one's any more.
    return { text: await steps.create(rest, { ...context, token: another }), anew: true }
  }
  if (another === null) return undefined
  // Somebody wrote a version since: what he changed stays, with the credential that the target may already have.
  const text = withCredential(held.current, pending, steps.writes)
  return text === undefined ? undefined : { text, anew: true }
}
