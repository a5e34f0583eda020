import type { VerifyBody } from "../api/factors.ts"
import type { TylerClient } from "../client/client.ts"
import { TylerApiError } from "../client/error.ts"
import type { Call } from "./command.ts"

/** What is wanted of which secrets, at most 50, that may take an approval and a second factor. */
export interface Wish {
  readonly names: readonly string[]
  readonly verb: "read" | "purge"
  /** Undefined: the standing one of a program. */
  readonly reason: string | undefined
}

/** What a second factor is shown for. */
export interface StepUpFor {
  readonly verb: VerifyBody["verb"]
  /** None for `govern`. */
  readonly names: readonly string[]
}

/** What is sent along with a second try. */
export interface Shown {
  readonly verificationToken?: string
}

type Attempt<T> = (shown: Shown) => Promise<T>

/**
 * Does what may take an approval and a second factor: as it is first, then leads whoever sits at the terminal through
 * both. Elsewhere the refusal stands. What leads is loaded only then, which keeps the start short.
 */
export async function walked<T>(call: Call, client: TylerClient, wish: Wish, attempt: Attempt<T>): Promise<T> {
  try {
    return await attempt({})
  } catch (error) {
    const refusal = wantsMore(error)
    const { afterRefusal } = await import("./walk.ts")
    return attempt(await afterRefusal(call, client, wish, refusal))
  }
}

/** Does what may take a second factor: as it is first, and with a step-up token if the server wants one. */
export async function verified<T>(call: Call, client: TylerClient, about: StepUpFor, attempt: Attempt<T>): Promise<T> {
  try {
    return await attempt({})
  } catch (error) {
    const refusal = wantsMore(error)
    const { stepUpAfter } = await import("./step-up.ts")
    return attempt({ verificationToken: await stepUpAfter(call, client, about, refusal) })
  }
}

function wantsMore(error: unknown): TylerApiError {
  const more = error instanceof TylerApiError && /^(?:approval|verification)_required$/.test(error.code)
  if (!more) throw error
  return error
}
