import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { DecidedAnswer, PendingAnswer, RequestsAnswer } from "../../src/api/access-requests.ts"
import type { ProvidersAnswer } from "../../src/api/identity-providers.ts"
import { DAY_MS } from "../../src/core/clock.ts"
import type { Client } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { appCode, codeOf, enrolApp, STEP_MS, stepUp } from "../kit/factors.ts"
import { ADMIN_NAME, addRoles, logIn } from "../kit/people.ts"
import { createSecret, REASON } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const clock = movableClock()
const PATH = "/api/identity-providers"
const SECRET = "the client secret of this provider"
let stage: Stage<"second">
let admin: Client
let second: Client
let seed = ""

before(async () => {
  stage = await openStage({ second: ["admin"] }, { clock })
  await addRoles(stage.admin, ["intern"])
  await createSecret(stage.admin, "financial/ledger", "value")
  // Whom an admin made may not approve for that admin within the first seven days.
  clock.advance(8 * DAY_MS)
  admin = await logIn(stage.server.url, ADMIN_NAME)
  second = await logIn(stage.server.url, "second")
  seed = (await enrolApp(admin, clock.now())).seed
})
after(() => stage.close())

const rule = (role: string) => ({ claim: "groups", value: `${role}s`, role })
const body = (id: string, roles: readonly string[], over: object = {}) => ({
  id,
  issuer: `https://${id}.example`,
  clientId: "tyler",
  clientSecret: SECRET,
  label: "Acme",
  roleRules: roles.map(rule),
  reason: REASON,
  ...over,
})

async function govern() {
  clock.advance(STEP_MS)
  return stepUp(admin, "govern", [], { code: appCode(seed, clock.now()) })
}

const listed = async () => (await admin.get<ProvidersAnswer>(PATH)).body.identityProviders

test("a rule for a role that passes an approval takes a second factor and another admin; others do not", async () => {
  assert.equal((await admin.post(PATH, body("plain", ["intern"]))).status, 201)
  const alone = await admin.post(PATH, body("acme", ["finance"]))
  assert.equal(codeOf(alone), "verification_required")
  const asked = await admin.post<PendingAnswer>(PATH, body("acme", ["finance"]), await govern())
  assert.equal(asked.status, 202, asked.text)
  assert.deepEqual(
    (await listed()).map(({ id }) => id),
    ["plain"],
    "nothing is made yet",
  )
  const seen = await second.get<RequestsAnswer>("/api/access-requests?of=decide")
  assert.ok(!seen.text.includes(SECRET))
  const [request] = seen.body.requests
  const { change } = request as unknown as { change: { id: string; clientSecret: string; fields: object } }
  assert.deepEqual([change.id, change.clientSecret], ["acme", "set"])
  const path = `/api/access-requests/${asked.body.requestId}/approve`
  assert.equal((await admin.post(path)).status, 403, "not the one who asked")
  const approved = await second.post<DecidedAnswer>(path)
  assert.equal(approved.body.state, "approved", approved.text)
  const acme = (await listed()).find(({ id }) => id === "acme")
  assert.deepEqual([acme?.hasClientSecret, acme?.roleRules], [true, [rule("finance")]])
})

test("so does any change by which more people could come to such a role, and none that takes it from some", async () => {
  const { id: _id, clientSecret: _secret, ...row } = body("acme", ["finance"])
  const put = (over: object) => admin.put(`${PATH}/acme`, { ...row, ...over })
  assert.equal((await put({ label: "Other" })).status, 200)
  assert.equal((await put({ roleRules: [rule("finance"), rule("intern")] })).status, 200)
  for (const over of [
    { roleRules: [rule("finance"), rule("admin")] },
    { roleRules: [{ ...rule("finance"), value: "everybody" }] },
    { issuer: "https://elsewhere.example", clientSecret: null },
  ])
    assert.equal(codeOf(await put(over)), "verification_required", JSON.stringify(over))
  assert.equal((await put({ enabled: false })).status, 200)
  assert.equal(codeOf(await put({ enabled: true })), "verification_required")
  assert.equal((await put({ enabled: true, roleRules: [rule("intern")] })).status, 200)
})

test("an approved change is made only on what it was asked for", async () => {
  const { id: _id, clientSecret: _secret, ...row } = body("acme", ["finance"])
  const asked = await admin.put<PendingAnswer>(`${PATH}/acme`, row, await govern())
  assert.equal(asked.status, 202, asked.text)
  assert.equal((await admin.put(`${PATH}/acme`, { ...row, roleRules: [] })).status, 200)
  await second.post(`/api/access-requests/${asked.body.requestId}/approve`)
  assert.deepEqual((await listed()).find(({ id }) => id === "acme")?.roleRules, [])
})
