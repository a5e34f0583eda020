import { setImmediate } from "node:timers/promises"
import { foldName } from "../../core/name.ts"
import type { ListPage } from "../../state/reader.ts"
import type { SecretRow } from "../../state/rows.ts"
import { secretRow, type SqlRow } from "./decode.ts"
import type { Statements } from "./statements.ts"

/** Secrets looked at before other requests get a turn; a search costs about 2 ms for as many. */
const A_TURN = 500

/** Names are ASCII, so U+FFFF ends every prefix; as a range the prefix uses the index of names. */
const RANGE = "name > ?1 AND name >= ?2 AND name < ?2 || char(65535)"
const LAST_OF_TURN = `SELECT name FROM secret WHERE ${RANGE} ORDER BY name LIMIT 1 OFFSET ${A_TURN - 1}`
const PAGE = `SELECT * FROM secret
  WHERE ${RANGE} AND (?3 IS NULL OR name <= ?3) AND deletion_at IS NULL
    AND (?4 IS NULL OR instr(lower(name), ?4) > 0 OR instr(lower(description), ?4) > 0)
  ORDER BY name LIMIT ?5`

/** In byte order of names. A search gives way in between, because one that finds little looks at everything. */
export async function listSecrets(sql: Statements, page: ListPage): Promise<readonly SecretRow[]> {
  const found: SecretRow[] = []
  const search = page.search === null ? null : foldName(page.search)
  for (let after: string | undefined = page.after; after !== undefined; ) {
    const last: string | undefined = search === null ? undefined : lastOfTurn(sql, after, page.prefix)
    const rows = sql.of(PAGE).all(after, page.prefix, last ?? null, search, page.limit - found.length) as SqlRow[]
    found.push(...rows.map(secretRow))
    if (found.length >= page.limit) break
    after = last
    if (after !== undefined) await setImmediate()
  }
  return found
}

/** Undefined: what is left fits one turn. */
function lastOfTurn(sql: Statements, after: string, prefix: string): string | undefined {
  const row = sql.of(LAST_OF_TURN).get(after, prefix) as SqlRow | undefined
  return row?.["name"] as string | undefined
}
