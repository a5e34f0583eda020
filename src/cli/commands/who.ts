import type { WhoAnswer } from "../../api/who.ts"
import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, line, table } from "../print.ts"
import { termsText } from "../terms-text.ts"

export async function run(call: Call): Promise<void> {
  const who = await wholeOf(call, operand(call, 0))
  const { world } = call
  await answer(call, who, async () => {
    await table(
      world,
      ["VERB", "FOR"],
      who.verbs.map((one) => [one.verb, termsText(one)]),
    )
    await line(world, "")
    await table(
      world,
      ["NAME", "KIND", "ROLES", "COULD"],
      who.users.map(({ name, kind, roles, verbs }) => [name, kind, roles.join(", "), verbs.join(", ") || "nothing"]),
    )
    if (who.readers === null) return
    await line(world, "")
    await table(
      world,
      ["HAS READ", "LAST", "READS IN 30 DAYS", "UNMASKED"],
      who.readers.readers.map(({ username, userId, lastRead, reads, unmasked }) => [
        username ?? userId,
        ago(lastRead, world.now()),
        String(reads),
        String(unmasked),
      ]),
    )
    if (who.readers.cut) await line(world, "older reads were not looked at")
  })
}

/** All pages as one answer. */
async function wholeOf(call: Call, name: string): Promise<WhoAnswer> {
  const client = connect(call)
  const first = await client.who(name)
  const users = [...first.users]
  for (let cursor = first.nextCursor; cursor !== null; ) {
    const page = await client.who(name, { cursor })
    users.push(...page.users)
    cursor = page.nextCursor
  }
  return { ...first, users, nextCursor: null }
}
