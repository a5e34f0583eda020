import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { DAY_MS } from "../../src/core/clock.ts"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { ADMIN_NAME, logIn } from "../kit/people.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { secondVerdict } from "../audit/second-verifier.ts"

const HOUR_MS = 3_600_000
const NAME = "config/kept"
const clock = movableClock()
let stage: Stage<"dev" | "held">

before(async () => {
  const env = { AUDIT_KEEP_READS_DAYS: "31", AUDIT_KEEP_REFUSALS_DAYS: "32", AUDIT_KEEP_OTHER_DAYS: "90" }
  stage = await openStage({ dev: ["developer"], held: ["developer"] }, { clock, env })
})
after(() => stage.close())

/** A round of jobs an hour later, so that it is the hourly one. */
async function later(ms: number): Promise<Client> {
  clock.advance(ms)
  await stage.server.runJobs()
  return logIn(stage.server.url, ADMIN_NAME)
}

const whose = (entries: Awaited<ReturnType<typeof entriesOf>>, action: string, id: string) =>
  entries.filter((entry) => entry.action === action && entry.user_id === id).length

test("each class keeps what it says for its days, then only number and leaf hash; both verifiers agree with the log", async () => {
  const { server, people, admin } = stage
  await createSecret(admin, NAME, "a value")
  for (const person of [people.dev, people.held]) assert.equal((await read(person.client, NAME)).status, 200)
  assert.equal((await people.dev.client.get(`${secretPath("financial/none")}/metadata`)).status, 403)
  const hold = await admin.post(`/api/users/${people.held.id}/hold`, { reason: REASON })
  assert.equal(hold.status, 200, hold.text)
  await server.runJobs()
  const whole = await exportLog(admin)

  const early = await later(31 * DAY_MS - HOUR_MS - 60_000)
  assert.equal(whose(await entriesOf(early), "GET", people.dev.id), 1, "not a minute too early")

  const due = await later(2 * HOUR_MS)
  const entries = await entriesOf(due)
  assert.deepEqual([whose(entries, "GET", people.dev.id), whose(entries, "GET", people.held.id)], [0, 1])
  assert.equal(entries.filter(({ result }) => result === "DENIED").length, 1, "a refusal is of another class")
  assert.ok(
    whose(entries, "CREATE", entries[0]?.user_id ?? "") >= 0 && entries.some(({ action }) => action === "CREATE"),
  )
  const [order] = entries.filter(({ action }) => action === "RETAIN")
  assert.match(order?.resource_name ?? "", /^\d+-\d+$/)
  assert.match(order?.details ?? "", /^class=reads before=\S+Z count=1$/)
  const emptied = entries.filter(({ erasedBy }) => erasedBy !== null)
  assert.equal(emptied.length, 1)
  const { id, leafHash, erasedBy, ...rest } = emptied[0] as (typeof emptied)[number]
  assert.deepEqual([erasedBy, new Set(Object.values(rest))], [order?.id, new Set([null])])

  const log = await exportLog(due)
  assert.equal((await verdictOn(log)).ok, true)
  assert.equal(secondVerdict(Buffer.from(log.text), log.key).ok, true)
  assert.deepEqual(log.lines[id + 1], JSON.stringify({ index: id, leafHash, erasedBy }))
  assert.equal((JSON.parse(whole.lines[id + 1] ?? "") as { leafHash: string }).leafHash, leafHash, "the same leaf")

  const refusals = await entriesOf(await later(DAY_MS))
  assert.equal(
    refusals.some(({ action, decision }) => action === "DESCRIBE" && decision === "forbidden"),
    false,
  )
})

test("what a hold kept goes once it has ended; orders stay, whatever their class is kept for", async () => {
  const { people } = stage
  const admin = await logIn(stage.server.url, ADMIN_NAME)
  assert.equal(whose(await entriesOf(admin), "GET", people.held.id), 1)
  const released = await admin.delete(`/api/users/${people.held.id}/hold`, { reason: REASON })
  assert.equal(released.status, 200, released.text)
  const next = await later(DAY_MS + HOUR_MS)
  assert.equal(whose(await entriesOf(next), "GET", people.held.id), 0)

  const orders = (await entriesOf(next)).filter(({ action }) => action === "RETAIN").length
  assert.ok(orders >= 3)
  const old = await later(91 * DAY_MS)
  const entries = await entriesOf(old)
  assert.equal(
    entries.some(({ action }) => action === "CREATE"),
    false,
  )
  assert.ok(entries.filter(({ action }) => action === "RETAIN").length > orders)
  assert.equal((await verdictOn(await exportLog(old))).ok, true)
})
