import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { FactorItem, FactorsAnswer, TotpAnswer } from "../../src/api/factors.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { appCode, codeOf, enrolApp, enrolPasskey, logInHalf, logInWith, STEP_MS, stepUp } from "../kit/factors.ts"
import { PASSWORD } from "../kit/people.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { openStage } from "../kit/stage.ts"
import { onEngine, runPast, type SqlValue } from "../kit/tamper.ts"

const NAME = "database/main"
const LEDGER = "financial/ledger"
/** Wrong guesses are forgotten after this. */
const FORGET_MS = 16 * 60_000

async function scene() {
  const clock = movableClock()
  const stage = await openStage({ dan: ["dba", "finance"], eve: ["dba"], gail: ["finance"] }, { clock })
  after(() => stage.close())
  await createSecret(stage.admin, NAME, "value")
  await createSecret(stage.admin, LEDGER, "the books")
  const { dan, eve, gail } = stage.people
  const app = await enrolApp(dan.client, clock.now())
  const next = (of = app): string => {
    clock.advance(STEP_MS)
    return appCode(of.seed, clock.now())
  }
  const write = async (text: string, ...values: readonly SqlValue[]): Promise<void> => {
    assert.ok((await runPast(stage.server.folder, text, ...values)).changes >= 1, text)
  }
  /** Of this kind of row, since the last look. */
  let seen = 0
  const alarmed = async (kind: string): Promise<void> => {
    const alarms = await entriesOf(stage.admin, { action: "ROW_TAMPERED" })
    const fresh = alarms.slice(seen)
    seen = alarms.length
    assert.ok(
      fresh.some(({ resource_type, result }) => resource_type === kind && result === "FAILURE"),
      `no alarm: ${kind}`,
    )
  }
  return { clock, stage, write, alarmed, app, next, dan, eve, gail }
}

const govern = (client: Client, code: string) => client.post("/api/auth/verify", { verb: "govern", code })

test("a factor's row that was removed and is put back opens nothing", async () => {
  const { stage, write, alarmed, app, next, dan, clock } = await scene()
  await runPast(stage.server.folder, "CREATE TABLE kept AS SELECT * FROM factor WHERE id = ?1", app.id)
  const second = await enrolApp(dan.client, clock.now(), await stepUp(dan.client, "govern", [], { code: next() }))
  const token = await stepUp(dan.client, "govern", [], { code: next(second) })
  assert.equal((await dan.client.delete(`/api/me/factors/${app.id}`, undefined, token)).status, 200)
  await write("INSERT INTO factor SELECT * FROM kept")
  assert.equal(codeOf(await govern(dan.client, next())), "verification_failed")
  await alarmed("factor")
  const half = await logInHalf(stage.server.url, "dan")
  assert.equal(codeOf(await half.post("/api/auth/factor", { code: next() })), "verification_failed")
  const shown = (await dan.client.get<FactorsAnswer>("/api/me/factors")).body.factors.map(({ id }) => id)
  assert.deepEqual(shown, [second.id])
  assert.equal((await govern(dan.client, next(second))).status, 200, "the good one still does")
})

test("a factor whose row was changed opens nothing: last use, owner, seed, key, facts, kind", async () => {
  const { stage, write, alarmed, app, next, dan, eve, clock } = await scene()
  const theirs = await enrolApp(eve.client, clock.now())
  const change: readonly (readonly [string, ...SqlValue[]])[] = [
    ["UPDATE factor SET last_use = 1 WHERE id = ?1", app.id],
    ["UPDATE factor SET created_at = created_at + ?2 WHERE id = ?1", app.id, 1],
    ["UPDATE factor SET label = 'another' WHERE id = ?1", app.id],
    ["UPDATE factor SET material = (SELECT material FROM factor WHERE id = ?2) WHERE id = ?1", app.id, theirs.id],
    ["UPDATE factor SET facts = '{\"a\":1}' WHERE id = ?1", app.id],
    ["UPDATE factor SET mac = (SELECT mac FROM factor WHERE id = ?2) WHERE id = ?1", app.id, theirs.id],
  ]
  await runPast(stage.server.folder, "CREATE TABLE good AS SELECT * FROM factor WHERE id = ?1", app.id)
  for (const [text, ...values] of change) {
    const ms = onEngine({ sqlite: "?2", postgres: "interval '1 ms' * ?2::int" })
    await write(text.replace("+ ?2", `+ ${ms}`), ...values)
    clock.advance(FORGET_MS)
    const answer = await govern(dan.client, next())
    assert.ok(["verification_required", "verification_failed"].includes(codeOf(answer)), `${text}: ${answer.text}`)
    await alarmed("factor")
    await write("DELETE FROM factor WHERE id = ?1", app.id)
    await write("INSERT INTO factor SELECT * FROM good")
    clock.advance(FORGET_MS)
  }
  await write("UPDATE factor SET principal_id = ?2 WHERE id = ?1", theirs.id, dan.id)
  assert.equal(codeOf(await govern(dan.client, next(theirs))), "verification_failed", "another's app made one's own")
  await alarmed("factor")
})

