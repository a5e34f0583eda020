import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, test } from "node:test"
import type { RequestItem } from "../../src/api/access-requests.ts"
import type { PolicyAnswer } from "../../src/api/policies.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { codeOf, logInWith, STEP_MS } from "../kit/factors.ts"
import { approve, cancel, deny, type Equipped, governed, pending, stateOf } from "../kit/governed.ts"
import { ADMIN_NAME, addRoles } from "../kit/people.ts"
import { REASON } from "../kit/secrets.ts"
import { startServer, temporaryFolder } from "../kit/server.ts"

/** What an admin tries alone, and what becomes of it. */

const DAY_MS = 86_400_000
const FINANCIAL = {
  secretPattern: "financial/*",
  allowedRoles: ["admin", "finance"],
  requiresMfa: true,
  requiresApproval: true,
  maxAccessPerDay: 10,
}
type Row = Record<string, unknown>

async function play<Names extends string>(
  roles: Readonly<Record<Names, readonly string[]>>,
  first?: (admin: Client) => Promise<unknown>,
) {
  const scene = await governed(roles, first === undefined ? {} : { first })
  after(() => scene.stage.close())
  return scene
}

const put =
  (row: Row) =>
  (admin: Client, headers = {}) =>
    admin.put("/api/policies/financial", { ...FINANCIAL, ...row, reason: REASON }, headers)
const post =
  (row: Row) =>
  (admin: Client, headers = {}) =>
    admin.post("/api/policies", { ...FINANCIAL, ...row, reason: REASON }, headers)
const remove =
  (id: string) =>
  (admin: Client, headers = {}) =>
    admin.delete(`/api/policies/${id}`, { reason: REASON }, headers)

type Try = (admin: Client, headers?: Readonly<Record<string, string>>) => ReturnType<Client["put"]>

const LOOSER: Readonly<Record<string, Try>> = {
  "no approval any more": put({ requiresApproval: false }),
  "no second factor any more": put({ requiresMfa: false }),
  "one more role": put({ allowedRoles: ["admin", "finance", "developer"] }),
  "another role": put({ allowedRoles: ["developer"] }),
  "one more role that approves": put({ approverRoles: ["admin", "finance", "developer"] }),
  "roles that write": put({ verbRoles: { write: ["admin", "finance", "developer"] } }),
  "roles that purge": put({ verbRoles: { purge: ["admin", "finance", "developer"] } }),
  "longer grants": put({ grantMinutes: 61 }),
  "more a day": put({ maxAccessPerDay: 11 }),
  "no limit a day": put({ maxAccessPerDay: null }),
  "another pattern": put({ secretPattern: "financial/other/*" }),
  "a narrower pattern": put({ secretPattern: "financial/ledger" }),
  "a more specific row that replaces roles": post({
    secretPattern: "financial/ledger",
    allowedRoles: ["developer"],
    replacesRoles: true,
  }),
  "a more specific row for one verb": post({
    secretPattern: "financial/ledger",
    allowedRoles: null,
    verbRoles: { write: ["developer"] },
    replacesRoles: true,
  }),
  "the row deleted": remove("financial"),
}

const TIGHTER: Readonly<Record<string, Try>> = {
  "more approvals": put({ minApprovals: 2 }),
  "fewer roles": put({ allowedRoles: ["finance"], minApprovals: 2 }),
  "fewer a day": put({ allowedRoles: ["finance"], minApprovals: 2, maxAccessPerDay: 3 }),
  "shorter grants": put({ allowedRoles: ["finance"], minApprovals: 2, maxAccessPerDay: 3, grantMinutes: 5 }),
  "a row on top": post({ secretPattern: "financial/ledger", allowedRoles: ["finance"], grantMinutes: 5 }),
}

async function financial(admin: Client): Promise<PolicyAnswer | undefined> {
  const { policies } = (await admin.get<{ policies: PolicyAnswer[] }>("/api/policies")).body
  return policies.find(({ id }) => id === "financial")
}

test("an admin alone loosens nothing: each way takes step-up and waits a day, alarmed, and can be cancelled", async () => {
  const { ada } = await play({})
  const before = await financial(ada.client)
  for (const [what, attempt] of Object.entries(LOOSER)) {
    const bare = await attempt(ada.client)
    assert.equal(codeOf(bare), "verification_required", `${what}: ${bare.text}`)
    const { requestId, effectiveAt } = pending(await attempt(ada.client, await ada.stepUp("govern")))
    assert.ok(effectiveAt !== null, what)
    assert.equal(codeOf(await approve(ada.client, requestId)), "forbidden", what)
    assert.equal((await cancel(ada.client, requestId)).body.state, "cancelled", what)
  }
  assert.deepEqual(await financial(ada.client), before)
})

