import type { Moved, QuotaClaim } from "../../audit/ledger.ts"
import type { Statements } from "./statements.ts"

/** Without RETURNING, which costs a table of its own: the count is known, for the transaction has just read it. */
const COUNT = `INSERT INTO quota_use (principal_id, day, secret_id, used) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET used = excluded.used`
const COUNT_PERSON = `INSERT INTO quota_use_of_person (principal_id, day, used) VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET used = excluded.used`

/** Of one UTC day: of one secret, and of all. */
export interface Uses {
  readonly secret: number
  readonly person: number
}

/** @param used so far. Undefined: one more is allowed. */
export function quotaLack({ perSecret, perPerson }: QuotaClaim, used: Uses): Moved | undefined {
  if (perSecret !== null && used.secret >= perSecret)
    return { kind: "quota", scope: "secret", limit: perSecret, used: used.secret }
  if (perPerson !== null && used.person >= perPerson)
    return { kind: "quota", scope: "person", limit: perPerson, used: used.person }
  return undefined
}

/** Counts one use more. Part of the record transaction. @returns the uses including this one. */
export function countUse(sql: Statements, claim: QuotaClaim, used: Uses): Uses {
  const { principalId, day, secretId, perPerson } = claim
  const secret = used.secret + 1
  sql.of(COUNT).run(principalId, day, secretId, secret)
  if (perPerson === null) return { secret, person: 0 }
  const person = used.person + 1
  sql.of(COUNT_PERSON).run(principalId, day, person)
  return { secret, person }
}
