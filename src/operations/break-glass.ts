import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import type { Reason } from "../core/reason.ts"
import { APPROVALS_MAX } from "../policy/row.ts"
import type { Change } from "../state/change.ts"
import type { AccessRequestRow, GrantRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { grantsOf } from "./grants-of.ts"
import { perform } from "./perform.ts"
import { newRequest } from "./request-access.ts"
import { alarmOfBreakGlass } from "./request-notices.ts"
import { personRow } from "./second-factor.ts"
import { findSecret } from "./secret.ts"
import type { Caller, Service } from "./service.ts"
import { spendGovern } from "./step-up.ts"

export interface BreakGlass {
  /** 1 to 50. */
  readonly names: readonly SecretName[]
  /** 20 characters at least. */
  readonly reason: Reason
  /** 1 to 60. */
  readonly minutes: number
}

export interface Broken {
  readonly request: AccessRequestRow
  readonly grants: readonly GrantRow[]
}

/**
 * Opens secrets in an emergency without waiting for an approval: named people only, with a second factor, for a short
 * while. Roles, quotas and reasons still hold. Everybody else who could approve is told at once, the window has to be
 * reviewed by another, and when it ends the secrets are marked for rotation.
 */
export function breakGlass(on: Service, caller: Caller, ask: BreakGlass): Promise<Broken> {
  const id = on.random.uuid()
  const about = { action: "BREAK_GLASS", resourceType: "request", resourceName: id, reason: ask.reason }
  return perform(on, caller, {
    about,
    async plan(view) {
      const person = await personRow(on, view)
      if (!person.breakGlass || person.mustEnrol)
        throw new TylerError("forbidden", { error: "You are not named for break-glass", requires: "break-glass" })
      const targets: { secretId: string; name: SecretName }[] = []
      for (const name of ask.names) {
        const { secret } = await findSecret(on, view, "read", { name })
        targets.push({ secretId: secret.id, name })
      }
      const spent = await spendGovern(on, caller, view)
      const { row, details } = newRequest(on, {
        id,
        kind: "break_glass",
        requesterId: person.id,
        verb: "read",
        targets,
        change: null,
        reason: ask.reason,
        minutes: ask.minutes,
        uses: null,
        steppedUp: true,
        needed: 1,
        effectiveAt: on.clock.now() + ask.minutes * 60_000,
        state: "pending",
        facts: {
          kind: "break_glass",
          verb: "read",
          secrets: targets.map(({ secretId }) => secretId).join("+"),
          minutes: String(ask.minutes),
          alarm: "true",
        },
      })
      const grants = grantsOf(on, row, APPROVALS_MAX, () => ask.minutes)
      const changes: Change[] = [
        ...spent.changes,
        { kind: "addRequest", row, mostOpen: null },
        ...grants.map((grant) => ({ kind: "addGrant" as const, row: grant, holderEpoch: person.epoch })),
        ...(await alarmOfBreakGlass(on, row, grants[0]?.id ?? "", person.name)),
      ]
      return {
        act: actOf(on, caller, view, about, { by: "break_glass", details, changes }),
        done: () => ({ request: row, grants }),
      }
    },
  })
}