test("tightening goes through at once", async () => {
  const { ada } = await play({})
  for (const [what, attempt] of Object.entries(TIGHTER)) {
    const answer = await attempt(ada.client)
    assert.ok([200, 201].includes(answer.status), `${what}: ${answer.text}`)
  }
})

test("before there is a secret that an approval guards, changes are immediate", async () => {
  const scene = await play({ dev: ["developer"] }, async (admin) => {
    const row = { secretPattern: "lab/*", allowedRoles: ["admin"], requiresApproval: true, reason: REASON }
    const made = await admin.post<PolicyAnswer>("/api/policies", row)
    assert.equal(made.status, 201, made.text)
    const looser = { ...row, requiresApproval: false }
    assert.equal((await admin.put(`/api/policies/${made.body.id}`, looser)).status, 200)
    assert.equal((await admin.put(`/api/policies/financial`, { ...FINANCIAL, reason: REASON })).status, 200)
  })
  assert.equal((await put({ requiresApproval: false })(scene.ada.client)).status, 403)
})

const PEOPLE: Readonly<Record<string, object>> = {
  "a role that opens": { roles: ["developer", "finance"] },
  "the role admin": { roles: ["admin", "developer"] },
  "a new password": { password: "another set of unrelated words" },
  "new factors": { resetFactors: true },
  "break-glass": { breakGlass: true },
  "all at once": {
    roles: ["finance"],
    password: "another set of unrelated words",
    resetFactors: true,
    disabled: false,
  },
}

test("an admin alone gives nobody a role that opens, nor a new password, factors or break-glass", async () => {
  const { ada, ids } = await play({ dev: ["developer"] })
  for (const [what, change] of Object.entries(PEOPLE)) {
    const path = `/api/users/${ids.dev}`
    const bare = await ada.client.patch(path, change)
    assert.equal(codeOf(bare), "verification_required", `${what}: ${bare.text}`)
    const { requestId, effectiveAt } = pending(await ada.client.patch(path, change, await ada.stepUp("govern")))
    assert.ok(effectiveAt !== null, what)
    const shown = await ada.client.get<RequestItem>(`/api/access-requests/${requestId}`)
    assert.doesNotMatch(shown.text, /scrypt|\$argon|passwordHash/)
    assert.equal((await cancel(ada.client, requestId)).status, 200, what)
  }
  const harmless = await ada.client.patch(`/api/users/${ids.dev}`, { disabled: true })
  assert.equal(harmless.status, 200, harmless.text)
})

test("one token makes one change, and one that was shown to others none", async () => {
  const { ada } = await play({})
  const token = await ada.stepUp("govern")
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => put({ requiresApproval: false })(ada.client, token)),
  )
  assert.equal(answers.filter(({ status }) => status === 202).length, 1)
  const read = await ada.stepUp("read", ["financial/ledger"])
  assert.equal(codeOf(await put({ requiresApproval: false })(ada.client, read)), "verification_required")
})

async function withBob() {
  const scene = await play({ bob: ["admin"], dev: ["developer"] })
  return { ...scene, bob: await scene.equip("bob") }
}

async function propose(one: Equipped, attempt: Try = put({ requiresApproval: false })) {
  return pending(await attempt(one.client, await one.stepUp("govern")))
}

test("with a second admin it waits for him, for good, and what he approves is what is made", async () => {
  const { ada, bob, clock, stage, signIn } = await withBob()
  const { requestId, effectiveAt } = await propose(ada)
  assert.equal(effectiveAt, null)
  assert.equal(codeOf(await approve(ada.client, requestId, ada.code())), "forbidden")
  clock.advance(2 * DAY_MS)
  await stage.server.runJobs()
  const again = await signIn("bob", bob.app)
  assert.equal((await financial(again))?.requiresApproval, true)
  assert.equal(codeOf(await approve(again, requestId)), "verification_required")
  const shown = (await again.get<RequestItem>(`/api/access-requests/${requestId}`)).body
  assert.equal((shown.change as { put: { requiresApproval: boolean }[] }).put[0]?.requiresApproval, false)
  const approved = await approve(again, requestId, bob.code())
  assert.equal(approved.status, 200, approved.text)
  assert.equal((await financial(again))?.requiresApproval, false)
})

test("after another change of the rules it is void, whether approved or due", async () => {
  const { ada, bob } = await withBob()
  const { requestId } = await propose(ada)
  assert.equal((await put({ maxAccessPerDay: 9 })(ada.client)).status, 200)
  const approved = await approve(bob.client, requestId, bob.code())
  assert.deepEqual([approved.body.code, approved.body["state"]], ["request_closed", "void"], approved.text)
  assert.equal((await financial(bob.client))?.requiresApproval, true)
  const one = await play({})
  const due = await propose(one.ada)
  assert.equal((await put({ maxAccessPerDay: 9 })(one.ada.client)).status, 200)
  one.clock.advance(DAY_MS + 1000)
  await one.stage.server.runJobs()
  const admin = await one.signIn(ADMIN_NAME, one.ada.app)
  assert.equal(await stateOf(admin, due.requestId), "void")
  assert.equal((await financial(admin))?.requiresApproval, true)
})

