import assert from "node:assert/strict"
import { createSecretKey, randomBytes } from "node:crypto"
import { test } from "node:test"
import { systemRandom } from "../../core/random.ts"
import type { SecretName } from "../../core/name.ts"
import type { Keyring } from "../../envelope/keyring.ts"
import { type Place, seal } from "../../envelope/seal.ts"
import { newLooks, type SharedCache } from "../../secrets/shared-cache.ts"
import { sharedValues } from "./shared-values.ts"

const TTL_MS = 1000

function keyring(): Keyring {
  const key = createSecretKey(randomBytes(32))
  return {
    activeKekId: "k",
    keks: new Map([["k", key]]),
    rowsKey: createSecretKey(randomBytes(32)),
    logSeed: new Uint8Array(0),
  }
}

function placeOf(secretId: string, versionId = "v1"): Place {
  return { secretId, versionId, name: `config/${secretId}` as SecretName }
}

/** A cache whose owner looks at, moves and changes what is in it. */
function scene() {
  const entries = new Map<string, Buffer>()
  const cache: SharedCache = {
    get: async (key) => entries.get(key) ?? "none",
    put: (key, entry) => entries.set(key, entry),
    trouble: () => null,
    close: () => undefined,
  }
  const clock = { at: 5_000, now: () => clock.at }
  const looks = newLooks()
  const shared = sharedValues({ cache, clock, random: systemRandom, ttlMs: TTL_MS, looks })
  const ring = keyring()
  const put = (place: Place, text: string, more: { current?: boolean; seenAt?: number } = {}): void =>
    shared.put(ring, place, { seenAt: clock.at, current: true, by: "process", ...more }, Buffer.from(text))
  const get = async (place: Place, current = true, by: Keyring = ring): Promise<string | undefined> =>
    (await shared.get(by, place, current, (_seen, bytes) => Buffer.from(bytes).toString("utf8")))?.used
  return { entries, clock, looks, shared, ring, put, get }
}

test("what one replica saw another is told, with its age; nothing of it can be read on the way", async () => {
  const { entries, clock, shared, ring, put, get } = scene()
  put(placeOf("s"), "the books")
  const [[key = "", entry = Buffer.of()] = []] = entries
  assert.match(key, /^tyler:value:[\w-]{43}$/)
  assert.ok(!entry.includes("books") && !entry.includes("config"))
  clock.at += 400
  assert.equal(await get(placeOf("s")), "the books")
  assert.equal((await shared.get(ring, placeOf("s"), true, () => 0))?.ageMs, 400)
})

test("an entry is believed for its lifetime, to the millisecond, and never one from the future", async () => {
  const { clock, looks, put, get } = scene()
  put(placeOf("s"), "x")
  for (const [age, found] of [
    [0, "x"],
    [TTL_MS - 1, "x"],
    [TTL_MS, undefined],
    [-1, undefined],
  ] as const) {
    clock.at = 5_000 + age
    assert.equal(await get(placeOf("s")), found, String(age))
  }
  assert.deepEqual(looks, { hit: 2, miss: 0, disbelieved: 2, unanswered: 0 })
})

test("what was not seen to be the current version does not pass for it", async () => {
  const { looks, put, get } = scene()
  put(placeOf("s"), "x", { current: false })
  assert.equal(await get(placeOf("s"), true), undefined)
  assert.equal(await get(placeOf("s"), false), "x")
  assert.equal(await get(placeOf("none")), undefined)
  assert.deepEqual(looks, { hit: 1, miss: 2, disbelieved: 0, unanswered: 0 })
})

test("an old entry that is put back is as old as it is", async () => {
  const { entries, clock, put, get } = scene()
  put(placeOf("s"), "old")
  const kept = new Map(entries)
  clock.at += TTL_MS
  put(placeOf("s"), "new")
  for (const [key, entry] of kept) entries.set(key, entry)
  assert.equal(await get(placeOf("s")), undefined)
})

test("any changed byte, any other place, any other installation, and a record of the database open nothing", async () => {
  const { entries, looks, ring, put, get } = scene()
  put(placeOf("s"), "x")
  put(placeOf("t"), "y")
  const [[one = "", first = Buffer.of()] = [], [other = "", second = Buffer.of()] = []] = entries
  entries.set(one, second)
  entries.set(other, first)
  assert.deepEqual([await get(placeOf("s")), await get(placeOf("t"))], [undefined, undefined], "swapped")
  for (let at = 0; at < first.byteLength; at++) {
    const changed = Buffer.from(first)
    changed[at] = (changed[at] ?? 0) ^ 1
    entries.set(one, changed)
    assert.equal(await get(placeOf("s")), undefined, `byte ${at}`)
  }
  for (const cut of [0, 1, first.byteLength - 1]) {
    entries.set(one, first.subarray(0, cut))
    assert.equal(await get(placeOf("s")), undefined, `cut at ${cut}`)
  }
  entries.set(one, first)
  assert.equal(await get(placeOf("s")), "x")
  assert.equal(await get(placeOf("s"), true, keyring()), undefined, "another installation")
  const record = seal(ring, placeOf("s"), Buffer.concat([Buffer.alloc(10, 1), Buffer.from("x")]), systemRandom).sealed
  entries.set(one, record)
  assert.equal(await get(placeOf("s")), undefined, "sealed for the database")
  assert.deepEqual([looks.hit, looks.miss], [1, 1], "the miss: another installation has another key")
})

test("a value that is too large with all that stands around it is not shared", async () => {
  const { entries, put } = scene()
  put(placeOf("s"), "x".repeat(65_537 - 10))
  assert.equal(entries.size, 1)
  put(placeOf("t"), "x".repeat(65_537 - 9))
  assert.equal(entries.size, 1)
})
