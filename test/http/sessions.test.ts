import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { SessionsAnswer } from "../../src/api/auth.ts"
import { MATRIX, type RouteId } from "../../src/http/matrix.ts"
import { EXAMPLES } from "../../src/http/openapi/examples.ts"
import type { Client, HeaderFields } from "../kit/client.ts"
import { clientOf } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { addPerson, addProgram, logIn, PASSWORD } from "../kit/people.ts"
import { createSecret, REASON, read } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const clock = movableClock()
let stage: Stage<"dev">
/** Signed in again where time has passed. */
let admin: Client

before(async () => {
  stage = await openStage({ dev: ["developer"] }, { clock })
  admin = stage.admin
  await createSecret(admin, "config/plain", "value")
})
after(() => stage.close())

/** Every route that asks for a session, with something in place of its parameters. */
const GUARDED = Object.entries(MATRIX)
  .filter(([, { auth }]) => auth === "session")
  .map(([id]) => ({ id: id as RouteId, path: id.replace("{name}", "config/plain").replace(/:\w+/g, "some-id") }))
  .map(({ id, path }) => [...(path.split(" ") as [string, string]), EXAMPLES[id]?.send] as const)

const ISSUER = {
  issuer: "https://issuer.example",
  audience: "tyler",
  bindings: [{ subject: "a", accountId: "nobody" }],
  reason: REASON,
}

/** Bodies that get as far as asking who it is, where the route's own example does not. */
const BODIES: Readonly<Record<string, object>> = {
  "POST /api/me/password": { currentPassword: "wrong password here", newPassword: "some other words altogether" },
  "POST /api/users": { username: "x", password: "some other words altogether", roles: [] },
  "PATCH /api/users/some-id": { disabled: true },
  "POST /api/roles": { name: "made", description: "Another", reason: REASON },
  "DELETE /api/roles/some-id": { reason: REASON },
  "POST /api/service-accounts": { name: "x", roles: [], reason: REASON },
  "PATCH /api/service-accounts/some-id": { ownerId: "nobody", reason: REASON },
  "POST /api/service-accounts/some-id/tokens": { reason: REASON },
  "POST /api/workload-issuers": ISSUER,
  "PUT /api/workload-issuers/some-id": ISSUER,
  "DELETE /api/workload-issuers/some-id": { reason: REASON },
  "POST /api/policies": { secretPattern: "x/*", reason: REASON },
  "PUT /api/policies/some-id": { secretPattern: "x/*", reason: REASON },
  "DELETE /api/policies/some-id": { reason: REASON },
  "POST /api/policies/explain": { verb: "read", secret: "config/plain" },
  "POST /api/secrets": { name: "config/made", value: "x" },
  "POST /api/secrets/access": { names: ["config/plain"], reason: REASON },
  "POST /api/secrets/config/plain/access": { reason: REASON },
  "PUT /api/secrets/config/plain": { value: "x", reason: REASON },
  "PATCH /api/secrets/config/plain": { description: "x", reason: REASON },
  "DELETE /api/secrets/config/plain": { confirmationCode: "x", reason: REASON },
  "POST /api/secrets/config/plain/restore": { reason: REASON },
  "POST /api/secrets/config/plain/rollback": { versionId: "0".repeat(32), reason: REASON },
  "POST /api/secrets/config/plain/rotate": { reason: REASON },
  "POST /api/secrets/config/plain/schedule": { days: 30, strategy: "postgres", enabled: true },
  "POST /api/keys/rotate": { reason: REASON },
  "POST /api/keys/rotate-root": { reason: REASON },
}

/** Asks all of them; bodies that no schema accepts, since nobody is to get that far. */
async function statusesOf(client: Client, headers: HeaderFields = {}): Promise<Map<string, number>> {
  const statuses = new Map<string, number>()
  for (const [method, path] of GUARDED) {
    const answer = await client.send(method, path, method === "GET" ? undefined : {}, headers)
    statuses.set(`${method} ${path}`, answer.status)
    // Failures of one address are cut off after a while; that is another test's subject.
    clock.advance(61_000)
  }
  return statuses
}

