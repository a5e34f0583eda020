import { TylerApiError } from "../../client/error.ts"
import { addressOf, connect } from "../connect.ts"
import type { Call } from "../command.ts"
import { answer, line } from "../print.ts"
import { forgetToken, storedToken } from "../token-file.ts"

/** Ends the stored session, not one given in TYLER_TOKEN. What the server no longer knows is forgotten all the same. */
export async function run(call: Call): Promise<void> {
  const address = addressOf(call)
  const token = storedToken(call.world, address)
  if (token !== undefined) await end(call, token)
  const loggedOut = forgetToken(call.world, address)
  await answer(call, { loggedOut }, () => line(call.world, loggedOut ? "Logged out." : "You were not logged in."))
}

async function end(call: Call, token: string): Promise<void> {
  try {
    await connect(call, token).logout()
  } catch (error) {
    if (!(error instanceof TylerApiError && error.status === 401)) throw error
  }
}
