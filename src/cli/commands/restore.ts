import { connect, reasonOf } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const restored = await connect(call).restore(operand(call, 0), { reason: await reasonOf(call) })
  await answer(call, restored, () => line(call.world, printable(`restored ${restored.name}`)))
}
