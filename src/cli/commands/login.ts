import { addressOf } from "../connect.ts"
import { type Call, given, switched, UsageError } from "../command.ts"
import { ago } from "../ago.ts"
import { answer, line } from "../print.ts"
import { ask, askHidden } from "../prompt.ts"
import { passwordFrom } from "../secret-input.ts"
import { signIn } from "../sign-in.ts"
import { storeToken, tokenPath } from "../token-file.ts"

/** The token goes to the file and to nothing else, `--json` included. */
export async function run(call: Call): Promise<void> {
  if (switched(call, "sso")) return (await import("../sign-on.ts")).signOn(call)
  if (switched(call, "iam")) return (await import("../iam-sign-in.ts")).signInWithIam(call)
  if (call.operands.length > 0 || switched(call, "open"))
    throw new UsageError("a provider and --open are for --sso", call.command.words)
  const { world } = call
  const address = addressOf(call)
  const username = given(call, "user") ?? (await ask(world, "User name"))
  const password = (await passwordFrom(call)) ?? (await askHidden(world, "Password"))
  const { token, expiresAt, assurance } = await signIn(call, { username, password })
  storeToken(world, address, token, expiresAt)
  await answer(call, { username, expiresAt, assurance, file: tokenPath(world) }, () =>
    line(world, `Logged in to ${address}; the session ends ${ago(expiresAt, world.now())}.`),
  )
}
