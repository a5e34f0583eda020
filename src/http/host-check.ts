import type { IncomingMessage } from "node:http"
import { TylerError } from "../core/errors.ts"
import { type HostRules, judgeHost, namesAddress } from "./hosts.ts"
import { timesGiven } from "./raw-headers.ts"

/** Spellings remembered as good; there are only so many names for one server. */
const REMEMBERED = 64

/**
 * Throws `misdirected_request` (421) unless the request names this server, or is a `probe` and names an address. Remembers
 * spellings it has judged good for all.
 */
export function hostCheck(rules: () => HostRules): (request: IncomingMessage, probe?: boolean) => void {
  const good = new Set<string>()
  return (request, probe = false) => {
    const { host } = request.headers
    const only = host !== undefined && timesGiven(request, "host") === 1
    if (only && good.has(host)) return
    const hosts = request.headersDistinct["host"]
    if ("refused" in judgeHost(hosts, rules())) {
      if (probe && namesAddress(hosts)) return
      throw new TylerError("misdirected_request")
    }
    if (only && good.size < REMEMBERED) good.add(host)
  }
}
