import type { Verb } from "../core/verb.ts"
import type { GrantRow } from "../state/rows.ts"

/**
 * Leases as last seen, each found genuine. Only those that nothing beats: for any number of uses, and standing for the
 * second factor. One that was revoked since is found out by the record transaction, which compares the revision.
 */
export interface LeaseCache {
  held(principalId: string, secretId: string, verb: Verb): GrantRow | undefined
  /** Any other kind of lease is not kept. */
  keep(row: GrantRow): void
}

/** Some 300 bytes each. */
const MOST = 20_000

/** Two generations, as in the cache of secrets. @param most leases held, at least 2 */
export function leaseCache(most = MOST): LeaseCache {
  let young = new Map<string, GrantRow>()
  let old = new Map<string, GrantRow>()

  function put(key: string, row: GrantRow): void {
    young.set(key, row)
    if (young.size <= most / 2) return
    old = young
    young = new Map()
  }

  return {
    held(principalId, secretId, verb) {
      const key = keyOf(principalId, secretId, verb)
      const known = young.get(key)
      if (known !== undefined) return known
      const older = old.get(key)
      if (older !== undefined) put(key, older)
      return older
    },
    keep(row) {
      if (row.usesLeft === null && row.steppedUp) put(keyOf(row.principalId, row.secretId, row.verb), row)
    },
  }
}

function keyOf(principalId: string, secretId: string, verb: Verb): string {
  return `${principalId} ${secretId} ${verb}`
}
