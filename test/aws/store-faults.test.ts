import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, describe, test } from "node:test"
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
} from "@aws-sdk/client-secrets-manager"
import { Client } from "pg"
import type { Fate } from "../kit/aws-proxy.ts"
import { type AwsStage, awsStage, noAwsStore } from "../kit/aws-store.ts"
import { type Client as Caller, clientOf, type Loose } from "../kit/client.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"

const THROTTLED: Fate = { error: "ThrottlingException" }

describe("an AWS that fails", { skip: noAwsStore }, () => {
  let stage: AwsStage
  before(async () => {
    stage = await awsStage()
  })
  after(() => stage[Symbol.asyncDispose]())

  /** Results of the entries about a name, oldest first, without reads. */
  async function results(name: string): Promise<string[]> {
    stage.proxy.judge(() => "pass")
    const answer = await stage.admin.get<{ auditLogs: Loose[] }>(`${secretPath(name, "audit")}?limit=100`)
    assert.equal(answer.status, 200, answer.text)
    return answer.body.auditLogs
      .filter(({ action }) => !String(action).startsWith("GET") && action !== "CATALOG")
      .map(({ action, result }) => `${String(action)} ${String(result)}`)
      .toReversed()
  }

  async function versionsOf(name: string): Promise<number> {
    const id = { SecretId: `${stage.prefix}/${name}` }
    const { Versions = [] } = await stage.aws.send(new ListSecretVersionIdsCommand(id))
    return Versions.length
  }

  /** The server stays ready: what the cache holds is served. */
  async function storePart(): Promise<unknown> {
    const answer = await stage.server.anonymous.get<{ parts: Loose }>("/api/ready")
    assert.equal(answer.status, 200, answer.text)
    return answer.body.parts["store"]
  }

  const put = (name: string, value: string, key: string = randomUUID(), client: Caller = stage.admin) =>
    client.put(secretPath(name), { value, reason: REASON }, { "idempotency-key": key })

  test("every other call throttled: all is done, a little later", async () => {
    stage.proxy.judge((_operation, nth) => (nth % 2 === 1 ? THROTTLED : "pass"))
    await createSecret(stage.admin, "config/half", "one")
    assert.equal((await put("config/half", "two")).status, 200)
    assert.equal((await read(stage.admin, "config/half")).body.value, "two")
    assert.equal(await versionsOf("config/half"), 2)
  })

  test("every call throttled: 503 that says so and when to come back; nothing was done", async () => {
    await createSecret(stage.admin, "config/full", "one")
    stage.proxy.judge(() => THROTTLED)
    const asked = await read(stage.admin, "config/full")
    assert.deepEqual([asked.status, asked.body.code], [503, "store_throttled"], asked.text)
    assert.ok(Number(asked.headers.get("retry-after")) >= 1)
    assert.equal(stage.proxy.calls("GetSecretValue"), 3)
    assert.deepEqual(await storePart(), { up: false, reason: "store_throttled" })
    const written = await put("config/full", "two")
    assert.deepEqual([written.status, written.body["code"]], [503, "store_throttled"], written.text)
    assert.deepEqual((await results("config/full")).slice(-2), ["UPDATE INTENT", "UPDATE FAILURE"])
    assert.equal((await read(stage.admin, "config/full")).body.value, "one")
    assert.deepEqual(await storePart(), { up: true, reason: null })
    assert.equal((await put("config/full", "two")).status, 200)
  })

  test("denied: 503 with a code of its own for the operator, and no value from anywhere", async () => {
    await createSecret(stage.admin, "config/denied", "one")
    for (const [error, code, status] of [
      ["AccessDeniedException", "store_denied", 503],
      ["DecryptionFailure", "store_key", 503],
      ["InternalServiceError", "store_fault", 502],
      ["SomethingNew", "store_fault", 502],
    ] as const) {
      stage.proxy.judge(() => ({ error, status: error === "InternalServiceError" ? 500 : 400, message: "hunter2" }))
      const answer = await read(stage.admin, "config/denied")
      assert.deepEqual([answer.status, answer.body.code], [status, code], answer.text)
      assert.ok(!answer.text.includes("hunter2"))
    }
    stage.proxy.judge((operation) =>
      operation === "UpdateSecretVersionStage" ? { error: "AccessDeniedException" } : "pass",
    )
    const written = await put("config/denied", "two")
    assert.equal(written.body["code"], "store_denied", written.text)
    stage.proxy.judge(() => "pass")
    assert.equal((await read(stage.admin, "config/denied")).body.value, "one")
  })

  test("it answers late: the value comes; it never answers: 503 within its tries", async () => {
    await createSecret(stage.admin, "config/slow", "one")
    stage.proxy.judge(() => ({ slowMs: 400 }))
    assert.equal((await read(stage.admin, "config/slow")).body.value, "one")
    stage.proxy.judge(() => ({ slowMs: 60_000 }))
    const began = performance.now()
    const answer = await read(stage.admin, "config/slow", { skipCache: true })
    assert.deepEqual([answer.status, answer.body.code], [503, "store_unavailable"], answer.text)
    assert.ok(performance.now() - began < 30_000)
  })

  test("an answer that was lost: the second try finds its own work, and there is one version", async () => {
    stage.proxy.judge((_operation, nth) => (nth === 1 ? "lose" : "pass"))
    const made = await createSecret(stage.admin, "config/lost", "one")
    assert.equal((await put("config/lost", "two")).status, 200)
    stage.proxy.judge(() => "pass")
    const { VersionIdsToStages } = await stage.aws.send(new DescribeSecretCommand({ SecretId: made.arn }))
    assert.equal(Object.keys(VersionIdsToStages ?? {}).length, 2)
    assert.equal((await read(stage.admin, "config/lost")).body.value, "two")
    assert.deepEqual(await results("config/lost"), [
      "CREATE INTENT",
      "CREATE SUCCESS",
      "UPDATE INTENT",
      "UPDATE SUCCESS",
    ])
  })

  test("a half-finished creation retried with the same key makes one version", async () => {
    const key = { "idempotency-key": randomUUID() }
    const create = () => stage.admin.post("/api/secrets", { name: "config/begun", value: "one" }, key)
    stage.proxy.judge((operation) => (operation === "CreateSecret" ? "lose" : "drop"))
    const first = await create()
    assert.deepEqual([first.status, first.body["code"]], [503, "outcome_unrecorded"], first.text)
    stage.proxy.judge(() => "pass")
    const second = await create()
    assert.equal(second.status, 201, second.text)
    assert.equal(second.body["versionId"], key["idempotency-key"])
    assert.equal(await versionsOf("config/begun"), 1)
    assert.equal((await read(stage.admin, "config/begun")).body.value, "one")
    assert.deepEqual(await results("config/begun"), [
      "CREATE INTENT",
      "CREATE UNKNOWN",
      "CREATE INTENT",
      "CREATE SUCCESS",
    ])
  })

  test("a half-finished creation that nobody comes back for is found by the sweep", async () => {
    stage.proxy.judge((operation) => (operation === "CreateSecret" ? "lose" : "drop"))
    const body = { name: "config/orphan", value: "one" }
    assert.equal((await stage.admin.post("/api/secrets", body)).status, 503)
    stage.proxy.judge(() => "pass")
    stage.clock.advance(91_000)
    await stage.sweep()
    assert.equal((await read(stage.admin, "config/orphan")).body.value, "one")
    assert.deepEqual(await results("config/orphan"), ["CREATE INTENT", "CREATE UNKNOWN", "CREATE SUCCESS"])
  })

  test("a write that broke off between its two steps leaves the old value, and the same key finishes it", async () => {
    await createSecret(stage.admin, "config/torn", "one")
    const key = randomUUID()
    stage.proxy.judge((operation) => (operation === "PutSecretValue" ? "pass" : "drop"))
    assert.equal((await put("config/torn", "two", key)).body["code"], "outcome_unrecorded")
    stage.proxy.judge(() => "pass")
    assert.equal((await read(stage.admin, "config/torn")).body.value, "one")
    stage.clock.advance(91_000)
    await stage.sweep()
    assert.deepEqual((await results("config/torn")).slice(-3), ["UPDATE INTENT", "UPDATE UNKNOWN", "UPDATE FAILURE"])
    assert.equal((await put("config/torn", "three", key)).body["code"], "idempotency_mismatch")
    const again = await put("config/torn", "two", key)
    assert.equal(again.status, 200, again.text)
    assert.equal((await read(stage.admin, "config/torn")).body.value, "two")
    assert.equal(await versionsOf("config/torn"), 2)
  })

  test("a database that goes away in between: 503, and the same key is safe", async () => {
    await createSecret(stage.admin, "config/unrecorded", "one")
    const gate = Promise.withResolvers<void>()
    stage.proxy.judge((operation) => (operation === "UpdateSecretVersionStage" ? { hold: gate.promise } : "pass"))
    const key = randomUUID()
    const writing = put("config/unrecorded", "two", key)
    while (stage.proxy.calls("UpdateSecretVersionStage") === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    const holder = new Client({ connectionString: stage.databaseUrl })
    await holder.connect()
    try {
      await holder.query("BEGIN; SELECT 1 FROM log_head FOR UPDATE")
      gate.resolve()
      const answer = await writing
      assert.deepEqual([answer.status, answer.body["code"]], [503, "outcome_unrecorded"], answer.text)
    } finally {
      await holder.end()
    }
    stage.proxy.judge(() => "pass")
    const again = await put("config/unrecorded", "two", key)
    assert.deepEqual([again.status, again.body["versionId"]], [200, key], again.text)
    assert.equal((await read(stage.admin, "config/unrecorded")).body.value, "two")
    assert.equal(await versionsOf("config/unrecorded"), 2)
  })

  test("while the outcome is not recorded, readers get what was decided on", async () => {
    await createSecret(stage.admin, "config/between", "one")
    stage.proxy.judge((operation) =>
      operation === "UpdateSecretVersionStage" ? "lose" : operation === "DescribeSecret" ? "drop" : "pass",
    )
    assert.equal((await put("config/between", "two")).body["code"], "outcome_unrecorded")
    stage.proxy.judge(() => "pass")
    assert.equal((await read(stage.admin, "config/between", { skipCache: true })).body.value, "one")
    stage.clock.advance(91_000)
    await stage.sweep()
    assert.equal((await read(stage.admin, "config/between")).body.value, "two")
  })

  test("an answer about another secret or version is not believed", async () => {
    const made = await createSecret(stage.admin, "config/other", "one")
    const elsewhere = await createSecret(stage.admin, "config/elsewhere", "two")
    stage.proxy.judge((operation) => (operation === "GetSecretValue" ? { answerOf: elsewhere.arn } : "pass"))
    const answer = await read(stage.admin, "config/other")
    assert.deepEqual([answer.status, answer.body.code], [502, "store_fault"], answer.text)
    stage.proxy.judge(() => "pass")
    assert.equal((await read(stage.admin, "config/other")).body.versionId, made.versionId)
  })

  test("two replicas: what one writes the other serves at once, and a slow read brings nothing old back", async () => {
    const other = await stage.start(1)
    const there = clientOf(other.url, stage.admin.token)
    await createSecret(stage.admin, "config/both", "0")
    assert.equal((await read(there, "config/both")).body.value, "0")
    for (let round = 1; round <= 5; round++) {
      let release: () => void = () => undefined
      const held = new Promise<void>((resolve) => (release = resolve))
      stage.proxy.judge((operation, nth) => (operation === "GetSecretValue" && nth === 1 ? { hold: held } : "pass"))
      const slow = read(there, "config/both", { skipCache: true, unmask: false })
      while (stage.proxy.calls("GetSecretValue") === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      assert.equal((await put("config/both", String(round))).status, 200)
      const quick = await read(there, "config/both", { unmask: false })
      release()
      const late = await slow
      const versionId = (await read(stage.admin, "config/both", { unmask: false })).body.versionId
      assert.deepEqual([quick.body.versionId, late.body.versionId], [versionId, versionId])
      const after = await read(there, "config/both", { unmask: false })
      assert.equal(after.body.versionId, versionId)
    }
    assert.equal((await read(there, "config/both")).body.value, "5")
    const raw = await stage.aws.send(
      new GetSecretValueCommand({ SecretId: `${stage.prefix}/config/both`, VersionStage: "AWSCURRENT" }),
    )
    assert.ok(raw.SecretBinary)
  })
})