function allUnauthenticated(statuses: Map<string, number>): void {
  assert.ok(statuses.size > 25)
  for (const [route, status] of statuses) assert.equal(status, 401, route)
}

test("no guarded route answers without a token, or with one nobody has", async () => {
  allUnauthenticated(await statusesOf(stage.server.anonymous))
  const odd = stage.people.dev.client.token?.replace(/.$/, (last) => (last === "A" ? "B" : "A")) ?? ""
  for (const authorization of [`Bearer ${odd}`, "Bearer", `Basic ${odd}`, `Bearer ${odd} x`, "Bearer tyl_"]) {
    const answer = await stage.server.anonymous.get("/api/me", { authorization })
    assert.equal(answer.status, 401)
    assert.equal(answer.headers.get("www-authenticate"), "Bearer")
  }
})

test("logout ends a session at once, on every route", async () => {
  const session = await logIn(stage.server.url, "dev")
  const other = await logIn(stage.server.url, "dev")
  assert.equal((await read(session, "config/plain")).status, 200)
  assert.equal((await session.post("/api/auth/logout")).status, 200)
  allUnauthenticated(await statusesOf(session))
  assert.equal((await other.get("/api/me")).status, 200, "the person's other session goes on")
})

test("a revoked token and a disabled person's session are worth nothing", async () => {
  const person = await addPerson(stage.admin, "short", ["developer"])
  const program = await addProgram(stage.admin, "job", ["developer"])
  for (const { client } of [person, program]) assert.equal((await read(client, "config/plain")).status, 200)
  const disabled = await stage.admin.patch(`/api/users/${person.id}`, { disabled: true, reason: REASON })
  assert.equal(disabled.status, 200, disabled.text)
  const token = `/api/service-accounts/${program.id}/tokens/${program.tokenId}`
  assert.equal((await stage.admin.delete(token)).status, 200)
  allUnauthenticated(await statusesOf(person.client))
  allUnauthenticated(await statusesOf(program.client))
})

test("whichever route is asked first, it notices that the account was disabled", async () => {
  for (const [at, [method, path, example]] of GUARDED.entries()) {
    const program = await addProgram(stage.admin, `disabled-${at}`, ["admin", "auditor"])
    assert.equal((await program.client.get("/api/me")).status, 200)
    assert.equal((await stage.admin.patch(`/api/users/${program.id}`, { disabled: true })).status, 200)
    const query = path.endsWith("/proof") ? "?index=0&size=1" : ""
    const answer = await program.client.send(method, path + query, BODIES[`${method} ${path}`] ?? example)
    assert.equal(answer.status, 401, `${method} ${path}: ${answer.text}`)
    clock.advance(61_000)
  }
})

test("a session ends after twelve hours, and is not listed any more", async () => {
  const early = await logIn(stage.server.url, "dev")
  clock.advance(12 * 3_600_000 - 60_000)
  assert.equal((await early.get("/api/me")).status, 200)
  clock.advance(60_001)
  assert.equal((await early.get("/api/me")).status, 401)
  admin = await logIn(stage.server.url, "ada")
  const later = await logIn(stage.server.url, "dev")
  const { sessions } = (await later.get<SessionsAnswer>("/api/sessions")).body
  assert.deepEqual(
    sessions.map(({ current }) => current),
    [true],
  )
})

