import type { IncomingMessage } from "node:http"

/** How often a header stands in a request. Node joins or drops repetitions; its `headersDistinct` costs a copy of all. */
export function timesGiven({ rawHeaders }: IncomingMessage, lowerName: string): number {
  let times = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ""
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) times++
  }
  return times
}
