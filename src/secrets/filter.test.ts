import assert from "node:assert/strict"
import { test } from "node:test"
import type { SecretName } from "../core/name.ts"
import { passes, wordsOf } from "./filter.ts"

test("words are found as AWS finds them", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["", []],
    ["/", []],
    ["test", ["test"]],
    ["my test", ["my", "test"]],
    ["MyTest", ["my", "test"]],
    ["myTestPhrase", ["my", "test", "phrase"]],
    ["my/test", ["my", "test"]],
    ["my-test_with", ["my-test_with"]],
    ["a@b@c", ["a", "b", "c"]],
    ["ABC", ["abc"]],
    ["Db of a/b-c, main", ["db", "of", "a/b-c,", "main"]],
  ]
  for (const [text, words] of cases) assert.deepEqual(wordsOf(text), words, text)
})

test("a secret without what a filter looks at matches its negation only", () => {
  const bare = { name: "one" as SecretName, description: "", tags: null }
  for (const key of ["description", "tag-key", "tag-value", "primary-region", "owning-service"] as const) {
    assert.equal(passes(bare, [{ key, values: ["x"] }]), false, key)
    assert.equal(passes(bare, [{ key, values: ["!x"] }]), true, key)
  }
  assert.equal(passes(bare, []), true)
  assert.equal(passes(bare, [{ key: "all", values: [""] }]), false, "no words")
})
