import { type Call, given } from "./command.ts"
import { NewFile } from "./new-file.ts"
import { note, write } from "./print.ts"

/**
 * To --out or to standard output, piece by piece: an export may be larger than memory. A file that was not finished is
 * removed.
 */
export async function exportTo(call: Call, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const out = given(call, "out")
  if (out === undefined) {
    for await (const piece of pieces) await write(call.world.stdout, piece)
    return
  }
  using file = NewFile.create(out)
  for await (const piece of pieces) file.append(piece)
  await note(call.world, `tyler: wrote ${file.finish()} bytes`)
}
