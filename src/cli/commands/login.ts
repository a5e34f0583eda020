import { addressOf, connectAnonymously } from "../connect.ts"
import { type Call, given } from "../command.ts"
import { ago } from "../ago.ts"
import { answer, line, note } from "../print.ts"
import { ask, askHidden } from "../prompt.ts"
import { passwordFrom } from "../secret-input.ts"
import { storeToken, tokenPath } from "../token-file.ts"

/** The token goes to the file and to nothing else, `--json` included. */
export async function run(call: Call): Promise<void> {
  const { world } = call
  const client = connectAnonymously(call)
  const username = given(call, "user") ?? (await ask(world, "User name"))
  const password = (await passwordFrom(call)) ?? (await askHidden(world, "Password"))
  const { token, expiresAt, assurance, mustChangePassword } = await client.login({ username, password })
  storeToken(world, addressOf(call), token, expiresAt)
  await answer(call, { username, expiresAt, assurance, file: tokenPath(world) }, () =>
    line(world, `Logged in to ${addressOf(call)}; the session ends ${ago(expiresAt, world.now())}.`),
  )
  if (mustChangePassword) await note(world, "tyler: the password has to be changed before anything else")
}
