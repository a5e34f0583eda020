import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import * as fc from "fast-check"
import { lengthPrefixed } from "../core/bytes.ts"
import { commitmentOf, entryHead, entryTail, leafHashOf, leafTextOf } from "./canonical.ts"
import { FieldWriter } from "./fields.ts"
import type { Draft } from "./ledger.ts"

const salt = Buffer.alloc(32, 7)
const draft: Draft = {
  timestamp: 1_790_000_000_123,
  requestId: "req-1",
  action: "GET",
  result: "SUCCESS",
  resourceType: "secret",
  resourceName: "config/test-secret",
  userId: "p-1",
  principalKind: "person",
  roles: ["developer", "operator"],
  policyIds: [],
  decision: "permit",
  versionId: "v-1",
  grantId: null,
  details: "",
  salt,
  username: "ada",
  ipAddress: "192.0.2.1",
  userAgent: null,
  reason: "the nightly import fails: täglich",
}

test("the head is the length-prefixed encoding of the fields that the specification lists, in its order", () => {
  const commitment = createHash("sha256")
    .update(salt)
    .update(lengthPrefixed(["ada", "192.0.2.1", null, "the nightly import fails: täglich"]))
    .digest()
  assert.deepEqual(commitmentOf(salt, draft), commitment)
  const expected = lengthPrefixed([
    "tyler-audit-entry/1",
    "1790000000123",
    "req-1",
    "GET",
    "SUCCESS",
    "secret",
    "config/test-secret",
    "p-1",
    "person",
    lengthPrefixed(["developer", "operator"]),
    lengthPrefixed([]),
    "permit",
    "v-1",
    null,
    "",
    commitment,
  ])
  assert.deepEqual(entryHead(draft), expected)
})

test("a leaf is SHA-256(0x00 || head || tail), and null quota differs from every number", () => {
  const head = entryHead(draft)
  assert.deepEqual(entryTail(null), lengthPrefixed([null]))
  assert.deepEqual(entryTail(12), lengthPrefixed(["12"]))
  const leaf = createHash("sha256").update(Buffer.of(0)).update(head).update(entryTail(12)).digest()
  assert.deepEqual(leafHashOf(head, entryTail(12)), leaf)
  assert.equal(leafTextOf(draft, 12, commitmentOf(salt, draft)), leaf.toString("base64"))
  assert.notDeepEqual(leafHashOf(head, entryTail(null)), leaf)
})

test("an entry without a 32-byte salt has no head", () => {
  for (const bad of [null, Buffer.alloc(31), Buffer.alloc(33)])
    assert.throws(() => entryHead({ ...draft, salt: bad }), { code: "internal" })
})

test("changing any one field changes the leaf", () => {
  const leaf = leafHashOf(entryHead(draft), entryTail(1)).toString("hex")
  for (const key of Object.keys(draft) as (keyof Draft)[]) {
    const old = draft[key]
    const other = Array.isArray(old)
      ? ["x"]
      : typeof old === "number"
        ? old + 1
        : key === "salt"
          ? Buffer.alloc(32)
          : "x"
    assert.notEqual(leafHashOf(entryHead({ ...draft, [key]: other }), entryTail(1)).toString("hex"), leaf, key)
  }
})

test("the field writer writes what lengthPrefixed writes, for every text, list and size", () => {
  const writer = new FieldWriter()
  const text = fc.string({ unit: "binary", maxLength: 60 })
  const field = fc.option(fc.oneof(text, fc.string({ minLength: 2000, maxLength: 6000 })))
  fc.assert(
    fc.property(fc.array(field, { maxLength: 6 }), fc.array(text, { maxLength: 5 }), (fields, list) => {
      writer.start()
      for (const value of fields) writer.text(value)
      writer.list(list).bytes(salt).bytes(null)
      assert.deepEqual(writer.copy(), lengthPrefixed([...fields, lengthPrefixed(list), salt, null]))
    }),
    { numRuns: 200 },
  )
})
