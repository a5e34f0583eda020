import { connect, reasonOf } from "../connect.ts"
import { type Call, given, operand } from "../command.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const expectedVersion = given(call, "expect")
  const reason = await reasonOf(call)
  const options = { reason, ...(expectedVersion === undefined ? {} : { expectedVersion }) }
  const written = await connect(call).rollback(operand(call, 0), operand(call, 1), options)
  await answer(call, written, () => line(call.world, printable(`${written.name} is at ${written.versionId} again`)))
}
