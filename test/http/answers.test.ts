import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { entryOf } from "../kit/audit.ts"
import { movableClock } from "../kit/clock.ts"
import { ADMIN_NAME, logIn } from "../kit/people.ts"
import { jsonOf, type RawAnswer, sendRaw, sendRequest } from "../kit/raw.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const clock = movableClock()
let stage: Stage<never>
before(async () => {
  stage = await openStage({}, { clock })
  await createSecret(stage.admin, "config/plain", "value")
})
after(() => stage.close())
// More than 60 refusals a minute share one entry; that is another test's subject.
beforeEach(() => clock.advance(60_000))

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test("every answer names its request, as its entry and its error do", async () => {
  const good = await read(stage.admin, "config/plain")
  const id = good.headers.get("x-request-id")
  assert.match(id ?? "", UUID)
  assert.equal((await entryOf(stage.admin, id)).id, good.body.receipt?.index)
  const refused = await read(stage.admin, "config/none")
  assert.equal(refused.headers.get("x-request-id"), refused.body.requestId)
  const given = await stage.admin.get("/api/me", { "x-request-id": "mine" })
  assert.match(given.headers.get("x-request-id") ?? "", UUID, "the caller's own is not taken over")
  for (const path of ["/api/health", "/api/ready", "/nowhere", "/api/me/x", "/api/audit/key"])
    assert.match((await stage.server.anonymous.get(path)).headers.get("x-request-id") ?? "", UUID, path)
})

test("a path that another method has answers 405 and names the methods", async () => {
  const named = "DELETE, PATCH, PUT"
  for (const [method, path, allow] of [
    ["PUT", "/api/me", "GET, PATCH"],
    ["DELETE", "/api/users", "GET, POST"],
    ["GET", "/api/users/some-id", "PATCH"],
    ["GET", "/api/secrets/config/plain", named],
    ["POST", "/api/secrets/config/plain", named],
    ["GET", "/api/secrets/config/plain/access", "DELETE, PATCH, POST, PUT"],
    ["POST", "/api/secrets/config/plain/metadata?x=1", "DELETE, GET, PATCH, PUT"],
    ["HEAD", "/api/health", "GET"],
    ["OPTIONS", "/api/secrets", "GET, POST"],
    ["TRACE", "/api/secrets", "GET, POST"],
    ["PURGE", "/api/secrets", "GET, POST"],
  ] as const) {
    const answer = await sendRequest(stage.server.port, { method, path, token: stage.admin.token })
    assert.equal(answer.status, 405, `${method} ${path}: ${answer.text}`)
    assert.equal(answer.headers["allow"], allow, `${method} ${path}`)
    if (method === "HEAD") continue
    assert.equal(jsonOf(answer)?.["code"], "method_not_allowed")
    assert.deepEqual(jsonOf(answer)?.["allowed"], allow.split(", "))
  }
  for (const path of ["/api", "/api/", "/api/nowhere", "/api/secrets/", "/api/users/a/b", "/api/me/", "/API/me"]) {
    const answer = await sendRequest(stage.server.port, { method: "GET", path, token: stage.admin.token })
    assert.deepEqual([answer.status, jsonOf(answer)?.["code"]], [404, "not_found"], path)
    assert.equal(jsonOf(answer)?.["error"], "No such route for GET")
  }
})

test("what is no request is answered as a problem, and nothing behind it is read", async () => {
  const behind = "GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
  const host = "Host: localhost"
  for (const [status, code, text] of [
    [400, "invalid_request", `nonsense\r\n\r\n${behind}`],
    [400, "invalid_request", `GET /api/health HTTP/9.9\r\n${host}\r\n\r\n${behind}`],
    [400, "invalid_request", `GET /api/ health HTTP/1.1\r\n${host}\r\n\r\n${behind}`],
    [400, "invalid_request", `GET /api/health HTTP/1.1\r\n${host}\r\nBad Header: x\r\n\r\n${behind}`],
    [400, "invalid_request", `GET /api/health HTTP/1.1\r\n${host}\r\nX: a\u0000b\r\n\r\n${behind}`],
    [400, "invalid_request", `POST /api/auth/login HTTP/1.1\r\n${host}\r\nContent-Length: x\r\n\r\n${behind}`],
    [431, "headers_too_large", `GET /api/health HTTP/1.1\r\n${host}\r\nX: ${"x".repeat(20_000)}\r\n\r\n${behind}`],
    [431, "headers_too_large", `GET /api/${"x".repeat(20_000)} HTTP/1.1\r\n${host}\r\n\r\n${behind}`],
  ] as const) {
    const answer = await sendRaw(stage.server.port, text)
    const about = `${text.slice(0, 60)}: ${answer.text}`
    assert.deepEqual([answer.status, jsonOf(answer)?.["code"], answer.answers], [status, code, 1], about)
    assert.equal(jsonOf(answer)?.["requestId"], answer.headers["x-request-id"])
    assert.equal(answer.headers["connection"], "close")
    assert.equal(answer.headers["cache-control"], "no-store")
    assert.deepEqual(Object.keys(jsonOf(answer) ?? {}).toSorted(), ["code", "error", "requestId"])
  }
})

