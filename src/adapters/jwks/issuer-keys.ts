import type { JWK } from "jose"
import type { Clock } from "../../core/clock.ts"
import { TylerError } from "../../core/errors.ts"
import { publicKeys } from "../../identity/workload-token.ts"
import type { WorkloadIssuerRow } from "../../state/rows.ts"
import { FetchFault, fetchJson } from "./fetch-json.ts"

/** How long fetched keys are used. */
export const KEYS_MS = 10 * 60_000
/** Between two fetches for one issuer, whatever anonymous callers send. */
export const AGAIN_MS = 30_000
/** Issuers whose keys are held: as many as there may be. Each has at most 65,536 bytes of them. */
const HELD = 100

interface Held {
  keys: readonly JWK[] | undefined
  fetchedAt: number
  triedAt: number
  pending: Promise<void> | undefined
}

/**
 * The keys of an issuer, fetched from `jwksUri` or by discovery (OpenID Connect Discovery 1.0, section 4). They are used
 * for ten minutes, and fetched anew earlier if a token names a key that is not among them, at most once in 30 seconds.
 * Callers who wait for the same fetch share it. @throws TylerError `unavailable` if they cannot be had
 */
export function issuerKeys(
  clock: Clock,
  development: boolean,
): (issuer: WorkloadIssuerRow, keyId: string | null) => Promise<readonly JWK[]> {
  const table = new Map<string, Held>()

  function heldOf({ id, revision }: WorkloadIssuerRow): Held {
    const key = `${id} ${revision}`
    const known = table.get(key)
    if (known !== undefined) return known
    const oldest = table.keys().next()
    if (table.size >= HELD && !oldest.done) table.delete(oldest.value)
    const held = { keys: undefined, fetchedAt: -Infinity, triedAt: -Infinity, pending: undefined }
    table.set(key, held)
    return held
  }

  async function refresh(held: Held, issuer: WorkloadIssuerRow): Promise<void> {
    held.triedAt = clock.monotonic()
    try {
      held.keys = await fetchKeys(issuer, development)
      held.fetchedAt = clock.monotonic()
    } catch (error) {
      if (!(error instanceof FetchFault)) throw error
    }
  }

  return async (issuer, keyId) => {
    const held = heldOf(issuer)
    const now = clock.monotonic()
    const fresh = (): boolean => held.keys !== undefined && clock.monotonic() < held.fetchedAt + KEYS_MS
    const known = fresh() && (keyId === null || held.keys?.some(({ kid }) => kid === keyId))
    if (!known && (held.pending !== undefined || now >= held.triedAt + AGAIN_MS)) {
      held.pending ??= refresh(held, issuer).finally(() => {
        held.pending = undefined
      })
      await held.pending
    }
    if (fresh()) return held.keys ?? []
    throw new TylerError("unavailable", { cause: "issuer_keys", error: "The keys of the token's issuer cannot be had" })
  }
}

async function fetchKeys(issuer: WorkloadIssuerRow, development: boolean): Promise<readonly JWK[]> {
  const rules = { allowPrivate: issuer.allowPrivate, plainLoopback: development }
  const uri = issuer.jwksUri ?? (await discovered(issuer, rules))
  const keys = publicKeys(await fetchJson(uri, rules))
  if (keys === undefined) throw new FetchFault("no key set")
  return keys
}

async function discovered({ issuer }: WorkloadIssuerRow, rules: Parameters<typeof fetchJson>[1]): Promise<string> {
  const document = await fetchJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, rules)
  const fields = (typeof document === "object" && document !== null ? document : {}) as Record<string, unknown>
  // The document must speak for this issuer, or whoever serves it could speak for another.
  if (fields["issuer"] !== issuer || typeof fields["jwks_uri"] !== "string")
    throw new FetchFault("no discovery document")
  return fields["jwks_uri"]
}
