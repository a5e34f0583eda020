import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { DAY_MS } from "../../src/core/clock.ts"
import type { SchedulesAnswer } from "../../src/api/rotation.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { ADMIN_NAME, logIn } from "../kit/people.ts"
import { ROTATES_HERE, scheduled, statusOf, until } from "../kit/rotated.ts"
import { type RotationHook, startRotationHook } from "../kit/rotation-hook.ts"
import { createSecret } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const HOUR_MS = 3_600_000
const clock = movableClock()
let hook: RotationHook
let stage: Stage<never>
let admin: Client
let name: string
let count = 0

before(async () => {
  hook = await startRotationHook()
  stage = await openStage({}, { clock, env: { ...ROTATES_HERE, ROTATION_HOSTS: hook.host } })
})
after(async () => {
  await stage.close()
  await hook[Symbol.asyncDispose]()
})
beforeEach(async () => {
  admin = await logIn(stage.server.url, ADMIN_NAME)
  hook.told.length = 0
  hook.on = () => undefined
  name = `config/timed${++count}`
  await createSecret(admin, name, hook.value(name))
})

/** Days pass, with a look every few hours as a service that runs has it; sessions end meanwhile. */
async function pass(days: number): Promise<void> {
  clock.advance(days * DAY_MS)
  await stage.server.runJobs()
  admin = await logIn(stage.server.url, ADMIN_NAME)
  await until(admin, name, ({ state }) => state !== "running")
}

const sets = (): number => hook.told.filter(({ step, current }) => step === "set" && current["user"] === name).length

test("every n days; one that was missed is caught up with once", async () => {
  await scheduled(admin, name, { strategy: "webhook", days: 30 })
  await pass(29.9)
  assert.equal(sets(), 0)
  await pass(0.2)
  assert.equal(sets(), 1)
  const { rotations, nextRotation, lastRotated } = await statusOf(admin, name)
  assert.deepEqual([rotations[0]?.cause, rotations[0]?.startedBy], ["schedule", "rotation"])
  assert.equal(Date.parse(nextRotation ?? "") - Date.parse(lastRotated ?? ""), 30 * DAY_MS)
  await pass(95)
  await stage.server.runJobs()
  assert.equal(sets(), 2)
  const started = await entriesOf(admin, { resource: name, action: "ROTATE", result: "INTENT" })
  assert.equal(started.length, 2)
})

test("however many are due, one look begins them all", async () => {
  const names = Array.from({ length: 51 }, (_, at) => `config/many${at}`)
  for (const each of names) {
    await createSecret(admin, each, { generate: { kind: "token" } })
    await scheduled(admin, each, { strategy: "generated", days: 1 })
  }
  clock.advance(1.1 * DAY_MS)
  await stage.server.runJobs()
  admin = await logIn(stage.server.url, ADMIN_NAME)
  for (const each of names) assert.equal((await statusOf(admin, each)).rotations.length, 1, each)
  for (const each of names) await until(admin, each, ({ state }) => state !== "running")
})

test("one that waits for a hand is not begun, and is listed", async () => {
  await scheduled(admin, name, { strategy: "webhook", days: 1, enabled: false })
  await pass(3)
  assert.equal(sets(), 0)
  const { schedules } = (await admin.get<SchedulesAnswer>("/api/rotations")).body
  const row = schedules.find((one) => one.name === name)
  assert.deepEqual([row?.enabled, row?.days, row?.nextRotation, row?.running], [false, 1, null, false])
  await scheduled(admin, name, { strategy: "webhook", days: 1 })
  await pass(0)
  assert.equal(sets(), 0, "it was never rotated: it counts from now on")
  await pass(1)
  assert.equal(sets(), 1)
})

test("a window that was missed is waited for again, on record, and it is overdue", async () => {
  await scheduled(admin, name, { strategy: "webhook", expression: "cron(0 3 ? * * *)", windowHours: 2 })
  const due = Date.parse((await statusOf(admin, name)).nextRotation ?? "")
  assert.equal(new Date(due).toISOString().slice(11), "03:00:00.000Z")
  await pass((due + 2 * HOUR_MS - clock.now()) / DAY_MS)
  assert.equal(sets(), 0)
  const status = await statusOf(admin, name)
  assert.equal(Date.parse(status.nextRotation ?? ""), due + DAY_MS)
  assert.equal(Date.parse(status.overdueSince ?? ""), due)
  assert.equal((await entriesOf(admin, { resource: name, action: "ROTATE", result: "FAILURE" })).length, 1)
  await pass((due + DAY_MS + 2 * HOUR_MS - 1000 - clock.now()) / DAY_MS)
  assert.equal(sets(), 1)
  assert.equal((await statusOf(admin, name)).overdueSince, null)
})

test("a clock that steps begins nothing until it has been steady", async () => {
  await scheduled(admin, name, { strategy: "webhook", days: 1 })
  clock.step(2 * DAY_MS)
  await stage.server.runJobs()
  assert.equal(sets(), 0)
  clock.advance(9 * 60_000)
  await stage.server.runJobs()
  assert.equal(sets(), 0)
  for (let minutes = 0; minutes < 3; minutes++) {
    clock.advance(60_000)
    await stage.server.runJobs()
  }
  await pass(0)
  assert.equal(sets(), 1)
  clock.step(-2 * DAY_MS)
})

test("one that fails is tried again the day after, and says since when it is overdue", async () => {
  hook.on = ({ step, current }) => (step === "set" && current["user"] === name ? 422 : undefined)
  await scheduled(admin, name, { strategy: "webhook", days: 30 })
  clock.advance(11 * 60_000)
  await stage.server.runJobs()
  await pass(30)
  const failed = await statusOf(admin, name)
  assert.equal(failed.rotations[0]?.fault?.code, "password_rejected")
  assert.ok(failed.overdueSince !== null)
  hook.on = () => undefined
  await pass(1)
  const status = await statusOf(admin, name)
  assert.equal(status.rotations[0]?.state, "done")
  assert.equal(status.overdueSince, null)
})
