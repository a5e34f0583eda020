import { type EntryMirror, MirrorFault, tipOf } from "../../audit/entry-mirror.ts"
import type { Clock } from "../../core/clock.ts"
import type { AwsPlace } from "./client.ts"
import { type LogPlace, logStream } from "./log-stream.ts"
import { serviceCause } from "./service-fault.ts"

/** Less than a page of the newest events: so `tip` always sees the whole of the last block. */
const BLOCK_ENTRIES = 200
const GATHER_MS = 1_000

/**
 * Entries as events of one log stream, and in a second one the checkpoint after each block. A call whose answer was lost
 * is made again, so a line may stand there twice: both are the same line, with its index and leaf hash.
 */
export function logMirror(place: AwsPlace, { group, stream }: LogPlace, clock: Clock): EntryMirror {
  const entries = logStream(place, { group, stream }, clock)
  const ends = logStream(place, { group, stream: `${stream}-checkpoints` }, clock)
  return {
    name: "logs",
    most: BLOCK_ENTRIES,
    gatherMs: GATHER_MS,
    tip: () => asked(async () => tipOf(await entries.newest())),
    append: ({ from, lines, header, end }) =>
      asked(async () => {
        await entries.put(from === 0 ? [header, ...lines] : lines)
        await ends.put([end])
      }),
    close() {
      entries.close()
      ends.close()
    },
  }
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw new MirrorFault(serviceCause(error))
  }
}
