import { verified } from "../attempt.ts"
import { type Call, operand } from "../command.ts"
import { connect, reasonOf } from "../connect.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const name = operand(call, 0)
  const client = connect(call)
  const reason = await reasonOf(call)
  const cancelled = await verified(call, client, { verb: "rotate", names: [name] }, (shown) =>
    client.cancelRotation(name, { reason, ...shown }),
  )
  await answer(call, cancelled, () => line(call.world, printable(`cancelled the rotation of ${cancelled.name}`)))
}
