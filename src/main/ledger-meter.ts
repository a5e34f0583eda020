import type { LedgerWriter } from "../audit/ledger.ts"
import type { Clock } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"

/** What the ledger has done since the start, as plain numbers: every read passes here. */
export interface LedgerMeter {
  /** Acts handed over and not yet settled. */
  waiting: number
  recorded: number
  /** Acts left out because something had moved. */
  moved: number
  failures: number
  /** Of these, all but the ones that were turned away because too much waited. */
  writeFailures: number
  /** Wall time in ms of the newest checkpoint signed here. */
  checkpointAt: number | null
  /** Why the last transaction failed, until one succeeds again. */
  trouble: { readonly at: number; readonly cause: string } | null
}

/** Trouble is over when nothing has failed for this long: a server that nobody asks could not show it has healed. */
const TROUBLE_MS = 10_000

export function newLedgerMeter(): LedgerMeter {
  return { waiting: 0, recorded: 0, moved: 0, failures: 0, writeFailures: 0, checkpointAt: null, trouble: null }
}

/** Counts what passes. */
export function metered(ledger: LedgerWriter, meter: LedgerMeter, clock: Clock): LedgerWriter {
  return {
    async recordAll(acts) {
      meter.waiting += acts.length
      try {
        const outcomes = await ledger.recordAll(acts)
        let recorded = 0
        for (const outcome of outcomes) if (!("moved" in outcome)) recorded++
        meter.recorded += recorded
        meter.moved += outcomes.length - recorded
        if (recorded > 0) meter.checkpointAt = clock.now()
        meter.trouble = null
        return outcomes
      } catch (error) {
        meter.failures++
        // Too much at once is not a part that is down.
        if (!(error instanceof TylerError) || error.code !== "busy") {
          meter.writeFailures++
          meter.trouble = { at: clock.monotonic(), cause: causeOf(error) }
        }
        throw error
      } finally {
        meter.waiting -= acts.length
      }
    },
    close: () => ledger.close(),
  }
}

/** A code such as `disk_full`; null while nothing has failed lately. */
export function ledgerTrouble({ trouble }: LedgerMeter, clock: Clock): string | null {
  return trouble === null || clock.monotonic() - trouble.at > TROUBLE_MS ? null : trouble.cause
}

function causeOf(error: unknown): string {
  if (!(error instanceof TylerError)) return "internal"
  const { cause } = error.facts
  return typeof cause === "string" ? cause : error.code
}
