import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { BatchAnswer } from "../../src/api/access.ts"
import { entryOf } from "../kit/audit.ts"
import type { HeaderFields } from "../kit/client.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const VALUE = "guarded-value"
let stage: Stage<"dba" | "hr" | "dev">

before(async () => {
  stage = await openStage({ dba: ["dba"], hr: ["hr"], dev: ["developer"] })
  for (const name of ["database/main", "employee/pay", "config/plain"]) await createSecret(stage.admin, name, VALUE)
})
after(() => stage.close())

test("where a second factor is asked for, a read says so and gives nothing, masked or not", async () => {
  for (const unmask of [false, true]) {
    const { status, body, text } = await read(stage.people.dba.client, "database/main", { unmask })
    assert.equal(status, 403)
    assert.equal(body.code, "verification_required")
    assert.equal(body["requiresToken"], true)
    assert.equal(body["requiresApproval"], undefined)
    assert.ok(!("value" in body) && !text.includes(VALUE))
    const entry = await entryOf(stage.admin, body.requestId)
    assert.deepEqual([entry.result, entry.decision, entry.username], ["DENIED", "verification_required", "dba"])
  }
})

test("where approval is asked for too, both are named", async () => {
  for (const unmask of [false, true]) {
    const { status, body, text } = await read(stage.people.hr.client, "employee/pay", { unmask })
    assert.equal(status, 403)
    assert.equal(body.code, "approval_required")
    assert.equal(body["requiresApproval"], true)
    assert.equal(body["requiresToken"], true)
    assert.deepEqual(body["missing"], ["approval", "verification"])
    assert.ok(!text.includes(VALUE))
  }
})

test("the admin is asked for the same", async () => {
  assert.equal((await read(stage.admin, "database/main")).body.code, "verification_required")
  assert.equal((await read(stage.admin, "employee/pay")).body.code, "approval_required")
})

const WAYS: readonly HeaderFields[] = [
  { "x-verification-token": "" },
  { "x-verification-token": "anything" },
  { "x-verification-token": "true" },
  { "x-verification-token": "x".repeat(4000) },
  { "X-Verification-Token": "null" },
  { "x-mfa": "true", "x-mfa-verified": "true", "x-approved": "true" },
  { "x-approval-token": "anything", "x-grant-id": "1" },
  { "x-user-id": "1", "x-user-role": "admin", "x-roles": "admin,dba,hr" },
  { "x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1", "x-forwarded-user": "ada" },
  { "x-http-method-override": "GET", "x-original-url": "/api/secrets/config/plain/access" },
  { "idempotency-key": "0".repeat(32) },
]

test("no header gets around either", async () => {
  for (const headers of WAYS) {
    const mfa = await read(stage.people.dba.client, "database/main", {}, headers)
    assert.equal(mfa.body.code, "verification_required", JSON.stringify(headers).slice(0, 80))
    const approval = await read(stage.people.hr.client, "employee/pay", {}, headers)
    assert.equal(approval.body.code, "approval_required")
    assert.deepEqual(approval.body["missing"], ["approval", "verification"])
    const role = await read(stage.people.dev.client, "database/main", {}, headers)
    assert.equal(role.body.code, "forbidden")
  }
  const own = { "x-verification-token": stage.people.dba.client.token ?? "" }
  assert.equal((await read(stage.people.dba.client, "database/main", {}, own)).body.code, "verification_required")
})

test("nor does a field in the body or a query", async () => {
  for (const field of ["verificationToken", "approved", "mfa", "grantId", "roles", "skipPolicy"]) {
    const body = { reason: REASON, unmask: true, [field]: true }
    const answer = await stage.people.dba.client.post("/api/secrets/database/main/access", body)
    assert.equal(answer.status, 400, field)
  }
  const query = "/api/secrets/database/main/access?x-verification-token=1&mfa=true"
  assert.equal((await stage.people.dba.client.post(query, { reason: REASON })).status, 400)
})

test("nor does asking for several at once, for a version or for a stage", async () => {
  const names = ["database/main", "employee/pay", "config/plain"]
  const batch = await stage.admin.post<BatchAnswer>("/api/secrets/access", { names, reason: REASON, unmask: true })
  assert.equal(batch.status, 200)
  const codes = batch.body.items.map((item) => ("code" in item ? item.code : "delivered"))
  assert.deepEqual(codes, ["verification_required", "approval_required", "delivered"])
  assert.equal(batch.text.split(VALUE).length, 2)
  for (const ask of [
    { stage: "current" },
    { skipCache: true },
    { as: "string" as const },
    { versionId: "0".repeat(32) },
  ])
    assert.ok([403, 404].includes((await read(stage.people.dba.client, "database/main", ask)).status))
})

test("nor a change, a deletion or a rotation without the second factor", async () => {
  const path = "/api/secrets/database/main"
  const day = new Date().toISOString().slice(0, 10)
  const confirmationCode = `DELETE-database/main-${day}`
  for (const answer of [
    await stage.admin.put(path, { value: "x", reason: REASON }),
    await stage.admin.patch(path, { description: "x", reason: REASON }),
    await stage.admin.delete(path, { confirmationCode, reason: REASON }),
    await stage.admin.post(`${path}/rotate`, { reason: REASON }),
  ])
    assert.equal(answer.body["code"], "verification_required", answer.text)
})

test("for trying things out the second factor can be switched off; approval cannot", async () => {
  const env = { TYLER_ENVIRONMENT: "development", ENABLE_MFA_FOR_SECRETS: "false" }
  const loose = await openStage({ dba: ["dba"] }, { env })
  after(() => loose.close())
  for (const name of ["database/main", "employee/pay"]) await createSecret(loose.admin, name, VALUE)
  assert.equal((await read(loose.people.dba.client, "database/main")).body.value, VALUE)
  const approval = await read(loose.admin, "employee/pay")
  assert.equal(approval.body.code, "approval_required")
  assert.equal(approval.body["requiresToken"], undefined)
})
