import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { fileURLToPath } from "node:url"
import { serverEnvironment, temporaryFolder } from "../kit/server.ts"

const LAUNCHER = fileURLToPath(new URL("../../bin/tyler-server.js", import.meta.url))
/** Where Node's debugger listens unless told otherwise. */
const DEBUGGER = 9229

const folder = temporaryFolder()
let server: ChildProcess
let url = ""
let said = ""

/** As its users start it, with what an environment could ask of Node that would write memory to disk. */
before(async () => {
  const NODE_OPTIONS = `--report-on-signal --report-uncaught-exception --report-directory=${folder}`
  const env = { PATH: process.env["PATH"], HOME: folder, NODE_OPTIONS, ...serverEnvironment(folder) }
  server = spawn(process.execPath, [LAUNCHER, "serve"], { env, cwd: folder, stdio: ["ignore", "pipe", "pipe"] })
  server.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text
  })
  let out = ""
  for await (const text of server.stdout ?? []) {
    out += String(text)
    url = /listens on (\S+)\n/.exec(out)?.[1] ?? ""
    if (url !== "") break
  }
  assert.notEqual(url, "", said)
})
after(async () => {
  if (server.exitCode === null && server.signalCode === null) {
    const ended = once(server, "exit")
    server.kill("SIGKILL")
    await ended
  }
  rmSync(folder, { recursive: true, force: true })
})

function proc(file: string): string {
  return readFileSync(`/proc/${server.pid}/${file}`, "utf8")
}

async function alive(): Promise<void> {
  assert.equal((await fetch(`${url}/api/health`)).status, 200, said)
  assert.equal(server.exitCode, null)
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" })
    socket.once("connect", () => resolve(socket.destroy() !== undefined))
    socket.once("error", () => resolve(false))
  })
}

test("no core is ever written: it would hold values", () => {
  assert.match(proc("limits"), /^Max core file size +0 +0 /m)
})

test("a core that is piped to a program, which no limit holds back, has no memory in it", () => {
  assert.equal(Number.parseInt(proc("coredump_filter"), 16), 0)
})

test("what it makes is its own: umask 077", () => {
  assert.match(proc("status"), /^Umask:\t0077$/m)
})

test("SIGUSR1 opens no debugger", async () => {
  const before = await listens(DEBUGGER)
  server.kill("SIGUSR1")
  await alive()
  assert.equal(await listens(DEBUGGER), before)
  assert.doesNotMatch(said, /Debugger listening/)
})

test("SIGUSR2 writes no diagnostic report, though the environment asks for it", async () => {
  server.kill("SIGUSR2")
  await alive()
  assert.deepEqual(
    readdirSync(folder).filter((file) => /report/.test(file)),
    [],
  )
})

test("SIGHUP without a certificate changes nothing", async () => {
  server.kill("SIGHUP")
  await alive()
})

test("SIGTERM ends it through the launcher with exit code 0", async () => {
  const ended = once(server, "exit")
  server.kill("SIGTERM")
  assert.deepEqual(await ended, [0, null])
  assert.deepEqual(
    readdirSync(join(folder, "data")).filter((file) => file.endsWith("-wal")),
    [],
  )
})
