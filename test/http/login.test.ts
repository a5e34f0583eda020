import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { LoginAnswer } from "../../src/api/auth.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Answer, Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { addProgram, PASSWORD } from "../kit/people.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const clock = movableClock()
const WRONG = "not the password at all"
const MINUTE_MS = 60_000
let stage: Stage<"dev" | "gone" | "hit">

before(async () => {
  stage = await openStage({ dev: ["developer"], gone: ["developer"], hit: ["developer"] }, { clock })
  const { status } = await stage.admin.patch(`/api/users/${stage.people.gone.id}`, { disabled: true })
  assert.equal(status, 200)
  await addProgram(stage.admin, "robot", ["developer"])
})
after(() => stage.close())

function logIn(username: string, password: string): Promise<Answer<LoginAnswer & Problem>> {
  return stage.server.anonymous.post("/api/auth/login", { username, password })
}

/** An answer without the one part that is meant to differ. */
function bytesOf({ status, headers, text, body }: Answer<Problem>): string {
  const fields = [...headers].filter(([name]) => name !== "date").map(([name, value]) => `${name}: ${value}`)
  return [String(status), ...fields, text].join("\n").replaceAll(body.requestId, "")
}

test("why a login failed cannot be told: the answers are equal byte for byte", async () => {
  const answers = await Promise.all([
    logIn("dev", WRONG),
    logIn("nobody-of-that-name", WRONG),
    logIn("gone", PASSWORD),
    logIn("gone", WRONG),
    logIn("robot", PASSWORD),
    logIn("no such name!", WRONG),
    logIn("dev", `${PASSWORD} `),
  ])
  const [first, ...others] = answers.map(bytesOf)
  assert.match(first ?? "", /^401\n/)
  for (const other of others) assert.equal(other, first)
  clock.advance(16 * MINUTE_MS)
})

test("five wrong passwords are answered, the sixth attempt has to wait, even with the right one", async () => {
  for (let at = 0; at < 5; at++) assert.equal((await logIn("hit", WRONG)).status, 401)
  const { status, headers, body } = await logIn("hit", PASSWORD)
  assert.equal(status, 429)
  assert.equal(body.code, "rate_limited")
  assert.equal(body["scope"], "login")
  assert.equal(body["limit"], 5)
  assert.ok(Date.parse(String(body["resetsAt"])) > clock.now())
  const wait = Number(headers.get("retry-after"))
  assert.ok(wait > 0 && wait <= 30, `${wait} s`)
  clock.advance(wait * 1000)
  assert.equal((await logIn("hit", PASSWORD)).status, 200)
  assert.equal((await logIn("hit", WRONG)).status, 401, "and the count began anew")
})

/** Fails until the wait is the longest there is: five times freely, then after 30 s, 1, 2, 4 and 8 minutes. */
async function failToTheLongest(username: string): Promise<void> {
  for (const waitMs of [0, 0, 0, 0, 0, 30_000, 60_000, 120_000, 240_000, 480_000]) {
    clock.advance(waitMs)
    assert.equal((await logIn(username, WRONG)).status, 401)
  }
}

test("nobody is locked out for good: the longest wait is 15 minutes, whatever was sent meanwhile", async () => {
  clock.advance(31 * MINUTE_MS)
  for (const [minutes, status] of [
    [14, 429],
    [15, 200],
    [16, 200],
  ] as const) {
    await failToTheLongest("hit")
    const wait = Number((await logIn("hit", PASSWORD)).headers.get("retry-after"))
    assert.ok(wait > 14 * 60 && wait <= 15 * 60, `${wait} s`)
    for (let minute = 0; minute < minutes; minute++) {
      if (minute < 14) assert.equal((await logIn("hit", WRONG)).status, 429)
      clock.advance(MINUTE_MS)
    }
    assert.equal((await logIn("hit", PASSWORD)).status, status, `after ${minutes} minutes`)
    if (status === 200) continue
    clock.advance(31 * MINUTE_MS)
    assert.equal((await logIn("hit", PASSWORD)).status, 200)
  }
})

