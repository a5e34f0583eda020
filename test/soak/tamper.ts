import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import { join } from "node:path"
import { entryRow, type SqlRow } from "../../src/adapters/sqlite/decode.ts"
import { exportEnd, exportHeader, exportLine } from "../../src/audit/export.ts"
import { type Verdict, verifyExport } from "../../src/audit/verify.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { type Campaign, type Outcome, pick, type Setting } from "./campaign.ts"
import { at, enter } from "./cast.ts"
import { install } from "./installation.ts"

const ENTRIES = 60
/** Empty until an entry is erased, and until then no part of it: the export takes no notice of it. */
const UNUSED = "commitment"

interface Log {
  readonly db: DatabaseSync
  readonly key: string
  readonly checkpoint: string
  readonly size: number
}

/** What somebody who writes the database can do to stored entries, guards taken off: all of it is found and named. */
export const tamper: Campaign = {
  engines: ["sqlite"],
  rounds: 3000,
  async run(setting: Setting): Promise<Outcome> {
    await using home = await install("sqlite")
    const log = await writtenLog(home)
    const violations: string[] = []
    for (let round = 1; round <= setting.rounds; round++) {
      const way = pick(setting.draw, WAYS)
      const what = await undone(log, () => way(log, setting.draw))
      if (what !== undefined) violations.push(what)
      if (round % 500 === 0) setting.progress(`round ${round}`)
    }
    const clean = await verdictOf(log)
    if (!clean.ok) violations.push("the log itself does not verify")
    log.db.close()
    return { checked: `one change of stored entries at a time, in ${log.size} entries`, violations }
  },
}

async function writtenLog(home: Awaited<ReturnType<typeof install>>): Promise<Log> {
  const server = await home.start()
  const cast = await enter(server, 1)
  const admin = at(server, cast.admin)
  await createSecret(admin, "soak/tamper", "value")
  for (let turn = 0; turn < ENTRIES; turn++) await read(at(server, cast.readers[0] ?? ""), "soak/tamper")
  const { key } = (await admin.get<{ key: string }>("/api/audit/key")).body
  const { checkpoint } = (await admin.get<{ checkpoint: string }>("/api/audit/checkpoint")).body
  const size = Number(checkpoint.split("\n")[1])
  await server.stop("SIGKILL")
  const db = new DatabaseSync(join(home.folder, "data", "tyler.db"))
  for (const trigger of ["audit_keeps_every_row", "audit_changes_only_by_erasure"]) db.exec(`DROP TRIGGER ${trigger}`)
  return { db, key, checkpoint, size }
}

/** Runs the change, looks, and takes it back. */
async function undone(log: Log, change: () => Promise<string | undefined>): Promise<string | undefined> {
  log.db.exec("BEGIN")
  try {
    return await change()
  } finally {
    log.db.exec("ROLLBACK")
  }
}

function rowsOf({ db }: Log): SqlRow[] {
  return db.prepare("SELECT * FROM security_audit_log ORDER BY idx").all()
}

function verdictOf(log: Log): Promise<Verdict> {
  const rows = rowsOf(log).filter((row) => (row["idx"] as number) < log.size)
  const origin = log.checkpoint.split("\n")[0] ?? ""
  const lines = [exportHeader(origin), ...rows.map((row) => exportLine(entryRow(row))), exportEnd(log.checkpoint)]
  return verifyExport(lines, { key: log.key })
}

type Way = (log: Log, draw: () => number) => Promise<string | undefined>

/** One byte of one column of one entry. */
const oneByte: Way = async (log, draw) => {
  const row = pick(
    draw,
    rowsOf(log).filter((one) => (one["idx"] as number) < log.size),
  )
  const column = pick(
    draw,
    Object.keys(row).filter((name) => name !== "idx" && name !== UNUSED),
  )
  const idx = row["idx"] as number
  const value = row[column] === null ? somethingFor(column) : otherValue(row[column] ?? null, draw)
  log.db.prepare(`UPDATE security_audit_log SET ${column} = ? WHERE idx = ?`).run(value, idx)
  const verdict = await exported(log)
  if (verdict === "refused") return undefined
  if (verdict.ok) return `entry ${idx}: a change of ${column} was not found`
  const named = verdict.faults.some((fault) => fault.what.includes(String(idx)))
  return named ? undefined : `entry ${idx}: a change of ${column} was found but not named`
}

/** Stored text that is no longer what a column may hold stops the export itself. */
async function exported(log: Log): Promise<Verdict | "refused"> {
  try {
    return await verdictOf(log)
  } catch {
    return "refused"
  }
}

function otherValue(value: SQLInputValue, draw: () => number): SQLInputValue {
  if (typeof value === "number" || typeof value === "bigint") return Number(value) + 1
  if (typeof value === "string") return otherText(value, draw)
  const bytes = Buffer.from(value as Uint8Array)
  const place = Math.floor(draw() * bytes.byteLength)
  bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << Math.floor(draw() * 8)), place)
  return bytes
}

/** Tables are STRICT: an empty column takes its own type only. */
function somethingFor(column: string): SQLInputValue {
  if (["quota_use", "erased_by"].includes(column)) return 1
  return column === "salt" ? Buffer.alloc(32, 1) : "x"
}

function otherText(text: string, draw: () => number): string {
  if (text === "") return "x"
  const place = Math.floor(draw() * text.length)
  return `${text.slice(0, place)}${text[place] === "a" ? "b" : "a"}${text.slice(place + 1)}`
}

const cutShort: Way = async (log, draw) => {
  const from = Math.floor(draw() * log.size)
  log.db.prepare("DELETE FROM security_audit_log WHERE idx >= ?").run(from)
  return (await verdictOf(log)).ok ? `cut off from entry ${from} on: not found` : undefined
}

const oneDropped: Way = async (log, draw) => {
  const idx = Math.floor(draw() * log.size)
  log.db.prepare("DELETE FROM security_audit_log WHERE idx = ?").run(idx)
  return (await verdictOf(log)).ok ? `entry ${idx} dropped: not found` : undefined
}

const twoSwapped: Way = async (log, draw) => {
  const [a, b] = [Math.floor(draw() * log.size), Math.floor(draw() * log.size)]
  if (a === b) return undefined
  const place = log.db.prepare("UPDATE security_audit_log SET idx = ? WHERE idx = ?")
  place.run(-1, a)
  place.run(a, b)
  place.run(b, -1)
  return (await verdictOf(log)).ok ? `entries ${a} and ${b} swapped: not found` : undefined
}

/** The entry rewritten from end to end, its leaf hash made to fit: only the tree can tell. */
const oneForged: Way = async (log, draw) => {
  const [idx, from] = [Math.floor(draw() * log.size), Math.floor(draw() * log.size)]
  if (idx === from) return undefined
  const row = log.db.prepare("SELECT * FROM security_audit_log WHERE idx = ?").get(from) as SqlRow
  const columns = Object.keys(row).filter((name) => name !== "idx")
  const values = columns.map((name) => row[name] as SQLInputValue)
  log.db
    .prepare(`UPDATE security_audit_log SET ${columns.map((name) => `${name} = ?`).join(", ")} WHERE idx = ?`)
    .run(...values, idx)
  return (await verdictOf(log)).ok ? `entry ${from} over entry ${idx}: not found` : undefined
}

const WAYS: readonly Way[] = [oneByte, oneByte, oneByte, oneByte, cutShort, oneDropped, twoSwapped, oneForged]