for (const { how, sql, alarm } of [
  { how: "tampered with", sql: "UPDATE factor SET last_use = 1 WHERE id = ?1", alarm: "factor" },
  { how: "deleted", sql: "DELETE FROM factor WHERE id = ?1", alarm: "principal" },
]) {
  test(`an account whose factors were all ${how} is not open to the password alone, nor enrolled anew by it`, async () => {
    const { stage, write, alarmed, app, dan, clock } = await scene()
    await write(sql, app.id)
    const half = await logInHalf(stage.server.url, "dan")
    await alarmed(alarm)
    assert.equal(codeOf(await half.post("/api/auth/factor", { code: "123456" })), "verification_required")
    const change = { currentPassword: PASSWORD, newPassword: "another several harbour words" }
    assert.equal((await half.post("/api/me/password", change)).status, 403)
    const { enrolment, secret } = (await dan.client.post<TotpAnswer>("/api/me/factors/totp")).body
    const body = { enrolment, code: appCode(secret, clock.now()), label: "phone", password: PASSWORD }
    const answer = await dan.client.post("/api/me/factors/totp/confirm", body)
    assert.deepEqual([answer.status, codeOf(answer)], [503, "row_tampered"])
  })
}

test("a session made whole by SQL opens nothing", async () => {
  const { stage, write, alarmed } = await scene()
  const half = await logInHalf(stage.server.url, "dan")
  await write("UPDATE credential SET assurance = 'mfa' WHERE assurance = 'half'")
  assert.ok((await half.get("/api/sessions")).status >= 401)
  assert.equal((await half.get("/api/me")).status, 401)
  await alarmed("credential")
})

test("a grant made up by SQL, or stretched by it, lets nobody read", async () => {
  const { stage, write, alarmed, next, dan, gail } = await scene()
  const asked = await dan.client.post<{ id: string }>("/api/access-requests", {
    secrets: [LEDGER],
    verb: "read",
    reason: REASON,
    uses: 1,
  })
  assert.equal((await gail.client.post(`/api/access-requests/${asked.body.id}/approve`)).status, 200)
  const token = () => stepUp(dan.client, "read", [LEDGER], { code: next() })
  const yes = onEngine({ sqlite: "1", postgres: "true" })
  await runPast(stage.server.folder, "CREATE TABLE leased AS SELECT * FROM access_grant")
  for (const set of ["uses_left = 50", "uses_left = NULL", `stepped_up = ${yes}`, "approvals = 9", "revision = 7"]) {
    await write(`UPDATE access_grant SET ${set}`)
    assert.equal(codeOf(await read(dan.client, LEDGER, {}, await token())), "approval_required", set)
    await alarmed("grant")
    await write("DELETE FROM access_grant")
    await write("INSERT INTO access_grant SELECT * FROM leased")
  }
  await createSecret(stage.admin, "financial/other", "other books")
  await write("UPDATE access_grant SET secret_id = (SELECT id FROM secret WHERE name = ?1)", "financial/other")
  const wide = await stepUp(dan.client, "read", ["financial/other"], { code: next() })
  assert.equal(codeOf(await read(dan.client, "financial/other", {}, wide)), "approval_required")
  await alarmed("grant")
  await write("DELETE FROM access_grant")
  await write("INSERT INTO access_grant SELECT * FROM leased")
  assert.equal((await read(dan.client, LEDGER, {}, await token())).status, 200, "the good one does, once")
})

test("a person whose row was tampered with neither steps up nor signs in, known session or not", async () => {
  const { stage, write, next, dan } = await scene()
  const yes = onEngine({ sqlite: "1", postgres: "true" })
  assert.equal((await govern(dan.client, next())).status, 200)
  // The session is known to the server, so that no look at the row stands in the way.
  await write(`UPDATE principal SET must_change_password = ${yes} WHERE id = ?1`, dan.id)
  assert.equal(codeOf(await govern(dan.client, next())), "row_tampered")
  const login = { username: "dan", password: PASSWORD }
  assert.equal((await stage.server.anonymous.post("/api/auth/login", login)).status, 401)
})

test("a passkey's row with another's credential id is nobody's", async () => {
  const { stage, write, alarmed, dan, eve, next } = await scene()
  const token = await stepUp(dan.client, "govern", [], { code: next() })
  await enrolPasskey(dan.client, stage.server.publicUrl, token)
  const passkey = await enrolPasskey(eve.client, stage.server.publicUrl)
  const client = await logInWith(stage.server.url, "dan", () => ({ code: next() }))
  await write("DELETE FROM factor WHERE principal_id = ?1", eve.id)
  await write("UPDATE factor SET credential_id = ?1 WHERE kind = 'passkey'", passkey.credentialId)
  const asked = await client.post("/api/auth/challenge", { purpose: "verify" })
  assert.equal(asked.status, 404, asked.text)
  await alarmed("factor")
  const { factors } = (await client.get<FactorsAnswer>("/api/me/factors")).body
  assert.deepEqual(
    factors.map(({ kind }: FactorItem) => kind),
    ["totp"],
  )
})
