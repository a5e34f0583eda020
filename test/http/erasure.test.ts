import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, before, test } from "node:test"
import type { UserItem } from "../../src/api/users.ts"
import { signedPrincipal } from "../../src/operations/accounts.ts"
import { draftEntry } from "../../src/operations/entry.ts"
import type { Service } from "../../src/operations/service.ts"
import type { Change } from "../../src/state/change.ts"
import { factorRow, requestRow } from "../conformance/approval-rows.ts"
import { secondVerdict } from "../audit/second-verifier.ts"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import { type Client, clientOf, type Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { filesBelow, spelledIn } from "../kit/encodings.ts"
import { dropDatabase, ENGINE, engineEnvironment } from "../kit/engine.ts"
import { adminOffline, changeOffline, orderErasure } from "../kit/erasure.ts"
import { appCode, enrolApp, STEP_MS, stepUp } from "../kit/factors.ts"
import { offlineService } from "../kit/offline.ts"
import { ADMIN_NAME, addPerson, logIn, PASSWORD, setUpAdmin } from "../kit/people.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { startServer, temporaryFolder, type TestServer } from "../kit/server.ts"
import { onEngine, runPast } from "../kit/tamper.ts"

/** Each stands in the database in its own way before the erasure, and in none after it. */
const CANARY = {
  name: "canary-maria-quux",
  address: "198.51.100.77",
  browser: "CanaryBrowser/1.0 (Maria's own)",
  reason: "Canary reason that only Maria gives",
  request: "Canary request that Maria once made",
  label: "Maria's canary key",
  email: "maria.canary@example.com",
} as const
const FROM = { "x-forwarded-for": CANARY.address, "user-agent": CANARY.browser }
const env = { TRUSTED_PROXIES: "127.0.0.1/32" }
const MINUTE_MS = 60_000

const clock = movableClock()
const folder = temporaryFolder()
let server: TestServer
let admin: Client
let maria: { id: string; client: Client }
let other: { id: string; client: Client }

async function restart(): Promise<void> {
  server = await startServer({ folder, clock, env })
}

async function stopped<T>(use: (on: Service) => Promise<T>): Promise<T> {
  await server.close()
  try {
    return await offlineService(folder, { ...(await engineEnvironment(folder)), ...env }, use, clock)
  } finally {
    await restart()
    admin = await logIn(server.url, ADMIN_NAME)
  }
}

/** The same session at the server as it runs now. */
function here({ token }: Client): Client {
  return clientOf(server.url, token)
}

function order(id: string): Promise<void> {
  return stopped((on) => orderErasure(on, id))
}

function disable(id: string): Promise<unknown> {
  return admin.patch(`/api/users/${id}`, { disabled: true, reason: REASON })
}

/** All that the database holds, as text or as it lies on the disk, and what leaves it. */
async function everywhere(): Promise<{ place: string; bytes: Buffer }[]> {
  const exported = await exportLog(admin)
  const entries = JSON.stringify(await entriesOf(admin))
  const users = (await admin.get("/api/users")).text
  const data = (await admin.get(`/api/users/${maria.id}/data`)).text
  const files = filesBelow(folder).map(({ path, bytes }) => ({ place: path, bytes }))
  const tables = onEngine({ sqlite: [], postgres: await tableNames() })
  const dumps = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await runPast(folder, `SELECT t::text AS row FROM ${table} t`)
      return { place: table, bytes: Buffer.from(rows.map(({ row }) => String(row)).join("\n")) }
    }),
  )
  const answers = { export: exported.text, entries, users, data }
  return [...files, ...dumps, ...Object.entries(answers).map(([place, text]) => ({ place, bytes: Buffer.from(text) }))]
}

async function tableNames(): Promise<string[]> {
  if (ENGINE === "sqlite") return []
  const { rows } = await runPast(folder, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
  return rows.map(({ tablename }) => String(tablename))
}

async function seen(text: string): Promise<string[]> {
  return (await everywhere()).filter(({ bytes }) => spelledIn(bytes, text).length > 0).map(({ place }) => place)
}

before(async () => {
  await restart()
  admin = await setUpAdmin(server)
  await createSecret(admin, "config/shared", "a value")
  maria = await addPerson(admin, CANARY.name, ["developer"])
  other = await addPerson(admin, "other", ["developer"])
  await live()
  await stopped(leaveTraces)
})
after(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
  await dropDatabase(folder)
})

