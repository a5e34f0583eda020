import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { tylerClient } from "../../src/client/client.ts"
import { type ServerProcess, startProcess } from "../kit/process.ts"
import { temporaryFolder } from "../kit/server.ts"
import { commandLine, type Home, newHome } from "./kit.ts"
import { PASSWORD, REASON, tokenIn } from "./server.ts"
import { COMPILED } from "../kit/compiled.ts"

const COUNT = 1100

let folder: string
let server: ServerProcess
let here: Home

before(async () => {
  folder = temporaryFolder()
  server = await startProcess({ folder })
  here = newHome({ TYLER_URL: server.publicUrl, TYLER_REASON: REASON })
  here.write("setup-token", server.setupToken ?? "")
  const args = ["setup", "--user", "ada", "--token-file", "setup-token", "--password-file", "-"]
  assert.equal((await here.tyler(args, { input: `${PASSWORD}\n` })).code, 0)
})
after(async () => {
  here[Symbol.dispose]()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

function client() {
  return tylerClient({ url: server.publicUrl, token: tokenIn(here), reason: REASON })
}

function source(prefix: string): void {
  const secrets = Object.fromEntries([...Array(COUNT).keys()].map((at) => [`${prefix}/s${at}`, `value ${at}`]))
  writeFileSync(join(here.path, "source.json"), JSON.stringify(secrets))
}

const ARGS = ["import", "source.json", "--on-conflict", "write", "--out-report", "report"]

/** Starts the import and answers it once a thousand are in. */
async function begun(args = ARGS) {
  const [command = "", ...words] = commandLine(args)
  const child = spawn(command, words, {
    cwd: here.path,
    env: { PATH: process.env["PATH"], ...COMPILED, HOME: here.path, TYLER_URL: server.publicUrl, TYLER_REASON: REASON },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const said = { out: "", err: "" }
  child.stdout.on("data", (piece: Buffer) => (said.out += piece.toString()))
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>
  const shown = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => pattern.test(said.err) && resolve()
      child.stderr.on("data", look)
      child.on("close", () => reject(new Error(`never said ${String(pattern)}: ${said.err}`)))
      look()
    })
  child.stderr.on("data", (piece: Buffer) => (said.err += piece.toString()))
  await shown(/imported 1000 of/)
  return { child, said, ended, shown }
}

/** Every secret is there with one version and its own value. */
async function whole(prefix: string): Promise<void> {
  let count = 0
  for await (const { name } of client().list({ prefix: `${prefix}/`, limit: 100 })) {
    count++
    if (count % 20 === 0) assert.equal((await client().versions(name)).length, 1, name)
  }
  assert.equal(count, COUNT)
  assert.equal((await client().get(`${prefix}/s7`, { unmask: true })).value, "value 7")
}

test("Ctrl-C stops, what was sent is in, and the same command goes on without doubles", async () => {
  source("int")
  const { child, said, ended } = await begun()
  child.kill("SIGINT")
  const [code] = await ended
  assert.equal(code, 130, said.err)
  assert.match(said.err, /\d+ created\n/)
  assert.match(said.err, /the same command again goes on/)
  const again = await here.tyler(ARGS)
  assert.equal(again.code, 0, again.err)
  const [, created, same] = /^(\d+) created, (\d+) there already with the same value\n$/.exec(again.out) ?? []
  assert.equal(Number(created) + Number(same), COUNT, again.out)
  assert.ok(Number(same) >= 1000)
  await whole("int")
  const report = readFileSync(join(here.path, "report"), "utf8").trim().split("\n")
  assert.ok(!report.some((line) => line.includes("value 7")))
  const runs = report.filter((line) => line.startsWith('{"kind":"run"'))
  assert.equal(runs.length, 2)
})

test("after kill -9 the same command goes on without doubles", async () => {
  source("kill")
  const { child, ended } = await begun()
  child.kill("SIGKILL")
  await ended
  const again = await here.tyler(ARGS)
  assert.equal(again.code, 0, again.err)
  assert.match(again.out, /^\d+ created, \d+ there already with the same value\n$/)
  await whole("kill")
})

test("a server that is killed and comes back is waited for; one that stays away is given up", async () => {
  source("gone")
  const { said, ended, shown } = await begun()
  await server.stop("SIGKILL")
  await shown(/the server does not answer \(unreachable\); waiting 1 s/)
  server = await startProcess({ folder, env: { PORT: String(server.port) } })
  const [code] = await ended
  assert.equal(code, 0, said.err)
  assert.equal(said.out, `${COUNT} created\n`)
  await whole("gone")
  source("lost")
  const lost = await begun([...ARGS, "--wait", "2"])
  await server.stop("SIGKILL")
  const [exit] = await lost.ended
  assert.equal(exit, 7, lost.said.err)
  assert.match(lost.said.err, /the same command again goes on/)
  server = await startProcess({ folder, env: { PORT: String(server.port) } })
  assert.equal((await here.tyler(ARGS)).code, 0)
  await whole("lost")
})

test("a server that says it is not one of ours, or a session that ended, stops the import at once", async () => {
  source("out")
  const lost = await here.tyler(ARGS, { env: { TYLER_TOKEN: "tys_none" } })
  assert.equal(lost.code, 3)
  assert.match(lost.err, /unauthenticated/)
})
