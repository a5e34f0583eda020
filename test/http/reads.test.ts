import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import type { BatchAnswer } from "../../src/api/access.ts"
import type { MetadataAnswer, VersionsAnswer, WrittenAnswer } from "../../src/api/secrets.ts"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import { movableClock } from "../kit/clock.ts"
import { addPerson, addProgram } from "../kit/people.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const DAY_MS = 86_400_000
const clock = movableClock()
// An evening, so that no count runs over the end of its day but the one that is meant to.
clock.goTo(new Date(clock.now() - (clock.now() % DAY_MS) + DAY_MS * 0.75).toISOString())
let stage: Stage<"dev" | "ops">

before(async () => {
  stage = await openStage({ dev: ["developer"], ops: ["devops"] }, { clock })
})
after(() => stage.close())
beforeEach(() => clock.advance(60_000))

test("of 100 unmasked reads at once ten are delivered and ninety refused", async () => {
  const dev = await addPerson(stage.admin, "quota-dev", ["developer"])
  await createSecret(stage.admin, "config/quota", "counted")
  const answers = await Promise.all(Array.from({ length: 100 }, () => read(dev.client, "config/quota")))
  const delivered = answers.filter(({ status }) => status === 200)
  const refused = answers.filter(({ status }) => status === 429)
  assert.equal(delivered.length, 10)
  assert.equal(refused.length, 90)
  const left = delivered.map(({ body }) => body.remainingToday ?? -1).toSorted((a, b) => a - b)
  assert.deepEqual(left, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  for (const { body, headers, text } of refused) {
    assert.equal(body.code, "quota_exceeded")
    assert.equal(body["scope"], "secret")
    assert.equal(body["limit"], 10)
    const resets = Date.parse(String(body["resetsAt"]))
    assert.equal(resets % DAY_MS, 0)
    const wait = Number(headers.get("retry-after"))
    assert.ok(Math.abs(clock.now() + wait * 1000 - resets) < 5_000, `${wait} s until ${String(body["resetsAt"])}`)
    assert.ok(!text.includes("counted"))
  }
  const entries = await entriesOf(stage.admin, { resource: "config/quota", action: "GET" })
  const uses = entries.filter(({ result }) => result === "SUCCESS").map(({ quotaUse }) => quotaUse)
  assert.deepEqual(uses, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test("a limit counts one person, one secret and one UTC day", async () => {
  const { dev, ops } = stage.people
  await createSecret(stage.admin, "config/day", "one")
  await createSecret(stage.admin, "config/day2", "two")
  for (let at = 0; at < 10; at++) assert.equal((await read(dev.client, "config/day")).status, 200)
  assert.equal((await read(dev.client, "config/day")).status, 429)
  assert.equal((await read(dev.client, "config/day2")).status, 200, "another secret")
  assert.equal((await read(ops.client, "config/day")).status, 200, "another person")
  assert.equal((await read(dev.client, "config/day", { unmask: false })).status, 200, "masked reads do not count")
  const now = clock.now()
  clock.advance(DAY_MS - (now % DAY_MS) - 30_000)
  assert.equal((await read(dev.client, "config/day")).status, 429, "before midnight")
  clock.advance(31_000)
  const next = await read(dev.client, "config/day")
  assert.equal(next.body.remainingToday, 9, "after midnight")
})

test("masked reads and refused ones use nothing up", async () => {
  const person = await addPerson(stage.admin, "frugal", ["developer"])
  await createSecret(stage.admin, "config/frugal", "kept")
  for (let at = 0; at < 15; at++) {
    const { body } = await read(person.client, "config/frugal", { unmask: false })
    assert.equal(body.remainingToday, null)
  }
  assert.equal((await read(person.client, "config/frugal", { reason: "short" })).status, 400)
  assert.equal((await read(person.client, "config/frugal", { versionId: "0".repeat(32) })).status, 404)
  assert.equal((await read(person.client, "config/frugal", { stage: "nosuch" })).status, 404)
  assert.equal((await read(person.client, "config/frugal")).body.remainingToday, 9)
})

test("a secret made again under the same name is another secret: its count and versions start anew", async () => {
  const loose = await openStage({ dev: ["developer"] }, { clock, env: { TYLER_ENVIRONMENT: "development" } })
  after(() => loose.close())
  const { admin, people } = loose
  const name = "config/again"
  const first = await createSecret(admin, name, "first")
  for (let at = 0; at < 10; at++) assert.equal((await read(people.dev.client, name)).body.value, "first")
  assert.equal((await read(people.dev.client, name)).status, 429)
  const day = new Date(clock.now()).toISOString().slice(0, 10)
  const confirmationCode = `DELETE-${name}-${day}`
  const purge = await admin.delete(secretPath(name), { confirmationCode, reason: REASON, forceDelete: true })
  assert.deepEqual([purge.status, purge.body["message"]], [200, "Secret permanently deleted"], purge.text)
  assert.equal((await read(people.dev.client, name)).status, 404)
  assert.equal((await admin.get(secretPath(name, "metadata"))).status, 404)
  const second = await createSecret(admin, name, "second")
  assert.notEqual(second.arn, first.arn)
  const again = await read(people.dev.client, name)
  assert.deepEqual([again.body.value, again.body.remainingToday], ["second", 9])
  assert.equal((await read(people.dev.client, name, { versionId: first.versionId })).status, 404)
})

test("a limit of 0 lets nobody, a person's own limit counts over all secrets", async () => {
  const policy = { secretPattern: "locked/*", allowedRoles: ["developer"], maxAccessPerDay: 0, reason: REASON }
  assert.equal((await stage.admin.post("/api/policies", policy)).status, 201)
  await createSecret(stage.admin, "locked/x", "never")
  const none = await read(stage.people.dev.client, "locked/x")
  assert.equal(none.status, 429)
  assert.equal(none.body["limit"], 0)
  const small = await openStage({ dev: ["developer"] }, { env: { MAX_SECRET_ACCESS_PER_USER: "3" } })
  after(() => small.close())
  for (const name of ["config/a", "config/b", "config/c", "config/d"]) await createSecret(small.admin, name, "v")
  for (const name of ["config/a", "config/b", "config/c"])
    assert.equal((await read(small.people.dev.client, name)).status, 200)
  const over = await read(small.people.dev.client, "config/d")
  assert.deepEqual([over.status, over.body["scope"], over.body["limit"]], [429, "person", 3])
  const program = await addProgram(small.admin, "robot", ["developer"])
  for (const name of ["config/a", "config/b", "config/c", "config/d"])
    assert.equal((await read(program.client, name)).status, 200, "programs have no such limit")
})

test("calls are limited too, answered or refused, masked or not, each of a batch", async () => {
  const limited = await openStage({ dev: ["developer"] }, { clock, env: { SECRETS_RATE_LIMIT_MAX: "10" } })
  after(() => limited.close())
  await createSecret(limited.admin, "config/a", "v")
  const dev = limited.people.dev.client
  assert.equal((await read(dev, "config/a", { unmask: false })).status, 200)
  assert.equal((await read(dev, "config/missing")).status, 404)
  assert.equal((await read(dev, "database/x")).status, 403)
  const names = ["config/a", "config/b", "config/c", "config/d", "config/e", "config/f"]
  assert.equal((await dev.post("/api/secrets/access", { names, reason: REASON })).status, 200)
  const two = await dev.post("/api/secrets/access", { names: names.slice(0, 2), reason: REASON })
  assert.equal(two.status, 429, "one is left, two were asked for")
  const over = await read(dev, "config/a")
  assert.equal(over.status, 429)
  assert.deepEqual([over.body.code, over.body["scope"], over.body["limit"]], ["rate_limited", "reads", 10])
  assert.ok(Date.parse(String(over.body["resetsAt"])) > clock.now())
  const wait = Number(over.headers.get("retry-after"))
  assert.ok(wait > 0 && wait <= 900)
  assert.equal((await read(limited.admin, "config/a")).status, 200, "everybody has a window of their own")
  clock.advance(wait * 1000)
  assert.equal((await read(dev, "config/a")).status, 200)
})

test("a batch answers item by item, in order, in one act", async () => {
  for (const name of ["config/b1", "config/b2"]) await createSecret(stage.admin, name, `value of ${name}`)
  const names = ["config/b2", "config/none", "database/x", "config/b1"]
  const person = await addPerson(stage.admin, "batcher", ["developer"])
  const { body } = await person.client.post<BatchAnswer>("/api/secrets/access", { names, reason: REASON, unmask: true })
  assert.deepEqual(
    body.items.map((item) => [item.name, "code" in item ? item.code : item.value]),
    [
      ["config/b2", "value of config/b2"],
      ["config/none", "not_found"],
      ["database/x", "forbidden"],
      ["config/b1", "value of config/b1"],
    ],
  )
  const entries = await entriesOf(stage.admin, { user: "batcher", action: "GET" })
  assert.deepEqual(
    entries.map(({ resource_name, result }) => [resource_name, result]),
    [
      ["config/b2", "SUCCESS"],
      ["config/none", "DENIED"],
      ["database/x", "DENIED"],
      ["config/b1", "SUCCESS"],
    ],
  )
  for (const bad of [
    [],
    Array.from({ length: 51 }, (_, at) => `config/n${at}`),
    ["config/b1", "config/b1"],
    ["config/../x"],
    "config/b1",
  ])
    assert.equal((await person.client.post("/api/secrets/access", { names: bad, reason: REASON })).status, 400)
})

test("a receipt proves that its entry lies in the log that is exported", async () => {
  await createSecret(stage.admin, "config/receipt", "proved")
  const person = await addPerson(stage.admin, "prover", ["developer"])
  const reads = await Promise.all(Array.from({ length: 8 }, () => read(person.client, "config/receipt")))
  const log = await exportLog(stage.admin)
  for (const { body } of reads) {
    const receipt = body.receipt
    assert.ok(receipt !== undefined)
    const line = JSON.parse(log.lines[receipt.index + 1] ?? "") as Record<string, unknown>
    assert.equal(line["index"], receipt.index)
    assert.equal(line["leafHash"], receipt.leafHash)
    assert.equal(line["action"], "GET")
    assert.equal(line["resourceName"], "config/receipt")
    assert.equal(line["username"], "prover")
    assert.equal(line["versionId"], body.versionId)
    assert.equal((await verdictOn(log, receipt.checkpoint)).ok, true)
    const size = Number(receipt.checkpoint.split("\n")[1])
    assert.ok(size > receipt.index, "the checkpoint covers the entry")
  }
})

test("versions keep their values; labels say which is meant", async () => {
  const at = (ask: object) => read(stage.admin, "config/versions", ask)
  const first = await createSecret(stage.admin, "config/versions", "one")
  const put = async (value: string) =>
    (await stage.admin.put<WrittenAnswer>(secretPath("config/versions"), { value, reason: REASON })).body.versionId
  const second = await put("two")
  assert.equal((await at({})).body.value, "two")
  assert.equal((await at({ stage: "previous" })).body.value, "one")
  assert.equal((await at({ versionId: first.versionId })).body.value, "one")
  const third = await put("three")
  assert.equal((await at({ stage: "previous" })).body.value, "two")
  assert.equal((await at({ versionId: first.versionId })).body.value, "one")
  assert.equal((await at({ stage: "pending" })).status, 404)
  assert.equal((await at({ stage: "current", versionId: third })).status, 400, "one way of saying it")
  const listed = (await stage.admin.get<VersionsAnswer>(secretPath("config/versions", "versions"))).body.versions
  assert.deepEqual(
    listed.map(({ versionId, stages }) => [versionId, stages]),
    [
      [third, ["current"]],
      [second, ["previous"]],
      [first.versionId, []],
    ],
  )
  const rollback = { versionId: first.versionId, reason: REASON }
  assert.equal((await stage.admin.post(secretPath("config/versions", "rollback"), rollback)).status, 200)
  assert.equal((await at({})).body.value, "one")
  assert.equal((await at({ stage: "previous" })).body.value, "three")
})

test("a write can insist on the version it saw, and can be sent twice", async () => {
  const path = secretPath("config/careful")
  const first = await createSecret(stage.admin, "config/careful", "one")
  const expectedVersion = first.versionId
  const stale = { value: "x", reason: REASON, expectedVersion: "f".repeat(32) }
  const conflict = await stage.admin.put(path, stale)
  assert.deepEqual([conflict.status, conflict.body["code"]], [412, "version_conflict"])
  const writes = await Promise.all(
    Array.from({ length: 10 }, (_, at) => stage.admin.put(path, { value: `v${at}`, reason: REASON, expectedVersion })),
  )
  const statuses = writes.map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 200).length, 1)
  assert.equal(statuses.filter((status) => status === 412).length, 9)
  const key = { "idempotency-key": "0123456789abcdef0123456789abcdef" }
  const body = { value: "twice", reason: REASON }
  const sent = await Promise.all(Array.from({ length: 5 }, () => stage.admin.put<WrittenAnswer>(path, body, key)))
  for (const { status, body: answer } of sent) {
    assert.equal(status, 200)
    assert.equal(answer.versionId, key["idempotency-key"])
  }
  const other = await stage.admin.put(path, { ...body, value: "else" }, key)
  assert.deepEqual([other.status, other.body["code"]], [409, "idempotency_mismatch"])
  for (const odd of ["short", "x".repeat(65), "not a key but long enough to be one", "ä".repeat(32)])
    assert.equal((await stage.admin.put(path, body, { "idempotency-key": encodeURI(odd) })).status, 400, odd)
  const { versions } = (await stage.admin.get<VersionsAnswer>(`${path}/versions`)).body
  assert.equal(versions.length, 3)
})

test("of 50 creations of one name at once exactly one is done", async () => {
  const made = await Promise.all(
    Array.from({ length: 50 }, (_, at) =>
      stage.admin.post("/api/secrets", { name: at % 2 === 0 ? "config/Race" : "config/race", value: `v${at}` }),
    ),
  )
  const statuses = made.map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 201).length, 1)
  assert.equal(statuses.filter((status) => status === 409).length, 49)
})

