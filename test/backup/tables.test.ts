import assert from "node:assert/strict"
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { test, type TestContext } from "node:test"
import { fillDatabase as fillPostgres } from "../../src/adapters/postgres/fill.ts"
import { migrate } from "../../src/adapters/postgres/migrate.ts"
import { postgresSnapshot } from "../../src/adapters/postgres/snapshot.ts"
import { fillDatabase as fillSqlite } from "../../src/adapters/sqlite/fill.ts"
import { sqliteSnapshot } from "../../src/adapters/sqlite/snapshot.ts"
import type { Filling, Snapshot } from "../../src/state/snapshot.ts"
import { type Cell, type ColumnKind, LOG, type Table, TABLES } from "../../src/state/tables.ts"
import { newDatabase, runSql } from "../conformance/postgres-database.ts"
import { temporaryFolder } from "../kit/server.ts"
import { ENGINES, type EngineName, skipped } from "./site.ts"

/** An empty database of an engine. */
interface Place {
  fill(): Promise<Filling>
  snapshot(): Promise<Snapshot>
  /** Table and column of all that is there. */
  columns(): Promise<readonly string[]>
}

const PLACES: Readonly<Record<EngineName, (t: TestContext) => Promise<Place>>> = {
  async sqlite(t) {
    const folder = temporaryFolder()
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    mkdirSync(join(folder, "data"))
    const path = join(folder, "data", "tyler.db")
    return {
      fill: async () => fillSqlite(path),
      snapshot: async () => sqliteSnapshot(path),
      async columns() {
        await using filling = fillSqlite(path)
        await filling.commit()
        const db = new DatabaseSync(path)
        const found = db.prepare(
          "SELECT m.name || '.' || c.name AS name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'",
        )
        const names = found.all().map((row) => String(row["name"]))
        db.close()
        return names
      },
    }
  },
  async postgres(t) {
    const database = await newDatabase()
    t.after(() => database[Symbol.asyncDispose]())
    await migrate({ url: database.url })
    return {
      fill: () => fillPostgres(database.url, "this"),
      snapshot: () => postgresSnapshot(database.url, "this"),
      async columns() {
        const rows = await runSql(
          database.url,
          "SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'tyler_migration'",
        )
        return rows.map((row) => String(row["name"])).filter((name) => name !== "security_audit_log.ip_text")
      },
    }
  },
}

/** They follow from others: the tree's nodes from the entries, and SQLite's second table of uses from the first's rows. */
const DERIVED = /^(audit_node|quota_use_of_person)\./

for (const engine of ENGINES)
  test(`every column of every table is described (${engine})`, { skip: skipped(engine) }, async (t) => {
    const place = await PLACES[engine](t)
    const described = [...TABLES, LOG].flatMap(({ name, columns }) =>
      Object.keys(columns).map((column) => `${name}.${column}`),
    )
    const stored = (await place.columns()).filter((name) => !DERIVED.test(name))
    assert.deepEqual(stored.toSorted(), described.toSorted())
  })

const ODD = 'é \u{1f511} "quoted" \\ back\u2028line\ttab\u0001'
const FIXED: Readonly<Record<string, string | number>> = {
  "principal.kind": "person",
  "factor.kind": "totp",
  "access_request.kind": "access",
  "log_head.id": 1,
}
/** These refer to one another. */
const NAMES = /(^|_)id$/

const CELLS: Readonly<Record<ColumnKind, Cell>> = {
  text: ODD,
  number: 9_007_199_254_740_991,
  bytes: Buffer.from([0, 255, 10, 13, 0x5c, 0x78]).toString("base64"),
  flag: true,
  time: 1_795_795_367_359,
  list: [ODD, "", "NULL"],
  json: '{"b": [1,2],\n "a":"\\u0041"}',
}

