import { type Call, operand } from "../command.ts"
import { connect } from "../connect.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"
import { setEnabled } from "../rotation/schedule.ts"

export async function run(call: Call): Promise<void> {
  const set = await setEnabled(call, connect(call), operand(call, 0), false)
  await answer(call, set, () => line(call.world, printable(`${set.name} waits; tyler rotate still rotates it`)))
}
