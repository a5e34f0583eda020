import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { test } from "node:test"
import * as fc from "fast-check"
import { parseDotenv } from "./dotenv.ts"
import { dotenvLine } from "./dotenv-line.ts"
import { type Entry, faultIn } from "./entry.ts"

function valuesOf(text: string): unknown[] {
  return parseDotenv(text, faultIn("x")).map(({ content }: Entry) => ("value" in content ? content.value : content))
}

const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(...Array.from("'\"`$\\#\n\t =!*~;&|")),
      fc.string({ unit: "grapheme", maxLength: 1 }),
    ),
  })
  .filter((one) => one !== "" && one.isWellFormed())

test("what is written is read back exactly, by us and by a shell", () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 30 }), (all) => {
      const lines = all.map((value, at) => dotenvLine(`V${at}`, value))
      const fitting = all.filter((_, at) => lines[at] !== undefined)
      const file = lines.filter((line) => line !== undefined).join("")
      assert.deepEqual(valuesOf(file), fitting)
      const shell = spawnSync("sh", [
        "-c",
        `${file}\nfor v in ${lines.flatMap((line, at) => (line === undefined ? [] : [`"$V${at}"`])).join(" ")}; do printf '%s\\0' "$v"; done`,
      ])
      assert.equal(shell.stdout.toString("utf8"), fitting.map((value) => `${value}\0`).join(""))
    }),
    { numRuns: 40 },
  )
})

test("only text that no quoting holds for all readers is left out", () => {
  assert.equal(dotenvLine("A", "a'b"), 'A="a\'b"\n')
  for (const odd of ["'\"", "'$", "'\\", "'`", "a\r", "a\0"]) assert.equal(dotenvLine("A", odd), undefined, odd)
})

test("unquoted values end before a comment; quoted ones hold anything", () => {
  const rows: readonly (readonly [string, unknown[]])[] = [
    ["A=b c # d", ["b c"]],
    ["A=#d", [{ fault: "is empty; a secret holds at least one byte" }]],
    ["  export A = b\t#", ["b"]],
    ["A=pa$$word\\n", ["pa$$word\\n"]],
    ["A=it's", ["it's"]],
    ['A="\\t\\\\\\"\\$\\`"', ['\t\\"$`']],
    ["A=`a\n'b'`", ["a\n'b'"]],
    ["A='#'#", ["#"]],
    ["A.b-c=1\nB=2", ["1", "2"]],
    ["# only", []],
  ]
  for (const [source, values] of rows) assert.deepEqual(valuesOf(source), values, source)
})