test("whoever waits is told the same whether anybody has that name: the answers are equal byte for byte", async () => {
  const refused: string[] = []
  for (const username of ["hit", "nobody-at-all", "gone", "robot"]) {
    await failToTheLongest(username)
    const answer = await logIn(username, PASSWORD)
    const wait = answer.headers.get("retry-after") ?? ""
    assert.ok(Number(wait) > 14 * 60 && Number(wait) <= 15 * 60, `${wait} s`)
    const moment = String(answer.body["resetsAt"])
    refused.push(
      bytesOf(answer)
        .replaceAll(moment, "")
        .replace(/^retry-after: .*$/m, ""),
    )
  }
  const [first, ...others] = refused
  assert.match(first ?? "", /^429\n/)
  for (const other of others) assert.equal(other, first)
  clock.advance(31 * MINUTE_MS)
})

test("other spellings of a name share its counter", async () => {
  for (const username of ["HIT", " hit", "Hit ", "\thit", "ｈｉｔ"]) await logIn(username, WRONG)
  assert.equal((await logIn("hit", PASSWORD)).status, 429)
  assert.equal((await logIn("dev", PASSWORD)).status, 200, "and nobody else's")
  clock.advance(31 * MINUTE_MS)
})

test("a name that nobody has is slowed down like any other", async () => {
  const statuses: number[] = []
  for (let at = 0; at < 6; at++) statuses.push((await logIn("phantom", WRONG)).status)
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429])
  clock.advance(31 * MINUTE_MS)
})

test("a burst of guesses is checked five times at most", async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => logIn("hit", WRONG)))
  const statuses = answers.map(({ status }) => status)
  assert.ok(statuses.every((status) => status === 401 || status === 429))
  assert.ok(statuses.filter((status) => status === 401).length <= 5)
  clock.advance(31 * MINUTE_MS)
})

test("failures of one address are cut off before any password is looked at", async () => {
  clock.advance(2 * MINUTE_MS)
  let last = 0
  for (let at = 0; at < 61; at++) {
    const answer = await stage.server.anonymous.get("/api/me", { authorization: "Bearer tyl_nonsense" })
    last = answer.status
  }
  assert.equal(last, 429)
  assert.equal((await logIn("dev", PASSWORD)).status, 429)
  assert.equal((await stage.admin.get("/api/me")).status, 200, "who is signed in does not pay for it")
  clock.advance(2 * MINUTE_MS)
  assert.equal((await logIn("dev", PASSWORD)).status, 200)
})

test("a login is an entry, a refused one too, and no password is in any", async () => {
  await logIn("dev", WRONG)
  const entries = await entriesOf(stage.admin, { action: "LOGIN" })
  const last = entries.at(-1)
  assert.equal(last?.result, "DENIED")
  assert.equal(last?.username, "dev")
  assert.ok(entries.some(({ result, username }) => result === "SUCCESS" && username === "dev"))
  const text = JSON.stringify(entries)
  assert.ok(!text.includes(WRONG) && !text.includes(PASSWORD))
})

test("a person with a temporary password can change it and do nothing else", async () => {
  const made = { username: "new", password: PASSWORD, roles: ["admin"], mustChangePassword: true }
  assert.equal((await stage.admin.post("/api/users", made)).status, 201)
  const first = await logIn("new", PASSWORD)
  assert.equal(first.body.assurance, "half")
  const bearer = { authorization: `Bearer ${first.body.token}` }
  const as = stage.server.anonymous
  assert.equal((await as.get("/api/me", bearer)).status, 200)
  for (const path of ["/api/secrets", "/api/users", "/api/audit", "/api/policies", "/api/sessions", "/api/keys"])
    assert.equal((await as.get(path, bearer)).status, 403, path)
  const access = await as.post("/api/secrets/config/x/access", { reason: "Trying it anyway" }, bearer)
  assert.equal(access.status, 403)
  const next = "a quite different sentence"
  const change = { currentPassword: PASSWORD, newPassword: next }
  assert.equal((await as.post("/api/me/password", { ...change, newPassword: PASSWORD }, bearer)).status, 400)
  assert.equal((await as.post("/api/me/password", { ...change, currentPassword: WRONG }, bearer)).status, 403)
  assert.equal((await as.post("/api/me/password", change, bearer)).status, 200)
  assert.equal((await as.get("/api/me", bearer)).status, 401, "the half session is over")
  assert.equal((await logIn("new", PASSWORD)).status, 401)
  assert.equal((await logIn("new", next)).body.assurance, "password")
})
