import assert from "node:assert/strict"
import { createSecretKey } from "node:crypto"
import { test } from "node:test"
import { systemRandom } from "../core/random.ts"
import { openField, sealField } from "./field.ts"

const KEY = createSecretKey(Buffer.alloc(32, 1))
const PLACE = ["totp", "f-1"]
const PLAIN = Buffer.from("a seed of twenty bytes")

test("a field opens where it was sealed, and nowhere else", () => {
  const sealed = sealField(KEY, PLACE, PLAIN, systemRandom)
  assert.deepEqual(openField(KEY, PLACE, sealed), PLAIN)
  assert.ok(!sealed.includes(PLAIN))
  for (const place of [["totp", "f-2"], ["totpf-1"], ["totp", "f-1", ""], []])
    assert.throws(() => openField(KEY, place, sealed), { code: "row_tampered" })
  assert.throws(() => openField(createSecretKey(Buffer.alloc(32, 2)), PLACE, sealed), { code: "row_tampered" })
})

test("any changed or missing byte is found", () => {
  const sealed = sealField(KEY, PLACE, PLAIN, systemRandom)
  for (let at = 0; at < sealed.byteLength; at++) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    assert.throws(() => openField(KEY, PLACE, changed), { code: "row_tampered" }, `byte ${at}`)
    assert.throws(() => openField(KEY, PLACE, sealed.subarray(0, at)), { code: "row_tampered" }, `${at} bytes`)
  }
})

test("two seals of one text differ; nothing at all can be sealed too", () => {
  assert.notDeepEqual(sealField(KEY, PLACE, PLAIN, systemRandom), sealField(KEY, PLACE, PLAIN, systemRandom))
  const empty = sealField(KEY, PLACE, Buffer.alloc(0), systemRandom)
  assert.equal(openField(KEY, PLACE, empty).byteLength, 0)
})
