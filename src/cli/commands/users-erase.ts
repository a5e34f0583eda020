import { verified } from "../attempt.ts"
import { type Call, operand } from "../command.ts"
import { connect, reasonOf } from "../connect.ts"
import { noteWaiting } from "../pending.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"
import { userId } from "../user-id.ts"

export async function run(call: Call): Promise<void> {
  const user = operand(call, 0)
  const client = connect(call)
  const id = await userId(client, user)
  const reason = await reasonOf(call)
  const pending = await verified(call, client, { verb: "govern", names: [] }, (shown) =>
    client.users.erase(id, { reason, ...shown }),
  )
  await answer(call, pending, () => line(call.world, printable(`asked for the erasure of ${id}`)))
  await noteWaiting(call.world, pending)
}
