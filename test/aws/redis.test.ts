import assert from "node:assert/strict"
import { once } from "node:events"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { after, before, describe, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { Redis } from "ioredis"
import { redisCache, REST_MS } from "../../src/adapters/redis/shared-cache.ts"
import type { SharedCache } from "../../src/secrets/shared-cache.ts"
import { type AwsStage, awsStage, noAwsStore } from "../kit/aws-store.ts"
import { clientOf } from "../kit/client.ts"
import { until } from "../kit/receiver.ts"
import { noRedis, REDIS_URL } from "../kit/redis.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"

const KEY = "tyler:value:"

describe("a cache that replicas share", { skip: noAwsStore || noRedis }, () => {
  let stage: AwsStage
  let redis: Redis
  before(async () => {
    redis = new Redis(REDIS_URL)
    stage = await awsStage({ REDIS_URL, SECRET_CACHE_TTL: "60" })
  })
  after(async () => {
    await stage[Symbol.asyncDispose]()
    if (own.size > 0) await redis.del(...own)
    redis.disconnect()
  })

  /** What these tests have put there: nobody else's keys. */
  const own = new Set<string>()
  async function fresh(): Promise<string[]> {
    const keys = (await redis.keys(`${KEY}*`)).filter((key) => !own.has(key))
    for (const key of keys) own.add(key)
    return keys
  }
  const asked = (): number => stage.proxy.calls("GetSecretValue")
  /** A look at Redis that took too long puts it to rest: then the value is fetched, and put there, once more. */
  async function entriesAfter(names: readonly string[]): Promise<string[]> {
    const wanted = Math.max(1, names.length)
    const keys: string[] = []
    for (let round = 0; round < 4 && keys.length < wanted; round++) {
      if (round > 0) await pause(REST_MS)
      for (const name of names) await read(stage.admin, name, { skipCache: true })
      for (let look = 0; look < 20 && keys.length < wanted; look++) {
        keys.push(...(await fresh()))
        await pause(20)
      }
    }
    assert.equal(keys.length, wanted)
    return keys
  }

  test("what one replica fetched the other has without asking AWS; skipCache asks all the same", async () => {
    await fresh()
    await createSecret(stage.admin, "config/shared", "the books")
    assert.equal((await read(stage.admin, "config/shared")).body.value, "the books")
    const [key = ""] = await entriesAfter(["config/shared"])
    assert.ok((await redis.pttl(key)) > 50_000)
    assert.ok(!(await redis.getBuffer(key))?.includes("the books"))
    const before_ = asked()
    // A look that a busy machine makes too slow asks AWS: one of three replicas is spared that.
    let second = await stage.start(1)
    for (let at = 2; ; at++) {
      const there = clientOf(second.url, stage.admin.token)
      const calls = asked()
      const answers = await Promise.all([read(there, "config/shared"), read(there, "config/shared")])
      assert.ok(answers.every(({ body }) => body.value === "the books"))
      if (asked() === calls) break
      assert.ok(at < 4, `asked ${asked() - before_} times`)
      await second.close()
      second = await stage.start(at)
    }
    const there = clientOf(second.url, stage.admin.token)
    const calls = asked()
    assert.equal((await read(there, "config/shared", { skipCache: true })).body.value, "the books")
    assert.equal(asked(), calls + 1)
    await second.close()
  })

  test("an update on one replica is what the other serves, whatever Redis still holds or gets back", async () => {
    await fresh()
    await createSecret(stage.admin, "config/moves", "one")
    const [key = ""] = await entriesAfter(["config/moves"])
    const old = await redis.getBuffer(key)
    const put = await stage.admin.put(secretPath("config/moves"), { value: "two", reason: REASON })
    assert.equal(put.status, 200, put.text)
    if (old !== null) await redis.set(key, old)
    const third = await stage.start(5)
    const there = clientOf(third.url, stage.admin.token)
    assert.equal((await read(there, "config/moves")).body.value, "two")
    await third.close()
  })

  test("poisoned, swapped, of another type, flushed: the answer is AWS's", async () => {
    await fresh()
    const names = ["config/p-1", "config/p-2"]
    for (const name of names) await createSecret(stage.admin, name, `value of ${name}`)
    const [one = "", two = ""] = await entriesAfter(names)
    const entries = [await redis.getBuffer(one), await redis.getBuffer(two)]
    const spoil: readonly (() => Promise<unknown>)[] = [
      async () => (await redis.set(one, entries[1] ?? ""), redis.set(two, entries[0] ?? "")),
      async () => (await redis.set(one, "nonsense"), redis.set(two, Buffer.alloc(1_000_000, 7))),
      async () => (await redis.del(one, two), redis.lpush(one, "a", "b")),
      async () => redis.del(one, two),
    ]
    for (const [round, act] of spoil.entries()) {
      await act()
      const other = await stage.start(6 + round)
      const there = clientOf(other.url, stage.admin.token)
      for (const name of names) assert.equal((await read(there, name)).body.value, `value of ${name}`, String(round))
      await other.close()
    }
  })
})

/** Speaks as much of the protocol as it takes to misbehave. */
async function fake(answer: (command: string) => string | null): Promise<{ url: string; server: Server }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => undefined)
    socket.on("data", (chunk) => {
      for (const [, command = ""] of chunk.toString("latin1").matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
        const said = answer(command.toLowerCase())
        if (said !== null) socket.write(said)
      }
    })
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

