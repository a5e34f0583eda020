import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"

const ROOT = join(import.meta.dirname, "../..")
const README = readFileSync(join(ROOT, "README.md"), "utf8")

/** The lines of the tour, with those put together again that were broken to fit the page. */
function tourLines(): readonly string[] {
  const tour = /## A two-minute tour[\s\S]*?^```\n([\s\S]*?)^```/m.exec(README)?.[1] ?? ""
  return tour
    .replaceAll(/\n {8}/g, "")
    .split("\n")
    .filter((line) => line !== "")
}

/** `...` stands for anything. */
function patternOf(line: string): RegExp {
  const parts = line.split("...").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
  return new RegExp(`^${parts.join(".*")}$`)
}

test("the README's tour is what the demo prints, in its order", () => {
  const run = spawnSync(process.execPath, [join(ROOT, "src/main/demo.ts")], { encoding: "utf8", cwd: ROOT })
  assert.equal(run.status, 0, run.stderr)
  const printed = run.stdout.split("\n").map((line) => line.trimEnd())
  const lines = tourLines()
  assert.ok(lines.length > 12)
  let at = 0
  for (const line of lines) {
    const pattern = patternOf(line)
    const found = printed.findIndex((one, index) => index >= at && pattern.test(one))
    assert.notEqual(found, -1, line)
    at = found + 1
  }
})

test("the README stands in its order", () => {
  const order = ["# Tyler Setup", "## Two commands", "## A two-minute tour", "## The read path", "## Where to go next"]
  assert.deepEqual(README.match(/^#{1,2} .*/gm), order)
})
