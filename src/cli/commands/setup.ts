import { addressOf, connectAnonymously } from "../connect.ts"
import { type Call, given } from "../command.ts"
import { answer, line } from "../print.ts"
import { ask, askHidden, askHiddenTwice } from "../prompt.ts"
import { firstLine, passwordFrom } from "../secret-input.ts"
import { storeToken } from "../token-file.ts"

export async function run(call: Call): Promise<void> {
  const { world } = call
  const client = connectAnonymously(call)
  const file = given(call, "token-file")
  const token = file === undefined ? await askHidden(world, "Setup token") : setupToken(await firstLine(world, file))
  const username = given(call, "user") ?? (await ask(world, "User name"))
  const password = (await passwordFrom(call)) ?? (await askHiddenTwice(world, "Password (15 to 128 characters)"))
  const session = await client.setup({ token, username, password })
  storeToken(world, addressOf(call), session.token, null)
  await answer(call, { username }, () => line(world, "The first admin is set up, and you are logged in."))
}

/** The server's own line, `Setup token: ...`, is taken too. */
function setupToken(line: string): string {
  return line.replace(/^Setup token:/, "").trim()
}
