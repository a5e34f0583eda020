import { connect } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"

export async function run(call: Call): Promise<void> {
  await connect(call).serviceAccounts.revokeToken(operand(call, 0), operand(call, 1))
  await answer(call, { revoked: operand(call, 1) }, () => line(call.world, "the token is revoked"))
}
