import assert from "node:assert/strict"
import { test } from "node:test"
import { HELD_MOST, HeldKeys } from "./held-keys.ts"
import type { KeyWrapper } from "./kek.ts"

const CONTEXT = { purpose: "kek", keyId: "k_1" }

/** Opens everything to 32 bytes that start with the blob, and counts. */
function counting(): KeyWrapper & { asked: number } {
  const wrapper = {
    asked: 0,
    wrap: async (key: Uint8Array) => key,
    async unwrap(wrapped: Uint8Array) {
      wrapper.asked++
      return Buffer.concat([wrapped, Buffer.alloc(32 - wrapped.byteLength)])
    },
  }
  return wrapper
}

const blob = (at: number): Buffer => Buffer.from([at >> 8, at & 255])

test("what was unwrapped once is given again, whole, though the caller has wiped his copy", async () => {
  const wrapper = counting()
  const through = new HeldKeys(0).through({ wrapper, goodForMs: 1 })
  const first = await through.unwrap(blob(1), CONTEXT)
  const expected = Buffer.from(first)
  first.fill(0)
  const second = await through.unwrap(blob(1), CONTEXT)
  second.fill(0)
  assert.deepEqual(Buffer.from(await through.unwrap(blob(1), CONTEXT)), expected)
  assert.equal(wrapper.asked, 1)
})

test("another blob, purpose or id is another key", async () => {
  const wrapper = counting()
  const through = new HeldKeys(0).through({ wrapper, goodForMs: 1 })
  await through.unwrap(blob(1), CONTEXT)
  await through.unwrap(blob(2), CONTEXT)
  await through.unwrap(blob(1), { ...CONTEXT, purpose: "log" })
  await through.unwrap(blob(1), { ...CONTEXT, keyId: "k_2" })
  assert.equal(wrapper.asked, 4)
})

test("a hundred keys are held, and one more is asked for each time", async () => {
  const wrapper = counting()
  const through = new HeldKeys(0).through({ wrapper, goodForMs: 1 })
  for (let round = 0; round < 2; round++)
    for (let at = 0; at <= HELD_MOST; at++) await through.unwrap(blob(at), CONTEXT)
  assert.equal(wrapper.asked, HELD_MOST + 2)
})

test("wiped, it holds nothing and takes nothing in; nor does it for a root key that is at hand for ever", async () => {
  const wrapper = counting()
  const held = new HeldKeys(0)
  const through = held.through({ wrapper, goodForMs: 1 })
  await through.unwrap(blob(1), CONTEXT)
  held.wipe()
  for (let time = 0; time < 2; time++) await through.unwrap(blob(1), CONTEXT)
  assert.equal(wrapper.asked, 3)
  assert.equal(new HeldKeys(0).through({ wrapper, goodForMs: null }), wrapper)
})
