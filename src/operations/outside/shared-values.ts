import { createHmac } from "node:crypto"
import { lengthPrefixed } from "../../core/bytes.ts"
import type { Clock } from "../../core/clock.ts"
import { TylerError } from "../../core/errors.ts"
import type { Random } from "../../core/random.ts"
import { discard, reseal, type SecretValue } from "../../core/secret-value.ts"
import type { Keyring } from "../../envelope/keyring.ts"
import { open, type Place, seal } from "../../envelope/seal.ts"
import type { Looks, SharedCache } from "../../secrets/shared-cache.ts"

/** What the store held, as one replica saw it. */
export interface SharedValue {
  /** Milliseconds since 1970 UTC, before the store was asked. */
  readonly seenAt: number
  /** It was asked for as the current version, and was that. */
  readonly current: boolean
  /** A sealed record of the store's own, or a stored form that the store keeps as it is. */
  readonly by: "store" | "process"
}

export interface Means {
  readonly cache: SharedCache
  readonly clock: Pick<Clock, "now">
  readonly random: Random
  /** How long what was seen is believed. */
  readonly ttlMs: number
  /** Counted here. */
  readonly looks: Looks
}

/** Seen at, current, by; then the bytes. */
const HEAD_BYTES = 10

/**
 * Values in a cache that others can write to. Each entry is sealed by the installation's keyring for its own place, with
 * the time at which the store was asked: what was changed, moved from elsewhere, kept back and sent again, or made by
 * another installation does not open, or is too old.
 */
export function sharedValues({ cache, clock, random, ttlMs, looks }: Means) {
  /** @returns its age where it may be believed */
  function judged({ seenAt, current }: SharedValue, askedCurrent: boolean): number | undefined {
    const ageMs = clock.now() - seenAt
    // A clock that stands before the entry's says nothing of how old it is.
    const believed = ageMs >= 0 && ageMs < ttlMs
    const found = believed && (current || !askedCurrent)
    looks[found ? "hit" : believed ? "miss" : "disbelieved"]++
    return found ? ageMs : undefined
  }

  return {
    /** Undefined: there is none that can be believed. `use` is given the bytes and lets none of them out. */
    async get<T>(
      keyring: Keyring,
      place: Place,
      current: boolean,
      use: (seen: SharedValue, bytes: Uint8Array) => T,
    ): Promise<{ readonly used: T; readonly ageMs: number } | undefined> {
      const entry = await cache.get(keyOf(keyring, place))
      if (typeof entry === "string") {
        looks[entry === "none" ? "miss" : entry]++
        return undefined
      }
      const value = opened(keyring, place, entry)
      if (value === undefined) {
        looks.disbelieved++
        return undefined
      }
      try {
        return reseal(value, (plain) => {
          const seen = headOf(plain)
          const ageMs = judged(seen, current)
          return ageMs === undefined ? undefined : { used: use(seen, plain.subarray(HEAD_BYTES)), ageMs }
        })
      } finally {
        discard(value)
      }
    },

    put(keyring: Keyring, place: Place, seen: SharedValue, bytes: Uint8Array): void {
      const plain = Buffer.concat([headBytes(seen), bytes])
      try {
        cache.put(keyOf(keyring, place), seal(keyring, inCache(place), plain, random).sealed, ttlMs)
      } catch (error) {
        // The largest values are a few bytes too large with this around them: each replica asks for them itself.
        if (!(error instanceof TylerError) || error.code !== "value_too_large") throw error
      } finally {
        plain.fill(0)
      }
    },
  }
}

/** Not the place of a version's record, which could else be put here in its stead. */
function inCache({ secretId, versionId, name }: Place): Place {
  return { secretId: `shared-cache ${secretId}`, versionId, name }
}

/** Tells nobody which secret it stands for, and is another one in every installation. */
function keyOf({ rowsKey }: Keyring, { secretId, versionId }: Place): string {
  const fields = lengthPrefixed(["tyler-shared-cache/1", secretId, versionId])
  return `tyler:value:${createHmac("sha256", rowsKey).update(fields).digest("base64url")}`
}

function opened(keyring: Keyring, place: Place, entry: Buffer): SecretValue | undefined {
  try {
    return open(keyring, inCache(place), entry)
  } catch {
    return undefined
  }
}

function headBytes({ seenAt, current, by }: SharedValue): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeDoubleBE(seenAt, 0)
  head[8] = current ? 1 : 0
  head[9] = by === "store" ? 1 : 0
  return head
}

function headOf(plain: Uint8Array): SharedValue {
  const seenAt = Buffer.from(plain.buffer, plain.byteOffset, HEAD_BYTES).readDoubleBE(0)
  return { seenAt, current: plain[8] === 1, by: plain[9] === 1 ? "store" : "process" }
}
