import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { optionsOf } from "../../src/cli/command.ts"
import { EXIT_TEXTS } from "../../src/cli/exit.ts"
import { COMMANDS } from "../../src/cli/table.ts"

const DOCS = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8")
const SOURCES = ["completion", "connect", "token-file", "variables", "help"].map((name) =>
  readFileSync(new URL(`../../src/cli/${name}.ts`, import.meta.url), "utf8"),
)

test("docs/cli.md lists exactly the commands there are, and their exit codes", () => {
  const rows = COMMANDS.map(({ words, operands, passes, summary }) => {
    const usage = [words, operands, passes].filter((part) => part).join(" ")
    return `| \`tyler ${usage}\` | ${summary} |`
  })
  assert.deepEqual(
    DOCS.split("\n").filter((line) => line.startsWith("| `tyler ")),
    rows,
  )
  const codes = EXIT_TEXTS.map(([code, text]) => `| ${code} | ${text} |`)
  assert.deepEqual(
    DOCS.split("\n").filter((line) => /^\| \d/.test(line)),
    codes,
  )
})

test("every option and variable that docs/cli.md names exists", () => {
  const known = new Set(COMMANDS.flatMap((row) => optionsOf(row).map(({ name }) => `--${name}`)))
  const named = DOCS.match(/(?<=[\s`])--[a-z][a-z-]*/g) ?? []
  assert.ok(named.length > 10)
  for (const option of named) assert.ok(known.has(option), option)
  for (const variable of DOCS.match(/TYLER_[A-Z]+|XDG_[A-Z_]+/g) ?? [])
    assert.ok(
      SOURCES.some((text) => text.includes(variable)),
      variable,
    )
})