async function cacheAt(url: string): Promise<{ cache: SharedCache; time: { now: number } }> {
  const time = { now: 0 }
  const cache = await redisCache(url, () => time.now)
  after(() => cache.close())
  return { cache, time }
}

test("a server that hangs, refuses or says too much is a miss, soon, and is then left alone", async () => {
  let asked = 0
  const hang = await fake((command) => (command === "getrange" ? (asked++, null) : "+OK\r\n"))
  const { cache, time } = await cacheAt(hang.url)
  await until("connected", () => cache.trouble() === null)
  const began = performance.now()
  assert.equal(await cache.get("k"), "unanswered")
  assert.ok(performance.now() - began < 500)
  assert.equal(cache.trouble(), "slow")
  for (let at = 0; at < 100; at++) assert.equal(await cache.get("k"), "unanswered")
  assert.equal(asked, 1, "while it rests nobody asks")
  time.now += REST_MS
  await until("connected anew", () => cache.trouble() === null)
  await cache.get("k")
  assert.equal(asked, 2)

  for (const said of ["-READONLY You can't write against a read only replica.\r\n", "-WRONGTYPE no\r\n"]) {
    const refusing = await fake((command) => (["set", "getrange"].includes(command) ? said : "+OK\r\n"))
    const { cache: other } = await cacheAt(refusing.url)
    await until("connected", () => other.trouble() === null)
    other.put("k", Buffer.from("x"), 1000)
    await until("refused", () => other.trouble() === "refused")
    assert.equal(await other.get("k"), "unanswered")
  }
  const huge = await fake((command) => (command === "getrange" ? `$90000\r\n${"x".repeat(90_000)}\r\n` : "+OK\r\n"))
  const { cache: third } = await cacheAt(huge.url)
  await until("connected", () => third.trouble() === null)
  assert.equal(await third.get("k"), "none")
})

test("one that is not there costs nothing and is found when it comes; TLS is verified", async () => {
  const { cache } = await cacheAt("redis://127.0.0.1:1")
  const began = performance.now()
  assert.equal(await cache.get("k"), "unanswered")
  cache.put("k", Buffer.from("x"), 1000)
  assert.ok(performance.now() - began < 100)
  await pause(50)
  assert.equal(cache.trouble(), "unreachable")
  const plain = await fake(() => "+OK\r\n")
  const { cache: tls } = await cacheAt(plain.url.replace("redis:", "rediss:"))
  await pause(200)
  assert.equal(tls.trouble(), "unreachable")
})
