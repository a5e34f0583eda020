import assert from "node:assert/strict"
import { test } from "node:test"
import { pingRedis } from "../../src/adapters/redis/ping.ts"
import { noRedis, startRedis } from "../kit/redis-server.ts"

test("the doctor's question to Redis: it answers, it refuses the password, nobody is there", {
  skip: noRedis,
}, async () => {
  const redis = await startRedis(["user default on >right ~* +@all"])
  const at = (password: string) => `redis://${password === "" ? "" : `:${password}@`}127.0.0.1:${redis.port}`
  try {
    assert.equal(await pingRedis(at("right")), "answers")
    assert.equal(await pingRedis(at("wrong")), "refused")
    assert.equal(await pingRedis(at("")), "refused")
  } finally {
    await redis[Symbol.asyncDispose]()
  }
  assert.equal(await pingRedis(at("right")), "unreachable")
})
