import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, before, test } from "node:test"
import type { LoginAnswer, MeAnswer } from "../../src/api/auth.ts"
import { systemClock } from "../../src/core/clock.ts"
import { systemRandom } from "../../src/core/random.ts"
import { parseConfig } from "../../src/main/config.ts"
import { offline } from "../../src/main/offline.ts"
import { entriesOf, entryOf } from "../kit/audit.ts"
import { clientOf } from "../kit/client.ts"
import { engineEnvironment } from "../kit/engine.ts"
import { addProgram, logIn, PASSWORD, setUpAdmin } from "../kit/people.ts"
import { REASON } from "../kit/secrets.ts"
import { PASSWORD_COST } from "../../src/identity/password.ts"
import { serverEnvironment, startServer, temporaryFolder } from "../kit/server.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { onEngine, runPast, type SqlValue } from "../kit/tamper.ts"

let stage: Stage<"hit" | "out" | "pass" | "end" | "cold" | "tok">

before(async () => {
  const roles = ["developer"]
  stage = await openStage({ hit: roles, out: roles, pass: roles, end: roles, cold: roles, tok: roles })
})
after(() => stage.close())

async function write(folder: string, text: string, ...values: readonly SqlValue[]): Promise<void> {
  assert.equal((await runPast(folder, text, ...values)).changes, 1)
}

async function macOf(id: string): Promise<unknown> {
  const { rows } = await runPast(stage.server.folder, "SELECT mac FROM principal WHERE id = ?1", id)
  return rows[0]?.["mac"]
}

const ADMIN = onEngine({ sqlite: `'["admin"]'`, postgres: "'{admin}'" })

/** What somebody who can write the database, and has no key, would like to be. */
const makeAdmin = (id: string): Promise<void> =>
  write(stage.server.folder, `UPDATE principal SET roles = ${ADMIN} WHERE id = ?1`, id)

test("an admin's change of a person whose row was tampered with is refused, on record, and signs nothing", async () => {
  const { id } = stage.people.hit
  await makeAdmin(id)
  const before = await macOf(id)
  for (const change of [{ disabled: true }, { roles: ["developer"] }, { password: "another several harbour words" }]) {
    const answer = await stage.admin.patch(`/api/users/${id}`, change)
    assert.deepEqual([answer.status, answer.body["code"]], [503, "row_tampered"])
    const entry = await entryOf(stage.admin, answer.body["requestId"])
    assert.deepEqual(
      [entry.action, entry.result, entry.decision, entry.resource_name],
      ["USER_CHANGE", "FAILURE", "row_tampered", id],
    )
  }
  assert.deepEqual(await macOf(id), before)
})

test("nobody gets a tampered row of his own signed: not by logging out, changing the password or ending a session", async () => {
  const { out, pass, end } = stage.people
  const [session] = (await end.client.get<{ sessions: { id: string }[] }>("/api/sessions")).body.sessions
  const tries = [
    [out, () => out.client.post("/api/auth/logout")],
    [
      pass,
      () =>
        pass.client.post("/api/me/password", {
          currentPassword: PASSWORD,
          newPassword: "another several harbour words",
        }),
    ],
    [end, () => end.client.delete(`/api/sessions/${session?.id}`)],
  ] as const
  for (const [{ id, client }, attempt] of tries) {
    // Known to the server from before, so that no look at the row stands in the way of the attempt.
    assert.equal((await client.get("/api/me")).status, 200)
    await makeAdmin(id)
    const before = await macOf(id)
    const answer = await attempt()
    assert.ok([401, 503].includes(answer.status), answer.text)
    assert.deepEqual(await macOf(id), before)
    assert.notEqual((await client.get("/api/users")).status, 200)
  }
})

test("a tampered row signs nobody in, and the attempt is an alarm", async () => {
  const { id } = stage.people.cold
  await makeAdmin(id)
  const answer = await stage.server.anonymous.post("/api/auth/login", { username: "cold", password: PASSWORD })
  assert.deepEqual([answer.status, answer.body["code"]], [401, "unauthenticated"])
  const alarms = (await entriesOf(stage.admin, { action: "ROW_TAMPERED" })).filter((one) => one.resource_name === id)
  assert.equal(alarms.length, 1)
  const [alarm] = alarms
  assert.deepEqual([alarm?.result, alarm?.decision, alarm?.resource_type], ["FAILURE", "row_tampered", "principal"])
  assert.equal(alarm?.ip_address, "127.0.0.1")
})

