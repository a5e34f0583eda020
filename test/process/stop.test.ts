import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { setTimeout as pause } from "node:timers/promises"
import { test, type TestContext } from "node:test"
import { fileURLToPath } from "node:url"
import { setUpAdmin } from "../kit/people.ts"
import { type ServerProcess, startProcess } from "../kit/process.ts"
import { createSecret, REASON, secretPath } from "../kit/secrets.ts"
import { serverEnvironment, temporaryFolder } from "../kit/server.ts"

interface Scene {
  readonly server: ServerProcess
  /** A whole request for the value, as bytes. */
  readonly request: string
}

async function sceneOf(t: TestContext, env: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const server = await startProcess({ env })
  t.after(() => server.close())
  const admin = await setUpAdmin(server)
  await createSecret(admin, "config/app", "the value")
  const body = JSON.stringify({ reason: REASON, unmask: true })
  const head = [
    `POST ${secretPath("config/app", "access")} HTTP/1.1`,
    `Host: 127.0.0.1:${server.port}`,
    `Authorization: Bearer ${admin.token}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
  ]
  return { server, request: `${head.join("\r\n")}\r\n\r\n${body}` }
}

/** A connection that keeps what it hears. */
interface Line {
  readonly socket: Socket
  readonly ended: Promise<unknown>
  heard(): string
  /** Resolves once `text` has come. */
  until(text: string): Promise<void>
}

async function lineTo({ port }: ServerProcess): Promise<Line> {
  const socket = connect({ port, host: "127.0.0.1" })
  let heard = ""
  socket.setEncoding("utf8").on("data", (text: string) => {
    heard += text
  })
  socket.on("error", () => undefined)
  const ended = new Promise((resolve) => socket.once("close", resolve))
  await once(socket, "connect")
  return {
    socket,
    ended,
    heard: () => heard,
    async until(text) {
      while (!heard.includes(text)) {
        if (socket.closed) assert.fail(`closed after: ${heard}`)
        await Promise.race([once(socket, "data"), ended])
      }
    },
  }
}

async function refusesConnections({ port }: Pick<ServerProcess, "port">): Promise<void> {
  for (;;) {
    const socket = connect({ port, host: "127.0.0.1" })
    const refused = await new Promise((resolve) => {
      socket.once("connect", () => resolve(false))
      socket.once("error", () => resolve(true))
    })
    socket.destroy()
    if (refused === true) return
    await pause(5)
  }
}

for (const signal of ["SIGTERM", "SIGINT"] as const)
  test(`${signal}: what was being asked is answered, nobody new is heard, and the exit code is 0`, async (t) => {
    const { server, request } = await sceneOf(t)
    const [half, idle] = [await lineTo(server), await lineTo(server)]
    idle.socket.write(request)
    await idle.until("the value")
    half.socket.write(request.slice(0, -20))
    const code = server.stop(signal)
    await refusesConnections(server)
    half.socket.write(request.slice(-20))
    await half.until("the value")
    assert.match(half.heard(), /^HTTP\/1\.1 200 /)
    assert.match(half.heard(), /\r\nconnection: close\r\n/i)
    assert.equal(await code, 0)
    await idle.ended
  })

/** Long enough for all that is asked of it meanwhile, on a busy machine. */
const DRAIN = { TYLER_DRAIN_SECONDS: "4" }

async function stateOf({ url }: ServerProcess): Promise<Response> {
  return await fetch(`${url}/api/ready`)
}

test("with TYLER_DRAIN_SECONDS a server says that it is not ready, answers all the same, and ends then", async (t) => {
  const { server, request } = await sceneOf(t, DRAIN)
  const kept = await lineTo(server)
  kept.socket.write(request)
  await kept.until("the value")
  assert.doesNotMatch(kept.heard(), /\r\nconnection: close\r\n/i)
  const code = server.stop("SIGTERM")
  for (;;) {
    const ready = await stateOf(server)
    const { parts } = (await ready.json()) as { parts: { server: object } }
    if (ready.status === 200) continue
    assert.deepEqual([ready.status, parts.server], [503, { up: false, reason: "stopping" }])
    break
  }
  assert.equal((await fetch(`${server.url}/api/health`)).status, 200, "it lives")
  const late = await lineTo(server)
  for (const line of [kept, late]) {
    const before = line.heard().length
    line.socket.write(request)
    await line.ended
    const answer = line.heard().slice(before)
    assert.match(answer, /^HTTP\/1\.1 200 [^]*\r\nconnection: close\r\n[^]*the value/i)
  }
  for (const [method, path] of [
    ["GET", "/login"],
    ["POST", "/"],
    ["GET", "/nowhere"],
  ] as const) {
    const line = await lineTo(server)
    line.socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Length: 0\r\n\r\n`)
    await line.ended
    assert.match(line.heard(), /^HTTP\/1\.1 \d+ [^]*\r\nconnection: close\r\n/i, path)
  }
  assert.equal(await code, 0)
})

test("a second signal ends the draining at once", async (t) => {
  const { server } = await sceneOf(t, { TYLER_DRAIN_SECONDS: "300" })
  const code = server.stop("SIGTERM")
  while ((await stateOf(server)).status === 200);
  process.kill(server.pid, "SIGTERM")
  assert.equal(await code, 1)
})

test("a request that does not arrive holds the stop up for ten seconds and no longer", async (t) => {
  const { server, request } = await sceneOf(t)
  const stuck = await lineTo(server)
  stuck.socket.write(request.slice(0, -20))
  await pause(100)
  const began = performance.now()
  assert.equal(await server.stop("SIGTERM"), 0)
  const took = performance.now() - began
  assert.ok(took > 9_000 && took < 14_000, `${took} ms`)
  assert.ok(!stuck.heard().includes("the value"))
})

test("a second signal ends at once what does not want to end", async (t) => {
  const { server, request } = await sceneOf(t)
  const stuck = await lineTo(server)
  stuck.socket.write(request.slice(0, -20))
  await pause(100)
  const code = server.stop("SIGTERM")
  await refusesConnections(server)
  const began = performance.now()
  process.kill(server.pid, "SIGTERM")
  assert.equal(await code, 1)
  assert.ok(performance.now() - began < 5_000)
})

/** npm runs a script through a shell, which would die of the signal and leave the server behind. */
test("npm start hands a SIGTERM on to the server and ends as it does", async (t) => {
  const folder = temporaryFolder()
  const npm = spawn("npm", ["start"], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { PATH: process.env["PATH"], HOME: folder, ...serverEnvironment(folder) },
    stdio: ["ignore", "pipe", "ignore"],
  })
  const ended = once(npm, "exit")
  t.after(() => npm.kill("SIGKILL"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  let said = ""
  for await (const text of npm.stdout.setEncoding("utf8")) {
    said += String(text)
    if (said.includes("/setup#")) break
  }
  const port = Number(/listens on http:\/\/localhost:(\d+)/.exec(said)?.[1])
  npm.kill("SIGTERM")
  assert.deepEqual(await ended, [0, null])
  await refusesConnections({ port })
})
