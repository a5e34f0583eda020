import { connect } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line } from "../print.ts"
import { stepUp } from "../step-up.ts"

export async function run(call: Call): Promise<void> {
  const id = operand(call, 0)
  const client = connect(call)
  await client.factors.remove(id, { verificationToken: await stepUp(call, client, { verb: "govern", names: [] }) })
  await answer(call, { id }, () => line(call.world, "removed; your other sessions have ended"))
}
