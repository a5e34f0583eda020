import { connect } from "../connect.ts"
import type { Call } from "../command.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const key = await connect(call).audit.key()
  await answer(call, { key }, () => line(call.world, printable(key)))
}