test("alone it is made at exactly 24 hours, once, with its entry", async () => {
  const { ada, clock, stage, signIn } = await play({})
  const { requestId, effectiveAt } = await propose(ada)
  const due = Date.parse(effectiveAt ?? "")
  clock.advance(due - clock.now() - 60_000)
  await stage.server.runJobs()
  const admin = await signIn(ADMIN_NAME, ada.app)
  assert.equal(await stateOf(admin, requestId), "pending")
  clock.advance(Math.max(0, due - clock.now()))
  await Promise.all([stage.server.runJobs(), stage.server.runJobs()])
  assert.equal(await stateOf(admin, requestId), "approved")
  assert.equal((await financial(admin))?.requiresApproval, false)
  const entries = await entriesOf(admin, { action: "CHANGE_EFFECTIVE" })
  assert.equal(entries.filter(({ result }) => result === "SUCCESS").length, 1)
  assert.equal(codeOf(await cancel(admin, requestId)), "request_closed")
})

test("a change of an admin who was disabled or demoted meanwhile is void", async () => {
  for (const end of [{ disabled: true }, { roles: ["developer"] }]) {
    const { ada, ids, people, equip } = await play({ bob: ["admin"], carl: ["admin"] })
    const { requestId } = await propose(await equip("bob"))
    const ended = await ada.client.patch(`/api/users/${ids.bob}`, end, await ada.stepUp("govern"))
    if (ended.status === 202) assert.equal((await approve(people.carl, pending(ended).requestId)).status, 200)
    else assert.equal(ended.status, 200, ended.text)
    const approved = await approve(people.carl, requestId)
    assert.deepEqual([approved.body.code, approved.body["state"]], ["request_closed", "void"], approved.text)
    assert.equal((await financial(ada.client))?.requiresApproval, true)
  }
})

test("the same by the clock: who asked is no admin when the day is over", async () => {
  const { ada, clock, stage, signIn, people } = await play({ carl: ["admin"] }, undefined)
  assert.equal((await ada.client.patch(`/api/users/${await idOf(people.carl)}`, { disabled: true })).status, 200)
  clock.advance(7 * DAY_MS + 1000)
  const alone = await signIn(ADMIN_NAME, ada.app)
  const token = await stepUpOf(ada, alone)
  const { requestId, effectiveAt } = pending(await put({ requiresApproval: false })(alone, token))
  assert.ok(effectiveAt !== null)
  const carl = await idOfUser(alone, "carl")
  assert.equal((await alone.patch(`/api/users/${carl}`, { disabled: false })).status, 200)
  const back = await signIn("carl")
  assert.equal((await back.patch(`/api/users/${ada.id}`, { disabled: true })).status, 200)
  clock.advance(DAY_MS + 1000)
  await stage.server.runJobs()
  const reader = await signIn("carl")
  assert.equal(await stateOf(reader, requestId), "void")
  assert.equal((await financial(reader))?.requiresApproval, true)
})

async function idOf(client: Client): Promise<string> {
  return (await client.get<{ id: string }>("/api/me")).body.id
}

async function idOfUser(admin: Client, name: string): Promise<string> {
  const { users } = (await admin.get<{ users: { id: string; username: string }[] }>("/api/users")).body
  return users.find(({ username }) => username === name)?.id ?? ""
}

async function stepUpOf(one: Equipped, client: Client) {
  const answer = await client.post<{ token: string }>("/api/auth/verify", { verb: "govern", ...one.code() })
  assert.equal(answer.status, 200, answer.text)
  return { "x-verification-token": answer.body.token }
}

test("nobody makes himself the only admin by what he does to the others", async () => {
  const { ada, ids, signIn } = await play({ bob: ["admin"] })
  // A role more and a role less are two small changes; both leave bob an admin who may not decide for ada.
  for (const change of [{ roles: ["admin", "auditor"] }, { disabled: true }]) {
    const changed = await ada.client.patch(`/api/users/${ids.bob}`, change, await ada.stepUp("govern"))
    const id = changed.status === 202 ? pending(changed).requestId : undefined
    if (id !== undefined) assert.equal((await approve(await signIn("bob"), id)).status, 200)
    else assert.equal(changed.status, 200, changed.text)
    const { requestId, effectiveAt } = await propose(ada)
    assert.equal(effectiveAt, null, `after ${JSON.stringify(change)} it waits for bob`)
    assert.equal((await cancel(ada.client, requestId)).status, 200)
    if (change.disabled === true) break
  }
})

