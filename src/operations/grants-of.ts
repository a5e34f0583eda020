import type { SecretName } from "../core/name.ts"
import type { AccessRequestRow, GrantRow } from "../state/rows.ts"
import { signedGrant } from "./lease.ts"
import type { Service } from "./service.ts"

/** @param minutes how long each of the secrets stays open. */
export function grantsOf(
  on: Service,
  request: Pick<AccessRequestRow, "id" | "requesterId" | "verb" | "targets" | "uses" | "steppedUp">,
  approvals: number,
  minutes: (name: SecretName) => number,
): readonly GrantRow[] {
  const createdAt = on.clock.now()
  const begins = on.expiryNow()
  return request.targets.map(({ secretId, name }) =>
    signedGrant(on, {
      id: on.random.uuid(),
      requestId: request.id,
      principalId: request.requesterId,
      secretId,
      verb: request.verb ?? "read",
      approvals,
      steppedUp: request.steppedUp,
      usesLeft: request.uses,
      createdAt,
      expiresAt: begins + minutes(name) * 60_000,
      revision: 1,
    }),
  )
}
