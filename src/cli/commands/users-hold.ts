import { connect, reasonOf } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const id = operand(call, 0)
  await connect(call).users.hold(id, { reason: await reasonOf(call) })
  await answer(call, { id }, () => line(call.world, printable(`held ${id}`)))
}
