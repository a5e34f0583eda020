import { connect, reasonOf } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const name = operand(call, 0)
  await connect(call).roles.remove(name, { reason: await reasonOf(call) })
  await answer(call, { deleted: name }, () => line(call.world, "the role is deleted"))
}
