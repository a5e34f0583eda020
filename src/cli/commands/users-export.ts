import { connect } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { exportTo } from "../export-to.ts"

export async function run(call: Call): Promise<void> {
  await exportTo(call, connect(call).users.export(operand(call, 0)))
}
