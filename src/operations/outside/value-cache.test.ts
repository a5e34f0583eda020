import assert from "node:assert/strict"
import { test } from "node:test"
import type { VersionId } from "../../core/version.ts"
import { type CachedValue, type CacheKey, valueCache } from "./value-cache.ts"

const BOUNDS = { entries: 100, bytes: 1_000_000 }

function keyOf(secretId: string, current = true, versionId = "v1"): CacheKey {
  return { secretId, versionId: versionId as VersionId, current }
}

function valueOf(text: string): CachedValue {
  return { sealed: Buffer.from(text), by: "store", ageMs: 0 }
}

test("those who want the same at once wait for one fetch", async () => {
  const cache = valueCache(() => 0, BOUNDS, 1000)
  let fetches = 0
  const fetch = async (): Promise<CachedValue> => {
    fetches += 1
    await new Promise((resolve) => setTimeout(resolve, 5))
    return valueOf("x")
  }
  const all = await Promise.all(Array.from({ length: 100 }, () => cache.fetch(keyOf("s"), fetch)))
  assert.equal(fetches, 1)
  assert.ok(all.every((one) => one === all[0]))
  assert.equal(cache.get(keyOf("s")), all[0])
})

test("a fetch that fails is nobody's answer but theirs who waited", async () => {
  const cache = valueCache(() => 0, BOUNDS, 1000)
  const failing = () => Promise.reject(new Error("down"))
  const both = await Promise.allSettled([cache.fetch(keyOf("s"), failing), cache.fetch(keyOf("s"), failing)])
  assert.deepEqual(
    both.map(({ status }) => status),
    ["rejected", "rejected"],
  )
  assert.equal((await cache.fetch(keyOf("s"), async () => valueOf("y"))).sealed.toString(), "y")
})

test("an entry is believed for its lifetime, to the millisecond; 0 keeps none", async () => {
  let now = 0
  const cache = valueCache(() => now, BOUNDS, 1000)
  await cache.fetch(keyOf("s"), async () => valueOf("x"))
  now = 999
  assert.ok(cache.get(keyOf("s")))
  now = 1000
  assert.equal(cache.get(keyOf("s")), undefined)
  const none = valueCache(() => now, BOUNDS, 0)
  await none.fetch(keyOf("s"), async () => valueOf("x"))
  assert.equal(none.get(keyOf("s")), undefined)
})

test("what another replica fetched is believed for what is left of its lifetime", async () => {
  let now = 0
  const cache = valueCache(() => now, BOUNDS, 1000)
  await cache.fetch(keyOf("s"), async () => ({ ...valueOf("x"), ageMs: 400 }))
  now = 599
  assert.ok(cache.get(keyOf("s")))
  now = 600
  assert.equal(cache.get(keyOf("s")), undefined)
})

test("that a version is still the current one is only believed from a fetch that asked for the current one", async () => {
  let now = 0
  const cache = valueCache(() => now, BOUNDS, 1000)
  await cache.fetch(keyOf("s", false), async () => valueOf("x"))
  assert.ok(cache.get(keyOf("s", false)))
  assert.equal(cache.get(keyOf("s", true)), undefined)
  await cache.fetch(keyOf("s", true), async () => valueOf("x"))
  now = 1000
  await cache.fetch(keyOf("s", false), async () => valueOf("x"))
  assert.equal(cache.get(keyOf("s", true)), undefined)
  assert.ok(cache.get(keyOf("s", false)))
})

test("what was forgotten while it was fetched is not kept, and is fetched anew for whoever asks next", async () => {
  const cache = valueCache(() => 0, BOUNDS, 1000)
  const late = Promise.withResolvers<CachedValue>()
  const first = cache.fetch(keyOf("s"), () => late.promise)
  cache.forget("s")
  const second = await cache.fetch(keyOf("s"), async () => valueOf("new"))
  late.resolve(valueOf("old"))
  assert.equal((await first).sealed.toString(), "old")
  assert.equal(second.sealed.toString(), "new")
  assert.equal(cache.get(keyOf("s"))?.sealed.toString(), "new")
})

test("neither more entries nor more bytes than it may hold", async () => {
  for (const bounds of [
    { entries: 10, bytes: 1_000_000 },
    { entries: 1_000_000, bytes: 10 * 612 },
  ]) {
    const cache = valueCache(() => 0, bounds, 1000)
    for (let at = 0; at < 100; at++) {
      await cache.fetch(keyOf(`s${at}`), async () => valueOf("x".repeat(100)))
      let held = 0
      for (let one = 0; one <= at; one++) if (peek(cache, `s${one}`)) held += 1
      assert.ok(held <= 11, `${held} at ${at}`)
    }
    assert.ok(cache.get(keyOf("s99")))
    assert.equal(cache.get(keyOf("s0")), undefined)
  }
})

/** Every fifth only: a look moves what it finds into the young generation. */
function peek(cache: ReturnType<typeof valueCache>, id: string): boolean {
  return Number(id.slice(1)) % 5 === 0 && cache.get(keyOf(id)) !== undefined
}
