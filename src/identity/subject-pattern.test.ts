import assert from "node:assert/strict"
import { test } from "node:test"
import { parseSubjectPattern, SUBJECT_LIMIT, SUBJECT_PATTERN_LIMIT, subjectMatches } from "./subject-pattern.ts"

function matches(pattern: string, subject: string): boolean {
  const parsed = parseSubjectPattern(pattern)
  assert.ok(parsed !== undefined, pattern)
  return subjectMatches(parsed, subject)
}

const CASES: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
  [
    "repo:acme/shop:ref:refs/heads/main",
    ["repo:acme/shop:ref:refs/heads/main"],
    ["repo:acme/shop:ref:refs/heads/main2", "repo:acme/shop:ref:refs/heads", "Repo:acme/shop:ref:refs/heads/main", ""],
  ],
  [
    "repo:acme/*:ref:refs/heads/release-*",
    ["repo:acme/shop:ref:refs/heads/release-1", "repo:acme/s:ref:refs/heads/release-*"],
    [
      "repo:acme/shop:ref:refs/heads/release-",
      "repo:acme/:ref:refs/heads/release-1",
      "repo:acme/a/b:ref:refs/heads/release-1",
      "repo:acme/a:b:ref:refs/heads/release-1",
      "repo:acme/shop:ref:refs/heads/release-1/x",
      "repo:acme/shop:ref:refs:heads/release-1",
      "repo:acme-evil/shop:ref:refs/heads/release-1",
    ],
  ],
  [
    "repo:acme/shop:**",
    ["repo:acme/shop:ref:refs/heads/main", "repo:acme/shop:pull_request", "repo:acme/shop::"],
    ["repo:acme/shop:", "repo:acme/shop", "repo:acme/shopping:x", "repo:acme:shop:x"],
  ],
  [
    "system:serviceaccount:shop:*",
    ["system:serviceaccount:shop:web"],
    ["system:serviceaccount:shop:", "system:serviceaccount:shop:web:x", "system:serviceaccount:shop/web"],
  ],
  ["a:x*y", ["a:xzy", "a:xyy", "a:xxy"], ["a:xy", "a:x", "a:xz", "a:x:y"]],
]

for (const [pattern, yes, no] of CASES)
  test(`${pattern} matches what it says`, () => {
    for (const subject of yes) assert.equal(matches(pattern, subject), true, subject)
    for (const subject of no) assert.equal(matches(pattern, subject), false, subject)
  })

test("what is no pattern", () => {
  for (const text of [
    "",
    "*",
    "**",
    "*:a",
    "re*:a",
    ":a",
    "a:**:b",
    "a:x**",
    "a:**x",
    "a:*x*",
    "a b",
    "a:\u00e9",
    "a\n",
  ])
    assert.equal(parseSubjectPattern(text), undefined, text)
})

test("lengths: 512 for a pattern, 1,024 for a subject", () => {
  for (const length of [SUBJECT_PATTERN_LIMIT - 1, SUBJECT_PATTERN_LIMIT])
    assert.ok(parseSubjectPattern("a".repeat(length)) !== undefined)
  assert.equal(parseSubjectPattern("a".repeat(SUBJECT_PATTERN_LIMIT + 1)), undefined)
  const rest = (length: number): string => `a:${"x".repeat(length - 2)}`
  for (const length of [SUBJECT_LIMIT - 1, SUBJECT_LIMIT]) assert.equal(matches("a:*", rest(length)), true)
  assert.equal(matches("a:*", rest(SUBJECT_LIMIT + 1)), false)
  assert.equal(matches("a:**", rest(SUBJECT_LIMIT + 1)), false)
})
