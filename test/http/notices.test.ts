import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { entriesOf } from "../kit/audit.ts"
import { movableClock } from "../kit/clock.ts"
import { ADMIN_NAME, logIn, PASSWORD } from "../kit/people.ts"
import { startReceiver, until, type Receiver } from "../kit/receiver.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { onEngine, runPast } from "../kit/tamper.ts"
import { webhookEnvironment } from "../kit/webhook.ts"

const MINUTE_MS = 60_000
const clock = movableClock()
let receiver: Receiver
let stage: Stage<"dev">
before(async () => {
  receiver = await startReceiver()
  stage = await openStage({ dev: ["developer"] }, { clock, env: webhookEnvironment(receiver.url) })
})
after(async () => {
  await stage.close()
  await receiver[Symbol.asyncDispose]()
})

const FALSE = onEngine({ sqlite: "0", postgres: "false" })
const NOW = onEngine({ sqlite: String(Date.now()), postgres: "now()" })

let rounds = 0
/** An act that is to be told of; whoever sent it must not have noticed whether it was. */
async function changePassword(): Promise<void> {
  const next = `${PASSWORD} ${++rounds}`
  const client = await logIn(stage.server.url, "dev", rounds === 1 ? PASSWORD : `${PASSWORD} ${rounds - 1}`)
  const current = rounds === 1 ? PASSWORD : `${PASSWORD} ${rounds - 1}`
  const answer = await client.post("/api/me/password", { currentPassword: current, newPassword: next })
  assert.equal(answer.status, 200, answer.text)
}

async function waiting(): Promise<number> {
  const { rows } = await runPast(stage.server.folder, "SELECT count(*) AS n FROM notification WHERE settled_at IS NULL")
  return Number(rows[0]?.["n"])
}

/** Nothing is being sent, and what waits waits for the same moment. A clock that is moved meanwhile voids a lease. */
function quiet(): Promise<void> {
  const asked =
    "SELECT count(DISTINCT due_at) AS moments, count(lease) AS leases FROM notification WHERE settled_at IS NULL"
  return until("quiet", async () => {
    const { rows } = await runPast(stage.server.folder, asked)
    return Number(rows[0]?.["moments"]) <= 1 && Number(rows[0]?.["leases"]) === 0
  })
}

test("what happened is told at once, without waiting for the next round of jobs, and on record", async () => {
  await changePassword()
  // Jobs run every 10 seconds; this comes by itself, well before.
  await until("the post", () => receiver.posts.length === 1, 5_000)
  const body = JSON.parse(receiver.posts[0]?.body ?? "") as Record<string, unknown>
  assert.deepEqual(
    [body["kind"], body["subject"], body["facts"], body["link"]],
    ["password_changed", "The password of dev was changed", { account: "dev", by: "dev" }, null],
  )
  await until("the outcome", async () => (await waiting()) === 0)
  const admin = await logIn(stage.server.url, ADMIN_NAME)
  const entries = await entriesOf(admin, { action: "NOTIFY" })
  assert.deepEqual(
    entries.map(({ result, resource_name, details }) => [result, resource_name, details]),
    ["INTENT", "SUCCESS"].map((result) => [result, body["id"], "kind=password_changed to=webhook attempt=1"]),
  )
})

test("while the receiver is down the acts go on; once it is up all arrives, in order, each once", async () => {
  receiver.answers = 503
  const before = receiver.taken().length
  for (let at = 0; at < 3; at++) await changePassword()
  await until("an attempt", () => receiver.posts.some(({ status }) => status === 503))
  await quiet()
  assert.equal(await waiting(), 3)
  const { rows } = await runPast(
    stage.server.folder,
    "SELECT id FROM notification WHERE settled_at IS NULL ORDER BY seq",
  )
  // Every probe went to the first of the line: the others keep their places.
  const first = rows[0]?.["id"]
  assert.deepEqual([...new Set(receiver.posts.filter(({ status }) => status === 503).map(({ id }) => id))], [first])
  receiver.answers = 204
  await stage.server.runJobs()
  assert.equal(receiver.taken().length, before, "not before its time")
  clock.advance(MINUTE_MS + 1_000)
  await stage.server.runJobs()
  await until("all", () => receiver.taken().length === before + 3)
  assert.deepEqual(
    receiver.taken().slice(before),
    rows.map(({ id }) => id),
  )
  await until("the outcomes", async () => (await waiting()) === 0)
})

test("after a sixth attempt it is given up, on record and in the metrics, and the next one goes", async () => {
  receiver.answers = 500
  await changePassword()
  const tried = () => receiver.posts.filter(({ status }) => status === 500).length
  for (const [at, minutes] of [0, 1, 5, 30, 120, 720].entries()) {
    clock.advance(minutes * MINUTE_MS + 1_000)
    await stage.server.runJobs()
    await until(`attempt ${at + 1}`, () => tried() === at + 1)
    await quiet()
  }
  assert.equal(await waiting(), 0)
  const admin = await logIn(stage.server.url, ADMIN_NAME)
  const [failed, ...more] = await entriesOf(admin, { action: "NOTIFY_FAILED" })
  assert.equal(more.length, 0)
  assert.deepEqual([failed?.result, failed?.decision], ["FAILURE", "status_500"])
  assert.equal(failed?.details, "kind=password_changed to=webhook attempt=6")
  const { text } = await admin.get("/metrics")
  assert.match(text, /tyler_notification_attempts_total\{channel="webhook",outcome="given_up"\} 1\n/)
  receiver.answers = 204
  const before = receiver.taken().length
  await changePassword()
  await until("the next", () => receiver.taken().length === before + 1)
})

test("more than 10,000 never wait for long: the oldest go, and an entry says so", async () => {
  receiver.answers = 503
  await until("nothing waits", async () => (await waiting()) === 0)
  const insert = (from: number, count: number) =>
    runPast(
      stage.server.folder,
      `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${from + count - 1})
       INSERT INTO notification (id, recipient, kind, alarm, facts, created_at, due_at, attempts, aside)
       SELECT 'filler-' || i, 'webhook', 'password_changed', ${FALSE}, '{}', ${NOW}, ${NOW}, 0, ${FALSE} FROM n`,
    )
  await insert(1, 10_000)
  await stage.server.runJobs()
  assert.equal(await waiting(), 10_000)
  await insert(10_001, 1)
  await stage.server.runJobs()
  await until("the bound", async () => (await waiting()) === 10_000)
  const { rows } = await runPast(stage.server.folder, "SELECT count(*) AS n FROM notification WHERE id = 'filler-1'")
  assert.equal(Number(rows[0]?.["n"]), 0)
  const admin = await logIn(stage.server.url, ADMIN_NAME)
  const [dropped, ...more] = await entriesOf(admin, { action: "NOTIFY_DROPPED" })
  assert.deepEqual([dropped?.details, more.length], ["waiting=10001 kept=10000", 0])
  receiver.answers = 204
  await runPast(stage.server.folder, "DELETE FROM notification WHERE id LIKE 'filler-%'")
})

test("what was settled a week ago is pruned", async () => {
  const settled = async (): Promise<number> => {
    const { rows } = await runPast(
      stage.server.folder,
      "SELECT count(*) AS n FROM notification WHERE settled_at IS NOT NULL",
    )
    return Number(rows[0]?.["n"])
  }
  assert.ok((await settled()) > 0)
  clock.advance(8 * 24 * 60 * MINUTE_MS)
  for (let at = 0; at < 12; at++) {
    await stage.server.runJobs()
    clock.advance(61 * MINUTE_MS)
  }
  assert.deepEqual([await settled(), await waiting()], [0, 0])
})
