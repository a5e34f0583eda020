import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import type { AccessAnswer } from "../../src/api/access.ts"
import type { VersionsAnswer } from "../../src/api/secrets.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { addProgram } from "../kit/people.ts"
import { deadApi, rotate, ROTATES_HERE, rotated, schedule, scheduled, statusOf, until } from "../kit/rotated.ts"
import { type RotationHook, startRotationHook } from "../kit/rotation-hook.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { runPast } from "../kit/tamper.ts"
import { openStage, type Stage } from "../kit/stage.ts"

let hook: RotationHook
let stage: Stage<"dev">
let admin: Client
let name: string
let count = 0

before(async () => {
  hook = await startRotationHook()
  stage = await openStage(
    { dev: ["developer"] },
    { env: { ...ROTATES_HERE, ROTATION_HOSTS: `${hook.host},127.0.0.1:1` } },
  )
  admin = stage.admin
})
after(async () => {
  await stage.close()
  await hook[Symbol.asyncDispose]()
})
beforeEach(async () => {
  hook.told.length = 0
  hook.on = () => undefined
  name = `config/hook${++count}`
  await createSecret(admin, name, hook.value(name))
  await scheduled(admin, name, { strategy: "webhook" })
})

async function valueOf(which: object = {}): Promise<Record<string, string>> {
  const answer = await read(admin, name, which)
  assert.equal(answer.status, 200, answer.text)
  return (answer.body as AccessAnswer).value as Record<string, string>
}

/** Labels of all versions that have one, newest first. */
async function stages(): Promise<readonly (readonly string[])[]> {
  const { versions } = (await admin.get<VersionsAnswer>(secretPath(name, "versions"))).body
  return versions.map((version) => version.stages).filter((one) => one.length > 0)
}

async function isGood(): Promise<boolean> {
  return hook.good(name).includes((await valueOf())["password"] ?? "")
}

const put = (value: object) => admin.put(secretPath(name), { value, reason: REASON })
const remove = () =>
  admin.delete(secretPath(name), {
    confirmationCode: `DELETE-${name}-${new Date().toISOString().slice(0, 10)}`,
    reason: REASON,
  })

test("50 starts at once are one rotation", async () => {
  const { promise: answered, resolve: goOn } = Promise.withResolvers<undefined>()
  hook.on = () => answered
  const answers = await Promise.all(Array.from({ length: 50 }, () => rotate(admin, name)))
  goOn(undefined)
  const started = answers.filter(({ status }) => status === 202)
  assert.equal(started.length, 1)
  for (const { status, body } of answers) if (status !== 202) assert.equal(body.code, "rotation_running")
  await until(admin, name, ({ state }) => state !== "running")
  assert.equal(hook.told.filter(({ step }) => step === "set").length, 1)
  assert.ok(await isGood())
})

test("the same idempotency key is the same rotation, another's is a mismatch", async () => {
  const key = { "idempotency-key": "a".repeat(32) }
  const path = secretPath(name, "rotate")
  const [one, two] = [await admin.post(path, {}, key), await admin.post(path, {}, key)]
  assert.deepEqual([one.status, two.status], [202, 202])
  assert.deepEqual(one.body, two.body)
  const status = await until(admin, name, ({ state }) => state !== "running")
  assert.equal(status.rotations.length, 1)
  assert.equal(status.rotations[0]?.versionId, "a".repeat(32))
  const version = (await admin.get<VersionsAnswer>(secretPath(name, "versions"))).body.versions.at(-1)
  const taken = await admin.post<{ code: string }>(path, {}, { "idempotency-key": version?.versionId ?? "" })
  assert.equal(taken.body.code, "idempotency_mismatch")
})

