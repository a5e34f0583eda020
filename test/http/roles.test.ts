import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { RoleItem, RolesAnswer } from "../../src/api/roles.ts"
import { BUILT_IN_ROLES } from "../../src/core/roles.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Answer, Client, Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { appCode, enrolApp, logInWith, STEP_MS, stepUp } from "../kit/factors.ts"
import { addPerson, PASSWORD } from "../kit/people.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { onEngine, runPast } from "../kit/tamper.ts"

let stage: Stage<"dev" | "second">

before(async () => {
  stage = await openStage({ dev: ["developer"], second: ["admin"] })
})
after(() => stage.close())

function create(name: unknown, over: object = {}, by: Client = stage.admin): Promise<Answer<Problem & RoleItem>> {
  return by.post("/api/roles", { name, description: "Moves money", reason: REASON, ...over })
}

function remove(name: string, by: Client = stage.admin): Promise<Answer<Problem>> {
  return by.delete(`/api/roles/${name}`, { reason: REASON })
}

async function named(by: Client = stage.admin): Promise<string[]> {
  const answer = await by.get<RolesAnswer>("/api/roles")
  assert.equal(answer.status, 200, answer.text)
  return answer.body.roles.map(({ name }) => name)
}

const BUILT_IN = ["admin", "auditor", "dba", "developer", "devops", "finance", "hr", "metrics"]

test("the built-in roles are there, seen by everybody, and stay", async () => {
  assert.deepEqual(Object.keys(BUILT_IN_ROLES).toSorted(), BUILT_IN)
  assert.deepEqual(await named(stage.people.dev.client), BUILT_IN)
  for (const name of BUILT_IN) {
    assert.equal((await remove(name)).body.code, "role_built_in")
    assert.equal((await create(name)).body.code, "role_exists")
  }
  assert.deepEqual(await named(), BUILT_IN)
})

test("an admin adds a role, gives it, lets a policy row name it, and deletes it once nothing does", async () => {
  const made = await create("treasury")
  assert.equal(made.status, 201, made.text)
  const { createdAt, createdBy, ...facts } = made.body
  assert.deepEqual(facts, { name: "treasury", description: "Moves money", builtIn: false })
  assert.ok(createdAt !== null && createdBy !== null)
  assert.equal((await create("treasury")).body.code, "role_exists")
  assert.deepEqual(await named(stage.people.dev.client), [...BUILT_IN, "treasury"].toSorted())

  const person = await addPerson(stage.admin, "tess", ["treasury"])
  await createSecret(stage.admin, "vault/one", "value")
  assert.equal((await read(person.client, "vault/one")).body.code, "forbidden", "it may do nothing yet")
  const row = { secretPattern: "vault/*", allowedRoles: ["admin", "treasury"], maxAccessPerDay: null, reason: REASON }
  const policy = await stage.admin.post<{ id: string }>("/api/policies", row)
  assert.equal(policy.status, 201, policy.text)
  assert.equal((await read(person.client, "vault/one")).status, 200)

  assert.equal((await remove("treasury")).body.code, "role_in_use")
  assert.equal((await stage.admin.patch(`/api/users/${person.id}`, { disabled: true })).status, 200)
  assert.equal((await stage.admin.delete(`/api/policies/${policy.body.id}`, { reason: REASON })).status, 200)
  const refused = await remove("treasury")
  assert.deepEqual([refused.status, refused.body.code], [409, "role_in_use"], "a disabled person has it")
  assert.equal((await stage.admin.patch(`/api/users/${person.id}`, { roles: ["hr"] })).status, 200)
  assert.equal((await remove("treasury")).status, 200)
  assert.equal((await remove("treasury")).status, 404)
  assert.deepEqual(await named(), BUILT_IN)

  const entries = await entriesOf(stage.admin, { resource: "treasury" })
  assert.deepEqual(
    entries.map(({ action, result, decision }) => [action, result, decision]),
    [
      ["ROLE_CREATE", "SUCCESS", "role admin"],
      ["ROLE_CREATE", "DENIED", "role_exists"],
      // The kit makes sure that the role is there.
      ["ROLE_CREATE", "DENIED", "role_exists"],
      ["ROLE_DELETE", "DENIED", "role_in_use"],
      ["ROLE_DELETE", "DENIED", "role_in_use"],
      ["ROLE_DELETE", "SUCCESS", "role admin"],
      ["ROLE_DELETE", "DENIED", "not_found"],
    ],
  )
  assert.ok(entries.every(({ resource_type, reason }) => resource_type === "role" && reason !== null))
})

