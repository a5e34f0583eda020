import type { SeenOptions } from "../../client/governance.ts"
import { type Call, given, switched, UsageError } from "../command.ts"
import { connectKept, readReasonOf } from "../connect.ts"
import { DONE, REFUSED } from "../exit.ts"
import { wholeNumber } from "../number.ts"
import { json, line, note } from "../print.ts"
import { Interrupted } from "../prompt.ts"
import { canStepUp, stepUp } from "../step-up.ts"
import { Patience } from "../transfer/patience.ts"
import { pooled } from "../transfer/pool.ts"
import { Progress } from "../transfer/progress.ts"
import { Report } from "../transfer/report.ts"
import { tellOutcomes } from "./leak-text.ts"
import { countsText, DIDS, type Ended, type LeakOutcome, outcomeOf, settledAlready } from "./outcome.ts"
import { rotateSeen, type Rotator } from "./rotate-all.ts"
import { type SeenItem, seenItems } from "./seen.ts"

/** As many as one server carries on at once. */
const WIDTH = 8
/** Secrets that one code opens. */
const STEP_UP = 50
/** Seconds for which one secret is watched, unless --wait says otherwise. */
const WAIT_SECONDS = 300

/** Rotates what somebody was shown, and says what is left to be done by hand. */
export async function afterLeak(call: Call): Promise<number> {
  const { world } = call
  const revokePrevious = switched(call, "revoke-previous")
  const watchMs = 1000 * (wholeNumber(call, "wait", 1, 86_400) ?? WAIT_SECONDS)
  const dry = switched(call, "dry-run")
  const client = connectKept(call)
  const reason = dry ? undefined : await readReasonOf(call)
  const path = given(call, "out-report")
  using report = path === undefined ? undefined : new Report(world, path)
  const items = await seenItems(client, whoOf(call))
  const outcomes: LeakOutcome[] = []
  const settle = (item: SeenItem, ended: Ended): void => {
    const outcome = outcomeOf(item, ended, revokePrevious)
    outcomes.push(outcome)
    report?.add(outcome)
  }
  const byName = new Map<string, SeenItem[]>()
  for (const item of items) {
    const ended = settledAlready(item)
    if (ended !== undefined) settle(item, ended)
    else byName.set(item.name, [...(byName.get(item.name) ?? []), item])
  }
  const settleName = (name: string, ended: Ended): void => {
    for (const item of byName.get(name) ?? []) settle(item, ended)
  }
  if (dry) for (const name of byName.keys()) settleName(name, { did: "would" })
  else {
    const progress = new Progress(world, "rotated", byName.size)
    using patience = new Patience({ forMs: watchMs, say: (text) => progress.say(text), now: () => world.now() })
    const ask = { revokePrevious, ...(reason === undefined ? {} : { reason }) }
    const on: Rotator = { client, patience, ask, watchMs: switched(call, "no-wait") ? null : watchMs }
    await rotateAll(call, on, [...byName.keys()], progress, settleName).catch(async (error: unknown) => {
      await progress.end()
      await tell(call, outcomes)
      await note(world, "tyler: not finished; what was begun goes on, and the same command again does the rest")
      throw error instanceof Interrupted ? new Interrupted("stopped") : error
    })
  }
  await tell(call, outcomes)
  return outcomes.every(({ did }) => DIDS[did].settled) ? DONE : REFUSED
}

function whoOf(call: Call): SeenOptions {
  const person = given(call, "all-seen-by")
  const since = given(call, "seen-since")
  if (person === "" || since === "") throw new UsageError("--all-seen-by and --seen-since need a value", "rotate")
  return { ...(person === undefined ? {} : { person }), ...(since === undefined ? {} : { since }) }
}

type Settle = (name: string, ended: Ended) => void

/** Those that take a second factor come after the others: one code opens 50. */
async function rotateAll(
  call: Call,
  on: Rotator,
  names: readonly string[],
  progress: Progress,
  settle: Settle,
): Promise<void> {
  let withheld: string[] = []
  const rotate = (with_: Rotator, some: readonly string[], mayWithhold: boolean) =>
    pooled(some, WIDTH, async (name) => {
      const ended = await rotateSeen(with_, name)
      if (ended.code === "verification_required" && mayWithhold) {
        withheld.push(name)
        return
      }
      settle(name, ended)
      await progress.add()
    })
  await rotate(on, names, canStepUp(call))
  for (let left = withheld, before = Number.POSITIVE_INFINITY; left.length > 0; left = withheld) {
    // A code is good for five minutes: who was not reached in that time takes another, as long as some are.
    const mayWithhold = left.length < before
    before = left.length
    withheld = []
    for (let at = 0; at < left.length; at += STEP_UP) {
      const part = left.slice(at, at + STEP_UP)
      await progress.end()
      const verificationToken = await stepUp(call, on.client, { verb: "rotate", names: part })
      await rotate({ ...on, ask: { ...on.ask, verificationToken } }, part, mayWithhold)
    }
  }
  await progress.end()
}

async function tell(call: Call, outcomes: readonly LeakOutcome[]): Promise<void> {
  const { world } = call
  if (switched(call, "json")) return json(world, { outcomes })
  await tellOutcomes(world, outcomes)
  await line(world, countsText(outcomes))
}
