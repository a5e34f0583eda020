import assert from "node:assert/strict"
import { test } from "node:test"
import { setupToken } from "./bootstrap.ts"

test("the setup token matches itself only; where none was given out nothing matches", () => {
  const token = "s".repeat(43)
  const kept = setupToken(token)
  assert.equal(kept.matches(token), true)
  for (const other of ["", token.slice(1), `${token}s`, "S".repeat(43), "null", "undefined"]) {
    assert.equal(kept.matches(other), false)
    assert.equal(setupToken(null).matches(other), false)
  }
  assert.equal(setupToken(null).matches(token), false)
  assert.ok(!JSON.stringify(kept).includes(token))
})
