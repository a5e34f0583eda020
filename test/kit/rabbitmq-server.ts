import { spawn } from "node:child_process"
import { once } from "node:events"
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { freePort } from "./free-port.ts"
import { idsOf } from "./postgres-cluster.ts"

/** The distribution's own script changes the user; this one does not. */
const PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"
const required = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("rabbitmq")
export const noRabbitmq = existsSync(PROGRAM) || required ? false : "rabbitmq-server"

export interface RabbitServer extends AsyncDisposable {
  readonly port: number
  readonly managementPort: number
  /** The management API as the administrator `boss`. */
  api(method: string, path: string, body?: object): Promise<unknown>
}

/** A node of its own with the management plugin and one administrator, `boss` with the password `boss`. */
export async function startRabbit(): Promise<RabbitServer> {
  const folder = mkdtempSync(join(tmpdir(), "tyler-test-rabbit-"))
  const owner: { uid?: number; gid?: number } = process.getuid?.() === 0 ? idsOf("rabbitmq") : {}
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid)
  const [port, managementPort, distributionPort] = [await freePort(), await freePort(), await freePort()]
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const config = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    "management.tcp.ip = 127.0.0.1",
    `management.tcp.port = ${managementPort}`,
    "default_user = boss",
    "default_pass = boss",
    "loopback_users = none",
    "vm_memory_high_watermark.absolute = 200MB",
    "disk_free_limit.absolute = 1MB",
  ]
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    LANG: "C.UTF-8",
    RABBITMQ_NODENAME: `tyler_${port}@localhost`,
    RABBITMQ_CONFIG_FILE: file("rabbitmq.conf", `${config.join("\n")}\n`),
    RABBITMQ_ENABLED_PLUGINS_FILE: file("enabled_plugins", "[rabbitmq_management].\n"),
    RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 1:1 +sbwt none",
  }
  const child = spawn("sh", ["-c", 'log=$1; shift; exec "$@" >"$log" 2>&1', "sh", "out", PROGRAM], {
    ...owner,
    env,
    cwd: folder,
    stdio: "ignore",
    detached: true,
  })
  const server: RabbitServer = {
    port,
    managementPort,
    async api(method, path, body) {
      const answer = await fetch(`http://127.0.0.1:${managementPort}/api/${path}`, {
        method,
        headers: {
          authorization: `Basic ${Buffer.from("boss:boss").toString("base64")}`,
          "content-type": "application/json",
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`)
      const text = await answer.text()
      return text === "" ? undefined : (JSON.parse(text) as unknown)
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
        const ended = once(child, "exit")
        // Erlang's helpers are of the group that we made.
        process.kill(-child.pid, "SIGKILL")
        await ended
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
  for (let tries = 0; tries < 450; tries++) {
    if (child.exitCode !== null) throw new Error(`rabbitmq-server ended: ${readFileSync(join(folder, "out"), "utf8")}`)
    const up = await server.api("GET", "overview").then(
      () => true,
      () => false,
    )
    if (up) return server
    await pause(200)
  }
  await server[Symbol.asyncDispose]()
  throw new Error("rabbitmq-server did not answer within 90 seconds")
}
