import { connect, readReasonOf } from "../connect.ts"
import { type Call, given, UsageError } from "../command.ts"
import { runChild } from "../child.ts"
import { secretVariables } from "../run-values.ts"
import { findRunFile, readRunFile } from "../run-file.ts"

export async function run(call: Call): Promise<number> {
  const [command, ...args] = call.passed
  if (command === undefined) throw new UsageError("write -- and the command to run after it", "run")
  const path = given(call, "config") ?? findRunFile(call.world)
  const wanted = readRunFile(call.world, path)
  const client = connect(call)
  const reason = await readReasonOf(call)
  const values = await secretVariables(call, client, wanted, reason)
  // The child gets what it was given by name, not the token that could fetch the rest.
  const { TYLER_TOKEN: _, ...inherited } = call.world.env
  return runChild(call.world, command, args, { ...inherited, ...values })
}
