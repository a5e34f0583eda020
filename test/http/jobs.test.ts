import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { DAY_MS } from "../../src/core/clock.ts"
import { entriesOf } from "../kit/audit.ts"
import { movableClock } from "../kit/clock.ts"
import { ADMIN_NAME, logIn } from "../kit/people.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { runPast } from "../kit/tamper.ts"

const HOUR_MS = 3_600_000
const clock = movableClock()
let stage: Stage<"dev">
before(async () => {
  stage = await openStage({ dev: ["developer"] }, { clock })
})
after(() => stage.close())

async function rowsOf(table: string): Promise<number> {
  const { rows } = await runPast(stage.server.folder, `SELECT count(*) AS n FROM ${table}`)
  return Number(rows[0]?.["n"])
}

test("sessions that expired a day ago and counts of the day before yesterday are deleted, on record", async () => {
  const { server, admin, people } = stage
  await createSecret(admin, "config/counted", "a value")
  assert.equal((await read(people.dev.client, "config/counted")).status, 200)
  assert.deepEqual([await rowsOf("credential"), (await rowsOf("quota_use")) > 0], [2, true])
  const counted = await rowsOf("quota_use")

  clock.advance(12 * HOUR_MS + DAY_MS - 60_000)
  await server.runJobs()
  assert.deepEqual([await rowsOf("credential"), await rowsOf("quota_use")], [2, counted], "not a minute too early")

  clock.advance(HOUR_MS)
  await server.runJobs()
  assert.equal(await rowsOf("credential"), 0)
  clock.advance(2 * DAY_MS)
  await server.runJobs()
  assert.equal(await rowsOf("quota_use"), 0)
  const entries = await entriesOf(await logIn(server.url, ADMIN_NAME), { action: "PRUNE" })
  assert.equal(entries.length, 2)
  assert.match(entries[0]?.details ?? "", /^expired_before=\S+Z days_before=\d{4}-\d\d-\d\d$/)
})

test("nothing is deleted on the word of a clock that has just been set forward", async () => {
  const { server } = stage
  const before = await rowsOf("credential")
  assert.ok(before > 0)
  clock.advance(2 * HOUR_MS)
  clock.step(400 * DAY_MS)
  await server.runJobs()
  assert.equal(await rowsOf("credential"), before)
  clock.step(-400 * DAY_MS)
  await server.runJobs()
  assert.equal(await rowsOf("credential"), before)
})

test("a secret is purged when its window is over, by a job with an entry of its own", async () => {
  clock.advance(HOUR_MS)
  await stage.server.runJobs()
  const admin = await logIn(stage.server.url, ADMIN_NAME)
  await createSecret(admin, "config/ends", "a value")
  const day = new Date(clock.now()).toISOString().slice(0, 10)
  const confirmationCode = `DELETE-config/ends-${day}`
  const deleted = await admin.delete(secretPath("config/ends"), { confirmationCode, reason: REASON, recoveryDays: 7 })
  assert.equal(deleted.status, 200, deleted.text)
  clock.advance(7 * DAY_MS - 60_000)
  await stage.server.runJobs()
  assert.equal(await rowsOf("secret WHERE name = 'config/ends'"), 1)
  clock.advance(60_001)
  await stage.server.runJobs()
  assert.equal(await rowsOf("secret WHERE name = 'config/ends'"), 0)
  const [entry] = await entriesOf(await logIn(stage.server.url, ADMIN_NAME), { action: "PURGE" })
  assert.deepEqual([entry?.resource_name, entry?.principalKind, entry?.result], ["config/ends", "job", "SUCCESS"])
})
