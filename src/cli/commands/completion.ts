import { completionScript } from "../completion.ts"
import { type Call, operand, UsageError } from "../command.ts"
import { write } from "../print.ts"
import { COMMANDS } from "../table.ts"

export async function run(call: Call): Promise<void> {
  const script = completionScript(operand(call, 0), COMMANDS)
  if (script === undefined) throw new UsageError("the shell must be bash, zsh or fish", "completion")
  await write(call.world.stdout, script)
}