test("taking another admin's role away takes a second person too; he sees it coming and can cancel it", async () => {
  const { ada, ids, people } = await play({ bob: ["admin"] })
  const path = `/api/users/${ids.bob}`
  const demotion = { roles: ["developer"] }
  assert.equal(codeOf(await ada.client.patch(path, demotion)), "verification_required")
  const { requestId, effectiveAt } = pending(await ada.client.patch(path, demotion, await ada.stepUp("govern")))
  assert.ok(effectiveAt !== null, "bob's own word is not waited for")
  assert.equal((await cancel(people.bob, requestId)).status, 200)
  const own = await people.bob.patch(path, demotion)
  assert.equal(own.status, 200, own.text)
})

test("an admin who lost his factors is reset after a day even if he is the only other one, and can cancel it", async () => {
  const { ada, ids, people, clock, stage, signIn } = await play({ bob: ["admin"] })
  const reset = { resetFactors: true, password: "another set of unrelated words" }
  const path = `/api/users/${ids.bob}`
  const first = pending(await ada.client.patch(path, reset, await ada.stepUp("govern")))
  assert.ok(first.effectiveAt !== null)
  assert.equal((await cancel(people.bob, first.requestId)).status, 200)
  const second = pending(await ada.client.patch(path, reset, await ada.stepUp("govern")))
  clock.advance(DAY_MS + 1000)
  await stage.server.runJobs()
  const admin = await signIn(ADMIN_NAME, ada.app)
  assert.equal(await stateOf(admin, second.requestId), "approved")
  // Bob is in her hands now, and still she is not alone for a week.
  const token = await stepUpOf(ada, admin)
  assert.equal(pending(await put({ requiresApproval: false })(admin, token)).effectiveAt, null)
})

test("a person with a role that opens is made without it, and the role is asked for", async () => {
  const { ada, bob } = await withBob()
  await addRoles(ada.client, ["visitor"])
  const body = { username: "eve", password: "several unrelated harbour words", roles: ["finance", "visitor"] }
  assert.equal(codeOf(await ada.client.post("/api/users", body)), "verification_required")
  const made = await ada.client.post<{ id: string; pending: { requestId: string } }>(
    "/api/users",
    body,
    await ada.stepUp("govern"),
  )
  assert.equal(made.status, 201, made.text)
  const { users } = (await ada.client.get<{ users: { id: string; roles: string[] }[] }>("/api/users")).body
  const rolesOf = users.find(({ id }) => id === made.body.id)?.roles
  assert.ok(!rolesOf?.includes("finance"), String(rolesOf))
  assert.equal((await approve(bob.client, made.body.pending.requestId, bob.code())).status, 200)
})

test("a denied change is not made", async () => {
  const { ada, bob } = await withBob()
  const { requestId } = await propose(ada)
  assert.equal((await deny(bob.client, requestId)).status, 200)
  assert.equal(codeOf(await approve(bob.client, requestId, bob.code())), "request_closed")
  assert.equal((await financial(ada.client))?.requiresApproval, true)
})

test("a change that would leave no admin when its day is over is void", async () => {
  const { ada, ids, equip, clock, stage, signIn } = await play({ bob: ["admin"], carl: ["admin"] })
  const carl = await equip("carl")
  const reset = { resetFactors: true }
  const ofBob = pending(await carl.client.patch(`/api/users/${ids.bob}`, reset, await carl.stepUp("govern")))
  assert.equal((await approve(ada.client, ofBob.requestId, ada.code())).status, 200)
  assert.equal((await carl.client.patch(`/api/users/${ids.carl}`, { roles: ["developer"] })).status, 200)
  const leaving = { disabled: true, resetFactors: true }
  const waits = pending(await ada.client.patch(`/api/users/${ada.id}`, leaving, await ada.stepUp("govern")))
  assert.ok(waits.effectiveAt !== null, "bob was reset and cannot decide")
  const bob = await signIn("bob")
  assert.equal((await bob.patch(`/api/users/${ids.bob}`, { roles: ["developer"] })).status, 200)
  clock.advance(DAY_MS + 1000)
  await stage.server.runJobs()
  assert.equal(await stateOf(await signIn(ADMIN_NAME, ada.app), waits.requestId), "void")
})

test("what waits survives a restart", async () => {
  const folder = temporaryFolder()
  after(() => rmSync(folder, { recursive: true, force: true }))
  const { clock, ada, stage } = await governed({}, { folder })
  const { requestId, effectiveAt } = await propose(ada)
  await stage.close()
  clock.advance(Date.parse(effectiveAt ?? "") - clock.now())
  const again = await startServer({ folder, clock })
  after(() => again.close())
  await again.runJobs()
  clock.advance(STEP_MS)
  const admin = await logInWith(again.url, ADMIN_NAME, () => ada.code())
  assert.equal(await stateOf(admin, requestId), "approved")
})
