import { spawnSync } from "node:child_process"
import { closeSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Client } from "pg"
import { runSql, SERVER } from "../conformance/postgres-database.ts"
import type { EngineName } from "./campaign.ts"
import type { Installation } from "./installation.ts"
import { proxyTo } from "./tcp-proxy.ts"

/** A way for storage to fail under a running server. */
export interface StorageFault extends AsyncDisposable {
  /** What the server is started with so that it can be hit. */
  readonly env: Readonly<Record<string, string>>
  strike(): Promise<void>
  heal(): Promise<void>
}

type Prepare = (home: Installation) => Promise<StorageFault>

/** By engine and name. A fault that this machine does not allow is undefined. */
export const FAULTS: Readonly<Record<EngineName, Readonly<Record<string, Prepare | undefined>>>> = {
  sqlite: {
    locked: sqliteLocked,
    full: canMount() ? sqliteFull : undefined,
    "read-only": canFreeze() ? sqliteReadOnly : undefined,
    gone: sqliteGone,
  },
  postgres: { locked: postgresLocked, "read-only": postgresReadOnly, gone: postgresGone },
}

const nothing = async (): Promise<void> => undefined

async function sqliteLocked(home: Installation): Promise<StorageFault> {
  let other: DatabaseSync | undefined
  return {
    env: {},
    async strike() {
      other = new DatabaseSync(join(home.folder, "data", "tyler.db"), { timeout: 5000 })
      other.exec("BEGIN IMMEDIATE")
    },
    async heal() {
      other?.exec("ROLLBACK")
      other?.close()
    },
    [Symbol.asyncDispose]: nothing,
  }
}

function canMount(): boolean {
  return process.platform === "linux" && process.getuid?.() === 0
}

/** A file system of its own, filled to the last byte. */
async function sqliteFull(home: Installation): Promise<StorageFault> {
  const disk = join(home.folder, "disk")
  const filler = join(disk, "filler")
  mkdirSync(disk)
  run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk)
  return {
    env: { TYLER_DATA_DIR: join(disk, "data"), TYLER_MIRROR_DIR: join(home.folder, "mirror") },
    async strike() {
      for (let size = 2 ** 20; size >= 1; size = Math.floor(size / 2)) fill(filler, size)
    },
    async heal() {
      rmSync(filler)
    },
    async [Symbol.asyncDispose]() {
      run("umount", "-l", disk)
    },
  }
}

/** Somebody moves the data folder away, and back. */
async function sqliteGone(home: Installation): Promise<StorageFault> {
  const data = join(home.folder, "data")
  return {
    env: { TYLER_MIRROR_DIR: join(home.folder, "mirror") },
    strike: async () => renameSync(data, `${data}-away`),
    heal: async () => renameSync(`${data}-away`, data),
    [Symbol.asyncDispose]: nothing,
  }
}

/** Whether a file here can be made immutable, which takes writing away even from those who have it open. */
function canFreeze(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "tyler-soak-"))
  const file = join(folder, "frozen")
  const fd = openSync(file, "w")
  try {
    run("chattr", "+i", file)
    writeSync(fd, "x")
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  } finally {
    closeSync(fd)
    spawnSync("chattr", ["-i", file])
    rmSync(folder, { recursive: true })
  }
}

/** The database and its log can be read and not written: a file system that the kernel has turned read-only. */
async function sqliteReadOnly(home: Installation): Promise<StorageFault> {
  const files = (): string[] => ["tyler.db", "tyler.db-wal"].map((name) => join(home.folder, "data", name))
  return {
    env: {},
    strike: async () => run("chattr", "+i", ...files()),
    heal: async () => run("chattr", "-i", ...files()),
    [Symbol.asyncDispose]: async () => void spawnSync("chattr", ["-i", ...files()]),
  }
}

function fill(file: string, size: number): void {
  try {
    for (;;) writeFileSync(file, Buffer.alloc(size), { flag: "a" })
  } catch {
    // Full, for pieces of this size.
  }
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" })
  if (status !== 0) throw new Error(`${command}: ${stderr ?? "not there"}`)
}

/** Somebody else holds the row that every act begins with. */
async function postgresLocked(home: Installation): Promise<StorageFault> {
  const other = new Client({ connectionString: home.databaseUrl ?? "" })
  other.on("error", () => undefined)
  await other.connect()
  return {
    env: {},
    async strike() {
      await other.query("BEGIN; SELECT * FROM log_head FOR UPDATE")
    },
    async heal() {
      await other.query("ROLLBACK")
    },
    [Symbol.asyncDispose]: () => other.end(),
  }
}

async function postgresReadOnly(home: Installation): Promise<StorageFault> {
  const name = new URL(home.databaseUrl ?? "").pathname.slice(1)
  const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`
  const set = (to: string): Promise<unknown> =>
    runSql(SERVER, `ALTER DATABASE ${name} SET default_transaction_read_only = ${to}`, others)
  return {
    env: {},
    strike: async () => void (await set("on")),
    heal: async () => void (await set("off")),
    [Symbol.asyncDispose]: nothing,
  }
}

async function postgresGone(home: Installation): Promise<StorageFault> {
  const url = new URL(home.databaseUrl ?? "")
  const proxy = await proxyTo({ host: url.hostname, port: Number(url.port || 5432) })
  url.port = String(proxy.port)
  return {
    env: { DATABASE_URL: url.href },
    strike: async () => proxy.cut(),
    heal: async () => proxy.mend(),
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  }
}
