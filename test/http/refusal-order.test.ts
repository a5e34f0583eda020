import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { systemClock, utcDay } from "../../src/core/clock.ts"
import { type Client, clientOf, type HeaderFields, type Problem } from "../kit/client.ts"
import { createSecret, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

/** Calls of one person that are answered. */
const READS = 5
const SECRETS = ["config/plain", "config/going", "employee/pay", "database/main"]
let stage: Stage<"dev" | "hr" | "dba" | "limited">

before(async () => {
  stage = await openStage(
    { dev: ["developer"], hr: ["hr"], dba: ["dba"], limited: ["developer"] },
    { env: { SECRETS_RATE_LIMIT_MAX: String(READS) } },
  )
  for (const name of SECRETS) await createSecret(stage.admin, name, "value")
})
after(() => stage.close())

const GOOD = JSON.stringify({ reason: REASON, unmask: true })
const LARGE = JSON.stringify({ reason: REASON, padding: "x".repeat(70_000) })
const PLAIN: HeaderFields = { "content-type": "text/plain" }

async function refusal(client: Client, name: string, body: string, headers: HeaderFields = {}): Promise<string> {
  const answer = await client.post<Problem>(secretPath(name, "access"), body, headers)
  return `${answer.status} ${answer.body.code}`
}

test("of several refusals the caller gets the first: 401, 429, 415, 413, 400", async () => {
  const { limited, dev } = stage.people
  const stranger = clientOf(stage.server.url, null)
  for (let reads = 0; reads < READS; reads++) await limited.client.post(secretPath("config/plain", "access"), GOOD)
  assert.equal(await refusal(stranger, "employee//pay", LARGE, PLAIN), "401 unauthenticated")
  assert.equal(await refusal(limited.client, "employee/pay", LARGE, PLAIN), "429 rate_limited")
  assert.equal(await refusal(dev.client, "employee/pay", LARGE, PLAIN), "415 unsupported_media_type")
  assert.equal(await refusal(dev.client, "employee/pay", LARGE), "413 body_too_large")
  assert.equal(await refusal(dev.client, "employee/pay", "{"), "400 invalid_json")
})

test("then 403 before 404, a deletion under way before what is missing, approval before the second factor", async () => {
  const { hr, dba, dev } = stage.people
  assert.equal(await refusal(hr.client, "database/nothing", GOOD), "403 forbidden")
  assert.equal(await refusal(hr.client, "employee/nothing", GOOD), "404 not_found")
  assert.equal(await refusal(hr.client, "employee/pay", GOOD), "403 approval_required")
  assert.equal(await refusal(dba.client, "database/main", GOOD), "403 verification_required")

  const confirmationCode = `DELETE-config/going-${utcDay(systemClock.now())}`
  const going = await stage.admin.delete(secretPath("config/going"), { confirmationCode, reason: REASON })
  assert.equal(going.status, 200, going.text)
  const stricter = { secretPattern: "*/*", requiresApproval: true, maxAccessPerDay: 0, reason: REASON }
  const made = await stage.admin.post("/api/policies", stricter)
  assert.equal(made.status, 201, made.text)
  assert.equal(await refusal(dev.client, "config/going", GOOD), "409 secret_pending_deletion")
  assert.equal(await refusal(dev.client, "config/plain", GOOD), "403 approval_required", "and a quota of none is last")
})
