import assert from "node:assert/strict"
import { createSecretKey } from "node:crypto"
import { test } from "node:test"
import * as fc from "fast-check"
import { TylerError } from "../core/errors.ts"
import { systemRandom } from "../core/random.ts"
import { reseal } from "../core/secret-value.ts"
import { decodeRecord, MAX_PLAINTEXT, type SealedRecord } from "./format.ts"
import type { Keyring } from "./keyring.ts"
import { open, type Place, rewrap, seal } from "./seal.ts"

function keyringOf(activeKekId: string, keks: Readonly<Record<string, number>>): Keyring {
  const key = (fill: number) => createSecretKey(Buffer.alloc(32, fill))
  return {
    activeKekId,
    keks: new Map(Object.entries(keks).map(([id, fill]) => [id, key(fill)])),
    rowsKey: key(254),
    logSeed: Buffer.alloc(32, 255),
  }
}

const KEYRING = keyringOf("k_one", { k_one: 1 })
const HERE: Place = { secretId: "secret-1", versionId: "version-1", name: "app/one" }

function opened(keyring: Keyring, place: Place, sealed: Uint8Array): Buffer {
  return reseal(open(keyring, place, sealed), (bytes) => Buffer.from(bytes))
}

function parts(sealed: Uint8Array): SealedRecord {
  const decoded = decodeRecord(sealed)
  assert.ok("record" in decoded)
  return decoded.record
}

/** Refused as `internal`, the step named for the log only. */
function refused(step: string, what: () => unknown): void {
  assert.throws(what, (error: unknown) => {
    assert.ok(error instanceof TylerError && error.code === "internal")
    assert.deepEqual(error.facts, {})
    assert.ok(error.detail?.endsWith(`: ${step}`), error.detail)
    return true
  })
}

test("what was sealed opens to the same bytes, and the record names its key", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.string(), fc.string(), (value, secretId, versionId) => {
      const place = { secretId, versionId, name: "app/one" }
      const { keyId, sealed } = seal(KEYRING, place, value, systemRandom)
      assert.equal(keyId, "k_one")
      assert.equal(parts(sealed).keyId, "k_one")
      assert.deepEqual(opened(KEYRING, place, sealed), Buffer.from(value))
    }),
    { numRuns: 100 },
  )
})

test("no bit of a record can be changed", () => {
  const { sealed } = seal(KEYRING, HERE, Buffer.from("a value"), systemRandom)
  for (let bit = 0; bit < sealed.byteLength * 8; bit++) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    assert.throws(() => open(KEYRING, HERE, changed), { code: "internal" }, `bit ${bit}`)
  }
})

test("a record cut short or made longer does not open", () => {
  const { sealed } = seal(KEYRING, HERE, Buffer.from("a value"), systemRandom)
  for (let size = 0; size < sealed.byteLength; size++)
    assert.throws(() => open(KEYRING, HERE, sealed.subarray(0, size)), { code: "internal" })
  refused("payload", () => open(KEYRING, HERE, Buffer.concat([sealed, Buffer.of(0)])))
})

test("a record moved to another secret, version or name, or with the ids swapped, does not open", () => {
  const { sealed } = seal(KEYRING, HERE, Buffer.from("a value"), systemRandom)
  refused("data_key", () => open(KEYRING, { ...HERE, secretId: "secret-2" }, sealed))
  refused("data_key", () => open(KEYRING, { ...HERE, versionId: "version-2" }, sealed))
  refused("commitment", () => open(KEYRING, { ...HERE, name: "app/two" }, sealed))
  refused("data_key", () => open(KEYRING, { ...HERE, secretId: HERE.versionId, versionId: HERE.secretId }, sealed))
  refused("data_key", () => open(KEYRING, { ...HERE, secretId: "secret-1v", versionId: "ersion-1" }, sealed))
})

test("a record does not open under another key, nor under the same key with another id", () => {
  const { sealed } = seal(KEYRING, HERE, Buffer.from("a value"), systemRandom)
  refused("data_key", () => open(keyringOf("k_one", { k_one: 2 }), HERE, sealed))
  refused("unknown_key", () => open(keyringOf("k_two", { k_two: 1 }), HERE, sealed))
  const renamed = Buffer.from(sealed)
  renamed.write("k_two", 2)
  refused("data_key", () => open(keyringOf("k_two", { k_two: 1 }), HERE, renamed))
})

test("the payload of one record does not open behind the wrapped key of another for the same place", () => {
  const one = seal(KEYRING, HERE, Buffer.from("one"), systemRandom).sealed
  const two = seal(KEYRING, HERE, Buffer.from("two"), systemRandom).sealed
  const wrapEnd = 2 + "k_one".length + 60
  refused("commitment", () => open(KEYRING, HERE, Buffer.concat([one.subarray(0, wrapEnd), two.subarray(wrapEnd)])))
  const commitmentEnd = wrapEnd + 32
  const mixed = Buffer.concat([one.subarray(0, commitmentEnd), two.subarray(commitmentEnd)])
  refused("payload", () => open(KEYRING, HERE, mixed))
})

test("two seals of one value share no key, IV or commitment", () => {
  const [one, two] = [1, 2].map(() => parts(seal(KEYRING, HERE, Buffer.from("a value"), systemRandom).sealed))
  for (const part of ["wrap", "commitment", "iv", "ciphertext", "tag"] as const)
    assert.notDeepEqual(one?.[part], two?.[part])
})

test("re-wrapping moves a record under the active key and leaves commitment and payload as they are", () => {
  const before = seal(KEYRING, HERE, Buffer.from("a value"), systemRandom).sealed
  const both = keyringOf("k_two", { k_one: 1, k_two: 2 })
  const { keyId, sealed } = rewrap(both, HERE, before, systemRandom)
  assert.equal(keyId, "k_two")
  assert.deepEqual(opened(keyringOf("k_two", { k_two: 2 }), HERE, sealed), Buffer.from("a value"))
  refused("unknown_key", () => open(KEYRING, HERE, sealed))
  const { keyId: _, wrap: __, ...payload } = parts(before)
  const { keyId: ___, wrap: ____, ...after } = parts(sealed)
  assert.deepEqual(after, payload)
  refused("data_key", () => rewrap(both, { ...HERE, versionId: "version-2" }, before, systemRandom))
})

test("0 to 65,537 bytes are sealed, one more is refused with the limit", () => {
  for (const size of [0, 1, MAX_PLAINTEXT - 1, MAX_PLAINTEXT]) {
    const { sealed } = seal(KEYRING, HERE, Buffer.alloc(size, 7), systemRandom)
    assert.equal(opened(KEYRING, HERE, sealed).byteLength, size)
  }
  assert.throws(() => seal(KEYRING, HERE, Buffer.alloc(MAX_PLAINTEXT + 1), systemRandom), {
    code: "value_too_large",
    facts: { limit: 65_537 },
  })
})

test("sealing wipes the data key it drew and leaves the plaintext alone", () => {
  const drawn: Uint8Array[] = []
  const watched = {
    ...systemRandom,
    bytes: (count: number) => drawn[drawn.push(systemRandom.bytes(count)) - 1] as Buffer,
  }
  const value = Buffer.from("a value")
  seal(KEYRING, HERE, value, watched)
  assert.deepEqual(
    drawn.map((bytes) => bytes.byteLength),
    [32, 12, 12],
  )
  assert.deepEqual(drawn[0], Buffer.alloc(32))
  assert.equal(value.toString(), "a value")
})
