import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { imitation, refusal } from "./imitation.ts"
import { commandLine, type Home, newHome } from "./kit.ts"

// Batch access is imitated until the server has it; then this file drives the real one.

const REASON = "checking the command line"
const BATCH = "POST /api/secrets/access"
const PRINT = [process.execPath, "--print"]

function item(name: string, value: object) {
  return { name, ...value, masked: false, accessTime: "", versionId: "v", receipt: {}, remainingToday: null }
}
const APP = item("database/app", { value: { user: "app", port: 5432 } })
const KEY = item("api/key", { value: "k-1" })

function homeAt(url: string, file: unknown): Home {
  const home = newHome({ TYLER_URL: url, TYLER_TOKEN: "tok", TYLER_REASON: REASON })
  writeFileSync(join(home.path, ".tyler.json"), typeof file === "string" ? file : JSON.stringify(file))
  return home
}

test("a command gets the secrets that the nearest file names, each read once, and not the token", async () => {
  using server = await imitation({ [BATCH]: [[200, { items: [APP, KEY] }]] })
  using home = homeAt(server.url, {
    secrets: {
      DB_USER: { name: "database/app", field: "user" },
      DB_PORT: { name: "database/app", field: "port" },
      DB: "database/app",
      API_KEY: "api/key",
    },
  })
  const cwd = join(home.path, "deep", "down")
  mkdirSync(cwd, { recursive: true })
  const script =
    "JSON.stringify([...['DB_USER','DB_PORT','DB','API_KEY'].map(n => process.env[n]), 'TYLER_TOKEN' in process.env])"
  const { code, out, err } = await home.tyler(["run", "--", ...PRINT, script], { cwd })
  assert.equal(code, 0, err)
  assert.deepEqual(JSON.parse(out), ["app", "5432", '{"user":"app","port":5432}', "k-1", false])
  assert.deepEqual(server.asked[0]?.body, { names: ["database/app", "api/key"], reason: REASON, unmask: true })
})

test("the command's own code comes back, and its options are its own", async () => {
  using server = await imitation({ [BATCH]: [[200, { items: [KEY] }]] })
  using home = homeAt(server.url, { secrets: { API_KEY: "api/key" } })
  const exit = (script: string) => home.tyler(["run", "--", process.execPath, "-e", script])
  assert.equal((await exit("process.exit(42)")).code, 42)
  assert.equal((await exit("process.kill(process.pid, 'SIGKILL')")).code, 137)
  assert.equal((await home.tyler(["run", "--", "no-such-command-here"])).code, 127)
  assert.equal((await home.tyler(["run", "--", home.path])).code, 126)
  assert.equal((await home.tyler(["run"])).code, 2)
  assert.equal((await home.tyler(["run", "env"])).code, 2)
})

test("one refusal and nothing runs", async () => {
  const [, denied] = refusal(403, "approval_required")
  using server = await imitation({ [BATCH]: [[200, { items: [KEY, { name: "database/app", ...denied }] }]] })
  using home = homeAt(server.url, { secrets: { API_KEY: "api/key", DB: "database/app" } })
  const { code, out, err } = await home.tyler(["run", "--", ...PRINT, "1"])
  assert.deepEqual([code, out], [5, ""])
  assert.match(err, /^tyler: approval_required: database\/app: .*\[request req-1\]\n$/)
})

test("a file that is not in order is refused before anything is read", async () => {
  using server = await imitation({})
  const bad: readonly unknown[] = [
    "{",
    "[]",
    {},
    { secrets: {} },
    { secrets: { A: "a/b" }, values: {} },
    { secrets: { PATH: "a/b" } },
    { secrets: { LD_PRELOAD: "a/b" } },
    { secrets: { NODE_OPTIONS: { name: "a/b" } } },
    { secrets: { "A-B": "a/b" } },
    { secrets: { A: "a/../b" } },
    { secrets: { A: { name: "a/b", value: "v" } } },
    { secrets: { A: 7 } },
    '{"secrets":{"A":"a/b","A":"a/c"}}',
  ]
  for (const file of bad) {
    using home = homeAt(server.url, file)
    const { code } = await home.tyler(["run", "--", ...PRINT, "1"])
    assert.equal(code, 2, JSON.stringify(file))
  }
  using open = homeAt(server.url, { secrets: { A: "a/b" } })
  chmodSync(join(open.path, ".tyler.json"), 0o666)
  assert.match((await open.tyler(["run", "--", ...PRINT, "1"])).err, /anybody/)
  using none = newHome({ TYLER_URL: server.url, TYLER_REASON: REASON })
  assert.match((await none.tyler(["run", "--", ...PRINT, "1"])).err, /no \.tyler\.json/)
  assert.equal(server.asked.length, 0)
})

test("the search stops at the home folder", async () => {
  using server = await imitation({})
  using outer = homeAt(server.url, { secrets: { A: "a/b" } })
  const inner = join(outer.path, "home")
  mkdirSync(join(inner, "work"), { recursive: true })
  const { code, err } = await outer.tyler(["run", "--", ...PRINT, "1"], {
    cwd: join(inner, "work"),
    env: { HOME: inner },
  })
  assert.equal(code, 2)
  assert.match(err, /no \.tyler\.json/)
})

test("values that no variable can hold stop the run", async () => {
  using server = await imitation({
    [BATCH]: [
      [200, { items: [item("api/key", { valueBase64: "AP8=" })] }],
      [200, { items: [item("api/key", { value: "a\0b" })] }],
      [200, { items: [item("api/key", { value: "text" })] }],
    ],
  })
  using home = homeAt(server.url, { secrets: { API_KEY: "api/key" } })
  assert.match((await home.tyler(["run", "--", ...PRINT, "1"])).err, /is not text/)
  assert.match((await home.tyler(["run", "--", ...PRINT, "1"])).err, /NUL/)
  writeFileSync(join(home.path, ".tyler.json"), '{"secrets":{"A":{"name":"api/key","field":"f"}}}')
  assert.match((await home.tyler(["run", "--", ...PRINT, "1"])).err, /no field f/)
})

test("signals reach the command, and its way of taking them decides", async () => {
  using server = await imitation({ [BATCH]: [[200, { items: [KEY] }]] })
  using home = homeAt(server.url, { secrets: { API_KEY: "api/key" } })
  const script = "process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log('up')"
  const [command = "", ...args] = commandLine(["run", "--", process.execPath, "-e", script])
  const env = {
    PATH: process.env["PATH"],
    HOME: home.path,
    TYLER_URL: server.url,
    TYLER_TOKEN: "t",
    TYLER_REASON: REASON,
  }
  const child = spawn(command, args, { cwd: home.path, env, stdio: ["ignore", "pipe", "inherit"] })
  child.stdout.once("data", () => child.kill("SIGTERM"))
  const code = await new Promise((resolve) => child.on("exit", resolve))
  assert.equal(code, 7)
})
