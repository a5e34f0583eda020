import type { TylerClient } from "../../client/client.ts"
import { type Call, given, switched, UsageError } from "../command.ts"
import { connectKept, reasonOf } from "../connect.ts"
import { DONE, REFUSED } from "../exit.ts"
import { exportTo } from "../export-to.ts"
import { wholeNumber } from "../number.ts"
import { json, line, table } from "../print.ts"
import { printable } from "../printable.ts"
import { canAsk } from "../prompt.ts"
import { askDecisions } from "../review/ask.ts"
import { carryOut } from "../review/carry-out.ts"
import { type Decision, readDecisions } from "../review/decisions.ts"
import { FORMS, lookedText, type Review } from "../review/forms.ts"
import { dormantOnly, HEADINGS, rowsOf } from "../review/rows.ts"

const USUAL_DAYS = 90

export async function run(call: Call): Promise<number> {
  const file = given(call, "decide")
  if (file !== undefined && switched(call, "ask")) throw usage("--decide and --ask exclude each other")
  if (switched(call, "ask") && !canAsk(call.world)) throw usage("--ask needs a terminal")
  const form = formOf(call)
  const client = connectKept(call)
  const whole = await wholeReview(client, wholeNumber(call, "days", 1, 365) ?? USUAL_DAYS)
  const review = switched(call, "dormant") ? { ...whole, subjects: dormantOnly(whole.subjects) } : whole
  if (file === undefined && !switched(call, "ask")) return show(call, review, form)
  const decisions =
    file === undefined
      ? await askDecisions(call.world, review.subjects)
      : readDecisions(call.world, file, whole.subjects)
  return decide(call, client, decisions, whole.days)
}

function usage(text: string): UsageError {
  return new UsageError(text, "access-review")
}

/** Undefined: a table to look at. */
function formOf(call: Call): ((review: Review) => string) | undefined {
  const name = switched(call, "json") ? "json" : given(call, "format")
  if (name === undefined) return undefined
  const form = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined
  if (form === undefined) throw usage("--format is csv, json or markdown")
  return form
}

async function wholeReview(client: TylerClient, days: number): Promise<Review> {
  const { nextCursor, ...first } = await client.accessReview.page({ days })
  const subjects = [...first.subjects]
  for (let cursor = nextCursor; cursor !== null; ) {
    const page = await client.accessReview.page({ days, cursor })
    subjects.push(...page.subjects)
    cursor = page.nextCursor
  }
  return { ...first, subjects }
}

async function show(call: Call, review: Review, form: ((review: Review) => string) | undefined): Promise<number> {
  if (form !== undefined || given(call, "out") !== undefined) {
    await exportTo(call, once(Buffer.from((form ?? FORMS["csv"] ?? String)(review))))
    return DONE
  }
  await table(
    call.world,
    HEADINGS.map((one) => one.toUpperCase()),
    rowsOf(review.subjects),
  )
  await line(call.world, printable(lookedText(review)))
  return DONE
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function decide(call: Call, client: TylerClient, decisions: readonly Decision[], days: number): Promise<number> {
  if (decisions.length === 0) throw usage("nothing was decided, so nothing is on record")
  const { recorded, refused } = await carryOut(call, client, decisions, days, await reasonOf(call))
  if (switched(call, "json")) await json(call.world, { recorded, refused })
  else if (recorded !== null) {
    const { entry, kept, rolesRemoved, disabled, waiting } = recorded
    await line(
      call.world,
      `on record as entry ${entry}: kept ${kept}, roles removed ${rolesRemoved}, disabled ${disabled}, waiting ${waiting}`,
    )
  }
  return refused.length === 0 ? DONE : REFUSED
}
