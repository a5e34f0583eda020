import type { Clock } from "../core/clock.ts"
import type { Progress } from "../backup/folder.ts"

const REFRESH_MS = 200

export interface ProgressLine {
  readonly step: Progress
  readonly end: () => void
}

/** How far it is: on a terminal one line that is written over, elsewhere nothing. */
export function progressOn(out: NodeJS.WriteStream, clock: Pick<Clock, "monotonic">): ProgressLine {
  let shown = Number.NEGATIVE_INFINITY
  return {
    step: (done, total, bytes) => {
      if (!out.isTTY || clock.monotonic() - shown < REFRESH_MS) return
      shown = clock.monotonic()
      out.write(`\r${done} of ${total} entries, ${(bytes / 2 ** 20).toFixed(1)} MiB `)
    },
    end: () => {
      if (shown > 0) out.write("\n")
    },
  }
}
