import type { IssuedToken } from "../api/users.ts"
import { ago } from "./ago.ts"
import type { Call } from "./command.ts"
import { answer, line, note } from "./print.ts"
import { printable } from "./printable.ts"

/** The token alone on standard output, so that it can be piped to where it belongs. */
export async function showToken(call: Call, issued: IssuedToken): Promise<void> {
  await answer(call, issued, async () => {
    const ends = ago(issued.expiresAt, call.world.now())
    await note(call.world, printable(`tyler: the token of ${issued.id} ends ${ends} and is shown this once:`))
    await line(call.world, printable(issued.token))
  })
}
