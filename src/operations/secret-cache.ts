import type { SecretName } from "../core/name.ts"
import { CURRENT } from "../core/stage.ts"
import type { VersionId } from "../core/version.ts"
import type { StateReader } from "../state/reader.ts"
import type { LabelRow, SecretRow, VersionRow } from "../state/rows.ts"

/** A secret and its current version, sealed. */
export interface CachedSecret {
  readonly secret: SecretRow
  readonly current: VersionRow | undefined
}

/** Holds metadata and sealed bytes only. Entries may be stale: the record transaction compares the revision. */
export interface SecretCache {
  get(name: SecretName): Promise<CachedSecret | undefined>
  drop(name: SecretName): void
  /** All its labels: looked up once for what is held, and as stale as that. */
  labels(found: CachedSecret): Promise<readonly LabelRow[]>
  /** The day was written; spares the next read the same write. */
  touched(name: SecretName, versionId: VersionId, day: string): void
}

interface Held extends CachedSecret {
  readonly until: number
  readonly labels?: readonly LabelRow[]
}

/** What an entry takes beside its sealed bytes: two rows of short texts. */
const ENTRY_BYTES = 2048

/**
 * Two generations: what is asked for stands in the young one, and a young one that holds half of `capacity` becomes the
 * old one, whose own entries are let go all at once. (One Map that drops its first key passes over the holes of all it
 * dropped before: 10 microseconds at 30,000 entries.)
 * @param capacity most bytes held, sealed values and 2 KiB for each entry.
 * @param ttlMs how long an entry is believed; 0 turns the cache off (SECRET_CACHE_TTL=0).
 */
export function secretCache(
  reader: StateReader,
  monotonic: () => number,
  capacity: number,
  ttlMs: number,
): SecretCache {
  let young = new Map<SecretName, Held>()
  let old = new Map<SecretName, Held>()
  let youngBytes = 0

  async function load(name: SecretName): Promise<CachedSecret | undefined> {
    const secret = await reader.secretByName(name)
    if (secret === undefined) return undefined
    return { secret, current: await reader.versionByLabel(secret.id, CURRENT) }
  }

  function keep(name: SecretName, held: Held): void {
    young.set(name, held)
    youngBytes += ENTRY_BYTES + (held.current?.sealed.byteLength ?? 0)
    if (youngBytes <= capacity / 2) return
    old = young
    young = new Map()
    youngBytes = 0
  }

  function find(name: SecretName): Held | undefined {
    const known = young.get(name)
    if (known !== undefined) return known
    const older = old.get(name)
    if (older !== undefined) keep(name, older)
    return older
  }

  function drop(name: SecretName): void {
    young.delete(name)
    old.delete(name)
  }

  return {
    async get(name) {
      const known = find(name)
      if (known !== undefined && known.until > monotonic()) return known
      const found = await load(name)
      if (found === undefined) drop(name)
      else if (ttlMs > 0) keep(name, { ...found, until: monotonic() + ttlMs })
      return found
    },
    drop,
    async labels({ secret }) {
      const held = find(secret.name)
      if (held?.secret.id === secret.id && held.secret.revision === secret.revision && held.labels !== undefined)
        return held.labels
      const labels = await reader.labels(secret.id)
      const now = find(secret.name)
      if (now?.secret.id === secret.id && now.secret.revision === secret.revision)
        young.set(secret.name, { ...now, labels })
      return labels
    },
    touched(name, versionId, day) {
      const known = find(name)
      if (known === undefined) return
      const { secret, current } = known
      const read = current?.versionId === versionId ? { ...current, lastAccessed: day } : current
      young.set(name, { ...known, secret: { ...secret, lastAccessed: day }, current: read })
    },
  }
}
