import type { KeysAnswer } from "../../api/keys.ts"
import type { TylerClient } from "../../client/client.ts"
import { connect, reasonOf } from "../connect.ts"
import { type Call, switched } from "../command.ts"
import { answer, line, note, write } from "../print.ts"

const POLL_MS = 500

export async function run(call: Call): Promise<void> {
  const client = connect(call)
  const started = await client.keys.rotate({ reason: await reasonOf(call), retire: switched(call, "retire") })
  if (switched(call, "no-wait")) return answer(call, started, () => line(call.world, started.message))
  const status = await settled(call, client)
  await answer(call, { ...started, keys: status.keys }, () =>
    line(call.world, `everything is sealed under ${started.keyId}`),
  )
}

/** Asks until nothing remains; on a terminal one line shows how far it is. */
async function settled({ world }: Call, client: TylerClient): Promise<KeysAnswer> {
  for (let shown = false; ; ) {
    const status = await client.keys.status()
    if (status.progress === null) {
      if (shown) await note(world, "")
      return status
    }
    if (world.stderr.isTTY) {
      shown = true
      await write(world.stderr, `\rre-wrapping: ${status.progress.rewrapped} done, ${status.progress.remaining} to do `)
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
