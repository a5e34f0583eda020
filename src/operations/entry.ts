import type { Draft } from "../audit/ledger.ts"
import type { Origin, Principal } from "../core/principal.ts"
import type { Clock } from "../core/clock.ts"
import type { Random } from "../core/random.ts"

/** What an entry is about; the rest of it is who asked and when. */
export interface About {
  readonly action: string
  readonly resourceType: string
  /** Stored escaped and bounded: it may be whatever a caller sent. */
  readonly resourceName: string
  readonly reason: string | null
}

export interface Particulars {
  readonly result: Draft["result"]
  readonly decision: string
  readonly policyIds?: readonly string[]
  readonly versionId?: string | null
  readonly grantId?: string | null
  readonly details?: string | null
}

const NAME_LIMIT = 600
const USER_AGENT_LIMIT = 256

export function draftEntry(
  on: { readonly clock: Clock; readonly random: Random },
  who: Pick<Principal, "id" | "kind" | "name" | "roles">,
  origin: Origin,
  about: About,
  particulars: Particulars,
): Draft {
  return {
    timestamp: on.clock.now(),
    requestId: origin.requestId,
    action: about.action,
    result: particulars.result,
    resourceType: about.resourceType,
    resourceName: escapeText(about.resourceName, NAME_LIMIT),
    userId: who.id,
    principalKind: who.kind,
    roles: who.roles,
    policyIds: particulars.policyIds ?? [],
    decision: particulars.decision,
    versionId: particulars.versionId ?? null,
    grantId: particulars.grantId ?? null,
    details: particulars.details ?? null,
    salt: on.random.bytes(32),
    username: escapeText(who.name, NAME_LIMIT),
    ipAddress: escapeText(origin.ip, 64),
    userAgent: escapeText(origin.userAgent, USER_AGENT_LIMIT),
    reason: about.reason,
  }
}

const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/

/**
 * Caller input as it is stored: printable ASCII as it is, everything else (and the backslash) as `\u{hex}`, at most
 * `limit` characters with `…` for the rest. So a NUL byte, a lone surrogate or a line break cannot lose or split an entry.
 */
export function escapeText(text: string, limit: number): string {
  if (text.length <= limit && PLAIN.test(text)) return text
  let out = ""
  for (const char of text) {
    out += PLAIN.test(char) ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`
    if (out.length > limit) return `${out.slice(0, limit)}...`
  }
  return out
}
