import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { TestContext } from "node:test"
import { newIdentity } from "../../src/backup/age.ts"
import { type Clock, systemClock } from "../../src/core/clock.ts"
import { systemRandom } from "../../src/core/random.ts"
import { StartFault } from "../../src/core/start-fault.ts"
import { parseConfig } from "../../src/main/config.ts"
import { restore, type RestoreAsk } from "../../src/main/restore.ts"
import { newDatabase, postgresAnswers } from "../conformance/postgres-database.ts"
import { serverEnvironment, startServer, temporaryFolder, type TestServer } from "../kit/server.ts"
import { COMPILED } from "../kit/compiled.ts"

export const ENGINES = ["sqlite", "postgres"] as const
export type EngineName = (typeof ENGINES)[number]

const there = await postgresAnswers()
export const skipped = (...engines: readonly EngineName[]): string | false =>
  engines.includes("postgres") && !there ? "postgres" : false

export interface Said {
  /** Or the signal that ended it. */
  readonly code: number | string | null
  readonly out: string
  readonly err: string
}

/** One machine with its folders and, for PostgreSQL, its database. */
export interface Site {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly rootKey: string
  readonly data: string
  start(clock?: Clock): Promise<TestServer>
  /** `tyler-server ...` as a process of its own. */
  run(...args: readonly string[]): Promise<Said>
  /** The same as `run("restore", ...)`, in this process. */
  restore(ask: RestoreAsk): Promise<Said>
  begin(...args: readonly string[]): Begun
  /** The same as `begin("backup", folder)`, in parts of so many entries. */
  beginBackup(folder: string, partEntries: number): Begun
}

export interface Begun {
  readonly child: ChildProcess
  readonly said: Promise<Said>
}

const SERVER = fileURLToPath(new URL("../kit/serve.ts", import.meta.url))
const IN_SMALL_PARTS = fileURLToPath(new URL("in-small-parts.ts", import.meta.url))

export async function siteOf(
  t: TestContext,
  engine: EngineName,
  more: Readonly<Record<string, string>> = {},
): Promise<Site> {
  const folder = temporaryFolder()
  const servers: TestServer[] = []
  const database = engine === "postgres" ? await newDatabase() : undefined
  t.after(async () => {
    for (const server of servers) await server.close()
    rmSync(folder, { recursive: true, force: true })
    await database?.[Symbol.asyncDispose]()
  })
  const urls = database === undefined ? {} : { DATABASE_URL: database.servingUrl, DATABASE_MIGRATION_URL: database.url }
  const env = serverEnvironment(folder, { ...urls, ...more })
  const beginProgram = (...args: readonly string[]): Begun => {
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
      env: { PATH: process.env["PATH"], ...COMPILED, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    })
    return { child, said: saidBy(child) }
  }
  const begin = (...args: readonly string[]): Begun => beginProgram(SERVER, ...args)
  return {
    folder,
    env,
    data: join(folder, "data"),
    rootKey: join(folder, "data", "root.key"),
    async start(clock = systemClock) {
      const server = await startServer({ folder, clock, env: { ...urls, ...more } })
      servers.push(server)
      return server
    },
    run: (...args) => begin(...args).said,
    begin,
    beginBackup: (to, partEntries) => beginProgram(IN_SMALL_PARTS, to, String(partEntries)),
    restore: (ask) => restored(env, ask),
  }
}

async function restored(env: Site["env"], ask: RestoreAsk): Promise<Said> {
  const parsed = parseConfig(env)
  assert.ok("config" in parsed)
  let out = ""
  const say = (line: string): number => {
    out += `${line}\n`
    return 0
  }
  try {
    const code = await restore(parsed.config, ask, { clock: systemClock, random: systemRandom }, say)
    return { code, out, err: "" }
  } catch (error) {
    assert.ok(error instanceof StartFault, String(error))
    return { code: 1, out, err: error.message }
  }
}

async function saidBy(child: ChildProcess): Promise<Said> {
  let [out, err] = ["", ""]
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text))
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (err += text))
  const [code, signal] = (await once(child, "close")) as [number | null, string | null]
  return { code: code ?? signal, out, err }
}

/** The root key is brought from elsewhere. */
export function giveRootKey(from: Site, to: Site): void {
  mkdirSync(to.data, { recursive: true, mode: 0o700 })
  copyFileSync(from.rootKey, to.rootKey)
}

export interface BackupKey {
  readonly recipient: string
  /** Its file. */
  readonly file: string
}

export async function backupKey(t: TestContext): Promise<BackupKey> {
  const folder = temporaryFolder()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { identity, recipient } = await newIdentity()
  const file = join(folder, "backup.key")
  writeFileSync(file, `# public key: ${recipient}\n${identity}\n`, { mode: 0o600 })
  return { recipient, file }
}
