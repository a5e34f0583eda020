import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { chmodSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { commandLine, type Home, newHome } from "./kit.ts"
import { REASON, type Team, team, tokenIn } from "./server.ts"

const PRINT = [process.execPath, "--print"]

let all: Team
let env: Record<string, string>

before(async () => {
  all = await team()
  env = { TYLER_URL: all.url, TYLER_REASON: REASON, TYLER_TOKEN: tokenIn(all.ada) }
  await all.admin.create("config/app", { user: "app", port: 5432 })
  await all.admin.create("config/key", "k-1")
  await all.admin.create("config/bytes", Uint8Array.of(0, 255))
  await all.admin.create("config/nul", "a\0b")
})
after(() => all.stop())

function homeWith(file: unknown): Home {
  const home = newHome(env)
  home.write(".tyler.json", typeof file === "string" ? file : JSON.stringify(file))
  return home
}

/** Entries about reads so far. */
async function reads(): Promise<number> {
  let count = 0
  for await (const { action } of all.admin.audit.entries()) if (action === "GET" || action === "GET_CACHED") count++
  return count
}

test("a command gets the secrets that the nearest file names, each read once, and not the token", async () => {
  using home = homeWith({
    secrets: {
      DB_USER: { name: "config/app", field: "user" },
      DB_PORT: { name: "config/app", field: "port" },
      DB: "config/app",
      API_KEY: "config/key",
    },
  })
  const before = await reads()
  const cwd = join(home.path, "deep", "down")
  mkdirSync(cwd, { recursive: true })
  const script =
    "JSON.stringify([...['DB_USER','DB_PORT','DB','API_KEY'].map(n => process.env[n]), 'TYLER_TOKEN' in process.env])"
  const { code, out, err } = await home.tyler(["run", "--", ...PRINT, script], { cwd })
  assert.equal(code, 0, err)
  assert.deepEqual(JSON.parse(out), ["app", "5432", '{"user":"app","port":5432}', "k-1", false])
  assert.equal((await reads()) - before, 2)
})

test("the command's own code comes back, and its options are its own", async () => {
  using home = homeWith({ secrets: { API_KEY: "config/key" } })
  const exit = (script: string) => home.tyler(["run", "--", process.execPath, "-e", script])
  assert.equal((await exit("process.exit(42)")).code, 42)
  assert.equal((await exit("process.kill(process.pid, 'SIGKILL')")).code, 137)
  assert.equal((await home.tyler(["run", "--", "no-such-command-here"])).code, 127)
  assert.equal((await home.tyler(["run", "--", home.path])).code, 126)
  assert.equal((await home.tyler(["run"])).code, 2)
  assert.equal((await home.tyler(["run", "env"])).code, 2)
})

test("one refusal and nothing runs", async () => {
  const row = { allowedRoles: ["admin"], requiresApproval: true }
  await all.admin.policies.create({ ...row, secretPattern: "asked/*" })
  await all.admin.create("asked/a", "v")
  using home = homeWith({ secrets: { API_KEY: "config/key", DB: "asked/a" } })
  const { code, out, err } = await home.tyler(["run", "--", ...PRINT, "1"])
  assert.deepEqual([code, out], [5, ""])
  assert.match(err, /^tyler: approval_required: asked\/a: [^\n]*\n$/)
  const json = await home.tyler(["run", "--json", "--", ...PRINT, "1"])
  assert.equal((JSON.parse(json.err) as { code: string }).code, "approval_required")
  home.write(".tyler.json", '{"secrets":{"A":"config/none"}}')
  assert.equal((await home.tyler(["run", "--", ...PRINT, "1"])).code, 4)
})

test("a file that is not in order is refused before anything is read", async () => {
  const before = await reads()
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
    using home = homeWith(file)
    const { code } = await home.tyler(["run", "--", ...PRINT, "1"])
    assert.equal(code, 2, JSON.stringify(file))
  }
  using open = homeWith({ secrets: { A: "a/b" } })
  chmodSync(join(open.path, ".tyler.json"), 0o666)
  assert.match((await open.tyler(["run", "--", ...PRINT, "1"])).err, /anybody/)
  using none = newHome(env)
  assert.match((await none.tyler(["run", "--", ...PRINT, "1"])).err, /no \.tyler\.json/)
  assert.equal(await reads(), before)
})

test("the search stops at the home folder", async () => {
  using outer = homeWith({ secrets: { A: "a/b" } })
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
  const rows = [
    ["config/bytes", /is not text/],
    ["config/nul", /NUL/],
    [{ name: "config/key", field: "f" }, /no field f/],
  ] as const
  for (const [source, said] of rows) {
    using home = homeWith({ secrets: { A: source } })
    const { code, out, err } = await home.tyler(["run", "--", ...PRINT, "1"])
    assert.deepEqual([code, out], [2, ""])
    assert.match(err, said)
  }
})

test("signals reach the command, and its way of taking them decides", { timeout: 30_000 }, async ({ signal }) => {
  using home = homeWith({ secrets: { API_KEY: "config/key" } })
  const script = "process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log('up')"
  const [command = "", ...args] = commandLine(["run", "--", process.execPath, "-e", script])
  const child = spawn(command, args, {
    cwd: home.path,
    env: { ...env, HOME: home.path },
    stdio: ["ignore", "pipe", "inherit"],
    signal,
  })
  child.stdout.once("data", () => child.kill("SIGTERM"))
  const code = await new Promise((resolve) => child.on("exit", resolve))
  assert.equal(code, 7)
})
