import { connect, reasonOf } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { showToken } from "../issued.ts"
import { wholeNumber } from "../number.ts"
import { rolesOf } from "../roles.ts"

export async function run(call: Call): Promise<void> {
  const expiresInDays = wholeNumber(call, "days", 1, 366)
  const [name, roles] = [operand(call, 0), rolesOf(call)]
  const client = connect(call)
  const reason = await reasonOf(call)
  const days = expiresInDays === undefined ? {} : { expiresInDays }
  await showToken(call, await client.serviceAccounts.create({ name, roles, reason, ...days }))
}
