import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"

const ROOT = join(import.meta.dirname, "../..")
const checkout = mkdtempSync(join(tmpdir(), "tyler-checkout-"))
after(() => rmSync(checkout, { recursive: true, force: true }))
for (const part of ["bin", "src", "tools", "package.json"])
  cpSync(join(ROOT, part), join(checkout, part), { recursive: true })
symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"))

const noGit = spawnSync("git", ["--version"]).status === 0 ? false : "git"

const AGO = join(checkout, "src/cli/ago.ts")
const HELP = join(checkout, "src/cli/help.ts")

/** `tyler --help` as this checkout has it now. */
function help(): string {
  const env = { PATH: process.env["PATH"], HOME: checkout }
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(checkout, "bin/tyler.js"), "--help"], {
    encoding: "utf8",
    env,
  })
  assert.equal(status, 0, stderr)
  return stdout
}

function say(text: string): void {
  writeFileSync(HELP, readFileSync(HELP, "utf8").replace("Exit codes", text))
}

test("the first start of a checkout builds it; types go, lines and columns stay; tests stay out", () => {
  assert.ok(!existsSync(join(checkout, "dist")))
  assert.match(help(), /Exit codes/)
  const lines = (path: string): readonly string[] => readFileSync(path, "utf8").split("\n")
  const [source, built] = [lines(AGO), lines(join(checkout, "dist/cli/ago.js"))]
  assert.equal(built.length, source.length)
  assert.ok(!built.join("\n").includes(": number"))
  for (const [at, line] of built.entries())
    assert.equal(line.search(/\b(?:return|const)\b/), source[at]?.search(/\b(?:return|const)\b/), line)
  assert.ok(!existsSync(join(checkout, "dist/cli/ago.test.js")))
})

test("a changed source runs at the next start, a source that went leaves nothing behind", () => {
  cpSync(AGO, join(checkout, "src/cli/extra.ts"))
  help()
  assert.ok(existsSync(join(checkout, "dist/cli/extra.js")))
  rmSync(join(checkout, "src/cli/extra.ts"))
  say("Changed since")
  assert.match(help(), /Changed since/)
  assert.ok(!existsSync(join(checkout, "dist/cli/extra.js")))
})

test("nothing is built while nothing changes", () => {
  help()
  const mark = join(checkout, "dist/cli/ago.js")
  writeFileSync(mark, `${readFileSync(mark, "utf8")}// as it was\n`)
  help()
  assert.match(readFileSync(mark, "utf8"), /as it was/)
})

test("a checkout that cannot be built runs its sources, never an older build", () => {
  help()
  rmSync(join(checkout, "tools/build.ts"))
  writeFileSync(join(checkout, "tools/build.ts"), "process.exit(1)\n")
  writeFileSync(HELP, readFileSync(HELP, "utf8").replace("Changed since", "Changed again"))
  assert.match(help(), /Changed again/)
})

/** What the build wrote down, with an environment of its own. */
function facts(env: Readonly<Record<string, string>>): unknown {
  cpSync(join(ROOT, "tools/build.ts"), join(checkout, "tools/build.ts"))
  const { stderr, status } = spawnSync(process.execPath, ["tools/build.ts"], {
    cwd: checkout,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...env },
  })
  return status === 0 ? JSON.parse(readFileSync(join(checkout, "dist/build.json"), "utf8")) : stderr
}

test("a build says of which commit it is, and when it was made", () => {
  const epoch = { SOURCE_DATE_EPOCH: "1767225600" }
  const builtAt = "2026-01-01T00:00:00.000Z"
  assert.deepEqual(facts(epoch), { commit: null, changed: false, builtAt })
  const given = "0123456789abcdef0123456789abcdef01234567"
  assert.deepEqual(facts({ ...epoch, TYLER_COMMIT: given }), { commit: given, changed: false, builtAt })
  for (const odd of ["main", given.slice(1), `${given}0`, given.toUpperCase()])
    assert.match(String(facts({ TYLER_COMMIT: odd })), /TYLER_COMMIT must be 40 hex digits/)
  assert.match((facts({}) as { builtAt: string }).builtAt, /^20\d\d-/)
})

test("in a repository the commit is that one's, and changed sources are said to be", { skip: noGit }, () => {
  const git = (...args: string[]): string =>
    spawnSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.org", ...args], {
      cwd: checkout,
      encoding: "utf8",
    }).stdout.trim()
  git("init", "-q")
  git("add", "bin", "src", "tools", "package.json")
  git("commit", "-qm", "all")
  const { commit, changed } = facts({}) as { commit: string; changed: boolean }
  assert.deepEqual([commit, changed], [git("rev-parse", "HEAD"), false])
  writeFileSync(AGO, `${readFileSync(AGO, "utf8")}\n`)
  assert.equal((facts({}) as { changed: boolean }).changed, true)
})
