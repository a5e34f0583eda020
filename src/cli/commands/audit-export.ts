import { connect } from "../connect.ts"
import { type Call, given } from "../command.ts"
import { NewFile } from "../new-file.ts"
import { note, write } from "../print.ts"

/** Piece by piece: the log may be larger than memory. A file that was not finished is removed. */
export async function run(call: Call): Promise<void> {
  const out = given(call, "out")
  const pieces = connect(call).audit.export()
  if (out === undefined) {
    for await (const piece of pieces) await write(call.world.stdout, piece)
    return
  }
  using file = NewFile.create(out)
  for await (const piece of pieces) file.append(piece)
  await note(call.world, `tyler: wrote ${file.finish()} bytes`)
}
