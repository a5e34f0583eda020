import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { openCheckpoint, signCheckpoint } from "./checkpoint.ts"
import { logKeyFromSeed, openNote, parseVerifierKey, signNote, verifierKeyText } from "./note.ts"

const key = logKeyFromSeed("tyler.test/log", Buffer.alloc(32, 1))
const other = logKeyFromSeed("tyler.test/log", Buffer.alloc(32, 2))
const vkey = verifierKeyText(key)
const root = Buffer.alloc(32, 9)

test("the published example of Go's note package opens with its published key", () => {
  const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
  const signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
  const published = parseVerifierKey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
  assert.equal(openNote(`${text}\n\u2014 PeterNeumann ${signature}\n`, published), text)
})

test("a checkpoint opens to what was signed", () => {
  fc.assert(
    fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.uint8Array({ minLength: 32, maxLength: 32 }), (size, hash) => {
      const opened = openCheckpoint(signCheckpoint(key, size, hash), vkey)
      assert.deepEqual(opened, { origin: "tyler.test/log", size, root: Buffer.from(hash) })
    }),
    { numRuns: 50 },
  )
})

test("changing any character of a checkpoint makes it invalid", () => {
  const text = signCheckpoint(key, 12, root)
  for (let at = 0; at < text.length; at++) {
    const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1)
    assert.throws(() => openCheckpoint(changed, vkey), { name: "NoteError" }, `character ${at}`)
  }
  for (let at = 0; at < text.length; at++) assert.throws(() => openCheckpoint(text.slice(0, at), vkey))
})

test("another key of the same name, another name and no signature are told apart", () => {
  assert.throws(() => openCheckpoint(signCheckpoint(other, 1, root), vkey), { fault: "bad_signature" })
  const elsewhere = logKeyFromSeed("elsewhere.test/log", Buffer.alloc(32, 1))
  assert.throws(() => openCheckpoint(signCheckpoint(elsewhere, 1, root), vkey), { fault: "wrong_origin" })
  assert.throws(() => openCheckpoint("tyler.test/log\n1\n", vkey), { fault: "malformed" })
})

test("a signature of another party beside ours is ignored; a bad one of ours is not", () => {
  const text = signCheckpoint(key, 1, root)
  const foreign = signCheckpoint(other, 1, root).split("\n\n")[1] as string
  assert.equal(openCheckpoint(text + foreign, vkey).size, 1)
  const stale = signCheckpoint(key, 2, root).split("\n\n")[1] as string
  assert.throws(() => openCheckpoint(text + stale, vkey), { fault: "bad_signature" })
})

test("a note may carry 16 signatures and no more", () => {
  const text = signCheckpoint(key, 1, root)
  const foreign = signCheckpoint(other, 1, root).split("\n\n")[1] as string
  assert.equal(openCheckpoint(text + foreign.repeat(14), vkey).size, 1)
  assert.equal(openCheckpoint(text + foreign.repeat(15), vkey).size, 1)
  assert.throws(() => openCheckpoint(text + foreign.repeat(16), vkey), { fault: "malformed" })
})

test("a signed size that is no exact count is refused", () => {
  for (const size of ["01", "-1", "1e3", "9007199254740992", "", "1 "]) {
    const note = signNote(key, `${key.origin}\n${size}\n${root.toString("base64")}\n`)
    assert.throws(() => openCheckpoint(note, vkey), { fault: "malformed" }, size)
  }
})

test("a verifier key that was mistyped is refused", () => {
  for (let at = 0; at < vkey.length; at++) {
    const changed = vkey.slice(0, at) + (vkey[at] === "A" ? "B" : "A") + vkey.slice(at + 1)
    assert.throws(() => parseVerifierKey(changed), { fault: "bad_key" }, changed)
  }
  assert.equal(parseVerifierKey(`${vkey}\n`).name, key.origin)
})

test("a log's name that a note could not carry is refused", () => {
  for (const name of ["", "a b", "a+b", "a\nb", "a\u00a0b"])
    assert.throws(() => logKeyFromSeed(name, Buffer.alloc(32)), { fault: "bad_key" })
})
