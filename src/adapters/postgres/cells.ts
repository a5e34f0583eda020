import { type ColumnKind, LOG, type Table } from "../../state/tables.ts"

/** What a table's column is called here: an address of an entry stands in two, and `ip_text` is the one it was given in. */
export function columnHere(table: Table, column: string): string {
  return table.name === LOG.name && column === "ip_address" ? "ip_text" : column
}

/** A column as a cell of a backup's row. */
const READ: Readonly<Record<ColumnKind, (column: string) => string>> = {
  text: (column) => column,
  number: (column) => column,
  flag: (column) => column,
  list: (column) => column,
  time: (column) => `ms_of(${column})`,
  json: (column) => `${column}::text`,
  bytes: (column) => `translate(encode(${column}, 'base64'), E'\\n', '')`,
}

/** And back, from element `at` of the JSONB array `r`. */
const WRITE: Readonly<Record<ColumnKind, (at: number) => string>> = {
  text: (at) => `r ->> ${at}`,
  number: (at) => `(r ->> ${at})::bigint`,
  flag: (at) => `(r ->> ${at})::boolean`,
  time: (at) => `at_ms((r ->> ${at})::bigint)`,
  json: (at) => `(r ->> ${at})::json`,
  bytes: (at) => `decode(r ->> ${at}, 'base64')`,
  list: (at) =>
    `CASE WHEN jsonb_typeof(r -> ${at}) = 'array' THEN ARRAY (SELECT jsonb_array_elements_text(r -> ${at})) END`,
}

export function selectOf(table: Table): string {
  const cells = Object.entries(table.columns).map(([name, kind]) => READ[kind](columnHere(table, name)))
  const span = table.name === LOG.name ? " WHERE idx >= $1 AND idx < $2" : ""
  return `SELECT json_build_array(${cells.join(", ")})::text AS row FROM ${table.name}${span} ORDER BY ${table.key.join(", ")}`
}

/** One statement for a batch: `$1` is the JSON array of its rows. */
export function insertOf(table: Table, columns: readonly string[]): string {
  const here = columns.map((name) => columnHere(table, name)).join(", ")
  const values = columns.map((name, at) => WRITE[table.columns[name] as ColumnKind](at)).join(", ")
  // Numbers of notifications are drawn by the table itself; these are given.
  const given = table.name === "notification" ? "OVERRIDING SYSTEM VALUE " : ""
  return `INSERT INTO ${table.name} (${here}) ${given}SELECT ${values} FROM jsonb_array_elements($1::jsonb) AS r`
}
