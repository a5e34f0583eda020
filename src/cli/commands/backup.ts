import { FolderFault, partsIn, storeBackup } from "../../backup/folder.ts"
import { FrameError, unframed } from "../../backup/frames.ts"
import { verified } from "../attempt.ts"
import { type Call, operand, Unmet } from "../command.ts"
import { connect, reasonOf } from "../connect.ts"
import { FAULT } from "../exit.ts"
import { answer, line, write } from "../print.ts"
import { printable } from "../printable.ts"

const REFRESH_MS = 200

export async function run(call: Call): Promise<void> {
  const folder = operand(call, 0)
  try {
    const have = await partsIn(folder)
    const client = connect(call)
    const reason = await reasonOf(call)
    const frames = await verified(call, client, { verb: "govern", names: [] }, (shown) =>
      begun(client.backups.take(have, { reason, ...shown })),
    )
    const bytes = await storeBackup(folder, unframed(frames), progressOf(call))
    if (call.world.stderr.isTTY) await write(call.world.stderr, "\n")
    await answer(call, { folder, bytes }, async () => {
      await line(call.world, printable(`backup in ${folder}: ${bytes} bytes written`))
      await line(call.world, "It is of no use without the root key, which is not in it: see tyler-server keys escrow.")
    })
  } catch (error) {
    if (error instanceof FolderFault || error instanceof FrameError)
      throw new Unmet(FAULT, "backup_stopped", printable(error.message))
    throw error
  }
}

/** A refusal comes before the first piece. */
async function begun<T>(pieces: AsyncGenerator<T>): Promise<AsyncGenerator<T>> {
  const first = await pieces.next()
  return (async function* all() {
    if (first.done !== true) yield first.value
    yield* pieces
  })()
}

/** How far it is, on a terminal. */
function progressOf({ world }: Call): (done: number, total: number, bytes: number) => void {
  let shown = Number.NEGATIVE_INFINITY
  return (done, total, bytes) => {
    const now = world.now()
    if (!world.stderr.isTTY || now - shown < REFRESH_MS) return
    shown = now
    world.stderr.write(`\r${done} of ${total} entries, ${(bytes / 2 ** 20).toFixed(1)} MiB `, () => undefined)
  }
}
