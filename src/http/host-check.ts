import type { IncomingMessage } from "node:http"
import { TylerError } from "../core/errors.ts"
import { type HostRules, judgeHost } from "./hosts.ts"
import { timesGiven } from "./raw-headers.ts"

/** Spellings remembered as good; there are only so many names for one server. */
const REMEMBERED = 64

/** Throws `misdirected_request` (421) unless the request names this server. Remembers spellings it has judged good. */
export function hostCheck(rules: () => HostRules): (request: IncomingMessage) => void {
  const good = new Set<string>()
  return (request) => {
    const { host } = request.headers
    const only = host !== undefined && timesGiven(request, "host") === 1
    if (only && good.has(host)) return
    if ("refused" in judgeHost(request.headersDistinct["host"], rules())) throw new TylerError("misdirected_request")
    if (only && good.size < REMEMBERED) good.add(host)
  }
}
