import { connect, reasonOf } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { showToken } from "../issued.ts"
import { wholeNumber } from "../number.ts"

export async function run(call: Call): Promise<void> {
  const expiresInDays = wholeNumber(call, "days", 1, 366)
  const client = connect(call)
  const options = { reason: await reasonOf(call), ...(expiresInDays === undefined ? {} : { expiresInDays }) }
  await showToken(call, await client.serviceAccounts.issueToken(operand(call, 0), options))
}