test("what is pending is the rotator's: no admin reads it, a program that may rotate does", async () => {
  const rotator = await addProgram(admin, `rotator${count}`, ["admin"])
  const reader = await addProgram(admin, `reader${count}`, ["developer"])
  for (const id of [rotator.id, reader.id]) assert.ok(id)
  const policy = {
    secretPattern: name,
    allowedRoles: ["admin", "developer"],
    allowedWorkloads: [rotator.id, reader.id],
  }
  const made = await admin.post("/api/policies", { ...policy, reason: REASON })
  assert.equal(made.status, 201, made.text)
  const seen: unknown[] = []
  hook.on = async ({ step, token }) => {
    if (step !== "test") return undefined
    for (const which of [{ stage: "pending" }, { versionId: token }])
      for (const who of [admin, stage.people.dev.client, reader.client, rotator.client]) {
        const answer = await read(who, name, which)
        seen.push(answer.status === 200 ? 200 : answer.body.code)
      }
    return undefined
  }
  await rotated(admin, name)
  assert.deepEqual(
    seen,
    [...Array(2)].flatMap(() => ["version_pending", "version_pending", "version_pending", 200]),
  )
  assert.equal((await read(admin, name, { stage: "pending" })).status, 404)
})

test("somebody writes another version meanwhile: what he changed stays, and the new password is the one in use", async () => {
  let written = 0
  hook.on = async ({ step }) => {
    if (step === "test" && written++ === 0) assert.equal((await put({ ...hook.value(name), note: "mine" })).status, 200)
    return undefined
  }
  await rotated(admin, name)
  const value = await valueOf()
  assert.equal(value["note"], "mine")
  assert.ok(await isGood())
  assert.deepEqual(await stages(), [["current"], ["previous"]])
  assert.equal(new Set(hook.told.map(({ pending }) => pending?.["password"])).size, 1, "one password in the end")
})

test("deleted meanwhile it ends; once restored, the next rotation takes up what the target was told", async () => {
  hook.on = async ({ step }) => {
    if (step === "set") assert.equal((await remove()).status, 200)
    return undefined
  }
  assert.equal((await rotate(admin, name)).status, 202)
  const status = await until(admin, name, ({ state }) => state !== "running")
  assert.equal(status.rotations[0]?.state, "failed")
  assert.equal(status.rotations[0]?.fault?.code, "secret_pending_deletion")
  assert.equal((await rotate(admin, name)).body.code, "secret_pending_deletion")
  hook.on = () => undefined
  assert.equal((await admin.post(secretPath(name, "restore"), { reason: REASON })).status, 200)
  const told = hook.told[0]?.pending?.["password"]
  await rotated(admin, name)
  assert.equal((await valueOf())["password"], told)
  assert.ok(await isGood())
})

test("a target that is out of order is tried again, and what it was told stays the same", async () => {
  let tries = 0
  hook.on = ({ step }) => (step === "set" && ++tries < 3 ? 503 : undefined)
  assert.equal((await rotate(admin, name)).status, 202)
  const failing = await until(admin, name, ({ rotations }) => (rotations[0]?.attempts ?? 0) > 0)
  assert.equal(failing.rotations[0]?.fault?.code, "target_failed")
  assert.equal(failing.rotations[0]?.step, "set")
  const cancelled = await admin.post<{ code: string }>(secretPath(name, "cancel-rotation"), {})
  assert.equal(cancelled.body.code, "rotation_begun")
  const status = await until(admin, name, ({ state }) => state !== "running")
  assert.equal(status.rotations[0]?.state, "done")
  assert.equal(new Set(hook.told.map(({ pending }) => pending?.["password"])).size, 1)
  assert.ok(await isGood())
})

test("a target that refuses ends it: the current version stays, and the next rotation offers the same again", async () => {
  hook.on = ({ step }) => (step === "set" ? 422 : undefined)
  assert.equal((await rotate(admin, name)).status, 202)
  const status = await until(admin, name, ({ state }) => state !== "running")
  assert.deepEqual([status.state, status.rotations[0]?.fault?.code], ["failed", "password_rejected"])
  assert.ok(status.overdueSince !== null)
  assert.equal((await valueOf())["password"], "first")
  const failures = await entriesOf(admin, { resource: name, action: "ROTATE", result: "FAILURE" })
  assert.deepEqual(
    failures.map(({ decision }) => decision),
    ["password_rejected"],
  )
  hook.on = () => undefined
  const again = await rotated(admin, name)
  assert.equal(again.overdueSince, null)
  assert.equal(new Set(hook.told.map(({ token }) => token)).size, 1)
  assert.ok(await isGood())
})

