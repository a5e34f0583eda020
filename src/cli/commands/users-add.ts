import { connect } from "../connect.ts"
import { type Call, operand, switched } from "../command.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"
import { askHiddenTwice } from "../prompt.ts"
import { rolesOf } from "../roles.ts"
import { passwordFrom } from "../secret-input.ts"

export async function run(call: Call): Promise<void> {
  const username = operand(call, 0)
  const roles = rolesOf(call)
  const client = connect(call)
  const password = (await passwordFrom(call)) ?? (await askHiddenTwice(call.world, "Password (15 to 128 characters)"))
  const mustChangePassword = switched(call, "must-change")
  const { id } = await client.users.create({ username, password, roles, mustChangePassword })
  await answer(call, { id, username, roles }, () => line(call.world, printable(`added ${username} ${id}`)))
}
