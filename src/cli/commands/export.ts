import type { AccessAnswer } from "../../api/access.ts"
import type { ListItem } from "../../api/secrets.ts"
import { collect } from "../collect.ts"
import { type Call, given, switched, UsageError } from "../command.ts"
import { connectKept, readReasonOf } from "../connect.ts"
import { LIMIT, NEEDS_MORE, REFUSED } from "../exit.ts"
import { exportTo } from "../export-to.ts"
import { lacksOf } from "../lacks.ts"
import { json, line, note } from "../print.ts"
import { printable } from "../printable.ts"
import { dotenvLine } from "../transfer/dotenv-line.ts"
import type { Outcome } from "../transfer/outcome.ts"
import { firstLine, lastLine, secretLine } from "../transfer/own-form.ts"
import { Patience } from "../transfer/patience.ts"
import { Progress } from "../transfer/progress.ts"
import { type Reader, readAll } from "../transfer/read-all.ts"
import { Tally } from "../transfer/tally.ts"
import { isVariable } from "../variables.ts"

interface Form {
  readonly first: (prefix: string) => string
  /** Undefined: the value does not fit this form; `not` says why. */
  readonly one: (item: ListItem, answer: AccessAnswer, prefix: string) => string | undefined
  readonly not: string
  readonly last: (secrets: number, refused: number) => string
  /** Throws UsageError before anything is read. */
  readonly check: (items: readonly ListItem[], prefix: string) => void
}

const FORMS: Readonly<Record<string, Form>> = {
  json: { first: firstLine, one: secretLine, not: "", last: lastLine, check: () => undefined },
  env: {
    first: () => "",
    one: (item, { value }, prefix) =>
      typeof value === "string" ? dotenvLine(variableOf(item, prefix), value) : undefined,
    not: "is no text that every reader of .env takes the same way; --format json holds it",
    last: () => "",
    check: requireVariables,
  },
}

export async function run(call: Call): Promise<number> {
  const { world } = call
  const [prefix = ""] = call.operands
  const form = formOf(call)
  const dry = switched(call, "dry-run")
  if (!dry && given(call, "out") === undefined && world.stdout.isTTY)
    throw new UsageError("values are not shown on a terminal: name a file with --out, or pipe them", "export")
  const client = connectKept(call)
  const reason = dry ? undefined : await readReasonOf(call)
  const items = await collect(client.list({ prefix, limit: 100 }))
  form.check(items, prefix)
  if (dry) return foretell(call, items)
  const progress = new Progress(world, "read", items.length)
  using patience = new Patience({ forMs: 0, say: (text) => progress.say(text), now: () => world.now() })
  const tally = new Tally()
  const pieces = written({ call, client, patience, reason }, { form, prefix, items }, tally, progress)
  await exportTo(call, pieces)
  await tally.say(world)
  await note(world, `tyler: ${items.length - tally.refusals.length} secrets, their current versions only`)
  return tally.exit
}

function formOf(call: Call): Form {
  const name = given(call, "format") ?? "json"
  const form = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined
  if (form === undefined) throw new UsageError("--format is json or env", "export")
  return form
}

interface What {
  readonly form: Form
  readonly prefix: string
  readonly items: readonly ListItem[]
}

async function* written(
  reader: Reader,
  { form, prefix, items }: What,
  tally: Tally,
  progress: Progress,
): AsyncGenerator<Uint8Array, void, undefined> {
  let count = 0
  yield Buffer.from(form.first(prefix))
  for await (const batch of readAll(reader, items)) {
    const lines = batch.map(([item, answer]) => {
      if (!("receipt" in answer)) tally.add(refusal(item.name, answer))
      else {
        const text = form.one(item, answer, prefix)
        if (text !== undefined) {
          count++
          return text
        }
        tally.add({ name: item.name, did: "refused", code: "does_not_fit", why: form.not, exit: REFUSED })
      }
      return ""
    })
    yield Buffer.from(lines.join(""))
    await progress.add(batch.length)
  }
  await progress.end()
  yield Buffer.from(form.last(count, items.length - count))
}

function refusal(name: string, { code, error, ...facts }: { code: string; error: string }): Outcome {
  return { name, did: "refused", code, why: error, exit: exitOfRefusal(code, facts) }
}

/** A batch answers 200 as a whole; its refusals are worth what those of single reads are. */
function exitOfRefusal(code: string, facts: Readonly<Record<string, unknown>>): number {
  if (lacksOf(code, facts) !== undefined) return NEEDS_MORE
  return code === "quota_exceeded" ? LIMIT : REFUSED
}

async function foretell(call: Call, items: readonly ListItem[]): Promise<number> {
  const { world } = call
  const names = items.map(({ name }) => name)
  if (switched(call, "json")) await json(world, names)
  else for (const name of names) await line(world, printable(name))
  await note(world, `tyler: ${names.length} secrets that you may see; nothing was read`)
  return 0
}

/** `config/API_KEY` below `config` or `config/` is `API_KEY`. */
function variableOf({ name }: ListItem, prefix: string): string {
  return name.slice(prefix.length).replace(/^\//, "")
}

function requireVariables(items: readonly ListItem[], prefix: string): void {
  const odd = items.filter((item) => !isVariable(variableOf(item, prefix)))
  const [first] = odd
  if (first === undefined) return
  const more = odd.length === 1 ? "" : ` and ${odd.length - 1} more`
  throw new UsageError(`${first.name}${more} is no name of a variable below the prefix; nothing was read`, "export")
}