test("what a failed rotation left for another place is not taken there", async () => {
  hook.on = ({ step }) => (step === "set" ? 422 : undefined)
  assert.equal((await rotate(admin, name)).status, 202)
  await until(admin, name, ({ state }) => state !== "running")
  hook.on = () => undefined
  const moved = { ...hook.value(name), webhook: `http://${hook.host}/elsewhere`, password: "second" }
  assert.equal((await put(moved)).status, 200)
  await rotated(admin, name)
  const told = hook.told.map(({ pending }) => pending?.["password"])
  assert.notEqual(told.at(-1), told[0])
  assert.ok(await isGood())
})

test("after a leak the previous version ends too", async () => {
  await rotated(admin, name, { revokePrevious: true })
  assert.deepEqual(
    hook.told.map(({ step }) => step),
    ["set", "test", "revoke"],
  )
  assert.deepEqual(await stages(), [["current"], ["previous"]])
})

test("before anything reached the target it can be cancelled", async () => {
  const dead = "config/dead"
  await createSecret(admin, dead, deadApi)
  await scheduled(admin, dead, { strategy: "http-key", days: 30 })
  assert.equal(
    (await admin.post<{ code: string }>(secretPath(dead, "cancel-rotation"), {})).body.code,
    "rotation_not_running",
  )
  assert.equal((await rotate(admin, dead)).status, 202)
  const cancelled = await admin.post(secretPath(dead, "cancel-rotation"), { reason: REASON })
  assert.equal(cancelled.status, 200, cancelled.text)
  const status = await statusOf(admin, dead)
  assert.equal(status.rotations[0]?.state, "cancelled")
  assert.equal(status.state, "idle")
})

test("what cannot be rotated so is refused when the schedule is set, naming the member", async () => {
  const odd = "config/odd"
  await createSecret(admin, odd, { engine: "postgres", host: "db", username: "u" })
  const answer = await schedule(admin, odd, { strategy: "postgres-single" })
  assert.deepEqual(
    [answer.status, answer.body.code, (answer.body as Record<string, unknown>)["member"]],
    [409, "rotation_refused", "password"],
  )
  for (const [body, field] of [
    [{ strategy: "mysql" }, "/strategy"],
    [{ strategy: "webhook", days: 0 }, "/days"],
    [{ strategy: "webhook", expression: "rate(3 hours)" }, "/expression"],
    [{ strategy: "webhook", expression: "cron(0 0 * * *)" }, "/expression"],
    [{ strategy: "webhook", windowHours: 3 }, "/windowHours"],
    [{ strategy: "webhook", days: 1, expression: "rate(1 day)" }, "/days"],
    [{}, "/strategy"],
  ] as const) {
    const refused = await schedule(admin, name, body)
    assert.equal(refused.status, 400, refused.text)
    assert.equal((refused.body as Record<string, unknown>)["field"], field, JSON.stringify(body))
  }
})

test("a value that is no longer of the form fails the rotation before the target hears of it", async () => {
  assert.equal((await put({ engine: "webhook", password: "x" })).status, 200)
  assert.equal((await rotate(admin, name)).status, 202)
  const status = await until(admin, name, ({ state }) => state !== "running")
  assert.equal(status.rotations[0]?.fault?.code, "secret_invalid")
  assert.equal(hook.told.length, 0)
})

test("no value and no password stands in what is shown and written down of it", async () => {
  hook.on = ({ step }) => (step === "set" ? 500 : undefined)
  assert.equal((await rotate(admin, name)).status, 202)
  await until(admin, name, ({ rotations }) => (rotations[0]?.attempts ?? 0) > 0)
  hook.on = () => undefined
  const status = await until(admin, name, ({ state }) => state !== "running")
  const said = JSON.stringify([status, await entriesOf(admin, { resource: name })])
  for (const text of [hook.told[0]?.pending?.["password"] ?? "-", "k".repeat(32), '"first"'])
    assert.ok(!said.includes(text))
})

test("a schedule that somebody wrote past the service rotates nothing", async () => {
  await runPast(stage.server.folder, "UPDATE secret_rotation_schedule SET strategy = 'generated'")
  assert.equal((await rotate(admin, name)).body.code, "row_tampered")
  assert.equal((await entriesOf(admin, { action: "ROW_TAMPERED" })).length, 1)
})