test("whoever names a role that is none is told which there are, and nothing is made", async () => {
  assert.equal((await create("known-one")).status, 201)
  const { id } = stage.people.dev
  const row = { secretPattern: "odd/*", reason: REASON }
  const asks: readonly (readonly [string, string, object])[] = [
    ["POST", "/api/users", { username: "odd", password: PASSWORD, roles: ["hr", "nobody", "known-one"] }],
    ["PATCH", `/api/users/${id}`, { roles: ["developer", "nobody"] }],
    ["POST", "/api/service-accounts", { name: "odd", roles: ["nobody"], reason: REASON }],
    ["POST", "/api/policies", { ...row, allowedRoles: ["admin", "nobody"] }],
    ["POST", "/api/policies", { ...row, allowedRoles: ["admin"], approverRoles: ["nobody"] }],
    ["POST", "/api/policies", { ...row, allowedRoles: ["admin"], verbRoles: { read: ["admin", "nobody"] } }],
    ["PUT", "/api/policies/config", { secretPattern: "config/*", allowedRoles: ["admin", "nobody"], reason: REASON }],
  ]
  for (const [method, path, body] of asks) {
    const answer = await stage.admin.send<Problem>(method, path, body)
    const about = `${method} ${path}: ${answer.text}`
    assert.deepEqual([answer.status, answer.body.code], [400, "unknown_role"], about)
    assert.deepEqual(answer.body["unknown"], ["nobody"], about)
    assert.equal(answer.body.error, "There is no role nobody", about)
    assert.deepEqual(answer.body["known"], [...BUILT_IN, "known-one"].toSorted(), about)
  }
  const many = (count: number) => Array.from({ length: count }, (_, at) => `none-${at}`)
  const verbRoles = { read: many(32), write: many(31).map((name) => `${name}-too`) }
  const most = await stage.admin.post<Problem>("/api/policies", { ...row, allowedRoles: ["admin"], verbRoles })
  assert.deepEqual(most.body["unknown"], many(32))
  const { users } = (await stage.admin.get<{ users: { username: string }[] }>("/api/users")).body
  assert.ok(!users.some(({ username }) => username === "odd"))
  assert.equal((await remove("known-one")).status, 200)
})

test("what is no role's name or description is refused", async () => {
  for (const name of ["", "Treasury", "1st", "a b", "rôle", `a${"b".repeat(32)}`, 7, null])
    assert.equal((await create(name)).status, 400, String(name))
  for (const description of ["", "x".repeat(201), "a\0b", 7]) {
    const answer = await create("described", { description })
    assert.equal(answer.status, 400, answer.text)
  }
  assert.equal((await create("described", { reason: "short" })).body.code, "invalid_reason")
  for (const description of ["x", "x".repeat(200)]) {
    assert.equal((await create("described", { description })).status, 201)
    assert.equal((await remove("described")).status, 200)
  }
  const longest = `a${"b".repeat(31)}`
  assert.equal((await create(longest)).status, 201)
  assert.equal((await remove(longest)).status, 200)
  for (const answer of [
    await create("mine", {}, stage.people.dev.client),
    await remove("admin", stage.people.dev.client),
  ])
    assert.equal(answer.body.code, "forbidden")
})

