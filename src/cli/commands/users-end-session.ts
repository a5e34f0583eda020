import { connect } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"
import { userId } from "../user-id.ts"

export async function run(call: Call): Promise<void> {
  const client = connect(call)
  await client.users.endSession(await userId(client, operand(call, 0)), operand(call, 1))
  await answer(call, { ended: operand(call, 1) }, () => line(call.world, "the session is ended"))
}
