import { confirmationCode } from "../../client/secrets.ts"
import { ago } from "../ago.ts"
import { verified, walked } from "../attempt.ts"
import { connect, reasonOf } from "../connect.ts"
import { type Call, operand, switched, UsageError } from "../command.ts"
import { wholeNumber } from "../number.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"
import { ask, canAsk } from "../prompt.ts"

export async function run(call: Call): Promise<void> {
  const { world } = call
  const name = operand(call, 0)
  const recoveryDays = wholeNumber(call, "days", 7, 30)
  const purge = switched(call, "purge")
  if (purge && recoveryDays !== undefined) throw new UsageError("--purge and --days exclude each other", "rm")
  const client = connect(call)
  const sure = switched(call, "yes")
  if (!sure && !canAsk(world)) throw new UsageError("there is no terminal to confirm on; --yes confirms", "rm")
  const reason = await reasonOf(call)
  const code = confirmationCode(name, world.now())
  if (!sure && (await ask(world, `Type ${code} to confirm`)) !== code)
    throw new UsageError("that is not the code; nothing was done", "rm")
  const options = { confirmationCode: code, reason, ...(recoveryDays === undefined ? {} : { recoveryDays }) }
  const remove = (shown: object) => client.delete(name, { ...options, ...shown, forceDelete: purge })
  const deleted = await (purge
    ? walked(call, client, { names: [name], verb: "purge", reason }, remove)
    : verified(call, client, { verb: "delete", names: [name] }, remove))
  const until = `will be purged ${ago(deleted.deletionDate, world.now())}; until then: tyler restore ${name}`
  await answer(call, deleted, () => line(world, printable(`${deleted.name} ${purge ? "is gone for good" : until}`)))
}
