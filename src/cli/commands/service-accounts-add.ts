import { connect, reasonOf } from "../connect.ts"
import { type Call, given, operand } from "../command.ts"
import { showToken } from "../issued.ts"
import { wholeNumber } from "../number.ts"
import { rolesOf } from "../roles.ts"
import { scopeOf } from "../scope.ts"

export async function run(call: Call): Promise<void> {
  const expiresInDays = wholeNumber(call, "days", 1, 365)
  const [name, roles] = [operand(call, 0), rolesOf(call)]
  const ownerId = given(call, "owner")
  const scope = scopeOf(call)
  const client = connect(call)
  const reason = await reasonOf(call)
  const days = expiresInDays === undefined ? {} : { expiresInDays }
  const owner = ownerId === undefined ? {} : { ownerId }
  await showToken(call, await client.serviceAccounts.create({ name, roles, reason, ...days, ...owner, ...scope }))
}
