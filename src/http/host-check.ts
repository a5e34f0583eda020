import type { IncomingMessage } from "node:http"
import { TylerError } from "../core/errors.ts"
import { type HostRules, judgeHost } from "./hosts.ts"

/** Spellings remembered as good; there are only so many names for one server. */
const REMEMBERED = 64

/** Throws `misdirected_request` (421) unless the request names this server. Remembers spellings it has judged good. */
export function hostCheck(rules: () => HostRules): (request: IncomingMessage) => void {
  const good = new Set<string>()
  return (request) => {
    const hosts = request.headersDistinct["host"]
    const only = hosts?.length === 1 ? hosts[0] : undefined
    if (only !== undefined && good.has(only)) return
    if ("refused" in judgeHost(hosts, rules())) throw new TylerError("misdirected_request")
    if (only !== undefined && good.size < REMEMBERED) good.add(only)
  }
}
