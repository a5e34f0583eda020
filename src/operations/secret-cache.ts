import type { SecretName } from "../core/name.ts"
import { CURRENT } from "../core/stage.ts"
import type { StateReader } from "../state/reader.ts"
import type { SecretRow, VersionRow } from "../state/rows.ts"

/** A secret and its current version, sealed. */
export interface CachedSecret {
  readonly secret: SecretRow
  readonly current: VersionRow | undefined
}

/** Holds metadata and sealed bytes only. Entries may be stale: the record transaction compares the revision. */
export interface SecretCache {
  get(name: SecretName): Promise<CachedSecret | undefined>
  drop(name: SecretName): void
  /** The day was written; spares the next read the same write. */
  touched(name: SecretName, day: string): void
}

interface Held extends CachedSecret {
  readonly until: number
}

/**
 * @param capacity most secrets held; the least recently added goes first. At most 64 KiB each, so 1,000 hold 64 MiB.
 * @param ttlMs how long an entry is believed; 0 turns the cache off (SECRET_CACHE_TTL=0).
 */
export function secretCache(
  reader: StateReader,
  monotonic: () => number,
  capacity: number,
  ttlMs: number,
): SecretCache {
  const held = new Map<SecretName, Held>()

  async function load(name: SecretName): Promise<CachedSecret | undefined> {
    const secret = await reader.secretByName(name)
    if (secret === undefined) return undefined
    return { secret, current: await reader.versionByLabel(secret.id, CURRENT) }
  }

  function keep(name: SecretName, found: CachedSecret): void {
    if (ttlMs === 0) return
    held.delete(name)
    if (held.size >= capacity) {
      const oldest = held.keys().next()
      if (!oldest.done) held.delete(oldest.value)
    }
    held.set(name, { ...found, until: monotonic() + ttlMs })
  }

  return {
    async get(name) {
      const known = held.get(name)
      if (known !== undefined && known.until > monotonic()) return known
      const found = await load(name)
      if (found === undefined) held.delete(name)
      else keep(name, found)
      return found
    },
    drop(name) {
      held.delete(name)
    },
    touched(name, day) {
      const known = held.get(name)
      if (known) held.set(name, { ...known, secret: { ...known.secret, lastAccessed: day } })
    },
  }
}
