import { note } from "../print.ts"
import { printable } from "../printable.ts"
import type { World } from "../world.ts"
import { DONE, REFUSED } from "../exit.ts"
import { type Counts, DIDS, noCounts, type Outcome, toldOf } from "./outcome.ts"
import type { Report } from "./report.ts"

/** Refusals that are said one by one; a report has them all. */
const SAID = 20

/** Counts what became of each secret, and keeps what did not go in. */
export class Tally {
  readonly counts: Counts = noCounts()
  readonly refusals: Outcome[] = []
  readonly #report: Report | undefined

  constructor(report?: Report) {
    this.#report = report
  }

  add(outcome: Outcome): void {
    this.counts[outcome.did]++
    this.#report?.add(toldOf(outcome))
    if (!DIDS[outcome.did].in) this.refusals.push(outcome)
  }

  async say(world: World): Promise<void> {
    for (const { name, code, why } of this.refusals.slice(0, SAID))
      await note(world, printable(`tyler: ${name}: ${code ?? "refused"}: ${why ?? ""}`))
    const more = this.refusals.length - SAID
    if (more > 0) await note(world, `tyler: and ${more} more (--out-report has all)`)
  }

  /** What all refusals are worth if they are of one kind, else 3. */
  get exit(): number {
    if (this.refusals.length === 0) return DONE
    const codes = new Set(this.refusals.map(({ exit = REFUSED }) => exit))
    const [only = REFUSED] = codes
    return codes.size === 1 ? only : REFUSED
  }
}
