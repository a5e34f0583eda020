import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { AccessAnswer } from "../../src/api/access.ts"
import type { DecidedAnswer, RequestItem, RequestsAnswer } from "../../src/api/access-requests.ts"
import type { Client } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { appCode, codeOf, enrolApp, enrolPasskey, logInWith, passkeyShown, STEP_MS, stepUp } from "../kit/factors.ts"
import { createSecret, REASON, secretPath } from "../kit/secrets.ts"
import { openStage } from "../kit/stage.ts"

const LEDGER = "financial/ledger"

function access(client: Client, headers: Readonly<Record<string, string>> = {}, name = LEDGER) {
  return client.post<AccessAnswer>(secretPath(name, "access"), { reason: REASON, unmask: true }, headers)
}

function ask(client: Client, over: object = {}, headers: Readonly<Record<string, string>> = {}) {
  return client.post<RequestItem>(
    "/api/access-requests",
    { secrets: [LEDGER], verb: "read", reason: "Closing the books of November", ...over },
    headers,
  )
}

async function scene() {
  const clock = movableClock()
  const stage = await openStage({ finn: ["finance"], gail: ["finance"], hugo: ["hr"], dev: ["developer"] }, { clock })
  after(() => stage.close())
  await createSecret(stage.admin, LEDGER, "the books")
  const { finn, gail } = stage.people
  const app = await enrolApp(finn.client, clock.now())
  const tick = (): void => clock.advance(STEP_MS)
  const finnSteps = (verb = "read", secrets: readonly string[] = [LEDGER]) => {
    tick()
    return stepUp(finn.client, verb, secrets, { code: appCode(app.seed, clock.now()) })
  }
  return { clock, tick, stage, app, finnSteps, finn: finn.client, gail: gail.client, hugo: stage.people.hugo.client }
}

test("asked for, approved with a signature, stepped up, read once, refused the second time", async () => {
  const { finn, gail, finnSteps, stage } = await scene()
  const passkey = await enrolPasskey(gail, stage.server.publicUrl)
  const refused = (await access(finn)).body as { code?: string; missing?: string[] }
  assert.deepEqual([refused.code, refused.missing], ["approval_required", ["approval", "verification"]])
  const asked = await ask(finn)
  assert.equal(asked.status, 201, asked.text)
  assert.equal(asked.body.state, "pending")
  const { id } = asked.body
  assert.equal(codeOf(await access(finn, await finnSteps())), "approval_required")

  const waiting = await gail.get<RequestsAnswer>("/api/access-requests?of=decide")
  assert.deepEqual(
    waiting.body.requests.map((one) => [one.id, one.requester, one.reason]),
    [[id, "finn", "Closing the books of November"]],
  )
  const bare = await gail.post(`/api/access-requests/${id}/approve`)
  assert.equal(codeOf(bare), "verification_required")
  assert.equal((bare.body as { requiresSignature?: boolean }).requiresSignature, true)
  const shown = await passkeyShown(gail, passkey, "approve", id)
  const approved = await gail.post<DecidedAnswer>(`/api/access-requests/${id}/approve`, shown)
  assert.equal(approved.status, 200, approved.text)
  assert.equal(approved.body.state, "approved")
  assert.equal(approved.body.grants.length, 1)

  assert.equal(codeOf(await access(finn)), "verification_required")
  const read = await access(finn, await finnSteps())
  assert.equal(read.status, 200, read.text)
  assert.equal(read.body.value, "the books")
  assert.equal(codeOf(await access(finn, await finnSteps())), "approval_required")
})

test("nobody decides his own request, nor without the role, nor twice", async () => {
  const { finn, gail, hugo, stage, tick } = await scene()
  const { id } = (await ask(finn)).body
  const path = `/api/access-requests/${id}`
  assert.equal(codeOf(await finn.post(`${path}/approve`)), "forbidden")
  assert.equal(codeOf(await hugo.post(`${path}/approve`)), "not_found")
  assert.equal(codeOf(await hugo.get(path)), "not_found")
  tick()
  const approved = await gail.post<DecidedAnswer>(`${path}/approve`)
  assert.equal(approved.body.state, "approved", approved.text)
  assert.equal(codeOf(await gail.post(`${path}/approve`)), "request_closed")
  assert.equal(codeOf(await gail.post(`${path}/deny`, { reason: REASON })), "request_closed")
  // The admin made finn's account a moment ago.
  const second = (await ask(finn)).body
  const barred = await stage.admin.post(`/api/access-requests/${second.id}/approve`)
  assert.deepEqual([barred.status, (barred.body as { bar?: string }).bar], [403, "made_requester"])
})

