import { isVerb } from "../../core/verb.ts"
import { connect } from "../connect.ts"
import { type Call, given, operand, UsageError } from "../command.ts"
import { answer, line, styled } from "../print.ts"
import { printable } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const { world } = call
  const verb = call.operands[1] ?? "read"
  if (!isVerb(verb)) throw new UsageError("there is no such verb", "policy explain")
  const principal = given(call, "user")
  const question = { secret: operand(call, 0), verb, ...(principal === undefined ? {} : { principal }) }
  const explained = await connect(call).policies.explain(question)
  await answer(call, explained, async () => {
    const permitted = explained.effect === "permit"
    const effect = styled(world, world.stdout, permitted ? "green" : "red", permitted ? "permitted" : "refused")
    await line(world, `${printable(`${explained.principal} ${explained.verb} ${explained.secret}`)}: ${effect}`)
    for (const { rule, says, pattern, change } of explained.reasons) {
      const where = rule === "built-in" ? "built in" : pattern
      await line(world, printable(`  ${where}: ${says}${change === undefined ? "" : `; ${change}`}`))
    }
  })
}
