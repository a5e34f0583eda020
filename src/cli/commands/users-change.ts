import type { UserPatch } from "../../api/users.ts"
import { verified } from "../attempt.ts"
import { type Call, given, operand, switched, UsageError } from "../command.ts"
import { connect, reasonOf } from "../connect.ts"
import { noteWaiting } from "../pending.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"
import { rolesOf } from "../roles.ts"
import { userId } from "../user-id.ts"

export async function run(call: Call): Promise<void> {
  const user = operand(call, 0)
  const change = changeOf(call)
  const client = connect(call)
  const id = await userId(client, user)
  const patch = { ...change, reason: await reasonOf(call) }
  const changed = await verified(call, client, { verb: "govern", names: [] }, (shown) =>
    client.users.change(id, patch, shown),
  )
  if ("pending" in changed) {
    await answer(call, changed, () => line(call.world, printable(`asked for: ${user}`)))
    return noteWaiting(call.world, changed.pending)
  }
  await answer(call, changed, () => line(call.world, printable(`changed ${changed.username}`)))
}

function changeOf(call: Call): UserPatch {
  const usage = (text: string) => new UsageError(text, call.command.words)
  const breakGlass = given(call, "break-glass")
  if (switched(call, "disable") && switched(call, "enable")) throw usage("--disable and --enable exclude each other")
  if (breakGlass !== undefined && breakGlass !== "yes" && breakGlass !== "no") throw usage("--break-glass is yes or no")
  const change: UserPatch = {
    ...(given(call, "roles") === undefined ? {} : { roles: rolesOf(call) }),
    ...(switched(call, "disable") ? { disabled: true } : {}),
    ...(switched(call, "enable") ? { disabled: false } : {}),
    ...(breakGlass === undefined ? {} : { breakGlass: breakGlass === "yes" }),
    ...(switched(call, "reset-factors") ? { resetFactors: true } : {}),
  }
  if (Object.keys(change).length === 0)
    throw usage("say what to change: --roles, --disable, --enable, --break-glass or --reset-factors")
  return change
}
