import type { Redis } from "ioredis"
import type { SharedCache } from "../../secrets/shared-cache.ts"

/** A look that takes longer is given up: the store outside answers in about that time. */
export const ANSWER_MS = 50
/** After a fault it is left alone for so long, and so is a connection that could not be made. */
export const REST_MS = 5_000
const CONNECT_MS = 1_000
/** Of an entry: the largest value with its seals. A longer one is none of ours, and no more of it is asked for. */
const ENTRY_BYTES = 70_000

/** What went wrong last. The server's own words may hold anything and go nowhere. */
type Trouble = "unreachable" | "slow" | "refused"

/** Redis, as a hint. @param url `redis://` or `rediss://`, whose certificate is verified; its password is never said. */
export async function redisCache(url: string, monotonic: () => number): Promise<SharedCache> {
  const { Redis: Client } = await import("ioredis")
  let trouble: Trouble | null = "unreachable"
  let restUntil = 0
  let closed = false
  let client = connected()

  function connected(): Redis {
    const one = new Client(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_MS,
      commandTimeout: ANSWER_MS,
      retryStrategy: () => REST_MS,
    })
    const is = (now: Trouble | null) => () => {
      if (one === client) trouble = now
    }
    one.on("error", is("unreachable"))
    one.on("close", is("unreachable"))
    one.on("ready", is(null))
    one.connect().catch(() => undefined)
    return one
  }

  /** A connection that did not answer in time may be full of what nobody waits for any more: it is given up. */
  function failed(error: unknown): void {
    const slow = error instanceof Error && error.message === "Command timed out"
    trouble = slow ? "slow" : client.status === "ready" ? "refused" : "unreachable"
    restUntil = monotonic() + REST_MS
    if (!slow || closed) return
    client.disconnect()
    client = connected()
  }

  const usable = (): boolean => !closed && client.status === "ready" && monotonic() >= restUntil

  return {
    async get(key) {
      if (!usable()) return "unanswered"
      try {
        const entry = await client.getrangeBuffer(key, 0, ENTRY_BYTES)
        trouble = null
        return entry.byteLength === 0 || entry.byteLength > ENTRY_BYTES ? "none" : entry
      } catch (error) {
        failed(error)
        return "unanswered"
      }
    },
    put(key, entry, ttlMs) {
      if (!usable() || entry.byteLength > ENTRY_BYTES || ttlMs < 1) return
      client.set(key, entry, "PX", Math.ceil(ttlMs)).then(() => (trouble = null), failed)
    },
    trouble: () => trouble,
    close() {
      closed = true
      client.disconnect()
    },
  }
}
