import { verified } from "../attempt.ts"
import { connect, reasonOf } from "../connect.ts"
import { type Call, given, operand } from "../command.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const expectedVersion = given(call, "expect")
  const reason = await reasonOf(call)
  const options = { reason, ...(expectedVersion === undefined ? {} : { expectedVersion }) }
  const [name, versionId] = [operand(call, 0), operand(call, 1)]
  const client = connect(call)
  const written = await verified(call, client, { verb: "write", names: [name] }, (shown) =>
    client.rollback(name, versionId, { ...options, ...shown }),
  )
  await answer(call, written, () => line(call.world, printable(`${written.name} is at ${written.versionId} again`)))
}
