import type { SecretOrder, SortedPage } from "../../state/reader.ts"
import type { SecretRow } from "../../state/rows.ts"
import { secretRow, type SqlRow } from "./decode.ts"
import type { Statements } from "./statements.ts"

const KEYS: Readonly<Record<SecretOrder, string>> = {
  created: "created_at",
  changed: "changed_at",
  accessed: "coalesce(last_accessed, '')",
  name: "name",
}

/** One page in the order of an index: what is left out of it for awaiting deletion is looked at all the same. */
export function sortedSecrets(sql: Statements, page: SortedPage): readonly SecretRow[] {
  const { by, descending, after, pending, limit } = page
  const direction = descending ? "DESC" : "ASC"
  // Plain comparisons only: one within an OR would not bound the walk.
  const behind = after === null ? "?1 IS ?2" : `(${KEYS[by]}, name) ${descending ? "<" : ">"} (?1, ?2)`
  const live = pending ? "" : "AND deletion_at IS NULL"
  const text = `SELECT * FROM secret WHERE ${behind} ${live} ORDER BY ${KEYS[by]} ${direction}, name ${direction} LIMIT ?3`
  const rows = sql.of(text).all(after?.key ?? null, after?.name ?? null, limit)
  return (rows as SqlRow[]).map(secretRow)
}
