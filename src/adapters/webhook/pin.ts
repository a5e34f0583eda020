import type { LookupAddress } from "node:dns"
import { lookup } from "node:dns/promises"
import { type Reach, reachOf } from "../../core/network.ts"

/** All addresses of a name. Rejects if it has none. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

export const systemResolve: Resolve = (host) => lookup(host, { all: true })

/** A name with more than this is somebody's play. */
const ADDRESSES = 64

/**
 * The one address that a connection goes to. The name is resolved once and what was judged is what is connected to, so
 * that a name which answers differently the second time gains nothing. Every address of the name must be one it may
 * have: a name that answers with a forbidden one beside a good one is not used at all.
 */
export async function pin(
  host: string,
  allowed: readonly Reach[],
  resolve: Resolve,
): Promise<LookupAddress | "unresolved" | "address_refused"> {
  let found: readonly LookupAddress[]
  try {
    found = await resolve(host)
  } catch {
    return "unresolved"
  }
  const [first] = found
  if (first === undefined) return "unresolved"
  const good = found.every(({ address }) => {
    const reach = reachOf(address)
    return reach !== undefined && allowed.includes(reach)
  })
  return good && found.length <= ADDRESSES ? first : "address_refused"
}
