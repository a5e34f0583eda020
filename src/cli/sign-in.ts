import type { LoginAnswer } from "../api/auth.ts"
import type { TylerClient } from "../client/client.ts"
import { TylerApiError } from "../client/error.ts"
import { CODE_QUESTION, withCode } from "./code.ts"
import { type Call, given, Unmet } from "./command.ts"
import { addressOf, connect, connectAnonymously } from "./connect.ts"
import { NEEDS_MORE } from "./exit.ts"
import { note } from "./print.ts"
import { askHiddenTwice, canAsk } from "./prompt.ts"
import { firstLine } from "./secret-input.ts"

interface Credentials {
  readonly username: string
  readonly password: string
}

/** Logs in to the end: a second factor where one is due, a new password where the old one must go. */
export async function signIn(call: Call, who: Credentials): Promise<LoginAnswer> {
  const whole = await withFactor(call, await connectAnonymously(call).login(who))
  if (!whole.mustChangePassword) return whole
  const client = connect(call, whole.token)
  const password = await orLoggedOut(client, async () => {
    const next = await newPassword(call)
    await client.changePassword({ currentPassword: who.password, newPassword: next })
    return next
  })
  await note(call.world, "tyler: the password is changed; that ended every session, so log in once more with it")
  return withFactor(call, await connectAnonymously(call).login({ ...who, password }))
}

/** The second half of a login, where a second factor is due: another session in place of the half one. */
export async function withFactor(call: Call, session: LoginAnswer): Promise<LoginAnswer> {
  if (!session.factorDue) return session
  const client = connect(call, session.token)
  return orLoggedOut(client, async () => {
    const passkey = await hasPasskey(client)
    const browser = `${addressOf(call)}/login`
    if (passkey) await note(call.world, `tyler: your passkey works in a browser, at ${browser}; here a code will do`)
    if (given(call, "code-file") === undefined && !canAsk(call.world))
      throw new Unmet(NEEDS_MORE, "verification_required", "a second factor is due: --code-file has its code")
    return withCode(call, CODE_QUESTION, (code) => client.finishLogin({ code }))
  })
}

/** A half session has no list of its factors; whether there is a passkey shows in whether a challenge is given. */
async function hasPasskey(client: TylerClient): Promise<boolean> {
  try {
    await client.factors.challenge("sign_in")
    return true
  } catch (error) {
    if (error instanceof TylerApiError && error.code === "not_found") return false
    throw error
  }
}

async function newPassword(call: Call): Promise<string> {
  const file = given(call, "new-password-file")
  if (file !== undefined) return firstLine(call.world, file)
  if (!canAsk(call.world))
    throw new Unmet(
      NEEDS_MORE,
      "password_due",
      "the password has to be changed first: --new-password-file has the new one",
    )
  await note(call.world, "tyler: the password has to be changed before anything else")
  return askHiddenTwice(call.world, "New password (15 to 128 characters)")
}

/** A session that is of no use is not left behind. */
async function orLoggedOut<T>(client: TylerClient, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await client.logout().catch(() => undefined)
    throw error
  }
}
