import { foldName } from "../../core/name.ts"
import type { ListPage } from "../../state/reader.ts"
import type { SecretRow } from "../../state/rows.ts"
import { secretRow, type SqlRow } from "./decode.ts"
import type { Statements } from "./statements.ts"
import type { Turn } from "../../core/turn.ts"

/** Secrets a search looks at in one step. */
const STEP = 100

/** Names are ASCII, so U+FFFF ends every prefix. */
const END = "\uffff"
const LAST_OF_STEP = `SELECT name FROM secret WHERE name > ?1 AND name >= ?2 AND name <= ?3
  ORDER BY name LIMIT 1 OFFSET ${STEP - 1}`
/** Both ends are plain comparisons: one within an OR would not bound the walk over the index of names. */
const PAGE = `SELECT * FROM secret
  WHERE name > ?1 AND name >= ?2 AND name <= ?3 AND deletion_at IS NULL
    AND (?4 IS NULL OR instr(lower(name), ?4) > 0 OR instr(lower(description), ?4) > 0)
  ORDER BY name LIMIT ?5`

/** In byte order of names. A search gives way in between, because one that finds little looks at everything. */
export async function listSecrets(sql: Statements, turn: Turn, page: ListPage): Promise<readonly SecretRow[]> {
  const found: SecretRow[] = []
  const search = page.search === null ? null : foldName(page.search)
  const end = page.prefix + END
  for (let after: string | undefined = page.after; after !== undefined; ) {
    const last: string | undefined = search === null ? undefined : lastOfStep(sql, after, page.prefix, end)
    const rows = sql.of(PAGE).all(after, page.prefix, last ?? end, search, page.limit - found.length) as SqlRow[]
    found.push(...rows.map(secretRow))
    if (found.length >= page.limit) break
    after = last
    await turn.giveWay()
  }
  return found
}

/** Undefined: what is left fits one step. */
function lastOfStep(sql: Statements, after: string, prefix: string, end: string): string | undefined {
  const row = sql.of(LAST_OF_STEP).get(after, prefix, end) as SqlRow | undefined
  return row?.["name"] as string | undefined
}
