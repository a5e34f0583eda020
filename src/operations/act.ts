import type { Act, QuotaClaim } from "../audit/ledger.ts"
import { checkPermit, type Permit } from "../policy/decide.ts"
import type { Change } from "../state/change.ts"
import type { SecretRow } from "../state/rows.ts"
import { type About, draftEntry } from "./entry.ts"
import type { View } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

export interface ActParts {
  /** Policy's evidence on secret verbs; elsewhere the role that allowed it. */
  readonly by: Permit | string
  readonly secret?: SecretRow
  readonly versionId?: string
  /** Ids, numbers and codes only. */
  readonly details?: string
  readonly spent?: Spent
  readonly quota?: QuotaClaim | null
  readonly changes?: readonly Change[]
}

/** What the decision leaned on beside policy, and uses up: a lease, a step-up token. */
export interface Spent {
  readonly grantId: string | null
  /** A lease without a count of uses only has to stand still. */
  readonly grant: Act["grant"]
  readonly steppedUp: boolean
  readonly changes: readonly Change[]
}

/** A successful act, tied to every number it was decided on. */
export function actOf(on: Service, caller: Caller, view: View, about: About, parts: ActParts): Act {
  const { principal, policies } = view
  const { secret } = parts
  const by = typeof parts.by === "string" ? parts.by : checkPermit(parts.by)
  const entry = draftEntry(on, principal, caller.origin, about, {
    result: "SUCCESS",
    decision: typeof by === "string" ? by : "permit",
    policyIds: typeof by === "string" ? [] : by.policyIds,
    versionId: parts.versionId ?? null,
    grantId: parts.spent?.grantId ?? null,
    details: detailsOf(parts),
  })
  return {
    entry,
    policyEpoch: policies.epoch,
    principal: principal.kind === "job" ? null : { id: principal.id, epoch: principal.epoch },
    secret: secret === undefined ? null : { id: secret.id, revision: secret.revision },
    grant: parts.spent?.grant ?? null,
    quota: parts.quota ?? null,
    changes: parts.spent === undefined ? (parts.changes ?? []) : [...parts.spent.changes, ...(parts.changes ?? [])],
  }
}

function detailsOf({ details, spent }: ActParts): string | null {
  const said = [details, spent?.steppedUp === true ? "step_up" : undefined].filter((one) => one !== undefined)
  return said.length === 0 ? null : said.join(" ")
}