test("a step-up token works once, for its secret, verb, person and session", async () => {
  const { finn, gail, finnSteps, stage, clock, app } = await scene()
  const { id } = (await ask(finn, { uses: null })).body
  await gail.post(`/api/access-requests/${id}/approve`)
  for (const headers of [await finnSteps("write"), { "x-verification-token": "tyv_x" }, { "x-verification-token": "" }])
    assert.equal(codeOf(await access(finn, headers)), "verification_required")
  const token = await finnSteps()
  assert.equal((await access(finn, token)).status, 200)
  assert.equal(codeOf(await access(finn, token)), "verification_required")
  const again = await finnSteps()
  clock.advance(STEP_MS)
  const other = await logInWith(stage.server.url, "finn", () => ({ code: appCode(app.seed, clock.now()) }))
  assert.equal(codeOf(await access(other, again)), "verification_required")
  const late = await finnSteps()
  clock.advance(5 * 60_000)
  assert.equal(codeOf(await access(finn, late)), "verification_required")
})

test("100 reads at once under one use and one token: one is delivered", async () => {
  const { finn, gail, finnSteps } = await scene()
  const { id } = (await ask(finn)).body
  await gail.post(`/api/access-requests/${id}/approve`)
  const token = await finnSteps()
  const answers = await Promise.all(Array.from({ length: 100 }, () => access(finn, token)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
})

test("a grant asked for with a second factor needs none later; a revoked one opens nothing", async () => {
  const { finn, gail, finnSteps } = await scene()
  const asked = await ask(finn, { uses: null }, await finnSteps())
  assert.equal(asked.body.steppedUp, true, asked.text)
  const approved = await gail.post<DecidedAnswer>(`/api/access-requests/${asked.body.id}/approve`)
  for (let read = 0; read < 3; read++) assert.equal((await access(finn)).status, 200)
  const [grant] = approved.body.grants
  assert.equal((await gail.delete(`/api/grants/${grant?.id}`)).status, 200)
  assert.equal(codeOf(await access(finn)), "approval_required")
})

test("approve, deny and cancel at once: one end", async () => {
  const { finn, gail } = await scene()
  for (let round = 0; round < 5; round++) {
    const { id } = (await ask(finn)).body
    const path = `/api/access-requests/${id}`
    const ends = await Promise.all([
      gail.post(`${path}/approve`),
      gail.post(`${path}/deny`, { reason: REASON }),
      finn.post(`${path}/cancel`),
    ])
    assert.equal(ends.filter(({ status }) => status === 200).length, 1, ends.map(({ text }) => text).join("\n"))
    const { state } = (await finn.get<RequestItem>(path)).body
    assert.notEqual(state, "pending")
  }
})

test("a secret that is deleted for good and made again is another secret: the grant is dead", async () => {
  const { finn, gail, stage, clock, finnSteps } = await scene()
  const asked = await ask(finn, { uses: null }, await finnSteps())
  await gail.post(`/api/access-requests/${asked.body.id}/approve`)
  const admin = await enrolApp(stage.admin, clock.now())
  clock.advance(STEP_MS)
  const token = await stepUp(stage.admin, "delete", [LEDGER], { code: appCode(admin.seed, clock.now()) })
  const confirmationCode = `DELETE-${LEDGER}-${new Date(clock.now()).toISOString().slice(0, 10)}`
  const body = { confirmationCode, reason: "It was stored for another company", recoveryDays: 7 }
  assert.equal((await stage.admin.delete(secretPath(LEDGER), body, token)).status, 200)
  assert.equal(codeOf(await access(finn)), "secret_pending_deletion")
  clock.advance(8 * 86_400_000)
  await stage.server.runJobs()
})
