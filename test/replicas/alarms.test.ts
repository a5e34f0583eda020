import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { postgresAnswers, runSql } from "../conformance/postgres-database.ts"
import type { Client } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { ADMIN_NAME, logIn, setUpAdmin } from "../kit/people.ts"
import { startProcess } from "../kit/process.ts"
import { until } from "../kit/receiver.ts"
import { type ReplicaSet, replicaSet } from "../kit/replicas.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { startSyslog, type SyslogReceiver } from "../kit/syslog.ts"

const skip = (await postgresAnswers()) ? false : "postgres"

async function remove(admin: Client, name: string): Promise<void> {
  await createSecret(admin, name, "a value")
  const confirmationCode = `DELETE-${name}-${new Date().toISOString().slice(0, 10)}`
  const gone = await admin.delete(secretPath(name), { confirmationCode, reason: REASON })
  assert.equal(gone.status, 200, gone.text)
}

const heard = ({ lines }: SyslogReceiver, what: string): number => lines.filter((line) => line.includes(what)).length

async function raised(replicas: ReplicaSet): Promise<readonly string[]> {
  const rows = await runSql(
    replicas.database.url,
    "SELECT resource_name AS name FROM security_audit_log WHERE action = 'ALARM_RAISED' ORDER BY idx",
  )
  return rows.map((row) => String(row["name"]).slice(12))
}

test("two replicas that look at once: each alarm is raised once, also where its events came by both", {
  skip,
}, async () => {
  await using syslog = await startSyslog()
  await using replicas = await replicaSet()
  const clock = movableClock()
  const env = { NOTIFY_SYSLOG_URL: syslog.url }
  const first = await replicas.start(0, { clock, env })
  const admin = await setUpAdmin(first)
  const second = await replicas.start(1, { clock, env })
  const other = await logIn(second.url, ADMIN_NAME)
  const look = async (): Promise<void> => {
    await Promise.all([first.runJobs(), second.runJobs()])
  }
  await createSecret(admin, "config/read", "a value")
  for (let at = 0; at < 25; at++)
    for (const client of [admin, other])
      assert.equal((await read(client, "config/read", { unmask: false })).status, 200)
  await look()
  assert.deepEqual(await raised(replicas), [], "25 by each are 50: not one too many")
  await read(other, "config/read", { unmask: false })
  await remove(other, "config/gone")
  for (let round = 0; round < 4; round++) await look()
  await until("both heard", () => heard(syslog, " raised: ") === 2)
  assert.deepEqual((await raised(replicas)).toSorted(), ["high-secret-access", "secret-deletion"])
  clock.advance(301_000)
  for (let round = 0; round < 4; round++) await look()
  await until("both over", () => heard(syslog, " over: ") === 2)
  await look()
  assert.equal(syslog.lines.length, 4)
})

test("the one that follows is killed: the other goes on, and raises nothing anew", { skip }, async () => {
  await using syslog = await startSyslog()
  await using replicas = await replicaSet()
  const env = { NOTIFY_SYSLOG_URL: syslog.url }
  const killed = await startProcess({ folder: replicas.folder, env: { ...replicas.env(0), ...env } })
  try {
    const admin = await setUpAdmin(killed)
    await remove(admin, "config/first")
    await until("raised", () => heard(syslog, "secret-deletion raised") === 1, 30_000)
    const heir = await replicas.start(1, { env })
    await heir.runJobs()
    // Nobody looks at these before the kill: a round is ten seconds off.
    for (let at = 0; at < 51; at++) await read(admin, "config/none-there", { unmask: false })
    await killed.stop("SIGKILL")
    await pause(100)
    await until("taken over", async () => {
      await heir.runJobs()
      return heard(syslog, "failed-secret-access raised") > 0
    })
    for (let round = 0; round < 3; round++) await heir.runJobs()
    assert.deepEqual((await raised(replicas)).toSorted(), [
      "failed-secret-access",
      "high-secret-access",
      "secret-deletion",
    ])
    assert.equal(heard(syslog, "secret-deletion raised"), 1)
  } finally {
    await killed.close()
  }
})
