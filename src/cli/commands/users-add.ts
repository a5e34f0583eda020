import { verified } from "../attempt.ts"
import { connect } from "../connect.ts"
import { type Call, operand, switched } from "../command.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"
import { askHiddenTwice } from "../prompt.ts"
import { noteWaiting } from "../pending.ts"
import { rolesOf } from "../roles.ts"
import { passwordFrom } from "../secret-input.ts"

export async function run(call: Call): Promise<void> {
  const username = operand(call, 0)
  const roles = rolesOf(call)
  const client = connect(call)
  const password = (await passwordFrom(call)) ?? (await askHiddenTwice(call.world, "Password (15 to 128 characters)"))
  const mustChangePassword = switched(call, "must-change")
  const user = { username, password, roles, mustChangePassword }
  const create = (shown: object) => client.users.create(user, shown)
  const made = await verified(call, client, { verb: "govern", names: [] }, create)
  await answer(call, { ...made, username, roles }, () => line(call.world, printable(`added ${username} ${made.id}`)))
  if (made.pending) await noteWaiting(call.world, made.pending)
}
