import { connect } from "../connect.ts"
import { type Call, given, switched, UsageError } from "../command.ts"
import { NewFile } from "../new-file.ts"
import { answer, line, note } from "../print.ts"
import { printable } from "../printable.ts"
import { stepUp } from "../step-up.ts"

/** The codes alone on standard output, or in a file for their owner alone. */
export async function run(call: Call): Promise<void> {
  const { world } = call
  const out = given(call, "out")
  if (out !== undefined && switched(call, "json"))
    throw new UsageError("--out and --json exclude each other", "mfa codes")
  const client = connect(call)
  // Before the codes are made: with a file in the way they would be lost, and the earlier ones too.
  using file = out === undefined ? undefined : NewFile.create(out)
  const verificationToken = await stepUp(call, client, { verb: "govern", names: [] })
  const codes = await client.factors.renewRecoveryCodes({ verificationToken })
  if (file) {
    file.keep(Buffer.from(`${codes.join("\n")}\n`))
    return note(world, `tyler: wrote ${codes.length} recovery codes; earlier ones are worth nothing now`)
  }
  await answer(call, { codes }, async () => {
    await note(world, "tyler: each of these stands in for the app once; they are shown this once:")
    for (const code of codes) await line(world, printable(code))
  })
}
