import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import type { SecretName } from "../core/name.ts"
import type { VersionId } from "../core/version.ts"
import type { StateReader } from "../state/reader.ts"
import type { SecretRow, VersionRow } from "../state/rows.ts"
import { secretCache } from "./secret-cache.ts"

const SEALED_BYTES = 1000
const ENTRY = 2048 + SEALED_BYTES
const TTL = 300

let loads: string[] = []
let now = 0
let gone = new Set<string>()
beforeEach(() => {
  loads = []
  now = 0
  gone = new Set()
})

const reader = {
  async secretByName(name: SecretName) {
    loads.push(name)
    return gone.has(name) ? undefined : ({ id: `id of ${name}`, name, lastAccessed: null } as unknown as SecretRow)
  },
  async versionByLabel(secretId: string) {
    return { secretId, sealed: new Uint8Array(SEALED_BYTES) } as unknown as VersionRow
  },
} as unknown as StateReader

const cacheOf = (entries: number, ttl = TTL) => secretCache(reader, () => now, entries * ENTRY, ttl)
const VERSION = "v" as VersionId
const name = (at: number): SecretName => `config/${at}` as SecretName

test("what was asked for is answered from memory until its time is over", async () => {
  const cache = cacheOf(10)
  assert.equal((await cache.get(name(1)))?.secret.name, name(1))
  now = TTL - 1
  await cache.get(name(1))
  assert.deepEqual(loads, [name(1)])
  now = TTL
  await cache.get(name(1))
  assert.deepEqual(loads, [name(1), name(1)])
})

test("without a time to live nothing is held", async () => {
  const cache = cacheOf(10, 0)
  await cache.get(name(1))
  await cache.get(name(1))
  assert.equal(loads.length, 2)
})

test("what is dropped is asked for again, from either generation", async () => {
  const cache = cacheOf(4)
  for (const at of [1, 2, 3, 4]) await cache.get(name(at))
  for (const at of [1, 4]) cache.drop(name(at))
  loads = []
  for (const at of [1, 4]) await cache.get(name(at))
  assert.deepEqual(loads, [name(1), name(4)])
})

test("what is gone from the database is gone from memory, and is not held as gone", async () => {
  const cache = cacheOf(10)
  await cache.get(name(1))
  gone.add(name(1))
  now = TTL
  assert.equal(await cache.get(name(1)), undefined)
  gone.clear()
  assert.notEqual(await cache.get(name(1)), undefined)
})

test("never more than the capacity is held, and what is in use stays", async () => {
  const cache = cacheOf(20)
  for (let at = 0; at < 1000; at++) {
    await cache.get(name(at))
    await cache.get(name(0))
  }
  assert.equal(loads.filter((one) => one === name(0)).length, 1)
  loads = []
  for (let at = 1; at < 1000; at++) await cache.get(name(at))
  assert.ok(loads.length >= 999 - 20, `${999 - loads.length} were held`)
})

test("a day that was written is known without asking", async () => {
  const cache = cacheOf(10)
  await cache.get(name(1))
  cache.touched(name(1), VERSION, "2026-11-24")
  cache.touched(name(2), VERSION, "2026-11-24")
  assert.equal((await cache.get(name(1)))?.secret.lastAccessed, "2026-11-24")
  assert.deepEqual(loads, [name(1)])
})
