import type { Mirror } from "../adapters/local/mirror.ts"
import type { OwnValues } from "../telemetry/sink.ts"
import type { LedgerMeter } from "./ledger-meter.ts"
import type { Mirroring } from "./mirroring.ts"

/** What a process knows of itself, counted since its start. */
export interface OwnMeter {
  beats: number
  /** Rounds in which the database did not answer. */
  unanswered: number
  /** Rotations that should be done long since; null: another process looks. */
  overdue: number | null
}

interface Sources {
  readonly own: OwnMeter
  readonly ledger: LedgerMeter
  readonly mirror: Pick<Mirror, "state">
  readonly mirroring: Pick<Mirroring, "states">
}

/** Absent: not known here, as how far a mirror is that another replica writes. */
export function ownValuesOf({ own, ledger, mirror, mirroring }: Sources): () => OwnValues {
  return () => {
    const states = mirroring.states()
    const waiting = states.flatMap((state) => state.waiting ?? [])
    const failing = states.filter(({ cause }) => cause !== null).length + (mirror.state().ok ? 0 : 1)
    return {
      Heartbeat: own.beats,
      AuditWriteFailed: ledger.writeFailures + own.unanswered,
      MirrorFailing: failing,
      ...(own.overdue === null ? {} : { RotationsOverdue: own.overdue }),
      ...(waiting.length === 0 ? {} : { MirrorBacklog: Math.max(...waiting) }),
    }
  }
}