/** Whatever puts a person's name, address, browser and words into the log. */
async function live(): Promise<void> {
  for (const client of [maria.client, other.client]) {
    const from = client === maria.client ? FROM : {}
    const reason = client === maria.client ? CANARY.reason : REASON
    for (let at = 0; at < 5; at++) assert.equal((await read(client, "config/shared", { reason }, from)).status, 200)
    assert.equal((await read(client, "database/none", { reason }, from)).status, 403)
    assert.equal((await read(client, "config/shared", { reason: "short" }, from)).status, 400)
  }
  const wrong = { username: CANARY.name, password: "not the password at all" }
  assert.equal((await server.anonymous.post("/api/auth/login", wrong, FROM)).status, 401)
  const right = { username: CANARY.name, password: PASSWORD }
  assert.equal((await server.anonymous.post("/api/auth/login", right, FROM)).status, 200)
  assert.equal((await server.anonymous.get("/api/me", { ...FROM, authorization: "Bearer tyl_expired" })).status, 401)
  assert.equal((await server.anonymous.get("/api/secrets", FROM)).status, 401)
}

/** What comes with factors, notices and requests, written as their verbs write it. */
async function leaveTraces(on: Service): Promise<void> {
  const row = await on.reader.principalById(maria.id)
  assert.ok(row)
  const changed = signedPrincipal(on, { ...row, email: CANARY.email, epoch: row.epoch + 1 })
  const changes: Change[] = [
    { kind: "putPrincipal", row: changed, expectedEpoch: row.epoch },
    { kind: "addFactor", row: factorRow(maria.id, { kind: "recovery", credentialId: null, label: CANARY.label }) },
    {
      kind: "addNotification",
      row: {
        id: "notice-1",
        kind: "request_made",
        alarm: false,
        recipients: [maria.id, `mailto:${CANARY.email}`, "webhook"],
        facts: { requester: CANARY.name, request: "r-9" },
        createdAt: on.clock.now(),
      },
    },
    { kind: "addRequest", row: requestRow(maria.id, { reason: CANARY.request }), mostOpen: null },
  ]
  await changeOffline(on, maria.id, ...changes)
}

test("a person's export holds all that is kept, for that person and for admins, and nobody else", async () => {
  const client = await logIn(server.url, CANARY.name)
  const own = await client.get(`/api/users/${maria.id}/data`, FROM)
  assert.equal(own.status, 200)
  for (const text of Object.values(CANARY)) assert.ok(own.text.includes(JSON.stringify(text).slice(1, -1)), text)
  const lines = own.text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual([lines[0]?.["tyler"], lines[0]?.["id"], lines.at(-1)?.["kind"]], ["person-export", maria.id, "end"])
  const kinds = lines.slice(1).map(({ kind }) => kind)
  for (const kind of ["person", "session", "factor", "request", "entry"]) assert.ok(kinds.includes(kind), kind)
  const entries = lines.filter(({ kind }) => kind === "entry")
  assert.equal(lines.at(-1)?.["entries"], entries.length)
  for (const entry of entries.filter(({ person }) => person === "concerned"))
    assert.deepEqual([entry["username"], entry["ip_address"], entry["user_agent"]], [null, null, null])
  assert.ok(entries.some(({ action, person }) => action === "USER_CREATE" && person === "concerned"))
  assert.ok(
    entries.some(({ action, result }) => action === "LOGIN" && result === "DENIED"),
    "who tried the account",
  )
  assert.ok(entries.every(({ user_id, person }) => (user_id === maria.id) === (person === "acted")))
  assert.ok(!/argon2|leaf_?material|tokenHash/.test(own.text), "no hash of a password or a token")
  assert.equal((await admin.get(`/api/users/${maria.id}/data`)).status, 200)
  assert.equal((await here(other.client).get(`/api/users/${maria.id}/data`)).status, 403)
  assert.equal((await here(other.client).get("/api/users/nobody/data")).status, 403)
  assert.equal((await admin.get("/api/users/nobody/data")).status, 404)
  const recorded = await entriesOf(admin, { action: "PERSON_EXPORT" })
  assert.deepEqual(
    recorded.map(({ result, resource_name }) => [result, resource_name]),
    [
      ["SUCCESS", maria.id],
      ["SUCCESS", maria.id],
      ["DENIED", maria.id],
      ["DENIED", "nobody"],
      ["DENIED", "nobody"],
    ],
  )
})

