import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { LoginAnswer, MeAnswer } from "../../src/api/auth.ts"
import type { RecoveryAnswer, TotpAnswer } from "../../src/api/factors.ts"
import { MATRIX, type Row } from "../../src/http/matrix.ts"
import { PASSWORD_COST, passwordsAt } from "../../src/identity/password.ts"
import { entryOf } from "../kit/audit.ts"
import { type Answer, type Client, clientOf, type Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import {
  appCode,
  codeOf,
  enrolApp,
  enrolPasskey,
  logInHalf,
  logInWith,
  passkeyShown,
  STEP_MS,
  stepUp,
} from "../kit/factors.ts"
import { logIn, PASSWORD } from "../kit/people.ts"
import { REASON } from "../kit/secrets.ts"
import { openStage } from "../kit/stage.ts"

/** Wrong guesses before an account has to wait. */
const FREE = 5
const FIRST_WAIT_MS = 30_000
const OTHER_PASSWORD = "another several harbour words"

async function scene() {
  const clock = movableClock()
  const stage = await openStage({ finn: ["finance"], gail: ["finance"] }, { clock })
  after(() => stage.close())
  const { url } = stage.server
  const app = await enrolApp(stage.people.finn.client, clock.now())
  const next = (of = app): string => {
    clock.advance(STEP_MS)
    return appCode(of.seed, clock.now())
  }
  return { clock, stage, url, app, next, finn: stage.people.finn, gail: stage.people.gail }
}

const finish = (half: Client, code: unknown): Promise<Answer<LoginAnswer>> =>
  half.post<LoginAnswer>("/api/auth/factor", { code })

/** A code that is wrong whatever the hour: six digits that are none of the three steps'. */
function wrongCode(seed: string, now: number): string {
  const right = [-STEP_MS, 0, STEP_MS].map((off) => appCode(seed, now + off))
  return ["000000", "111111", "222222", "333333"].find((code) => !right.includes(code)) ?? ""
}

test("a half session can finish, see who it is, and leave; every other route is shut", async () => {
  const { url } = await scene()
  const half = await logInHalf(url, "finn")
  for (const [id, row] of Object.entries(MATRIX) as [string, Row][]) {
    if (row.auth === "none" || row.half === true) continue
    const [method, path] = id.replace("{name}", "financial/ledger").replaceAll(/:\w+/g, "some-id").split(" ") as [
      string,
      string,
    ]
    const answer = await half.send<Problem>(method, path, method === "GET" ? undefined : {})
    assert.deepEqual([answer.status, answer.body.code, answer.body["requires"]], [403, "forbidden", "sign_in"], id)
  }
  const me = await half.get<MeAnswer>("/api/me")
  assert.deepEqual([me.body.assurance, me.body.factorDue], ["half", true])
  const change = await half.post<Problem>("/api/me/password", {
    currentPassword: PASSWORD,
    newPassword: OTHER_PASSWORD,
  })
  assert.equal(change.status, 403, "the password is not changed with half a login")
  assert.equal((await half.post("/api/auth/logout")).status, 200)
  assert.equal((await half.get("/api/me")).status, 401)
})

test("a half session gets challenges to sign in, and for nothing else", async () => {
  const { url, stage, finn, gail, next } = await scene()
  const token = await stepUp(finn.client, "govern", [], { code: next() })
  await enrolPasskey(finn.client, stage.server.publicUrl, token)
  await stage.admin.post("/api/secrets", { name: "financial/ledger", value: "the books" })
  const asks = { secrets: ["financial/ledger"], verb: "read", reason: REASON }
  const { id } = (await gail.client.post<{ id: string }>("/api/access-requests", asks)).body
  const half = await logInHalf(url, "finn")
  for (const body of [{ purpose: "verify" }, { purpose: "approve", requestId: id }]) {
    const answer = await half.post<Problem>("/api/auth/challenge", body)
    assert.deepEqual([answer.status, answer.body.code], [403, "forbidden"], answer.text)
  }
  assert.equal((await half.post("/api/auth/challenge", { purpose: "sign_in" })).status, 200)
})

test("what /api/me says of a session: half, then mfa; the first half is dead once the second is shown", async () => {
  const { url, next } = await scene()
  const half = await logInHalf(url, "finn")
  const whole = await finish(half, next())
  assert.deepEqual([whole.status, whole.body.assurance], [200, "mfa"])
  const me = (await clientOf(url, whole.body.token).get<MeAnswer>("/api/me")).body
  assert.deepEqual([me.assurance, me.factorDue, me.mustChangePassword], ["mfa", false, false])
  assert.equal((await half.get("/api/me")).status, 401)
  assert.equal((await finish(clientOf(url, whole.body.token), next())).status, 403, "a whole one has nothing to finish")
})

test("a session from before the first factor ends when it is enrolled elsewhere", async () => {
  const { url, gail, clock } = await scene()
  const [before, other] = [await logIn(url, "gail"), await logIn(url, "gail")]
  for (const one of [before, other]) assert.equal((await one.get("/api/me")).status, 200)
  await enrolApp(gail.client, clock.now())
  for (const one of [before, other]) assert.equal((await one.get("/api/me")).status, 401)
  assert.equal((await gail.client.get("/api/me")).status, 200)
})

test("a half session dies with a change of the factors, of the password, and with a lock of the account", async () => {
  const { url, app, finn, stage, next } = await scene()
  const changes: readonly (() => Promise<Answer<unknown>>)[] = [
    async () => {
      const token = await stepUp(finn.client, "govern", [], { code: next() })
      return finn.client.post("/api/me/factors/recovery", {}, token)
    },
    async () =>
      (await logInWith(url, "finn", () => ({ code: next() }))).post("/api/me/password", {
        currentPassword: PASSWORD,
        newPassword: OTHER_PASSWORD,
      }),
    () => stage.admin.patch(`/api/users/${finn.id}`, { password: PASSWORD, reason: REASON }),
    () => stage.admin.patch(`/api/users/${finn.id}`, { roles: ["finance", "hr"], reason: REASON }),
    () => stage.admin.patch(`/api/users/${finn.id}`, { disabled: true, reason: REASON }),
  ]
  for (const change of changes) {
    const half = await logInHalf(url, "finn")
    assert.equal((await half.get("/api/me")).status, 200)
    const done = await change()
    assert.equal(done.status, 200, done.text)
    const late = await finish(half, next(app))
    assert.equal(late.status, 401, late.text)
    const { status } = await clientOf(url, null).post<LoginAnswer>("/api/auth/login", {
      username: "finn",
      password: PASSWORD,
    })
    if (status !== 200) await stage.admin.patch(`/api/users/${finn.id}`, { password: PASSWORD, reason: REASON })
  }
})

test("wrong codes wait in the same line as wrong passwords, and a right password does not let anybody guess on", async () => {
  const { url, app, clock, next } = await scene()
  for (let guess = 1; guess <= FREE; guess++) {
    // Whoever has the password could otherwise forget his wrong codes by signing in again.
    const half = await logInHalf(url, "finn")
    const answer = await finish(half, wrongCode(app.seed, clock.now()))
    assert.deepEqual([guess, codeOf(answer)], [guess, "verification_failed"], answer.text)
  }
  const login = await clientOf(url, null).post<Problem>("/api/auth/login", { username: "finn", password: PASSWORD })
  assert.deepEqual([login.status, login.body.code, login.body["limit"]], [429, "rate_limited", FREE], login.text)
  clock.advance(FIRST_WAIT_MS)
  const half = await logInHalf(url, "finn")
  assert.equal(codeOf(await finish(half, wrongCode(app.seed, clock.now()))), "verification_failed")
  assert.equal(codeOf(await finish(half, next())), "rate_limited", "a right one waits too")
  clock.advance(15 * 60_000)
  assert.equal((await finish(half, next())).status, 200, "never for good")
})

test("wrong passwords and wrong codes count together; a whole login forgets them", async () => {
  const { url, app, clock, next } = await scene()
  for (let round = 0; round < 3; round++) {
    for (let guess = 0; guess < 2; guess++) {
      const wrong = { username: "finn", password: "not the right one at all" }
      assert.equal((await clientOf(url, null).post("/api/auth/login", wrong)).status, 401)
    }
    const half = await logInHalf(url, "finn")
    for (let guess = 0; guess < 2; guess++)
      assert.equal(codeOf(await finish(half, wrongCode(app.seed, clock.now()))), "verification_failed")
    assert.equal((await finish(half, next())).status, 200)
  }
})

test("codes of another person, of a removed app, and before a factor is there finish nothing", async () => {
  const { url, app, clock, finn, gail, next, stage } = await scene()
  const theirs = await enrolApp(gail.client, clock.now())
  const token = await stepUp(gail.client, "govern", [], { code: next(theirs) })
  const { codes } = (await gail.client.post<RecoveryAnswer>("/api/me/factors/recovery", {}, token)).body
  const half = await logInHalf(url, "finn")
  clock.advance(STEP_MS)
  for (const code of [appCode(theirs.seed, clock.now()), codes[0]])
    assert.equal(codeOf(await finish(half, code)), "verification_failed")
  const whole = await finish(half, next())
  const client = clientOf(url, whole.body.token)
  const second = await enrolApp(client, clock.now(), await stepUp(client, "govern", [], { code: next() }))
  const removed = await client.delete(
    `/api/me/factors/${app.id}`,
    undefined,
    await stepUp(client, "govern", [], { code: next(second) }),
  )
  assert.equal(removed.status, 200, removed.text)
  const later = await logInHalf(url, "finn")
  assert.equal(codeOf(await finish(later, next(app))), "verification_failed")
  assert.equal((await finish(later, next(second))).status, 200)
  const answer = await gail.client.delete<Problem>(`/api/me/factors/${second.id}`)
  assert.equal(answer.status, 404, "another's factor is not found")
  assert.equal((await entryOf(stage.admin, answer.body.requestId)).action, "FACTOR_REMOVED")
  assert.ok(finn.id !== gail.id)
})

test("a recovery code works once, in every spelling, and for its owner only; the new ten end the old ten", async () => {
  const { url, finn, gail, clock, next } = await scene()
  const renew = async () => {
    const token = await stepUp(finn.client, "govern", [], { code: next() })
    return (await finn.client.post<RecoveryAnswer>("/api/me/factors/recovery", {}, token)).body.codes
  }
  const old = await renew()
  const codes = await renew()
  assert.equal(codeOf(await finish(await logInHalf(url, "finn"), old[0])), "verification_failed")
  const [one = "", two = ""] = codes
  assert.equal((await finish(await logInHalf(url, "finn"), one.toLowerCase().replaceAll("-", ""))).status, 200)
  for (const spelling of [one, one.toLowerCase(), ` ${one}`, one.replaceAll("-", "")])
    assert.equal(codeOf(await finish(await logInHalf(url, "finn"), spelling)), "verification_failed", spelling)
  clock.advance(15 * 60_000)
  await enrolApp(gail.client, clock.now())
  assert.equal(codeOf(await finish(await logInHalf(url, "gail"), two)), "verification_failed")
  assert.equal((await finish(await logInHalf(url, "finn"), two)).status, 200)
})

test("a passkey's answer to a challenge of another session, person or purpose finishes nothing", async () => {
  const { url, stage, finn, gail, next } = await scene()
  const token = await stepUp(finn.client, "govern", [], { code: next() })
  const passkey = await enrolPasskey(finn.client, stage.server.publicUrl, token)
  const theirs = await enrolPasskey(gail.client, stage.server.publicUrl)
  const [half, other] = [await logInHalf(url, "finn"), await logInHalf(url, "finn")]
  const whole = await logInWith(url, "finn", () => ({ code: next() }))
  const shown = [
    await passkeyShown(other, passkey, "sign_in"),
    await passkeyShown(whole, passkey, "sign_in"),
    await passkeyShown(whole, passkey, "verify"),
    await passkeyShown(await logInHalf(url, "gail"), theirs, "sign_in"),
  ]
  for (const one of shown) assert.equal(codeOf(await half.post("/api/auth/factor", one)), "verification_failed")
  assert.equal((await half.post("/api/auth/factor", await passkeyShown(half, passkey, "sign_in"))).status, 200)
})

test("a right password forgets no wrong codes by the way of changing it either", async () => {
  const { url, app, clock, next } = await scene()
  const client = await logInWith(url, "finn", () => ({ code: next() }))
  const same = { currentPassword: PASSWORD, newPassword: PASSWORD }
  for (let guess = 1; guess <= FREE; guess++) {
    assert.equal(codeOf(await client.post("/api/me/password", same)), "weak_password")
    const body = { verb: "govern", code: wrongCode(app.seed, clock.now()) }
    assert.equal(codeOf(await client.post("/api/auth/verify", body)), "verification_failed")
  }
  const body = { verb: "govern", code: appCode(app.seed, clock.now() + STEP_MS) }
  assert.equal(codeOf(await client.post("/api/auth/verify", body)), "rate_limited")
})

test("attempts that the service was too busy to judge lock nobody out", async (t) => {
  const { gail, clock, finn } = await scene()
  const gate = { full: true }
  const passwords = passwordsAt(PASSWORD_COST)
  const fill = async (): Promise<void> => {
    while (gate.full) await passwords.verify(passwords.nobody, "somebody else")
  }
  const queue = Array.from({ length: 102 }, fill)
  t.after(() => {
    gate.full = false
  })
  const change = { currentPassword: PASSWORD, newPassword: OTHER_PASSWORD }
  const { enrolment, secret } = (await gail.client.post<TotpAnswer>("/api/me/factors/totp")).body
  const confirm = { enrolment, code: appCode(secret, clock.now()), label: "phone", password: PASSWORD }
  for (let attempt = 0; attempt <= FREE; attempt++) {
    assert.equal(codeOf(await finn.client.post("/api/me/password", change)), "rate_limited")
    assert.equal(codeOf(await gail.client.post("/api/me/factors/totp/confirm", confirm)), "rate_limited")
  }
  gate.full = false
  await Promise.all(queue)
  assert.equal((await finn.client.post("/api/me/password", change)).status, 200)
  assert.equal((await gail.client.post("/api/me/factors/totp/confirm", confirm)).status, 201)
})
