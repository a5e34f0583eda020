import assert from "node:assert/strict"
import { test } from "node:test"
import { quotaClaim } from "./claim.ts"

test("a use is counted for principal, secret id and day", () => {
  assert.deepEqual(quotaClaim({ id: "p", kind: "person" }, "s", "2026-11-24", 10, 100), {
    principalId: "p",
    secretId: "s",
    day: "2026-11-24",
    perSecret: 10,
    perPerson: 100,
  })
})

test("the limit over all secrets holds for people only", () => {
  for (const kind of ["program", "job"]) assert.equal(quotaClaim({ id: "w", kind }, "s", "d", 10, 100).perPerson, null)
})
