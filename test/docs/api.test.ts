import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { optionsOf } from "../../src/cli/command.ts"
import { COMMANDS } from "../../src/cli/table.ts"
import { ERROR_CODES } from "../../src/core/errors.ts"
import { ProblemFacts } from "../../src/api/problem.ts"
import { METRICS } from "../../src/http/metrics.ts"
import { operationFor } from "../kit/description.ts"

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8")
const API = read("api.md")
const METRICS_PAGE = read("metrics.md")

test("every route that docs/api.md names exists", () => {
  const named = [...API.matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\/[^`]+)`/g)]
  assert.ok(named.length > 45)
  for (const [, method = "", path = ""] of named)
    assert.ok(operationFor(method, path) !== undefined, `${method} ${path}`)
})

test("every code and every fact that it names exists", () => {
  const known = new Set<string>([...ERROR_CODES, ...Object.keys(ProblemFacts)])
  const facts = "resetsAt missing requiresToken requiresApproval reasons".split(" ")
  for (const fact of facts) assert.ok(known.has(fact) && API.includes(`\`${fact}\``), fact)
  const prose = API.split("\n").filter((line) => !line.startsWith("|"))
  const codes = prose.join("\n").match(/(?<=`)[a-z]+(?:_[a-z]+)+(?=`)/g) ?? []
  assert.ok(codes.length > 8)
  for (const code of codes) assert.ok(known.has(code) || code === "not_configured", code)
})

test("every metric that docs/metrics.md names exists, and its command line does too", () => {
  for (const name of METRICS_PAGE.match(/\b(?:tyler|process|nodejs)_[a-z_]+/g) ?? []) assert.ok(name in METRICS, name)
  const command = COMMANDS.find(({ words }) => words === "service-accounts add")
  const line = METRICS_PAGE.split("\n").find((one) => one.startsWith("tyler ")) ?? ""
  assert.ok(command !== undefined && line.startsWith(`tyler ${command.words} `))
  const known = optionsOf(command).map(({ name }) => `--${name}`)
  for (const option of line.match(/(?<=\s)--[a-z-]+/g) ?? []) assert.ok(known.includes(option), option)
})
