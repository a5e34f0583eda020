import assert from "node:assert/strict"
import { test } from "node:test"
import { postgresAnswers, runSql } from "../conformance/postgres-database.ts"
import { movableClock } from "../kit/clock.ts"
import { addPerson, logIn, PASSWORD, setUpAdmin } from "../kit/people.ts"
import { startProcess } from "../kit/process.ts"
import { startReceiver, until } from "../kit/receiver.ts"
import { type ReplicaSet, replicaSet } from "../kit/replicas.ts"
import { webhookEnvironment } from "../kit/webhook.ts"

const skip = (await postgresAnswers()) ? false : "postgres"

/** Many lines, so that both have something to do at once: past the service, as if as many kinds had happened. */
function fill(replicas: ReplicaSet, count: number): Promise<unknown> {
  return runSql(
    replicas.database.url,
    `INSERT INTO notification (id, recipient, kind, alarm, facts, created_at, due_at, attempts, aside)
     SELECT 'n-' || i, 'webhook', (ARRAY['password_changed', 'role_changed', 'factor_changed', 'email_changed',
       'access_decided', 'access_requested', 'break_glass_used'])[1 + i % 7], i % 7 = 6, '{}', now(), now(), 0, false
     FROM generate_series(1, ${count}) AS i`,
  )
}

async function waiting(replicas: ReplicaSet): Promise<number> {
  const asked = "SELECT count(*)::int AS n FROM notification WHERE settled_at IS NULL"
  return Number((await runSql(replicas.database.url, asked))[0]?.["n"])
}

test("two replicas and one receiver: everything once, and each kind in its order", { skip }, async () => {
  await using receiver = await startReceiver()
  await using replicas = await replicaSet()
  const hook = webhookEnvironment(receiver.url)
  const [first, second] = [
    await startProcess({ folder: replicas.folder, env: { ...replicas.env(0), ...hook } }),
    await startProcess({ folder: replicas.folder, env: { ...replicas.env(1), ...hook } }),
  ]
  try {
    const admin = await setUpAdmin(first)
    for (const name of ["one", "two"]) await addPerson(admin, name, ["developer"])
    await fill(replicas, 140)
    // Both are woken by an act of their own, and find the other's at work.
    await Promise.all(
      [first, second].map(async ({ url }, at) => {
        const client = await logIn(url, ["one", "two"][at] ?? "")
        const answer = await client.post("/api/me/password", {
          currentPassword: PASSWORD,
          newPassword: `${PASSWORD} anew`,
        })
        assert.equal(answer.status, 200, answer.text)
      }),
    )
    await until("all", async () => (await waiting(replicas)) === 0, 60_000)
    const ids = receiver.taken()
    assert.equal(ids.length, 142)
    assert.equal(new Set(ids).size, 142, "nothing twice")
    for (let kind = 0; kind < 7; kind++) {
      const line = ids.map((id) => Number(/^n-(\d+)$/.exec(id)?.[1])).filter((at) => at % 7 === kind)
      assert.deepEqual(
        line,
        line.toSorted((a, b) => a - b),
      )
    }
    const senders = await runSql(
      replicas.database.url,
      "SELECT count(*)::int AS n FROM security_audit_log WHERE action = 'NOTIFY' AND result = 'INTENT'",
    )
    assert.equal(senders[0]?.["n"], 142)
  } finally {
    await Promise.all([first.close(), second.close()])
  }
})

test("what a sender that was killed had begun is sent by another, once its lease has run out", { skip }, async () => {
  await using receiver = await startReceiver()
  await using replicas = await replicaSet()
  const hook = webhookEnvironment(receiver.url)
  const killed = await startProcess({ folder: replicas.folder, env: { ...replicas.env(0), ...hook } })
  try {
    const admin = await setUpAdmin(killed)
    const one = await addPerson(admin, "one", ["developer"])
    // It is never answered, so it is under way when the process dies.
    receiver.answers = () => undefined
    const body = { currentPassword: PASSWORD, newPassword: `${PASSWORD} anew` }
    assert.equal((await one.client.post("/api/me/password", body)).status, 200)
    await until("the attempt", () => receiver.posts.length === 1)
    await killed.stop("SIGKILL")
  } finally {
    await killed.close()
  }
  receiver.answers = 204
  const clock = movableClock()
  const heir = await replicas.start(1, { clock, env: hook })
  clock.advance(60_000)
  await heir.runJobs()
  assert.deepEqual(receiver.taken(), [], "the lease still holds")
  clock.advance(31_000)
  await heir.runJobs()
  await until("the delivery", () => receiver.taken().length === 1)
  await until("its outcome", async () => (await waiting(replicas)) === 0)
  assert.deepEqual(
    receiver.posts.map(({ id }) => id),
    [receiver.posts[0]?.id, receiver.posts[0]?.id],
  )
})