/** A row that has something in each column, and one that has nothing where it may. */
function rowsOf(table: Table): Cell[][] {
  const whole = Object.entries(table.columns).map(([column, kind]): Cell => {
    const fixed = FIXED[`${table.name}.${column}`]
    if (fixed !== undefined) return fixed
    if (kind === "text" && NAMES.test(column)) return "one"
    return column === "idx" || column === "erased_by" ? 0 : CELLS[kind]
  })
  return [whole]
}

for (const from of ENGINES)
  for (const to of ENGINES)
    test(`every kind of cell goes from ${from} to ${to} and stays what it is`, {
      skip: skipped(from, to),
    }, async (t) => {
      const [source, target] = [await PLACES[from](t), await PLACES[to](t)]
      await filled(source, (table) => rowsOf(table).map((row) => JSON.stringify(row)))
      const first = await allRows(source)
      for (const table of [...TABLES, LOG])
        assert.deepEqual(
          first.get(table.name)?.map((row) => JSON.parse(row) as Cell[]),
          rowsOf(table),
          table.name,
        )
      await filled(target, (table) => first.get(table.name) ?? [])
      const second = await allRows(target)
      for (const [name, rows] of first)
        assert.deepEqual(
          second.get(name)?.map((row) => JSON.parse(row) as Cell[]),
          rows.map((row) => JSON.parse(row) as Cell[]),
          name,
        )
    })

test("uses of all secrets together, and entries that retention emptied, cross over too", {
  skip: skipped("postgres"),
}, async (t) => {
  const names = Object.keys(LOG.columns)
  const emptied = names.map(
    (column): Cell => (column === "idx" ? 0 : column === "erased_by" ? 7 : column === "leaf_hash" ? "AAAA" : null),
  )
  const rows = new Map([
    [
      "quota_use",
      [
        ["p", "2026-11-24", "", 5],
        ["p", "2026-11-24", "s", 3],
      ],
    ],
    [LOG.name, [emptied]],
  ])
  for (const [from, to] of [
    ["sqlite", "postgres"],
    ["postgres", "sqlite"],
  ] as const) {
    const [source, target] = [await PLACES[from](t), await PLACES[to](t)]
    await filled(source, (table) => (rows.get(table.name) ?? []).map((row) => JSON.stringify(row)))
    const read = await allRows(source)
    await filled(target, (table) => read.get(table.name) ?? [])
    const again = await allRows(target)
    for (const [name, expected] of rows)
      assert.deepEqual(
        again.get(name)?.map((row) => JSON.parse(row) as Cell[]),
        expected,
        `${name} to ${to}`,
      )
  }
})

async function filled(place: Place, rows: (table: Table) => readonly string[]): Promise<void> {
  await using filling = await place.fill()
  for (const table of [...TABLES, LOG]) {
    const given = rows(table)
    if (given.length > 0) await filling.put(table, Object.keys(table.columns), given)
  }
  await filling.commit()
}

async function allRows(place: Place): Promise<Map<string, string[]>> {
  const snapshot = await place.snapshot()
  const found = new Map<string, string[]>()
  for (const table of [...TABLES, LOG]) {
    const rows: string[] = []
    for await (const batch of snapshot.rows(table, table === LOG ? { from: 0, to: 10 } : undefined)) rows.push(...batch)
    found.set(table.name, rows)
  }
  await snapshot.close()
  return found
}

test("a restore that fails by itself leaves an empty database, and no mark that it began", {
  skip: skipped("postgres"),
}, async (t) => {
  const database = await newDatabase()
  t.after(() => database[Symbol.asyncDispose]())
  await migrate({ url: database.url })
  {
    await using filling = await fillPostgres(database.url, "this")
    await filling.put(TABLES[0] as Table, ["key", "value"], ['["root_key_check",""]'])
    assert.deepEqual(await runSql(database.url, "SELECT key FROM meta"), [{ key: "restoring" }])
  }
  assert.deepEqual(await runSql(database.url, "SELECT key FROM meta"), [])
})
