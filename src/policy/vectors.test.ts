import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, test } from "node:test"
import { type Decision, decide, type Question } from "./decide.ts"
import { defaultPolicies } from "./defaults.ts"
import { type PolicySet, policySet } from "./document.ts"
import { parsePolicyRow } from "./row.ts"

const FOLDER = join(import.meta.dirname, "../../spec/vectors/policy")

interface Expected {
  readonly effect: "permit" | "refuse"
  readonly code?: string
  readonly missing?: readonly string[]
  readonly facts?: object
  readonly rules?: readonly string[]
  readonly policyIds?: readonly string[]
  readonly perSecretLimit?: number | null
  readonly counted?: boolean
}

interface Vectors {
  readonly title: string
  readonly policies: readonly ({ readonly id: string } & Record<string, unknown>)[]
  readonly cases: readonly { readonly title: string; readonly question: Question; readonly expect: Expected }[]
}

function load(file: string): Vectors {
  return JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Vectors
}

function setOf({ policies }: Vectors): PolicySet {
  const rows = policies.map(({ id, ...given }) => {
    const parsed = parsePolicyRow(given)
    assert.ok("fields" in parsed, JSON.stringify(parsed))
    return { ...parsed.fields, id, createdAt: 0, updatedAt: 0 }
  })
  return policySet(rows, 7)
}

/** Of the decision, what the vector speaks of. */
function seen(decision: Decision, expected: Expected): Expected {
  const rules = decision.reasons.map(({ rule }) => rule)
  const found: object = decision.effect === "permit" ? decision.permit : decision
  const rest = Object.keys(expected).map((key) => [key, Reflect.get(found, key) as unknown] as const)
  return Object.fromEntries([...rest, ["effect", decision.effect], ["rules", rules]]) as unknown as Expected
}

for (const file of readdirSync(FOLDER)) {
  const vectors = load(file)
  const set = setOf(vectors)
  describe(`${file}: ${vectors.title}`, () => {
    for (const { title, question, expect } of vectors.cases)
      test(title, () => {
        const found = seen(decide(set, question), expect)
        assert.deepEqual(found, { ...expect, rules: expect.rules ?? found.rules })
      })
  })
}

test("the shipped rows are those of the vectors", () => {
  assert.deepEqual(defaultPolicies(0), setOf(load("defaults.json")).rows)
})
