import type { Act, Moved } from "../../audit/ledger.ts"
import { quotaLack, type Uses } from "./quota.ts"
import type { Statements } from "./statements.ts"

/** All that an act is compared with, in one statement: as four it cost 1.6 microseconds more. */
const NOW = `SELECT
  (SELECT epoch FROM principal WHERE id = ?1 AND disabled = 0) AS epoch,
  (SELECT revision FROM secret WHERE id = ?2) AS revision,
  (SELECT revision FROM access_grant WHERE id = ?6) AS lease,
  (SELECT used FROM quota_use WHERE principal_id = ?3 AND day = ?4 AND secret_id = ?5) AS secret,
  (SELECT used FROM quota_use_of_person WHERE principal_id = ?3 AND day = ?4) AS person`

type Row = Readonly<Record<"epoch" | "revision" | "lease" | "secret" | "person", number | null>>

/** Compares what the act was decided on with the rows themselves. @returns what moved, or the uses so far. */
export function compare(
  sql: Statements,
  policyEpoch: number,
  act: Act,
): { readonly moved: Moved } | { readonly used: Uses } {
  const { principal, secret, grant, quota } = act
  if (act.policyEpoch !== null && act.policyEpoch !== policyEpoch) return { moved: { kind: "policy" } }
  const row = look(sql, act)
  if (principal !== null && row.epoch !== principal.epoch) return { moved: { kind: "principal" } }
  if (secret !== null && row.revision !== secret.revision) return { moved: { kind: "secret" } }
  if (grant !== null && row.lease !== grant.revision) return { moved: { kind: "grant" } }
  const used = { secret: row.secret ?? 0, person: row.person ?? 0 }
  const lack = quota === null ? undefined : quotaLack(quota, used)
  return lack === undefined ? { used } : { moved: lack }
}

function look(sql: Statements, { principal, secret, grant, quota }: Act): Row {
  const [person, day, counted] = quota === null ? NOTHING : [quota.principalId, quota.day, quota.secretId]
  return sql.of(NOW).get(principal?.id ?? null, secret?.id ?? null, person, day, counted, grant?.id ?? null) as Row
}

const NOTHING = [null, null, null] as const
