import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import type { AccessAnswer } from "../../src/api/access.ts"
import type { SessionsAnswer } from "../../src/api/auth.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Answer, Client, Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { addPerson, addProgram, logIn, type Person } from "../kit/people.ts"
import { createSecret, type OrProblem, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const READS = 200
const clock = movableClock()
let stage: Stage<never>

before(async () => {
  stage = await openStage({}, { clock })
  // Reads of these tests must run into the change and nothing else.
  for (const [id, roles] of [["config", ["admin", "developer", "devops"]] as const]) {
    const body = { secretPattern: `${id}/*`, allowedRoles: roles, maxAccessPerDay: null, reason: REASON }
    assert.equal((await stage.admin.put(`/api/policies/${id}`, body)).status, 200)
  }
})
after(() => stage.close())
// Refusals of the test before must not have used up a limit of this one.
beforeEach(() => clock.advance(61_000))

interface Change {
  readonly action: string
  readonly resource: string
}

/**
 * Starts 200 unmasked reads, makes the change in their midst, and holds the answers against the log: by index, every
 * delivered read stands before the change's entry.
 */
async function during(reader: Client, name: string, change: Change, make: () => Promise<Answer<unknown>>) {
  const reads: Promise<OrProblem<AccessAnswer>>[] = []
  for (let at = 0; at < READS / 2; at++) reads.push(read(reader, name))
  await Promise.race(reads)
  const making = make()
  for (let at = 0; at < READS / 2; at++) {
    if (at % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    reads.push(read(reader, name))
  }
  const made = await making
  assert.equal(made.status, 200, made.text)
  for (let at = 0; at < 10; at++) reads.push(read(reader, name))
  const answers = await Promise.all(reads)
  const entry = (await entriesOf(stage.admin, { action: change.action })).findLast(
    ({ resource_name, result }) => resource_name === change.resource && result === "SUCCESS",
  )
  assert.ok(entry !== undefined, "the change has its entry")
  const delivered = answers.filter(({ status }) => status === 200)
  const after = delivered.filter(({ body }) => (body.receipt?.index ?? Number.POSITIVE_INFINITY) > entry.id)
  assert.ok(delivered.length > 0, "some were delivered before")
  assert.ok(delivered.length < reads.length, "and some came too late")
  return { answers, delivered, entry, tooLate: after.map(({ body }) => body.receipt?.index) }
}

/** What was refused, and as what. Many failures of one address are cut off, whatever they failed on. */
function codesOf(answers: readonly OrProblem<AccessAnswer>[]): string[] {
  const refused = answers.filter(({ status }) => status !== 200).map(({ body }) => String(body.code))
  return [...new Set(refused.filter((code) => code !== "rate_limited"))]
}

async function person(name: string, roles: readonly string[] = ["developer"]): Promise<Person> {
  return addPerson(stage.admin, name, roles)
}

test("after a logout's entry no read of that session delivers", async () => {
  await createSecret(stage.admin, "config/logout", "value")
  const one = await person("leaves")
  const change = { action: "LOGOUT", resource: "session" }
  const seen = await during(one.client, "config/logout", change, () => one.client.post("/api/auth/logout"))
  assert.deepEqual(seen.tooLate, [])
  assert.deepEqual(codesOf(seen.answers), ["unauthenticated"])
  clock.advance(61_000)
  assert.equal((await read(one.client, "config/logout")).status, 401)
})

test("after the entry of a session that an admin ends no read of it delivers", async () => {
  await createSecret(stage.admin, "config/ended", "value")
  const one = await person("ended")
  const { sessions } = (await one.client.get<SessionsAnswer>("/api/sessions")).body
  const path = `/api/users/${one.id}/sessions/${sessions[0]?.id}`
  const change = { action: "SESSION_END", resource: one.id }
  const seen = await during(one.client, "config/ended", change, () => stage.admin.delete(path))
  assert.deepEqual(seen.tooLate, [])
  assert.deepEqual(codesOf(seen.answers), ["unauthenticated"])
  clock.advance(61_000)
})

test("after a disable's entry nothing of that person delivers", async () => {
  await createSecret(stage.admin, "config/disable", "value")
  const one = await person("disabled")
  const change = { action: "USER_CHANGE", resource: one.id }
  const disable = () => stage.admin.patch(`/api/users/${one.id}`, { disabled: true })
  const seen = await during(one.client, "config/disable", change, disable)
  assert.deepEqual(seen.tooLate, [])
  assert.deepEqual(codesOf(seen.answers), ["unauthenticated"])
})

test("after a token's revocation no read with it delivers", async () => {
  await createSecret(stage.admin, "config/revoke", "value")
  const program = await addProgram(stage.admin, "revoked", ["developer"])
  const change = { action: "TOKEN_REVOKE", resource: program.id }
  const path = `/api/service-accounts/${program.id}/tokens/${program.tokenId}`
  const seen = await during(program.client, "config/revoke", change, () => stage.admin.delete(path))
  assert.deepEqual(seen.tooLate, [])
  assert.deepEqual(codesOf(seen.answers), ["unauthenticated"])
})

test("after a role is taken away nothing is delivered on it", async () => {
  await createSecret(stage.admin, "config/roles", "value")
  const one = await person("demoted")
  const change = { action: "USER_CHANGE", resource: one.id }
  const demote = () => stage.admin.patch(`/api/users/${one.id}`, { roles: ["hr"] })
  const seen = await during(one.client, "config/roles", change, demote)
  assert.deepEqual(seen.tooLate, [])
  clock.advance(61_000)
  const again = await logIn(stage.server.url, "demoted")
  assert.equal((await read(again, "config/roles")).body.code, "forbidden")
})

test("after a policy's change no read delivers that it forbids, and one that it allows does at once", async () => {
  await createSecret(stage.admin, "race/policy", "value")
  const one = await person("governed")
  const policy = {
    secretPattern: "race/*",
    allowedRoles: ["admin", "developer"],
    maxAccessPerDay: null,
    reason: REASON,
  }
  assert.equal((await read(one.client, "race/policy")).body.code, "forbidden")
  const made = await stage.admin.post<{ id: string }>("/api/policies", policy)
  assert.equal(made.status, 201, made.text)
  assert.equal((await read(one.client, "race/policy")).body.value, "value", "allowed at once")
  const { id } = made.body
  const tighter = { ...policy, allowedRoles: ["admin"] }
  const seen = await during(one.client, "race/policy", { action: "POLICY_CHANGE", resource: id }, () =>
    stage.admin.put(`/api/policies/${id}`, tighter),
  )
  assert.deepEqual(seen.tooLate, [])
  assert.deepEqual(codesOf(seen.answers), ["forbidden"])
  assert.equal((await stage.admin.put(`/api/policies/${id}`, policy)).status, 200)
  assert.equal((await read(one.client, "race/policy")).status, 200)
  const mfa = await during(one.client, "race/policy", { action: "POLICY_CHANGE", resource: id }, () =>
    stage.admin.put(`/api/policies/${id}`, { ...policy, requiresMfa: true }),
  )
  assert.deepEqual(mfa.tooLate, [])
  assert.deepEqual(codesOf(mfa.answers), ["verification_required"])
  assert.equal((await stage.admin.delete(`/api/policies/${id}`, { reason: REASON })).status, 200)
  assert.equal((await read(one.client, "race/policy")).body.code, "forbidden", "by the row for what nothing matches")
})

test("after a deletion's entry no read delivers", async () => {
  const name = "config/deleted"
  await createSecret(stage.admin, name, "value")
  const one = await person("surprised")
  const confirmationCode = `DELETE-${name}-${new Date(clock.now()).toISOString().slice(0, 10)}`
  const seen = await during(one.client, name, { action: "DELETE", resource: name }, () =>
    stage.admin.delete(secretPath(name), { confirmationCode, reason: REASON }),
  )
  assert.deepEqual(seen.tooLate, [])
  assert.deepEqual(codesOf(seen.answers), ["secret_pending_deletion"])
  const back = await stage.admin.post<Problem>(secretPath(name, "restore"), { reason: REASON })
  assert.equal(back.status, 200)
  assert.equal((await read(one.client, name)).body.value, "value")
})

test("after a write's entry every read delivers the new value, before it the old one", async () => {
  const name = "config/written"
  await createSecret(stage.admin, name, "old")
  const one = await person("watcher")
  const reads = Array.from({ length: READS / 2 }, () => read(one.client, name))
  await Promise.race(reads)
  const writing = stage.admin.put(secretPath(name), { value: "new", reason: REASON })
  for (let at = 0; at < READS / 2; at++) {
    if (at % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    reads.push(read(one.client, name))
  }
  assert.equal((await writing).status, 200)
  const answers = await Promise.all(reads)
  const entry = (await entriesOf(stage.admin, { action: "UPDATE" })).at(-1)
  assert.ok(entry !== undefined)
  for (const { status, body } of answers) {
    assert.equal(status, 200)
    const index: number = body.receipt?.index ?? 0
    assert.equal(body.value, index > entry.id ? "new" : "old", `entry ${index}, the write's is ${entry.id}`)
  }
})

test("no admin locks out the last admin, nor all of them by policy", async () => {
  const me = (await stage.admin.get<{ id: string }>("/api/me")).body.id
  for (const change of [{ disabled: true }, { roles: [] }, { roles: ["developer"] }]) {
    const answer = await stage.admin.patch(`/api/users/${me}`, change)
    assert.deepEqual([answer.status, answer.body["code"]], [409, "last_admin"], JSON.stringify(change))
  }
  const others = { secretPattern: "**", allowedRoles: ["admin"], verbRoles: { create: ["dba"] }, reason: REASON }
  const locked = await stage.admin.put("/api/policies/unmatched", others)
  assert.deepEqual([locked.status, locked.body["code"]], [409, "policy_lockout"], locked.text)
  assert.equal((await stage.admin.delete("/api/policies/unmatched", { reason: REASON })).status, 409)
  assert.equal((await stage.admin.get("/api/me")).status, 200)
})

test("two admins cannot demote each other at the same time", async () => {
  const pair = await openStage({ bob: ["admin"] })
  after(() => pair.close())
  const ada = (await pair.admin.get<{ id: string }>("/api/me")).body.id
  const answers = await Promise.all([
    pair.admin.patch(`/api/users/${pair.people.bob.id}`, { disabled: true }),
    pair.people.bob.client.patch(`/api/users/${ada}`, { disabled: true }),
  ])
  const done = answers.filter(({ status }) => status === 200)
  assert.equal(done.length, 1, answers.map(({ text }) => text).join("\n"))
})
