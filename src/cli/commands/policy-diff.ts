import type { PolicyDraft } from "../../api/policies.ts"
import type { DiffAnswer } from "../../api/what-if.ts"
import { connect } from "../connect.ts"
import { type Call, given, operand, UsageError } from "../command.ts"
import { DONE, REFUSED } from "../exit.ts"
import { answer, line, styled } from "../print.ts"
import { printable } from "../printable.ts"
import { readRows } from "../rows-file.ts"
import { termsText } from "../terms-text.ts"

/** What counts as found. What was not looked at may hold anything, so it counts as a loosening. */
const FOUND: Readonly<Record<string, (diff: DiffAnswer) => boolean>> = {
  loosened: ({ changes, complete }) => !complete || changes.some(({ looser }) => looser.length > 0),
  refused: ({ reads }) => reads.refused > 0,
  any: ({ changes, complete, reads }) => !complete || changes.length > 0 || reads.refused > 0,
}

export async function run(call: Call): Promise<number> {
  const wanted = given(call, "fail-on") ?? "any"
  const found = Object.hasOwn(FOUND, wanted) ? FOUND[wanted] : undefined
  if (found === undefined) throw new UsageError("--fail-on is loosened, refused or any", "policy diff")
  const rows = readRows(call.world, operand(call, 0), "policies")
  const diff = await connect(call).policies.diff(rows as readonly PolicyDraft[])
  await answer(call, diff, () => tell(call, diff))
  return found(diff) ? REFUSED : DONE
}

async function tell(call: Call, diff: DiffAnswer): Promise<void> {
  const { world } = call
  const { changes, complete, loosensApproval, reads } = diff
  if (changes.length === 0) await line(world, "nobody gains or loses anything")
  for (const change of changes) await tellChange(call, change)
  if (!complete) await line(world, "there was more to compare than is looked at: this is only a part")
  if (loosensApproval) await line(world, "loosens what asks for an approval: a second person has to agree")
  await line(world, readsText(reads))
  for (const { username, userId, secret, code, missing, reads: count } of reads.groups) {
    const why = missing.length === 0 ? code : missing.join(", ")
    await line(
      world,
      printable(`  ${username ?? userId}  ${secret}  ${why}  ${count === 1 ? "once" : `${count} times`}`),
    )
  }
}

async function tellChange({ world }: Call, change: DiffAnswer["changes"][number]): Promise<void> {
  const { verbs, patterns, examples, before, after, looser, stricter, gains, losses } = change
  const looks = looser.length > 0 ? styled(world, world.stdout, "red", "looser") : "stricter"
  await line(world, `${printable(`${patterns.join(", ")}: ${verbs.join(", ")}`)}: ${looks}`)
  await line(world, printable(`  for example ${examples.slice(0, 3).join(", ")}`))
  await line(world, printable(`  before  ${termsText(before)}`))
  await line(world, printable(`  after   ${termsText(after)}`))
  if (looser.length > 0) await line(world, `  asks less: ${looser.join(", ")}`)
  if (stricter.length > 0) await line(world, `  asks more: ${stricter.join(", ")}`)
  if (gains.count > 0) await line(world, printable(`  ${peopleText("gain", gains)}`))
  if (losses.count > 0) await line(world, printable(`  ${peopleText("lose", losses)}`))
}

function peopleText(what: string, { count, names }: DiffAnswer["changes"][number]["gains"]): string {
  const more = count > names.length ? ` and ${count - names.length} more` : ""
  return `${count} ${what}: ${names.join(", ")}${more}`
}

function readsText({ refused, since, cut, entries }: DiffAnswer["reads"]): string {
  const look = cut ? `of the newest ${entries} entries` : `since ${since.slice(0, 10)}`
  return `reads ${look} that would have been refused: ${refused}`
}
