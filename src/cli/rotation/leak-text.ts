import { ago } from "../ago.ts"
import { note, table } from "../print.ts"
import type { World } from "../world.ts"
import { DIDS, type LeakOutcome } from "./outcome.ts"

/** Readers named in one line. */
const NAMED = 3

/** What is left to be done comes last, where it is seen. */
export async function tellOutcomes(world: World, outcomes: readonly LeakOutcome[]): Promise<void> {
  if (outcomes.length === 0) return
  const ordered = outcomes.toSorted((a, b) => rankOf(a) - rankOf(b))
  await table(
    world,
    ["WHAT", "NAME", "SEEN AS", "BY", "READS", "LAST", "WHY"],
    ordered.map((one) => [
      one.did,
      one.name,
      one.stage ?? "-",
      namesText(one.by),
      String(one.reads),
      ago(one.lastRead, world.now()),
      one.code === undefined ? "" : `${one.code}: ${one.why ?? ""}`,
    ]),
  )
  const stillGood = outcomes.filter((one) => one.stillGood).length
  if (stillGood === 0) return
  const which = stillGood === 1 ? "1 of them stays" : `${stillGood} of them stay`
  await note(world, `tyler: ${which} good at the target until the next rotation; --revoke-previous ends that at once`)
}

function rankOf({ did }: LeakOutcome): number {
  return Object.keys(DIDS).indexOf(did)
}

function namesText(names: readonly string[]): string {
  const more = names.length - NAMED
  return more > 0 ? `${names.slice(0, NAMED).join(", ")} and ${more} more` : names.join(", ")
}
