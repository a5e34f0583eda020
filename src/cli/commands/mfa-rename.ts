import { connect } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const renamed = await connect(call).factors.rename(operand(call, 0), operand(call, 1))
  await answer(call, renamed, () => line(call.world, printable(`renamed to ${renamed.label}`)))
}
