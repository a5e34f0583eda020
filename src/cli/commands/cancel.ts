import { connect } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const cancelled = await connect(call).requests.cancel(operand(call, 0))
  await answer(call, cancelled, () => line(call.world, "cancelled"))
}
