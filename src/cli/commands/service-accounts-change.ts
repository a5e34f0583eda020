import { connect, reasonOf } from "../connect.ts"
import { type Call, given, operand, UsageError } from "../command.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const [ownerId, standingReason] = [given(call, "owner"), given(call, "standing-reason")]
  if (ownerId === undefined && standingReason === undefined)
    throw new UsageError("say what to change: --owner or --standing-reason", call.command.words)
  const client = connect(call)
  const changed = await client.serviceAccounts.change(operand(call, 0), {
    ...(ownerId === undefined ? {} : { ownerId }),
    ...(standingReason === undefined ? {} : { standingReason }),
    reason: await reasonOf(call),
  })
  await answer(call, changed, () => line(call.world, printable(`changed ${changed.name}`)))
}
