import assert from "node:assert/strict"
import { test } from "node:test"
import { postgresAnswers, runSql } from "../conformance/postgres-database.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { setUpAdmin } from "../kit/people.ts"
import { replicaSet } from "../kit/replicas.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { proxyTo } from "../soak/tcp-proxy.ts"

const skip = (await postgresAnswers()) ? false : "postgres"

/** In no policy row that limits how often. */
const NAME = "unlimited/kept"
const VALUE = "the value itself"

/** Connecting, one statement, and once more for a reader: PATIENCE in adapters/postgres/connect.ts, with room for a busy machine. */
const BOUND_MS = 12_000

/** 200 with the value, or 503 and not a byte. @returns whether it was delivered */
async function judged(asked: ReturnType<typeof read>): Promise<boolean> {
  const answer = await asked
  if (answer.status === 200) return answer.body.value === VALUE
  assert.deepEqual([answer.status, answer.body.code], [503, "unavailable"], answer.text)
  assert.ok(!answer.text.includes(VALUE))
  return false
}

async function healed(client: Client): Promise<void> {
  for (const until = Date.now() + BOUND_MS; !(await judged(read(client, NAME))); )
    assert.ok(Date.now() < until, "it does not heal")
  assert.equal((await client.get("/api/ready")).status, 200)
}

test("connections that are ended in the midst of reads cost a 503 at most, and all is well without a restart", {
  skip,
}, async () => {
  await using replicas = await replicaSet()
  const server = await replicas.start(0)
  const admin = await setUpAdmin(server)
  await createSecret(admin, NAME, VALUE)
  const end =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'tyler-%' AND datname = current_database()"
  for (let round = 0; round < 5; round++) {
    const asked = Array.from({ length: 40 }, () => judged(read(admin, NAME, { skipCache: true })))
    await runSql(replicas.database.url, end)
    await Promise.all(asked)
  }
  await healed(admin)
  assert.equal((await verdictOn(await exportLog(admin))).ok, true)
})

test("behind a connection that hangs every answer comes in time, health at once, and all is well afterwards", {
  skip,
}, async () => {
  await using replicas = await replicaSet()
  const url = new URL(replicas.database.servingUrl)
  await using proxy = await proxyTo({ host: url.hostname, port: Number(url.port || 5432) })
  url.port = String(proxy.port)
  const server = await replicas.start(0, { env: { DATABASE_URL: url.href } })
  const admin = await setUpAdmin(server)
  await createSecret(admin, NAME, VALUE)
  proxy.hang()
  const from = Date.now()
  const asked = Array.from({ length: 20 }, () => judged(read(admin, NAME)))
  const health = await server.anonymous.get("/api/health")
  assert.equal(health.status, 200)
  assert.ok(Date.now() - from < 2_000, `health took ${Date.now() - from} ms`)
  assert.deepEqual(new Set(await Promise.all(asked)), new Set([false]))
  assert.ok(Date.now() - from < BOUND_MS, `refusals took ${Date.now() - from} ms`)
  assert.equal((await server.anonymous.get("/api/ready")).status, 503)
  proxy.mend()
  await healed(admin)
  assert.equal((await verdictOn(await exportLog(admin))).ok, true)
})
