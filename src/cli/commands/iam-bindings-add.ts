import { connect, reasonOf } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const [arn, accountId] = [operand(call, 0), operand(call, 1)]
  const made = await connect(call).iamBindings.add({ arn, accountId, reason: await reasonOf(call) })
  await answer(call, made, () => line(call.world, printable(`bound ${made.arn} ${made.id}`)))
}
