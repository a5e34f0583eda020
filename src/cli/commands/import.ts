import type { Value } from "../../client/body.ts"
import { TylerError } from "../../core/errors.ts"
import { parseJson } from "../../core/json.ts"
import { type Call, given, switched, Unmet, UsageError } from "../command.ts"
import { addressOf, connectKept, reasonOf } from "../connect.ts"
import { REFUSED } from "../exit.ts"
import { wholeNumber } from "../number.ts"
import { json, line, note } from "../print.ts"
import { printable } from "../printable.ts"
import { Interrupted } from "../prompt.ts"
import { canStepUp, stepUp } from "../step-up.ts"
import { readEntries } from "../transfer/formats.ts"
import { isObject } from "../transfer/json-text.ts"
import { countsText, type Outcome, toldOf } from "../transfer/outcome.ts"
import { Patience } from "../transfer/patience.ts"
import { pooled } from "../transfer/pool.ts"
import { Progress } from "../transfer/progress.ts"
import { Report } from "../transfer/report.ts"
import { Tally } from "../transfer/tally.ts"
import { named, type Target, targetsOf } from "../transfer/targets.ts"
import { versionKeys } from "../transfer/version-key.ts"
import { foresee, type OnConflict, type Writer, writeSecret } from "../transfer/write-secret.ts"

/** Writes in flight: a server's own group commit takes more at once than one at a time; further ones only wait there. */
const WIDTH = 8
/** Secrets that one code opens. */
const STEP_UP = 50
/** Seconds for which a server may be silent, unless --wait says otherwise. */
const WAIT_SECONDS = 60

export async function run(call: Call): Promise<number> {
  const { world } = call
  const onConflict = conflictOf(call)
  const forMs = 1000 * (wholeNumber(call, "wait", 0, 86_400) ?? WAIT_SECONDS)
  const client = connectKept(call)
  const reason = await reasonOf(call)
  const { fit, outcomes } = named(await readEntries(call), {
    prefix: given(call, "prefix"),
    strip: given(call, "strip"),
    rename: switched(call, "rename"),
  })
  const targets = await targetsOf(client, fit)
  const progress = new Progress(world, "imported", targets.length)
  using patience = new Patience({ forMs, say: (text) => progress.say(text), now: () => world.now() })
  const keys = versionKeys(world, addressOf(call))
  const prepare = switched(call, "objects") ? asObject : (value: Value) => value
  const writer: Writer = { client, keys, patience, onConflict, reason, prepare, shown: {} }
  if (switched(call, "dry-run")) return foretell(call, writer, targets, outcomes)
  if (onConflict === "fail") await requireNoConflict(writer, targets)
  const path = given(call, "out-report")
  using report = path === undefined ? undefined : new Report(world, path)
  const tally = new Tally(report)
  for (const outcome of outcomes) tally.add(outcome)
  await writeAll(call, writer, targets, tally, progress)
  await tally.say(world)
  await (switched(call, "json")
    ? json(world, { ...tally.counts, refusals: tally.refusals.map(toldOf) })
    : line(world, countsText(tally.counts)))
  return tally.exit
}

async function writeAll(
  call: Call,
  writer: Writer,
  targets: readonly Target[],
  tally: Tally,
  progress: Progress,
): Promise<void> {
  const { world } = call
  const write = (on: Writer, some: readonly Target[], withheld?: Target[]) =>
    pooled(some, WIDTH, async (target) => {
      const outcome = await writeSecret(on, target)
      if (outcome.code === "verification_required" && withheld !== undefined) {
        withheld.push(target)
        return
      }
      tally.add(outcome)
      await progress.add()
    })
  try {
    const withheld: Target[] = []
    await write(writer, targets, canStepUp(call) ? withheld : undefined)
    for (let at = 0; at < withheld.length; at += STEP_UP) {
      const part = withheld.slice(at, at + STEP_UP)
      await progress.end()
      const names = part.map(({ name }) => name)
      const verificationToken = await stepUp(call, writer.client, { verb: "write", names })
      await write({ ...writer, shown: { verificationToken } }, part)
    }
    await progress.end()
  } catch (error) {
    await progress.end()
    await note(world, `tyler: ${countsText(tally.counts)}`)
    await note(world, "tyler: not finished; the same command again goes on, without doubles")
    throw error instanceof Interrupted ? new Interrupted("stopped; what was sent is in") : error
  }
}

function conflictOf(call: Call): OnConflict {
  const text = given(call, "on-conflict") ?? "skip"
  if (text === "skip" || text === "write" || text === "fail") return text
  throw new UsageError("--on-conflict is skip, write or fail", "import")
}

/** One that is there with another value stops all, before anything is sent. */
async function requireNoConflict(writer: Writer, targets: readonly Target[]): Promise<void> {
  const conflicts: string[] = []
  await pooled(targets, WIDTH, async (target) => {
    if (target.existing === undefined) return
    const { did } = await foresee(writer, target, true)
    if (did === "refused") conflicts.push(target.name)
  })
  const [first] = conflicts
  if (first === undefined) return
  const more = conflicts.length === 1 ? "" : ` and ${conflicts.length - 1} more`
  throw new Unmet(REFUSED, "secret_exists", `${first}${more} is there already; nothing was imported`)
}

async function foretell(
  call: Call,
  writer: Writer,
  targets: readonly Target[],
  refused: readonly Outcome[],
): Promise<number> {
  const { world } = call
  const tally = new Tally()
  const plan = [...refused]
  for (const target of targets) plan.push(await foresee(writer, target, false))
  for (const outcome of plan) tally.add(outcome)
  if (switched(call, "json")) await json(world, { plan: plan.map(toldOf) })
  else
    for (const { did, name, why } of plan)
      await line(world, printable(`${did.padEnd(9)} ${name}${why === undefined ? "" : `: ${why}`}`))
  await note(world, `tyler: would be: ${countsText(tally.counts)}; nothing was sent`)
  return tally.exit
}

function asObject(value: Value): Value {
  if (typeof value !== "string" || !value.trimStart().startsWith("{")) return value
  try {
    const parsed = parseJson(value)
    return isObject(parsed) ? parsed : value
  } catch (error) {
    // What cannot be kept exactly as an object stays the text that it is.
    if (error instanceof TylerError) return value
    throw error
  }
}