test("of a role's deletion and its being given at once one happens", async () => {
  const people = await Promise.all([1, 2, 3, 4].map((n) => addPerson(stage.admin, `racer-${n}`, ["hr"])))
  for (const [at, { id }] of people.entries()) {
    const name = `raced-${at}`
    assert.equal((await create(name)).status, 201)
    const give = () => stage.people.second.client.patch<Problem>(`/api/users/${id}`, { roles: ["hr", name] })
    const both = at % 2 === 0 ? [give, () => remove(name)] : [() => remove(name), give]
    const [given, gone] = await Promise.all(both.map((one) => one()))
    const statuses = [given?.status, gone?.status]
    const has = (await named()).includes(name)
    const { users } = (await stage.admin.get<{ users: { id: string; roles: string[] }[] }>("/api/users")).body
    const worn = users.find((one) => one.id === id)?.roles.includes(name)
    assert.equal(worn, has, `${name}: ${statuses.join()}`)
    assert.equal(statuses.filter((status) => status === 200).length, 1, statuses.join())
  }
})

test("a change that waits does not hold a role; without it the change is void", async (t) => {
  const clock = movableClock()
  const other = await openStage({}, { clock, env: { NODE_ENV: "production" } })
  t.after(() => other.close())
  await createSecret(other.admin, "financial/ledger", "the books")
  let { admin } = other
  const app = await enrolApp(admin, clock.now())
  const code = (): object => {
    clock.advance(STEP_MS)
    return { code: appCode(app.seed, clock.now()) }
  }
  const pending: string[] = []
  for (const name of ["lost", "kept"]) {
    assert.equal((await create(name, {}, admin)).status, 201)
    const approverRoles = { approverRoles: ["admin", name], reason: REASON }
    const row = { secretPattern: "financial/*", allowedRoles: ["admin"], requiresApproval: false, ...approverRoles }
    const asked = await admin.put<{ requestId: string }>(
      "/api/policies/financial",
      row,
      await stepUp(admin, "govern", [], code()),
    )
    assert.equal(asked.status, 202, asked.text)
    pending.push(asked.body.requestId)
    if (name === "lost") assert.equal((await remove(name, admin)).status, 200)
    clock.advance(25 * 3_600_000)
    await other.server.runJobs()
    admin = await logInWith(other.server.url, "ada", code)
  }
  const states = await Promise.all(
    pending.map(async (id) => (await admin.get<{ state: string }>(`/api/access-requests/${id}`)).body.state),
  )
  assert.deepEqual(states, ["void", "approved"])
  assert.equal((await remove("kept", admin)).body.code, "role_in_use")
})

test("a role that was written past the service is none", async () => {
  const at = onEngine({ sqlite: "1", postgres: "now()" })
  const insert = `INSERT INTO role (name, description, created_by, created_at, mac) VALUES (?1, 'x', 'x', ${at}, ?2)`
  await runPast(stage.server.folder, insert, "smuggled", Buffer.alloc(32))
  assert.ok(!(await named()).includes("smuggled"))
  const given = await stage.admin.patch<Problem>(`/api/users/${stage.people.dev.id}`, { roles: ["smuggled"] })
  assert.equal(given.body.code, "unknown_role")
  assert.equal((await create("smuggled")).body.code, "role_exists", "it stands in the way until it is deleted")
  assert.equal((await remove("smuggled")).status, 200)
})

test("there are 200 roles beside the built-in ones, and no more", async () => {
  const there = (await named()).length - BUILT_IN.length
  for (let n = there; n < 199; n++) assert.equal((await create(`role-${n}`)).status, 201)
  const [one, two] = await Promise.all([create("last-a"), create("last-b")])
  assert.deepEqual(new Set([one.status, two.status]), new Set([201, 409]))
  const over = await create("over")
  assert.deepEqual([over.status, over.body.code], [409, "too_many_roles"])
  assert.equal((await named()).length, 200 + BUILT_IN.length)
  assert.equal((await remove("role-150")).status, 200)
  assert.equal((await create("over")).status, 201)
})