test("people see and end their own sessions, and cannot find another's", async () => {
  const mine = await logIn(stage.server.url, "dev")
  const second = await logIn(stage.server.url, "dev")
  const own = (await mine.get<SessionsAnswer>("/api/sessions")).body.sessions
  const current = own.find((one) => one.current)?.id
  const theirs = (await admin.get<SessionsAnswer>("/api/sessions")).body.sessions.map(({ id }) => id)
  assert.ok(!own.some(({ id }) => theirs.includes(id)))
  for (const id of [...theirs, "unknown", "%2e%2e"]) {
    const answer = await mine.delete(`/api/sessions/${id}`)
    assert.equal(answer.status, 404, id)
  }
  assert.equal((await admin.get("/api/me")).status, 200)
  const other = (await second.get<SessionsAnswer>("/api/sessions")).body.sessions.find((one) => one.current)?.id
  assert.ok(other !== undefined && other !== current)
  assert.equal((await mine.delete(`/api/sessions/${other}`)).status, 200)
  assert.equal((await second.get("/api/me")).status, 401)
  assert.equal((await mine.get("/api/me")).status, 200)
})

test("changing the password ends every session", async () => {
  const person = await addPerson(admin, "changer", [])
  const other = await logIn(stage.server.url, "changer")
  const change = { currentPassword: PASSWORD, newPassword: "nine unlikely lanterns glow" }
  assert.equal((await person.client.post("/api/me/password", change)).status, 200)
  for (const session of [person.client, other]) assert.equal((await session.get("/api/me")).status, 401)
})

function cookieOf(headers: Headers): string {
  return headers.get("set-cookie")?.split(";")[0] ?? ""
}

async function browserLogin(): Promise<string> {
  const from = { origin: stage.server.publicUrl }
  const answer = await stage.server.anonymous.post("/api/auth/login", { username: "dev", password: PASSWORD }, from)
  assert.equal(answer.status, 200)
  assert.match(
    answer.headers.get("set-cookie") ?? "",
    /^tyler=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
  )
  return cookieOf(answer.headers)
}

test("only our own pages get a cookie", async () => {
  const body = { username: "dev", password: PASSWORD }
  const elsewhere: HeaderFields[] = [
    {},
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site", origin: stage.server.publicUrl },
    { "sec-fetch-site": "same-site" },
  ]
  for (const headers of elsewhere) {
    const answer = await stage.server.anonymous.post("/api/auth/login", body, headers)
    assert.equal(answer.headers.get("set-cookie"), null, JSON.stringify(headers))
  }
  await browserLogin()
})

test("a cookie reads from anywhere the browser sends it, and changes things from our own pages only", async () => {
  const cookie = await browserLogin()
  const browser = clientOf(stage.server.url, null)
  const access = "/api/secrets/config/plain/access"
  const ask = { reason: REASON, unmask: true }
  assert.equal((await browser.get("/api/me", { cookie })).status, 200)
  assert.equal((await browser.post(access, ask, { cookie, origin: stage.server.publicUrl })).status, 200)
  assert.equal((await browser.post(access, ask, { cookie, "sec-fetch-site": "same-origin" })).status, 200)
  for (const from of [
    {},
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: `${stage.server.publicUrl}.evil.example` },
    { "sec-fetch-site": "cross-site", origin: stage.server.publicUrl },
    { "sec-fetch-site": "same-site", origin: stage.server.publicUrl },
    { "sec-fetch-site": "none" },
    { referer: `${stage.server.publicUrl}/` },
  ]) {
    const headers = { cookie, ...from } as HeaderFields
    assert.equal((await browser.post(access, ask, headers)).status, 403, JSON.stringify(from))
    assert.equal((await browser.post("/api/auth/logout", undefined, headers)).status, 403)
  }
  assert.equal((await browser.get("/api/me", { cookie: `${cookie}; ${cookie}` })).status, 401, "a doubled one is none")
  const wrongBearer = { cookie, authorization: "Basic x" }
  assert.equal((await browser.get("/api/me", wrongBearer)).status, 401, "no falling back to the cookie")
  const out = await browser.post("/api/auth/logout", undefined, { cookie, origin: stage.server.publicUrl })
  assert.equal(out.status, 200)
  assert.match(out.headers.get("set-cookie") ?? "", /^tyler=;.*Max-Age=0$/)
  assert.equal((await browser.get("/api/me", { cookie })).status, 401)
})