test("an erasure is not even asked for of somebody enabled, held, named in the reason, or nobody", async () => {
  const ask = (id: string, reason: string = REASON) => admin.post<Problem>(`/api/users/${id}/erase`, { reason })
  const code = async (id: string, reason?: string) => (await ask(id, reason)).body.code
  assert.equal(await code(maria.id), "person_enabled")
  await disable(maria.id)
  for (const named of [`Erase ${CANARY.name} now`, `${CANARY.name.toUpperCase()}, who has left`]) {
    assert.equal(await code(maria.id, named), "invalid_reason")
    assert.equal((await admin.post(`/api/users/${maria.id}/hold`, { reason: named })).status, 400)
  }
  assert.equal((await admin.post(`/api/users/${maria.id}/hold`, { reason: REASON })).status, 200)
  const again = await admin.post(`/api/users/${maria.id}/hold`, { reason: REASON })
  assert.deepEqual([again.status, again.body["code"]], [409, "person_held"])
  assert.equal(await code(maria.id), "person_held")
  assert.equal((await here(other.client).delete(`/api/users/${maria.id}/hold`, { reason: REASON })).status, 403)
  assert.equal((await here(other.client).post(`/api/users/${maria.id}/erase`, { reason: REASON })).status, 403)
  assert.equal((await admin.delete(`/api/users/${maria.id}/hold`, { reason: REASON })).status, 200)
  assert.equal((await admin.delete(`/api/users/${maria.id}/hold`, { reason: REASON })).status, 404)
  assert.equal(await code("nobody"), "not_found")
  assert.equal(await code(maria.id), "verification_required")
  const denied = await entriesOf(admin, { action: "ERASE" })
  assert.ok(denied.length === 7 && denied.every(({ result }) => result === "DENIED"))
  for (const action of ["PERSON_HOLD", "PERSON_RELEASE"])
    assert.equal((await entriesOf(admin, { action, result: "SUCCESS" })).length, 1)
})

test("before the order every canary is found; after it none is, anywhere, and the log verifies", async () => {
  for (const text of Object.values(CANARY)) assert.notDeepEqual(await seen(text), [], text)
  const othersBefore = (await entriesOf(admin, { user: other.id })).filter(({ action }) => action !== "AUDIT_READ")
  await order(maria.id)
  const log = await exportLog(admin)
  assert.equal((await verdictOn(log)).ok, true, "also before the jobs have run")
  await server.runJobs()
  clock.advance(MINUTE_MS + 1000)
  await server.runJobs()
  assert.equal((await entriesOf(admin, { action: "ERASE_END", result: "SUCCESS" })).length, 1)
  for (const text of Object.values(CANARY)) assert.deepEqual(await seen(text), [], text)
  assert.notDeepEqual(await seen(REASON), [], "what others said is still there")
  const othersAfter = (await entriesOf(admin, { user: other.id })).filter(({ action }) => action !== "AUDIT_READ")
  assert.deepEqual(othersAfter, othersBefore)

  const after = await exportLog(admin)
  const verdict = await verdictOn(after)
  assert.ok(verdict.ok && verdict.erased > 10)
  assert.equal(secondVerdict(Buffer.from(after.text), after.key).ok, true)
  const [ordered] = await entriesOf(admin, { action: "ERASE", result: "SUCCESS" })
  assert.deepEqual([ordered?.resource_name, ordered?.details], [maria.id, "request=r-1 approvers=none"])
  const own = await entriesOf(admin, { user: maria.id })
  assert.ok(own.length > 10 && own.every((entry) => entry.erasedBy === ordered?.id && entry.username === null))
})

test("an erased person is nobody: no change, hold, second order, sign-in or recovery; the name is free", async () => {
  const { users } = (await admin.get<{ users: UserItem[] }>("/api/users")).body
  const left = users.find(({ id }) => id === maria.id)
  assert.match(left?.username ?? "", /^erased-[0-9a-f]{16}$/)
  assert.deepEqual([left?.roles, left?.disabled], [[], true])
  for (const patch of [{ disabled: false }, { password: PASSWORD }, { roles: ["admin"] }])
    assert.equal((await admin.patch(`/api/users/${maria.id}`, { ...patch, reason: REASON })).status, 404)
  assert.equal((await admin.post(`/api/users/${maria.id}/hold`, { reason: REASON })).status, 404)
  assert.equal((await admin.post(`/api/users/${maria.id}/erase`, { reason: REASON })).status, 404)
  for (const username of [CANARY.name, left?.username ?? ""])
    assert.equal((await server.anonymous.post("/api/auth/login", { username, password: PASSWORD })).status, 401)
  assert.deepEqual(await seen(CANARY.name), [], "a name that is nobody's is not written down")
  const data = await admin.get(`/api/users/${maria.id}/data`)
  assert.equal(data.status, 200)
  assert.ok(data.text.includes('"erasedBy":'))
  const newcomer = await addPerson(admin, CANARY.name, ["developer"])
  assert.notEqual(newcomer.id, maria.id)
})

test("a dead session of an erased person writes nothing down, whatever it asks", async () => {
  const victim = await addPerson(admin, "dead-session", ["developer"])
  assert.equal((await read(victim.client, "config/shared")).status, 200)
  await disable(victim.id)
  const before = (await entriesOf(admin, { user: victim.id })).length
  const asked = here(victim.client)
  assert.equal((await read(asked, "config/shared", { reason: "short" })).status, 401)
  assert.equal((await asked.post("/api/secrets/access", { names: "none" })).status, 401)
  assert.equal((await asked.get(`/api/users/${victim.id}/data`)).status, 401)
  assert.equal((await entriesOf(admin, { user: victim.id })).length, before)
})

