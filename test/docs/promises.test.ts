import assert from "node:assert/strict"
import { existsSync, globSync, readFileSync } from "node:fs"
import { test } from "node:test"

const PAGE = readFileSync(new URL("../../docs/promises.md", import.meta.url), "utf8")
const ROOT = new URL("../../", import.meta.url).pathname

test("every place that a promise names is there: the code under src, what holds it under the root", () => {
  const rows = PAGE.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| promise"))
  assert.ok(rows.length >= 15, String(rows.length))
  for (const row of rows) {
    const [, promise = "", code = "", held = ""] = row
      .split(" | ")
      .map((cell) => cell.replace(/^\| | \|$/g, ""))
      .toSpliced(0, 0, "")
    assert.ok(code !== "" && held !== "", promise)
    for (const [text, root] of [
      [code, "src/"],
      [held, ""],
    ] as const)
      for (const [, path = ""] of text.matchAll(/`([\w*./-]+\/[\w*./-]*)`/g))
        assert.ok(
          existsSync(ROOT + root + path) || globSync(root + path, { cwd: ROOT }).length > 0,
          `${promise}: ${path}`,
        )
  }
})
