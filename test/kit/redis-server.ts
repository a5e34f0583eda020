import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { connect as connectTls } from "node:tls"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { freePort } from "./free-port.ts"

const required = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("redis")
export const noRedis = spawnSync("redis-server", ["--version"]).status === 0 || required ? false : "redis-server"

export interface RedisServer extends AsyncDisposable {
  readonly port: number
  /** The ACL file as it is on disk. */
  file(): string
  stop(): Promise<void>
  start(): Promise<void>
  restart(): Promise<void>
}

/** A server with an ACL file of these lines. */
export async function startRedis(lines: readonly string[], tls?: { cert: string; key: string }): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "tyler-test-redis-"))
  const acl = join(folder, "users.acl")
  writeFileSync(acl, `${lines.join("\n")}\n`)
  const port = await freePort()
  const args = ["--bind", "127.0.0.1", "--dir", folder, "--aclfile", acl, "--save", ""]
  if (tls === undefined) args.push("--port", String(port))
  else {
    writeFileSync(join(folder, "crt"), tls.cert)
    writeFileSync(join(folder, "key"), tls.key)
    args.push("--port", "0", "--tls-port", String(port), "--tls-auth-clients", "no")
    args.push("--tls-cert-file", join(folder, "crt"), "--tls-key-file", join(folder, "key"))
  }
  const begin = async () => {
    const child = spawn("redis-server", args, { stdio: "ignore" })
    for (let tries = 0; tries < 200; tries++) {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`)
      if (await answers(port, tls !== undefined)) return child
      await pause(50)
    }
    child.kill("SIGKILL")
    throw new Error("redis-server did not answer within 10 seconds")
  }
  let child = await begin()
  const stop = async (): Promise<void> => {
    if (child.signalCode !== null) return
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  }
  return {
    port,
    file: () => readFileSync(acl, "utf8"),
    stop,
    async start() {
      child = await begin()
    },
    async restart() {
      await stop()
      child = await begin()
    },
    async [Symbol.asyncDispose]() {
      await stop()
      rmSync(folder, { recursive: true })
    },
  }
}

function answers(port: number, tls: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const at = { port, host: "127.0.0.1", rejectUnauthorized: false }
    const socket = tls ? connectTls(at, () => socket.write("PING\r\n")) : connect(at)
    // It listens before it has read its users.
    socket.once("connect", () => socket.write("PING\r\n"))
    socket.once("data", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
    socket.once("close", () => resolve(false))
  })
}
