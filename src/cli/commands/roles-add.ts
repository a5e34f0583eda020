import { connect, reasonOf } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const [name, description] = [operand(call, 0), operand(call, 1)]
  const role = await connect(call).roles.create({ name, description, reason: await reasonOf(call) })
  await answer(call, role, () => line(call.world, "the role is added; policy rows say what it may do"))
}
