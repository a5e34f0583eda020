import { connect, reasonOf } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const id = operand(call, 0)
  await connect(call).iamBindings.remove(id, { reason: await reasonOf(call) })
  await answer(call, { removed: id }, () => line(call.world, "the binding is removed"))
}
