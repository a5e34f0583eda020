import type { VersionId } from "../../core/version.ts"

/** A sealed record, and whether it was the store's own or sealed by this process for the cache. */
export interface CachedValue {
  readonly sealed: Buffer
  readonly by: "store" | "process"
  /** Milliseconds since the store was asked, when another replica asked it; 0: just now. */
  readonly ageMs: number
}

/** A version of a secret, never who asks for it. Versions are immutable, so an entry may be old but never wrong. */
export interface CacheKey {
  readonly secretId: string
  readonly versionId: VersionId
  /** Asked for as the current one: that it still is was seen within the lifetime too. */
  readonly current: boolean
}

export interface ValueCache {
  get(key: CacheKey): CachedValue | undefined
  /** What is held, or else fetched; those who want the same at once wait for one fetch. */
  fetch(key: CacheKey, fetch: () => Promise<CachedValue>): Promise<CachedValue>
  /** Also of fetches under way: who asks from now on asks the store anew. */
  forget(secretId: string): void
}

interface Held {
  readonly value: CachedValue
  readonly until: number
  readonly currentUntil: number
}

type Versions = Map<VersionId, Held>

/** What an entry takes beside its bytes. */
const ENTRY_BYTES = 512

/**
 * Two generations, as in secret-cache.ts: a young one that holds half of what there may be becomes the old one.
 * @param bounds most entries, and most bytes held.
 * @param ttlMs how long an entry is believed; 0 keeps none.
 */
export function valueCache(
  monotonic: () => number,
  bounds: { readonly entries: number; readonly bytes: number },
  ttlMs: number,
): ValueCache {
  let young = new Map<string, Versions>()
  let old = new Map<string, Versions>()
  let entries = 0
  let bytes = 0
  const waiting = new Map<string, Map<string, Promise<CachedValue>>>()

  function held({ secretId, versionId }: CacheKey): Held | undefined {
    const known = young.get(secretId)?.get(versionId)
    if (known !== undefined) return known
    const older = old.get(secretId)?.get(versionId)
    if (older !== undefined) keep(secretId, versionId, older)
    return older
  }

  function keep(secretId: string, versionId: VersionId, one: Held): void {
    let versions = young.get(secretId)
    if (versions === undefined) young.set(secretId, (versions = new Map()))
    if (!versions.has(versionId)) {
      entries += 1
      bytes += one.value.sealed.byteLength + ENTRY_BYTES
    }
    versions.set(versionId, one)
    if (entries <= bounds.entries / 2 && bytes <= bounds.bytes / 2) return
    old = young
    young = new Map()
    entries = 0
    bytes = 0
  }

  function remember({ secretId, versionId, current }: CacheKey, value: CachedValue): void {
    if (ttlMs === 0) return
    const until = monotonic() + ttlMs - value.ageMs
    const before = held({ secretId, versionId, current })
    keep(secretId, versionId, { value, until, currentUntil: current ? until : (before?.currentUntil ?? 0) })
  }

  function get(key: CacheKey): CachedValue | undefined {
    const found = held(key)
    if (found === undefined) return undefined
    return (key.current ? found.currentUntil : found.until) > monotonic() ? found.value : undefined
  }

  return {
    get,
    async fetch(key, fetch) {
      // Whoever looked before the fetch of another ended comes here after it.
      const known = get(key)
      if (known !== undefined) return known
      const { secretId } = key
      const wanted = `${key.versionId} ${key.current}`
      let fetches = waiting.get(secretId)
      if (fetches === undefined) waiting.set(secretId, (fetches = new Map()))
      const under = fetches.get(wanted)
      if (under !== undefined) return under
      const mine = fetches
      const fetching = fetch()
        .then((value) => {
          // Forgotten meanwhile: it is good for those who waited, and for nobody after them.
          if (waiting.get(secretId) === mine) remember(key, value)
          return value
        })
        .finally(() => {
          mine.delete(wanted)
          if (mine.size === 0 && waiting.get(secretId) === mine) waiting.delete(secretId)
        })
      fetches.set(wanted, fetching)
      return fetching
    },
    forget(secretId) {
      young.delete(secretId)
      old.delete(secretId)
      waiting.delete(secretId)
    },
  }
}
