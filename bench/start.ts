import { spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { createServer } from "node:net"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { serverEnvironment, temporaryFolder } from "../test/kit/server.ts"
import { median, residentMiB, row } from "./kit.ts"
import { olderNode } from "./node20.ts"

/**
 * From `npm start`'s own command on an empty folder to the first answer, and what the server holds in memory when nobody
 * asks it anything.
 */
const STARTS = 7
const LIMIT_MS = 1000
const LIMIT_MB = 120
const IDLE_MS = 5000
const POLL_MS = 2
const LAUNCHER = fileURLToPath(new URL("../bin/tyler-server.js", import.meta.url))

interface Start {
  readonly ms: number
  readonly mib: number
}

async function startOnce(node: string, idleMs: number): Promise<Start> {
  const folder = temporaryFolder()
  const port = await freePort()
  const env = {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    ...serverEnvironment(folder, { PORT: String(port) }),
  }
  const began = performance.now()
  const child = spawn(node, [LAUNCHER, "serve"], { env, stdio: "ignore" })
  const ended = once(child, "exit")
  try {
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
      await pause(POLL_MS)
    }
    const ms = performance.now() - began
    await pause(idleMs)
    return { ms, mib: residentMiB(child.pid ?? 0) }
  } finally {
    child.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/api/health`)).ok
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
}

async function startsOf(node: string): Promise<number> {
  await startOnce(node, 0) // What was changed since is built, and code is compiled into the cache.
  const starts: number[] = []
  for (let at = 0; at < STARTS; at++) starts.push((await startOnce(node, 0)).ms)
  return median(starts)
}

const ms = await startsOf(process.execPath)
row("first answer on an empty folder", `${ms.toFixed(0)} ms`, "at most 1,000 ms")
const older = olderNode()
if (older !== undefined) {
  const through = await startsOf(older.path)
  row(`first answer, started by Node ${older.version}`, `${through.toFixed(0)} ms`, "at most 1,000 ms")
}
const idle: number[] = []
for (let at = 0; at < 3; at++) idle.push((await startOnce(process.execPath, IDLE_MS)).mib)
const mib = median(idle)
const mb = (mib * 2 ** 20) / 1e6
row(`resident memory, idle for ${IDLE_MS / 1000} s`, `${mb.toFixed(0)} MB`, "at most 120 MB")
process.exitCode = ms <= LIMIT_MS && mb <= LIMIT_MB ? 0 : 1
