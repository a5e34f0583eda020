import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { decodeRecord, encodeRecord, MAX_PLAINTEXT } from "./format.ts"

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((b) => Buffer.from(b))
const records = fc.record(
  {
    keyId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
    wrap: bytes(60),
    commitment: bytes(32),
    iv: bytes(12),
    ciphertext: fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b)),
    tag: bytes(16),
  },
  { noNullPrototype: true },
)

/** A record of zeros: `payload` bytes of ciphertext under a key id of `id` bytes. */
function zeros(id: Buffer, payload: number): Buffer {
  return Buffer.concat([Buffer.of(1, id.byteLength), id, Buffer.alloc(60 + 32 + 12 + payload + 16)])
}

test("a record comes back as it was, part by part", () => {
  fc.assert(
    fc.property(records, (record) => assert.deepEqual(decodeRecord(encodeRecord(record)), { record })),
    { numRuns: 200 },
  )
})

test("whatever bytes are taken encode to the same bytes again", () => {
  const almost = fc
    .tuple(
      fc.constantFrom(0, 1, 2),
      fc.integer({ min: 0, max: 70 }),
      fc.string({ unit: "binary-ascii", maxLength: 70 }),
    )
    .map(([version, length, rest]) => Buffer.concat([Buffer.of(version, length), Buffer.from(rest), Buffer.alloc(130)]))
  let taken = 0
  fc.assert(
    fc.property(fc.oneof(almost, records.map(encodeRecord)), (input) => {
      const decoded = decodeRecord(input)
      if ("fault" in decoded) return
      taken++
      assert.deepEqual(encodeRecord(decoded.record), input)
    }),
    { numRuns: 500 },
  )
  assert.ok(taken > 100)
})

test("each malformed record is refused with its own fault", () => {
  const id = Buffer.from("k_1")
  const fault = (input: Uint8Array) => (decodeRecord(input) as { fault?: string }).fault
  assert.equal(fault(Buffer.alloc(0)), "too_short")
  assert.equal(fault(Buffer.of(1)), "too_short")
  assert.equal(fault(Buffer.of(0, 3)), "unknown_version")
  assert.equal(fault(Buffer.concat([Buffer.of(2), zeros(id, 5).subarray(1)])), "unknown_version")
  assert.equal(fault(zeros(Buffer.alloc(0), 5)), "bad_key_id")
  for (const odd of ["k 1", "k/1", "k_1\n", "ké", "\0"]) assert.equal(fault(zeros(Buffer.from(odd), 5)), "bad_key_id")
  assert.equal(fault(zeros(id, 0).subarray(0, -1)), "too_short")
})

test("sizes: key ids of 1 to 64, ciphertexts of 0 to 65,537 bytes", () => {
  const fault = (input: Uint8Array) => (decodeRecord(input) as { fault?: string }).fault
  assert.equal(fault(zeros(Buffer.from("k"), 0)), undefined)
  assert.equal(fault(zeros(Buffer.alloc(64, "k"), 1)), undefined)
  assert.equal(fault(zeros(Buffer.alloc(65, "k"), 1)), "bad_key_id")
  const id = Buffer.from("k_1")
  assert.equal(fault(zeros(id, MAX_PLAINTEXT - 1)), undefined)
  assert.equal(fault(zeros(id, MAX_PLAINTEXT)), undefined)
  assert.equal(fault(zeros(id, MAX_PLAINTEXT + 1)), "too_long")
})
