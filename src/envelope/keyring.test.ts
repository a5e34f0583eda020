import assert from "node:assert/strict"
import { test } from "node:test"
import { systemRandom } from "../core/random.ts"
import { reseal } from "../core/secret-value.ts"
import type { KeyWrapper } from "./kek.ts"
import { initialKeys, newKey, openKeyring } from "./keyring.ts"
import { open, rewrap, seal } from "./seal.ts"

/** XORs with `mask` and puts the context in front: enough to see what is bound to what. */
function wrapperOf(mask: number): KeyWrapper {
  const head = (context: object) => Buffer.from(JSON.stringify([mask, context]))
  const flip = (bytes: Uint8Array) => Buffer.from(bytes.map((byte) => byte ^ mask))
  return {
    wrap: async (key, context) => Buffer.concat([head(context), flip(key)]),
    async unwrap(wrapped, context) {
      const { byteLength } = head(context)
      if (!head(context).equals(wrapped.subarray(0, byteLength))) throw new Error("another context")
      return flip(wrapped.subarray(byteLength))
    },
  }
}

const WRAPPER = wrapperOf(0x5a)
const HERE = { secretId: "secret-1", versionId: "version-1", name: "app/one" }

test("a new installation has one active key for each purpose, and no two alike", async () => {
  const rows = await initialKeys(WRAPPER, systemRandom, 7)
  assert.deepEqual(
    rows.map(({ purpose, state, createdAt }) => [purpose, state, createdAt]),
    [
      ["kek", "active", 7],
      ["rows", "active", 7],
      ["log", "active", 7],
    ],
  )
  assert.equal(new Set(rows.map((row) => row.id)).size, 3)
  for (const row of rows) assert.match(row.id, /^k_[A-Za-z0-9_-]{16}$/)
  const keyring = await openKeyring(rows, WRAPPER)
  const kek = keyring.keks.get(keyring.activeKekId)?.export()
  const keys = [kek, keyring.rowsKey.export(), Buffer.from(keyring.logSeed)].map((key) => key?.toString("hex"))
  assert.equal(new Set(keys).size, 3)
})

test("a row does not open in another row's place", async () => {
  const [kek, rows, log] = await initialKeys(WRAPPER, systemRandom, 7)
  assert.ok(kek && rows && log)
  await assert.rejects(openKeyring([kek, { ...rows, wrapped: log.wrapped }, log], WRAPPER))
  await assert.rejects(openKeyring([kek, { ...rows, purpose: "log" }, { ...log, purpose: "rows" }], WRAPPER))
})

test("a keyring needs exactly one active key of 32 bytes for each purpose", async () => {
  const all = await initialKeys(WRAPPER, systemRandom, 7)
  for (const missing of all)
    await assert.rejects(
      openKeyring(
        all.filter((row) => row !== missing),
        WRAPPER,
      ),
      { code: "internal", detail: `0 active ${missing.purpose} keys` },
    )
  const second = await newKey("kek", WRAPPER, systemRandom, 8)
  await assert.rejects(openKeyring([...all, second], WRAPPER), { detail: "2 active kek keys" })
  for (const size of [31, 33]) {
    const wrapped = await WRAPPER.wrap(Buffer.alloc(size), { purpose: "kek", keyId: second.id })
    const odd = { ...second, wrapped, state: "retiring" as const }
    await assert.rejects(openKeyring([...all, odd], WRAPPER), { code: "internal" })
  }
})

test("after a rotation new values use the new key, old ones still open, and re-wrapped ones outlive the old key", async () => {
  const before = await initialKeys(WRAPPER, systemRandom, 7)
  const first = await openKeyring(before, WRAPPER)
  const old = seal(first, HERE, Buffer.from("old"), systemRandom)

  const retiring = before.map((row) => (row.purpose === "kek" ? { ...row, state: "retiring" as const } : row))
  const rows = [...retiring, await newKey("kek", WRAPPER, systemRandom, 8)]
  const second = await openKeyring(rows, WRAPPER)
  assert.notEqual(second.activeKekId, first.activeKekId)
  assert.equal(seal(second, HERE, Buffer.from("new"), systemRandom).keyId, second.activeKekId)
  assert.equal(textOf(second, old.sealed), "old")
  const moved = rewrap(second, HERE, old.sealed, systemRandom)

  const third = await openKeyring(
    rows.filter((row) => row.id !== first.activeKekId),
    WRAPPER,
  )
  assert.equal(textOf(third, moved.sealed), "old")
  assert.throws(() => open(third, HERE, old.sealed), { code: "internal" })
  assert.deepEqual(third.rowsKey.export(), first.rowsKey.export())
  assert.deepEqual(third.logSeed, first.logSeed)
})

function textOf(keyring: Parameters<typeof open>[0], sealed: Uint8Array): string {
  return reseal(open(keyring, HERE, sealed), (bytes) => Buffer.from(bytes).toString())
}
