import type { Outcome, QuotaClaim } from "../../audit/ledger.ts"
import type { Statements } from "./statements.ts"

export const USED = "SELECT used FROM quota_use WHERE principal_id = ? AND day = ? AND secret_id = ?"
export const USED_BY_PERSON = "SELECT used FROM quota_use_of_person WHERE principal_id = ? AND day = ?"
/** Without RETURNING, which costs a table of its own: the count is known, for the transaction has just read it. */
const COUNT = `INSERT INTO quota_use (principal_id, day, secret_id, used) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET used = excluded.used`
const COUNT_PERSON = `INSERT INTO quota_use_of_person (principal_id, day, used) VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET used = excluded.used`

interface Used {
  readonly secret: number
  readonly person: number
}

/** Counts one use for the secret and one for the person, or neither. Part of the record transaction. */
export function claimQuota(sql: Statements, claim: QuotaClaim): Used | Extract<Outcome, { moved: unknown }> {
  const { principalId, day, secretId, perSecret, perPerson } = claim
  const secret = used(sql.of(USED).get(principalId, day, secretId))
  if (perSecret !== null && secret >= perSecret)
    return { moved: { kind: "quota", scope: "secret", limit: perSecret, used: secret } }
  const person = used(sql.of(USED_BY_PERSON).get(principalId, day))
  if (perPerson !== null && person >= perPerson)
    return { moved: { kind: "quota", scope: "person", limit: perPerson, used: person } }
  sql.of(COUNT).run(principalId, day, secretId, secret + 1)
  sql.of(COUNT_PERSON).run(principalId, day, person + 1)
  return { secret: secret + 1, person: person + 1 }
}

function used(row: Record<string, unknown> | undefined): number {
  return (row?.["used"] ?? 0) as number
}
