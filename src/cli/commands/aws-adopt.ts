import { TylerApiError } from "../../client/error.ts"
import { collect } from "../collect.ts"
import { connect, reasonOf } from "../connect.ts"
import { type Call, operand, switched } from "../command.ts"
import { REFUSED } from "../exit.ts"
import { answer, line, note, table, write } from "../print.ts"

interface Outcome {
  readonly name: string
  /** Null: adopted, or would be. */
  readonly refused: string | null
}

/** Without `--yes` it only says what it would do. What is done stays done: run again, it goes on with the rest. */
export async function run(call: Call): Promise<number | void> {
  const client = connect(call)
  const prefix = operand(call, 0)
  const found = (await collect(client.list({ prefix }))).filter(({ adopted }) => !adopted).map(({ name }) => name)
  if (!switched(call, "yes")) return preview(call, found)
  const reason = await reasonOf(call)
  const outcomes: Outcome[] = []
  for (const [at, name] of found.entries()) {
    if (call.world.stderr.isTTY) await write(call.world.stderr, `\r${at} of ${found.length} `)
    const refused = await client.adopt(name, { reason }).then(() => null, refusalOf)
    outcomes.push({ name, refused })
  }
  if (call.world.stderr.isTTY && found.length > 0) await note(call.world, "")
  const left = outcomes.filter(({ refused }) => refused !== null)
  await answer(call, { adopted: outcomes.length - left.length, refused: left }, async () => {
    await line(call.world, `${outcomes.length - left.length} adopted, ${left.length} refused`)
    if (left.length > 0)
      await table(
        call.world,
        ["NAME", "WHY"],
        left.map(({ name, refused }) => [name, refused ?? ""]),
      )
  })
  return left.length > 0 ? REFUSED : undefined
}

/** What concerns one secret only; anything else ends the run. */
function refusalOf(error: unknown): string {
  if (error instanceof TylerApiError && error.status < 500 && error.status !== 401)
    return `${error.code}: ${error.message}`
  throw error
}

async function preview(call: Call, found: readonly string[]): Promise<void> {
  await answer(call, { found }, async () => {
    for (const name of found) await line(call.world, name)
    await note(call.world, `tyler: ${found.length} would be adopted; nothing was done without --yes`)
  })
}
