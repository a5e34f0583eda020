import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { BatchAnswer } from "../../src/api/access.ts"
import type { VerifyAnswer } from "../../src/api/factors.ts"
import { type Answer, type Client, clientOf, type HeaderFields, type Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { appCode, codeOf, enrolApp, logInWith, STEP_MS, stepUp } from "../kit/factors.ts"
import { addProgram } from "../kit/people.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage } from "../kit/stage.ts"

const TOKEN_MS = 5 * 60_000
const NAME = "database/main"
const HEADER = "x-verification-token"

async function scene() {
  const clock = movableClock()
  const stage = await openStage({ dan: ["dba"], eve: ["dba"] }, { clock })
  after(() => stage.close())
  const { url } = stage.server
  for (const name of [NAME, "database/other"]) await createSecret(stage.admin, name, "value")
  const [dan, eve] = [stage.people.dan, stage.people.eve]
  const app = await enrolApp(dan.client, clock.now())
  const theirs = await enrolApp(eve.client, clock.now())
  const next = (of = app): string => {
    clock.advance(STEP_MS)
    return appCode(of.seed, clock.now())
  }
  const token = (client: Client, verb = "read", names: readonly string[] = [NAME], of = app): Promise<HeaderFields> =>
    stepUp(client, verb, verb === "govern" ? [] : names, { code: next(of) })
  return { clock, stage, url, dan, eve, app, theirs, next, token }
}

const refused = (answer: Answer<unknown>): void => assert.equal(codeOf(answer), "verification_required", answer.text)

test("a token is good for its person, session, secret and verb, and for nothing else", async () => {
  const { url, dan, eve, theirs, next, token } = await scene()
  const whole = await logInWith(url, "dan", () => ({ code: next() }))
  refused(await read(dan.client, NAME, {}, await token(eve.client, "read", [NAME], theirs)))
  refused(await read(dan.client, NAME, {}, await token(whole)))
  refused(await read(dan.client, NAME, {}, await token(dan.client, "read", ["database/other"])))
  for (const verb of ["write", "govern"]) refused(await read(dan.client, NAME, {}, await token(dan.client, verb)))
  const put = { value: "another value", reason: REASON }
  refused(await dan.client.put(secretPath(NAME), put, await token(dan.client)))
  assert.equal((await dan.client.put(secretPath(NAME), put, await token(dan.client, "write"))).status, 200)
  const renew = async (headers: HeaderFields) => dan.client.post("/api/me/factors/recovery", {}, headers)
  refused(await renew(await token(dan.client)))
  assert.equal((await renew(await token(dan.client, "govern"))).status, 200)
})

test("a token that was refused elsewhere is still good where it belongs, once", async () => {
  const { dan, token } = await scene()
  const good = await token(dan.client)
  refused(await read(dan.client, "database/other", {}, good))
  assert.equal((await read(dan.client, NAME, {}, good)).status, 200)
  refused(await read(dan.client, NAME, {}, good))
})

test("a token lives for five minutes", async () => {
  const { dan, token, clock } = await scene()
  for (const [left, status] of [
    [2_000, 200],
    [0, 403],
    [-1, 403],
  ] as const) {
    const headers = await token(dan.client)
    clock.advance(TOKEN_MS - left)
    assert.equal((await read(dan.client, NAME, {}, headers)).status, status, `${left} ms left`)
  }
})

test("a token outlives no setting back of the clock", async () => {
  const { dan, token, clock } = await scene()
  const headers = await token(dan.client)
  clock.advance(TOKEN_MS)
  clock.step(-TOKEN_MS)
  refused(await read(dan.client, NAME, {}, headers))
})

test("a token dies with its session, with any change of the factors, and with a change of the roles", async () => {
  const { url, dan, next, token, clock, stage } = await scene()
  const whole = await logInWith(url, "dan", () => ({ code: next() }))
  const old = await token(whole)
  assert.equal((await whole.post("/api/auth/logout")).status, 200)
  const again = await logInWith(url, "dan", () => ({ code: next() }))
  refused(await read(again, NAME, {}, old))

  const before = await token(again)
  const second = await enrolApp(again, clock.now(), await token(again, "govern"))
  refused(await read(again, NAME, {}, before))
  const lent = await token(again, "read", [NAME], second)
  const removed = `/api/me/factors/${second.id}`
  assert.equal((await again.delete(removed, undefined, await token(again, "govern"))).status, 200)
  refused(await read(again, NAME, {}, lent))

  const last = await token(again)
  const change = { roles: ["dba", "hr"], reason: REASON }
  assert.equal((await stage.admin.patch(`/api/users/${dan.id}`, change)).status, 200)
  assert.equal((await read(again, NAME, {}, last)).status, 401)
})

test("a header that is given twice, is long, odd or half a token is no token, and no accident", async () => {
  const { dan, token } = await scene()
  const good = (await token(dan.client))[HEADER] ?? ""
  const odd = [
    "",
    " ",
    "tyv_",
    "x".repeat(5_000),
    `tyv_${"A".repeat(4_096)}`,
    `tyv_${"A".repeat(4_097)}`,
    good.slice(0, -1),
    good.slice(4),
    `${good}A`,
    `${good}=`,
    good.toUpperCase(),
    `TYV_${good.slice(4)}`,
    `${good}, ${good}`,
    `${good} ${good}`,
    `Bearer ${good}`,
    "tyv_\u00e4\u00ff",
    "tyv_\ttab",
  ]
  for (const header of odd) refused(await read(dan.client, NAME, {}, { [HEADER]: header }))
  const twice = await fetch(dan.client.url + secretPath(NAME, "access"), {
    method: "POST",
    headers: [
      ["authorization", `Bearer ${dan.client.token}`],
      ["content-type", "application/json"],
      [HEADER, good],
      [HEADER, good],
    ],
    body: JSON.stringify({ reason: REASON }),
  })
  assert.equal(((await twice.json()) as Problem).code, "verification_required")
  assert.equal(
    (await read(dan.client, NAME, {}, { [HEADER]: ` ${good} ` })).status,
    200,
    "white space around it is HTTP's",
  )
})

test("one token for fifty secrets, each once; fifty-one, none, the same twice and unknown ones are refused", async () => {
  const { dan, stage, next, token } = await scene()
  const names = Array.from({ length: 50 }, (_, at) => `database/many-${at}`)
  for (const name of names) await createSecret(stage.admin, name, "value")
  const ask = (secrets: unknown) =>
    dan.client.post<Problem>("/api/auth/verify", { verb: "read", secrets, code: "123456" })
  for (const secrets of [[...names, NAME], [], [NAME, NAME], NAME, [1], [[NAME]], null]) {
    const answer = await ask(secrets)
    assert.deepEqual([answer.status, answer.body.code], [400, "invalid_request"], JSON.stringify(secrets))
  }
  assert.equal(codeOf(await ask(["database/nothing"])), "not_found")
  assert.equal(codeOf(await ask(["financial/ledger"])), "forbidden")
  assert.equal(codeOf(await ask(["../x"])), "invalid_name")
  const headers = await token(dan.client, "read", names)
  const batch = () =>
    dan.client.post<BatchAnswer>("/api/secrets/access", { names, reason: REASON, unmask: true }, headers)
  const count = ({ body }: Answer<BatchAnswer>): number => body.items.filter((item) => !("code" in item)).length
  assert.equal(count(await batch()), 50)
  assert.equal(count(await batch()), 0)
  const both = ["DATABASE/main", NAME]
  const folded = await dan.client.post<VerifyAnswer>("/api/auth/verify", { verb: "read", secrets: both, code: next() })
  assert.ok(folded.status === 400 || folded.status === 404, folded.text)
})

test("a step-up takes exactly one code or passkey, and `govern` no secrets", async () => {
  const { dan, next } = await scene()
  const passkey = { challenge: "AAAA", response: {} }
  for (const body of [
    { verb: "govern" },
    { verb: "govern", secrets: [NAME], code: "123456" },
    { verb: "read", code: "123456" },
    { verb: "reveal", secrets: [NAME], code: "123456" },
    { verb: "create", secrets: [NAME], code: "123456" },
    { verb: "govern", code: "123456", passkey },
    { verb: "govern", code: 123456 },
    { verb: "govern", code: ["123456"] },
    { verb: "govern", code: "" },
    { verb: "govern", code: "1".repeat(65) },
    { verb: "govern", code: null },
    { verb: "govern", code: "123456", more: 1 },
    `{"verb":"govern","code":"123456","__proto__":{"x":1}}`,
  ]) {
    const answer = await dan.client.post<Problem>("/api/auth/verify", body)
    assert.equal(answer.status, 400, `${JSON.stringify(body)}: ${answer.text}`)
  }
  assert.equal((await dan.client.post("/api/auth/verify", { verb: "govern", code: next() })).status, 200)
})

test("programs have no factors: none to begin, to show or to present", async () => {
  const { stage, dan, token } = await scene()
  const { client } = await addProgram(stage.admin, "robot", ["dba"])
  for (const [path, body] of [
    ["/api/me/factors/totp", undefined],
    ["/api/me/factors/passkey", undefined],
    ["/api/me/factors/recovery", {}],
    ["/api/auth/challenge", { purpose: "verify" }],
    ["/api/auth/verify", { verb: "govern", code: "123456" }],
    ["/api/auth/factor", { code: "123456" }],
  ] as const) {
    const answer = await client.post<Problem>(path, body)
    assert.deepEqual([answer.status, answer.body.code], [403, "forbidden"], `${path} ${answer.text}`)
  }
  assert.notEqual((await read(client, NAME, {}, await token(dan.client))).status, 200)
})

test("an app's codes: six plain digits, each step once, never an earlier one, whatever the clock does", async () => {
  const { dan, app, clock, next } = await scene()
  const show = (code: unknown) => dan.client.post<Problem>("/api/auth/verify", { verb: "govern", code })
  const wrong = async (code: string): Promise<void> => {
    clock.advance(15 * 60_000)
    assert.equal(codeOf(await show(code)), "verification_failed", code)
  }
  const at = (off: number): string => appCode(app.seed, clock.now() + off * STEP_MS)
  const wide = (code: string): string => code.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
  const arabic = (code: string): string =>
    code.replaceAll(/\d/g, (digit) => String.fromCodePoint(0x660 + Number(digit)))
  for (const spell of [
    (code: string) => ` ${code}`,
    (code: string) => `${code} `,
    (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`,
    (code: string) => `${code}\n`,
    (code: string) => code.slice(1),
    (code: string) => `${code}0`,
    (code: string) => `0${code}`,
    (code: string) => `+${code.slice(1)}`,
    wide,
    arabic,
  ]) {
    clock.advance(15 * 60_000)
    assert.equal(codeOf(await show(spell(at(0)))), "verification_failed", spell("123456"))
  }
  clock.advance(15 * 60_000)
  const [before, now, after] = [at(-1), at(0), at(1)]
  assert.equal((await show(before)).status, 200, "the step before")
  assert.equal(codeOf(await show(before)), "verification_failed", "the same again")
  assert.equal((await show(after)).status, 200, "the step after")
  assert.equal(codeOf(await show(now)), "verification_failed", "an earlier one after a later one")
  await wrong(at(-2))
  await wrong(at(2))
  assert.equal((await show(next())).status, 200)
  clock.step(-10 * 60_000)
  for (const off of [-1, 0, 1]) assert.equal(codeOf(await show(at(off))), "verification_failed", "set back ten minutes")
  clock.step(20 * 60_000)
  assert.equal((await show(at(0))).status, 200, "set forward ten minutes")
})

test("of two apps each has its own steps", async () => {
  const { dan, app, clock, token } = await scene()
  const second = await enrolApp(dan.client, clock.now(), await token(dan.client, "govern"))
  clock.advance(STEP_MS)
  for (const one of [app, second]) {
    const body = { verb: "govern", code: appCode(one.seed, clock.now()) }
    assert.equal((await dan.client.post("/api/auth/verify", body)).status, 200)
    assert.equal(codeOf(await dan.client.post("/api/auth/verify", body)), "verification_failed")
  }
  assert.equal((await clientOf(dan.client.url, dan.client.token).get("/api/me")).status, 200)
})
