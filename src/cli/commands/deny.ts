import { connect, reasonOf } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const client = connect(call)
  const denied = await client.requests.deny(operand(call, 0), { reason: await reasonOf(call) })
  await answer(call, denied, () => line(call.world, "denied"))
}