test("deletion waits, says until when, and can be taken back byte for byte", async () => {
  const name = "config/short-lived"
  const written = await createSecret(
    stage.admin,
    name,
    { a: "kept" },
    { description: "d", tags: [{ Key: "k", Value: "v" }] },
  )
  const before = (await stage.admin.get<MetadataAnswer>(secretPath(name, "metadata"))).body
  const day = new Date(clock.now()).toISOString().slice(0, 10)
  const remove = (more: object) =>
    stage.admin.delete(secretPath(name), { confirmationCode: `DELETE-${name}-${day}`, reason: REASON, ...more })
  for (const confirmationCode of [
    "",
    `DELETE-${name}`,
    `delete-${name}-${day}`,
    `DELETE-${name}-2020-01-01`,
    `DELETE-config/x-${day}`,
  ]) {
    const wrong = await remove({ confirmationCode })
    assert.equal(wrong.status, 400, confirmationCode)
    assert.equal(wrong.body["expectedFormat"], "DELETE-{secretName}-{YYYY-MM-DD}")
  }
  assert.equal((await remove({ reason: "x".repeat(19) })).status, 400)
  for (const recoveryDays of [6, 31, 0, -1, 7.5, "30"]) assert.equal((await remove({ recoveryDays })).status, 400)
  const gone = await remove({ recoveryDays: 7 })
  assert.equal(gone.status, 200)
  const due = Date.parse(String(gone.body["deletionDate"]))
  assert.ok(Math.abs(due - clock.now() - 7 * DAY_MS) < 60_000)
  for (const refused of [
    await read(stage.admin, name),
    await stage.admin.put(secretPath(name), { value: "x", reason: REASON }),
    await remove({}),
    await stage.admin.post("/api/secrets", { name, value: "x" }),
  ])
    assert.deepEqual([refused.status, refused.body["code"]], [409, "secret_pending_deletion"])
  assert.equal((await stage.admin.post(secretPath(name, "restore"), { reason: REASON })).status, 200)
  const back = await read(stage.admin, name)
  assert.deepEqual([back.body.value, back.body.versionId], [{ a: "kept" }, written.versionId])
  const afterwards = (await stage.admin.get<MetadataAnswer>(secretPath(name, "metadata"))).body
  for (const part of ["name", "arn", "description", "tags", "createdAt", "versions"] as const)
    assert.deepEqual(afterwards[part], before[part], part)
  assert.equal(
    (await stage.admin.post(secretPath(name, "restore"), { reason: REASON })).body["code"],
    "secret_not_deleted",
  )
})