test("what was still written after an order is taken by a second one before the erasure ends", async () => {
  const late = await addPerson(admin, "late-canary-person", ["developer"])
  await disable(late.id)
  await order(late.id)
  await stopped(async (on) => {
    const { principal, origin } = await adminOffline(on)
    const about = { action: "LOGIN", resourceType: "user", resourceName: "session", reason: null }
    const who = { ...principal, id: late.id, name: "late-canary-person" }
    const entry = draftEntry(on, who, origin, about, { result: "DENIED", decision: "unauthenticated" })
    await on.ledger.recordAll([
      { entry, policyEpoch: null, principal: null, secret: null, grant: null, quota: null, changes: [] },
    ])
  })
  assert.notDeepEqual(await seen("late-canary-person"), [])
  clock.advance(MINUTE_MS + 1000)
  await server.runJobs()
  assert.deepEqual(await seen("late-canary-person"), [])
  const orders = (await entriesOf(admin, { action: "ERASE", result: "SUCCESS" })).filter(
    ({ resource_name }) => resource_name === late.id,
  )
  assert.deepEqual(
    orders.map(({ details }) => details?.endsWith(" late")),
    [false, true],
  )
  assert.equal((await verdictOn(await exportLog(admin))).ok, true)
})

test("one admin asks with a second factor, another agrees, and only then is the person erased", async () => {
  const leaver = await addPerson(admin, "leaver-canary", ["developer"])
  assert.equal((await read(leaver.client, "config/shared")).status, 200)
  await disable(leaver.id)
  const asking = await addPerson(admin, "asking", ["admin"])
  const agreeing = await addPerson(admin, "agreeing", ["admin"])
  const app = await enrolApp(asking.client, clock.now())
  const shown = async () => {
    clock.advance(STEP_MS)
    return stepUp(asking.client, "govern", [], { code: appCode(app.seed, clock.now()) })
  }
  const path = `/api/users/${leaver.id}/erase`
  const asked = await asking.client.post<{ requestId: string }>(path, { reason: REASON }, await shown())
  assert.equal(asked.status, 202, asked.text)
  const { requestId } = asked.body
  assert.notEqual((await asking.client.post(`/api/access-requests/${requestId}/approve`)).status, 200)
  await server.runJobs()
  assert.notDeepEqual(await seen("leaver-canary"), [])

  assert.equal((await admin.patch(`/api/users/${leaver.id}`, { roles: ["hr"], reason: REASON })).status, 200)
  const stale = await agreeing.client.post<Problem>(`/api/access-requests/${requestId}/approve`)
  assert.equal(stale.body.code, "request_closed", "what was asked for is no longer so")
  const anew = await asking.client.post<{ requestId: string }>(path, { reason: REASON }, await shown())
  assert.equal(anew.status, 202, anew.text)
  const agreed = await agreeing.client.post(`/api/access-requests/${anew.body.requestId}/approve`)
  assert.equal(agreed.status, 200, agreed.text)
  assert.equal((await admin.patch(`/api/users/${leaver.id}`, { disabled: false })).status, 404, "too late")
  await server.runJobs()
  clock.advance(MINUTE_MS + 1000)
  await server.runJobs()
  assert.deepEqual(await seen("leaver-canary"), [])
  const orders = await entriesOf(admin, { action: "ERASE", result: "SUCCESS", resource: leaver.id })
  const details = `request=${anew.body.requestId} approvers=${agreeing.id}`
  assert.deepEqual(
    orders.map((entry) => entry.details),
    [details],
  )
  assert.equal((await verdictOn(await exportLog(admin))).ok, true)
})

test("both verifiers refuse an erasure of somebody else's entry, and one whose order is gone", async () => {
  const log = await exportLog(admin)
  const parsed = log.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const erased = parsed.find(({ erasedBy }) => typeof erasedBy === "number")
  const orderIndex = Number(erased?.["erasedBy"])
  const victim = parsed.find(({ userId, index }) => userId === other.id && Number(index) < orderIndex)
  assert.ok(victim)
  const nulled = {
    ...victim,
    salt: null,
    username: null,
    ipAddress: null,
    userAgent: null,
    reason: null,
    erasedBy: orderIndex,
  }
  const commitment = erased?.["commitment"]
  const forged = parsed.map((line) => (line === victim ? { ...nulled, commitment } : line))
  const dropped = parsed.filter(({ index }) => index !== orderIndex)
  for (const lines of [forged, dropped]) {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("")
    assert.equal((await verdictOn({ ...log, lines: text.split("\n").slice(0, -1) })).ok, false)
    assert.equal(secondVerdict(Buffer.from(text), log.key).ok, false)
  }
})