async function counted(): Promise<number> {
  const { text } = await stage.admin.get("/metrics")
  return Number(/^tyler_refusals_total\{code="row_tampered"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}

test("a tampered session opens no door, and each attempt is an alarm", async () => {
  const { id } = stage.people.tok
  const { token } = await logIn(stage.server.url, "tok")
  const newest = "SELECT id FROM credential WHERE principal_id = ?1 ORDER BY created_at DESC LIMIT 1"
  const later = onEngine({ sqlite: "expires_at + 1", postgres: "expires_at + interval '1 ms'" })
  await write(stage.server.folder, `UPDATE credential SET expires_at = ${later} WHERE id = (${newest})`, id)
  const before = await counted()
  for (let round = 0; round < 3; round++) {
    const answer = await clientOf(stage.server.url, token).get("/api/me")
    assert.deepEqual([answer.status, answer.body["code"]], [401, "unauthenticated"])
  }
  const alarms = await entriesOf(stage.admin, { action: "ROW_TAMPERED" })
  assert.equal(alarms.filter((one) => one.resource_type === "credential").length, 3)
  assert.equal((await counted()) - before, 3)
})

test("a tampered service account gets no token, and revoking one signs nothing", async () => {
  const robot = await addProgram(stage.admin, "robot", ["developer"])
  await makeAdmin(robot.id)
  const before = await macOf(robot.id)
  const path = `/api/service-accounts/${robot.id}/tokens`
  const issued = await stage.admin.post(path, { reason: REASON })
  const revoked = await stage.admin.delete(`${path}/${robot.tokenId}`)
  for (const { status, body } of [issued, revoked]) assert.deepEqual([status, body["code"]], [503, "row_tampered"])
  assert.deepEqual(await macOf(robot.id), before)
})

test("a tampered admin does not count as the one who is left", async (t) => {
  const other = await openStage({ second: ["admin"] })
  t.after(() => other.close())
  const { id } = (await other.admin.get<MeAnswer>("/api/me")).body
  const must = onEngine({ sqlite: "1", postgres: "true" })
  const change = `UPDATE principal SET must_change_password = ${must} WHERE id = ?1`
  await write(other.server.folder, change, other.people.second.id)
  const answer = await other.admin.patch(`/api/users/${id}`, { disabled: true })
  assert.deepEqual([answer.status, answer.body["code"]], [409, "last_admin"])
})

test("recover-admin makes a tampered row anew: role admin and nothing else of what stood there", async (t) => {
  const folder = temporaryFolder()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const first = await startServer({ folder, passwordCost: PASSWORD_COST })
  await setUpAdmin(first)
  await first.close()
  const tampered = onEngine({
    sqlite: `roles = '["admin","hr"]', disabled = 1`,
    postgres: "roles = '{admin,hr}', disabled = true",
  })
  await write(folder, `UPDATE principal SET ${tampered}`)

  const parsed = parseConfig(serverEnvironment(folder, await engineEnvironment(folder)))
  assert.ok("config" in parsed)
  const { password } = await offline(parsed.config, systemClock, systemRandom, (on) => on.recoverAdmin("ada"))
  const second = await startServer({ folder, passwordCost: PASSWORD_COST })
  t.after(() => second.close())
  const half = await second.anonymous.post<LoginAnswer>("/api/auth/login", { username: "ada", password })
  assert.equal(half.body.assurance, "half")
  const changed = await clientOf(second.url, half.body.token).post("/api/me/password", {
    currentPassword: password,
    newPassword: PASSWORD,
  })
  assert.equal(changed.status, 200, changed.text)
  const ada = await logIn(second.url, "ada")
  assert.deepEqual((await ada.get<MeAnswer>("/api/me")).body.roles, ["admin"])
  const [entry] = await entriesOf(ada, { action: "ADMIN_RECOVERED" })
  assert.match(entry?.details ?? "", /^alarm row_tampered factorsReset=[0-9a-f-]{36}$/)
})
