import { connect, reasonOf } from "../connect.ts"
import type { Call } from "../command.ts"
import { answer, line } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const client = connect(call)
  const done = await client.keys.rotateRoot({ reason: await reasonOf(call) })
  await answer(call, done, () => line(call.world, `the new root key wraps ${done.keys} keys; keep a copy of its file`))
}
