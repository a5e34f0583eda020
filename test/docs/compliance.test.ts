import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { CLAIMS } from "../../src/compliance/claims.ts"
import { STATES } from "../../src/compliance/finding.ts"
import { ITEMS } from "../../src/compliance/frameworks.ts"
import { CHECKS } from "../../src/compliance/table.ts"
import { WORDS } from "../../src/cli/report/words.ts"

const ROOT = new URL("../../", import.meta.url).pathname
const read = (path: string): string => readFileSync(ROOT + path, "utf8")

test("every item of docs/asvs.md names a file that is there and a test in it", () => {
  const rows = read("docs/asvs.md")
    .split("\n")
    .filter((line) => line.startsWith("| V"))
  assert.ok(rows.length >= 90, String(rows.length))
  const seen = new Set<string>()
  for (const row of rows) {
    const [, item = "", about = "", file = "", title = ""] = row.split("|").map((cell) => cell.trim())
    assert.match(item, /^V\d{1,2}\.\d{1,2}\.\d{1,2}$/)
    assert.ok(!seen.has(item) && about !== "", item)
    seen.add(item)
    const path = file.replaceAll("`", "")
    assert.ok(existsSync(ROOT + path), `${item}: ${path}`)
    assert.ok(
      read(path).includes(`test(${JSON.stringify(title)}`) || read(path).includes(`test(\n  ${JSON.stringify(title)}`),
      `${item}: ${title}`,
    )
  }
})

test("every claim has a check, every check a claim and an item, and names are there once", () => {
  assert.equal(CLAIMS.length, 13)
  for (const [at, { text, duty }] of CLAIMS.entries()) {
    assert.ok(
      CHECKS.some(({ claims }) => claims.includes(at + 1)),
      text,
    )
    assert.ok(duty.length > 20)
  }
  assert.equal(new Set(CHECKS.map(({ name }) => name)).size, CHECKS.length)
  for (const { name, claims, supports } of CHECKS) {
    assert.ok(claims.length > 0 && claims.every((one) => one >= 1 && one <= 13), name)
    assert.ok(supports.length > 0 && supports.every((one) => one in ITEMS), name)
    assert.equal(new Set(supports).size, supports.length, name)
  }
})

test("SOC 2 CC6 and CC7 are there from the first item to the last, and whatever no check supports says so", () => {
  const names = Object.keys(ITEMS)
  for (const [series, last] of [
    ["CC6", 8],
    ["CC7", 5],
  ] as const)
    for (let at = 1; at <= last; at++) assert.ok(names.includes(`${series}.${at}`), `${series}.${at}`)
  const alone = names.filter((name) => !CHECKS.some(({ supports }) => supports.some((one) => one === name)))
  assert.deepEqual(alone, ["CC6.4"])
})

test("nothing that is told of a claim says more than that it supports it", () => {
  const told = [
    ...CLAIMS.map(({ duty }) => duty),
    ...Object.values(ITEMS).flatMap(({ about, duty }) => [about, duty]),
    ...STATES.map((state) => WORDS[state]),
  ]
  for (const text of [...told, read("docs/compliance.md"), read("docs/asvs.md")])
    assert.doesNotMatch(text, /compliant|certified|guarantee/i)
})
