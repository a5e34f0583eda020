import assert from "node:assert/strict"
import { test } from "node:test"
import { Redis } from "ioredis"
import { REST_MS } from "../../src/adapters/redis/shared-cache.ts"
import type { ReadyAnswer } from "../../src/api/health.ts"
import { awsStage, noPostgres } from "../kit/aws-store.ts"
import { type Client, clientOf } from "../kit/client.ts"
import { parseExposition } from "../kit/exposition.ts"
import { until } from "../kit/receiver.ts"
import { noRedis, startRedis } from "../kit/redis-server.ts"
import { createSecret, read } from "../kit/secrets.ts"

const HIT = '{outcome="hit"}'
const DISBELIEVED = '{outcome="disbelieved"}'
const UNANSWERED = '{outcome="unanswered"}'

async function stateOf(client: Client): Promise<{ status: number; ready: boolean; cache: string | null; up: number }> {
  const { status, body } = await client.get<ReadyAnswer>("/api/ready")
  const part = body.parts["shared_cache"]
  assert.ok(part !== undefined && part.up === (part.reason === null))
  const up = (await metric(client, "tyler_part_up")).get('{part="shared_cache"}')
  return { status, ready: body.ready, cache: part.reason, up: up ?? Number.NaN }
}

async function metric(client: Client, name: string): Promise<ReadonlyMap<string, number>> {
  const found = parseExposition((await client.get("/metrics")).text).get(name)
  assert.ok(found !== undefined, name)
  return found.samples
}

const looks = (client: Client): Promise<ReadonlyMap<string, number>> => metric(client, "tyler_shared_cache_looks_total")

test("Redis stops and comes back: ready all the while, and readiness and metrics say how it is", {
  skip: noPostgres || noRedis,
}, async () => {
  await using server = await startRedis(["user default on nopass ~* +@all"])
  await using stage = await awsStage({ REDIS_URL: `redis://127.0.0.1:${server.port}`, SECRET_CACHE_TTL: "600" }, "own")
  const { admin } = stage
  const up = { status: 200, ready: true, cache: null, up: 1 }
  const down = { status: 200, ready: true, cache: "unreachable", up: 0 }
  const rested = async (client: Client): Promise<void> => {
    stage.clock.advance(REST_MS)
    await until("Redis is up", async () => (await stateOf(client)).cache === null)
  }
  await rested(admin)
  assert.deepEqual(await stateOf(admin), up)

  const redis = new Redis(server.port)
  await createSecret(admin, "config/state", "the books")
  // A look that a busy machine makes too slow rests the cache; then the value is fetched, and put there, once more.
  await until("the value is in Redis", async () => {
    await rested(admin)
    await read(admin, "config/state", { skipCache: true })
    return (await redis.dbsize()) === 1
  })
  const other = clientOf((await stage.start(1)).url, admin.token)
  await until("a look that hits", async () => {
    await rested(other)
    stage.clock.advance(601_000)
    await read(admin, "config/state", { skipCache: true })
    assert.equal((await read(other, "config/state")).body.value, "the books")
    return (await looks(other)).get(HIT) === 1
  })
  assert.equal((await looks(other)).get(DISBELIEVED), 0)

  await until("an entry that is not believed", async () => {
    await rested(other)
    stage.clock.advance(601_000)
    for (const key of await redis.keys("*")) await redis.set(key, "somebody else's")
    assert.equal((await read(other, "config/state")).body.value, "the books")
    return ((await looks(other)).get(DISBELIEVED) ?? 0) === 1
  })
  redis.disconnect()

  await server.stop()
  await until("both have noticed", async () => (await stateOf(admin)).up === 0 && (await stateOf(other)).up === 0)
  for (const client of [admin, other]) assert.deepEqual(await stateOf(client), down)
  const before = (await looks(other)).get(UNANSWERED) ?? 0
  stage.clock.advance(601_000)
  assert.equal((await read(other, "config/state")).body.value, "the books")
  assert.equal((await looks(other)).get(UNANSWERED), before + 1)

  await server.start()
  for (const client of [admin, other]) await rested(client)
  for (const client of [admin, other]) assert.deepEqual(await stateOf(client), up)
})
