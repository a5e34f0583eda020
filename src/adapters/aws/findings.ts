import type { Finding } from "./checks.ts"
import { serviceCause } from "./service-fault.ts"

export const PERMITTED: Finding = { state: "ok", text: "it is permitted" }

/** A permission that nothing harmless could show. */
export function notTried(why: string): Finding {
  return { state: "note", text: `not tried: ${why}` }
}

const MEANINGS: Readonly<Record<string, string>> = {
  access_denied: "AWS denies it: a policy lacks this permission, or forbids it",
  aws_credentials: "AWS does not accept this server's credentials, or there are none; look at them and at the clock",
  throttled: "AWS answers that it is asked too often; try again",
  not_found: "there is no such log group or bucket in this Region",
  unreachable: "AWS cannot be reached or does not answer in time",
}

/** What it means that a call for a copy was refused. */
export function refusal(error: unknown): Finding {
  const meaning = MEANINGS[serviceCause(error)]
  const name = error instanceof Error ? error.name : typeof error
  return { state: "fault", text: meaning ?? `AWS refuses it: ${name}` }
}
