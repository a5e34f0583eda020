import { connect } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const id = operand(call, 0)
  await connect(call).accessKeys.revoke(id)
  await answer(call, { id }, () => line(call.world, "revoked"))
}
