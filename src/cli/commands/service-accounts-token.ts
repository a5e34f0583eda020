import { connect, reasonOf } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { showToken } from "../issued.ts"
import { wholeNumber } from "../number.ts"
import { scopeOf } from "../scope.ts"

export async function run(call: Call): Promise<void> {
  const expiresInDays = wholeNumber(call, "days", 1, 365)
  const scope = scopeOf(call)
  const client = connect(call)
  const options = { reason: await reasonOf(call), ...(expiresInDays === undefined ? {} : { expiresInDays }), ...scope }
  await showToken(call, await client.serviceAccounts.issueToken(operand(call, 0), options))
}
