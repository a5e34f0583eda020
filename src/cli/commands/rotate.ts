import { verified } from "../attempt.ts"
import { type Call, given, switched, UsageError } from "../command.ts"
import { connect } from "../connect.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"

/** Options of what comes after a leak, which mean nothing with a name. */
const LEAK_ONLY = ["dry-run", "out-report", "wait"] as const

export async function run(call: Call): Promise<number | void> {
  const [name] = call.operands
  const leak = given(call, "all-seen-by") !== undefined || given(call, "seen-since") !== undefined
  const usage = (text: string) => new UsageError(text, "rotate")
  if (leak) {
    if (name !== undefined) throw usage("NAME excludes --all-seen-by and --seen-since")
    if (switched(call, "check")) throw usage("--check takes a NAME")
    const { afterLeak } = await import("../rotation/after-leak.ts")
    return afterLeak(call)
  }
  if (name === undefined) throw usage("NAME is missing, or --all-seen-by, or --seen-since")
  const odd = LEAK_ONLY.find((option) => call.options[option] !== undefined)
  if (odd !== undefined) throw usage(`--${odd} goes with --all-seen-by or --seen-since`)
  if (switched(call, "check")) return check(call, name)
  const { rotateOne } = await import("../rotation/one.ts")
  return rotateOne(call, name)
}

async function check(call: Call, name: string): Promise<void> {
  if (switched(call, "revoke-previous") || switched(call, "no-wait"))
    throw new UsageError("--check changes nothing, so --revoke-previous and --no-wait mean nothing with it", "rotate")
  const client = connect(call)
  const checked = await verified(call, client, { verb: "rotate", names: [name] }, (shown) =>
    client.checkRotation(name, shown),
  )
  await answer(call, checked, () => line(call.world, printable(`${name} can be rotated: ${checked.strategy}`)))
}
