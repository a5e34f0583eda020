import { execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { freePort } from "./free-port.ts"
import { idsOf } from "./postgres-cluster.ts"

const required = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("mariadb")
const present = ["mariadbd", "mariadb-install-db", "mariadb"].every(
  (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0,
)
export const noMariadb = present || required ? false : "mariadbd"

export interface MariadbServer extends AsyncDisposable {
  readonly port: number
  /** Statements as root, over the socket. @returns rows, tab-separated */
  sql(text: string): string
  /** The general log: every statement as it came. */
  log(): string
}

export async function startMariadb(tls?: { cert: string; key: string }): Promise<MariadbServer> {
  const data = mkdtempSync(join(tmpdir(), "tyler-test-maria-"))
  const owner: { uid?: number; gid?: number } = process.getuid?.() === 0 ? idsOf("mysql") : {}
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(data, owner.uid, owner.gid)
  const init = ["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db"]
  execFileSync("mariadb-install-db", init, { ...owner, cwd: data, stdio: "ignore" })
  const file = (name: string, text: string): string => {
    writeFileSync(join(data, name), text, { mode: 0o644 })
    return join(data, name)
  }
  const extra = tls === undefined ? [] : [`--ssl-cert=${file("crt", tls.cert)}`, `--ssl-key=${file("key", tls.key)}`]
  const port = await freePort()
  const socket = join(data, "sock")
  const log = join(data, "general.log")
  const args = [
    "--no-defaults",
    `--datadir=${data}`,
    `--socket=${socket}`,
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--general-log",
    `--general-log-file=${log}`,
    "--innodb-flush-log-at-trx-commit=0",
    `--pid-file=${join(data, "pid")}`,
    ...extra,
  ]
  const child = spawn("mariadbd", args, { ...owner, cwd: data, stdio: "ignore" })
  const sql = (text: string): string =>
    execFileSync("mariadb", ["--no-defaults", "-uroot", `--socket=${socket}`, "-N", "--raw"], {
      input: text,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
    })
  const server: MariadbServer = {
    port,
    sql,
    log: () => readFileSync(log, "utf8"),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) {
        const ended = once(child, "exit")
        child.kill("SIGKILL")
        await ended
      }
      rmSync(data, { recursive: true, force: true })
    },
  }
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`mariadbd ended with ${child.exitCode}`)
    try {
      sql("select 1")
      return server
    } catch {
      await pause(100)
    }
  }
  await server[Symbol.asyncDispose]()
  throw new Error("mariadbd did not answer within 30 seconds")
}