function expectWait({ headers, text }: RawAnswer, seconds: number): void {
  const { retryAfter, resetsAt, scope, limit } = JSON.parse(text) as Record<string, unknown>
  assert.equal(headers["retry-after"], String(retryAfter), text)
  assert.ok(Math.abs(Number(retryAfter) - seconds) <= 60, `${String(retryAfter)} is not about ${seconds}: ${text}`)
  assert.ok(Math.abs(Date.parse(String(resetsAt)) - clock.now() - seconds * 1000) < 60_000, text)
  assert.ok(typeof scope === "string" && typeof limit === "number", text)
}

test("a body that is too large is told its limit", async () => {
  const { admin } = stage
  const big = JSON.stringify({ name: "config/big", value: "v", description: "d".repeat(524_288) })
  for (const [method, path, limit] of [
    ["POST", "/api/secrets", 524_288],
    ["PUT", secretPath("config/plain"), 524_288],
    ["PATCH", secretPath("config/plain"), 65_536],
    ["POST", "/api/policies", 65_536],
  ] as const) {
    const answer = await admin.send(method, path, big)
    assert.deepEqual([answer.status, answer.body["code"], answer.body["limit"]], [413, "body_too_large", limit], path)
  }
})

test("a change of nothing is refused", async () => {
  const { body: me } = await stage.admin.get<{ id: string }>("/api/me")
  for (const [path, body] of [
    [secretPath("config/plain"), { reason: REASON }],
    [`/api/users/${me.id}`, { reason: REASON }],
    [`/api/users/${me.id}`, {}],
  ] as const) {
    const answer = await stage.admin.patch(path, body)
    assert.deepEqual([answer.status, answer.body["code"]], [400, "invalid_request"], answer.text)
  }
  assert.equal((await stage.admin.get("/api/me")).status, 200, "the session did not end")
})

test("a limit that is used up says which, and when to come back", async () => {
  const ask = (name: string, method: string, verb: string | undefined, body: object) =>
    sendRequest(stage.server.port, {
      method,
      path: secretPath(name, verb),
      token: stage.admin.token,
      body: JSON.stringify(body),
    })
  const untilTomorrow = () => 86_400 - (Math.floor(clock.now() / 1000) % 86_400)
  for (const [pattern, max] of [
    ["none/*", 0],
    ["once/*", 1],
  ] as const) {
    const row = { secretPattern: pattern, allowedRoles: ["admin"], maxAccessPerDay: max, reason: REASON }
    assert.equal((await stage.admin.post("/api/policies", row)).status, 201)
    const name = pattern.replace("*", "x")
    await createSecret(stage.admin, name, "v")
    for (let at = 0; at < max; at++) assert.equal((await read(stage.admin, name)).status, 200)
    const refused = await ask(name, "POST", "access", { reason: REASON, unmask: true })
    assert.equal(jsonOf(refused)?.["code"], "quota_exceeded", refused.text)
    expectWait(refused, untilTomorrow())
  }
  await createSecret(stage.admin, "config/often", "v0")
  for (let at = 1; at < 100; at++)
    assert.equal((await ask("config/often", "PUT", undefined, { value: `v${at}`, reason: REASON })).status, 200)
  const refused = await ask("config/often", "PUT", undefined, { value: "one more", reason: REASON })
  assert.equal(jsonOf(refused)?.["code"], "too_many_versions")
  expectWait(refused, 86_400)
  clock.advance(Number(jsonOf(refused)?.["retryAfter"]) * 1000)
  const nextDay = await logIn(stage.server.url, ADMIN_NAME)
  const later = await nextDay.put(secretPath("config/often"), { value: "later", reason: REASON })
  assert.equal(later.status, 200, later.text)
})
