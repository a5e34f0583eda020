import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { entryOf } from "../kit/audit.ts"
import { movableClock } from "../kit/clock.ts"
import { jsonOf, type RawAnswer, sendRaw, sendRequest } from "../kit/raw.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const BODY = JSON.stringify({ reason: REASON, unmask: true })
/** 512 of AWS less `tyler-setup/`. */
const LIMIT = 500
const clock = movableClock()
let stage: Stage<"dev">

before(async () => {
  stage = await openStage({ dev: ["developer"] }, { clock })
  for (const name of ["config/plain", "config/a=b+c@d", "database/main", "configuration/x"])
    await createSecret(stage.admin, name, `value of ${name}`)
})
after(() => stage.close())
// More than 60 refusals a minute share one entry; that is another test's subject.
beforeEach(() => clock.advance(60_000))

/** Asks for a value by a path that is sent exactly as written. */
function access(rawName: string, token: string | null = stage.admin.token): Promise<RawAnswer> {
  return sendRequest(stage.server.port, {
    method: "POST",
    path: `/api/secrets/${rawName}/access`,
    token,
    body: BODY,
  })
}

test("a name is written in the path as it is, or with the four escapes in either case", async () => {
  assert.equal(jsonOf(await access("config/plain"))?.["value"], "value of config/plain")
  for (const path of ["config%2Fplain", "config%2fplain"])
    assert.equal(jsonOf(await access(path))?.["value"], "value of config/plain", path)
  for (const path of ["config/a=b+c@d", "config/a%3Db%2Bc%40d", "config%2fa%3db%2bc%40d"]) {
    const answer = jsonOf(await access(path))
    assert.equal(answer?.["name"], "config/a=b+c@d", path)
    assert.equal(answer?.["value"], "value of config/a=b+c@d")
  }
})

/** Spellings that some layer somewhere would turn into `config/plain` or into a way out of its category. */
const ODD = [
  "config/./plain",
  "config/../config/plain",
  "./config/plain",
  "../secrets/config/plain",
  "config/%2e/plain",
  "config/%2E%2E/config/plain",
  "config/.%2e/config/plain",
  "config%2F..%2Fconfig%2Fplain",
  "config%2F%2Fplain",
  "config%252Fplain",
  "config%25252Fplain",
  "config/%70lain",
  "config/plai%6e",
  "config\\plain",
  "config%5Cplain",
  "config//plain",
  "//config/plain",
  "/config/plain",
  "config/plain/",
  "config/plain%2F",
  "%2Fconfig/plain",
  "config/plain%00",
  "config/plain%0a",
  "config/plain%0d%0a",
  "config/plain%20",
  "config/plain%09",
  "config/pl%c0%afain",
  "config/plain%ff",
  "config/plain%",
  "config/plain%2",
  "config/plain%zz",
  "config/plain%u002f",
  "c%D0%BEnfig/plain",
  "config%EF%BC%8Fplain",
  "config%E2%88%95plain",
  "config/pl%CC%81ain",
  "config/%EF%BD%90lain",
  "config/%E2%80%AEnialp",
  "config/plain;x=1",
  "config/plain%3Bx",
  "config/plain,x",
  "config/plain*",
  "config/*",
  "*",
  "config/~plain",
  "config/$plain",
  "config/{name}",
  "{name}",
  "config/plain'--",
  "config/plain%27%20OR%201=1",
  "config/plain|x",
  "config/plain:x",
  "config/plain!",
]

test("any other spelling is refused as a bad name and never repaired", async () => {
  for (const odd of ODD) {
    const answer = await access(odd)
    assert.equal(answer.status, 400, `${odd}: ${answer.status} ${answer.text}`)
    assert.ok(!answer.text.includes("value of"), odd)
    assert.ok(["invalid_name", "invalid_request"].includes(String(jsonOf(answer)?.["code"])), `${odd}: ${answer.text}`)
  }
})

test("raw bytes in the request line that no URL may hold are refused", async () => {
  const head = (path: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from("POST /api/secrets/"),
      path,
      Buffer.from(
        `/access HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${stage.admin.token}\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
      ),
    ])
  const paths: (Buffer | string)[] = [
    Buffer.from("config/plain\u0000", "latin1"),
    Buffer.from("config/plain\u0001", "latin1"),
    Buffer.from("config/pl\tain", "latin1"),
    Buffer.from("config/pl ain", "latin1"),
    Buffer.from("config/pl\u007fain", "latin1"),
    Buffer.from([0x63, 0x2f, 0xc0, 0xaf]),
    Buffer.from([0x63, 0x2f, 0xff, 0xfe]),
    Buffer.from("config/plаin", "utf8"),
    Buffer.from("config/plain#fragment"),
    Buffer.from("config/plain?query"),
  ]
  for (const path of paths) {
    const answer = await sendRaw(stage.server.port, head(Buffer.from(path)))
    assert.ok(answer.status >= 400 && answer.status < 500, `${String(path)}: ${answer.status}`)
    assert.ok(!answer.text.includes("value of"))
  }
})

test("a name that only looks like one of a category is judged by its own", async () => {
  const { token } = stage.people.dev.client
  assert.equal((await access("config/plain", token)).status, 200)
  for (const name of [
    "configuration/x",
    "configuration/none",
    "config-old/x",
    "xconfig/plain",
    "config.d/x",
    "config",
  ]) {
    const answer = await access(name, token)
    assert.equal(answer.status, 403, `${name}: ${answer.text}`)
  }
  assert.equal((await access("configuration/x")).status, 200, "the admin's, by the row for what nothing else matches")
})

test("policy folds ASCII case, look-up does not", async () => {
  const { token } = stage.people.dev.client
  for (const name of ["CONFIG/plain", "Config/Plain", "config/PLAIN"]) {
    assert.equal((await access(name, token)).status, 404, name)
    assert.equal((await access(name.replace(/config/i, "DataBase"), token)).status, 403, name)
  }
  for (const name of ["Config/plain", "CONFIG/PLAIN", "config/plaiN"]) {
    const taken = await stage.admin.post("/api/secrets", { name, value: "x" })
    assert.equal(taken.status, 409, name)
    assert.equal(taken.body["code"], "secret_exists")
  }
})

test("names that mean something to JavaScript are ordinary names", async () => {
  for (const name of ["config/__proto__", "config/constructor", "config/toString", "__proto__/x", "constructor/name"]) {
    assert.equal((await access(name)).status, 404, name)
    await createSecret(stage.admin, name, `value of ${name}`)
    assert.equal(jsonOf(await access(name))?.["value"], `value of ${name}`)
  }
  assert.equal((await access("__proto__")).status, 404)
  assert.equal((await access("config/hasOwnProperty")).status, 404)
})

test("names that are verbs of routes are ordinary names", async () => {
  for (const name of ["config/access", "config/audit", "access/access", "metadata/versions", "config/restore/access"]) {
    await createSecret(stage.admin, name, `value of ${name}`)
    assert.equal(jsonOf(await access(name))?.["value"], `value of ${name}`)
    const metadata = await stage.admin.get<{ name: string }>(`/api/secrets/${name}/metadata`)
    assert.equal(metadata.body.name, name)
    const put = await stage.admin.put(`/api/secrets/${name}`, { value: "new", reason: REASON })
    assert.equal(put.status, 200, put.text)
    assert.equal((await read(stage.admin, name)).body.value, "new")
  }
  assert.equal((await access("config")).status, 404, "not the batch route")
})

test(`names have ${LIMIT} characters at most`, async () => {
  for (const [length, status] of [
    [LIMIT - 1, 200],
    [LIMIT, 200],
    [LIMIT + 1, 400],
  ] as const) {
    const name = `config/${"n".repeat(length - "config/".length)}`
    const made = await stage.admin.post("/api/secrets", { name, value: `value ${length}` })
    assert.equal(made.status, status === 200 ? 201 : 400, String(length))
    assert.equal((await access(name)).status, status, String(length))
  }
  const category = { name: "n".repeat(LIMIT - 6), category: "config", value: "x" }
  assert.equal((await stage.admin.post("/api/secrets", category)).body["code"], "invalid_name")
  for (const length of [2_000, 10_000]) assert.equal((await access("n".repeat(length))).status, 400, String(length))
  assert.ok([400, 414, 431].includes((await access("n".repeat(100_000))).status))
})

test("creation takes a category, once", async () => {
  const create = (body: object) => stage.admin.post("/api/secrets", { value: "x", ...body })
  assert.equal((await create({ name: "lonely" })).body["code"], "invalid_name")
  assert.equal((await create({ name: "database/x", category: "config" })).body["code"], "ambiguous_name")
  assert.equal((await create({ name: "config/x", category: "config" })).body["code"], "ambiguous_name")
  assert.equal((await create({ name: "deep/x", category: "config" })).body["name"], "config/deep/x")
  for (const category of ["", ".", "..", "a//b", "/a", "a/", "a b", "а"])
    assert.equal((await create({ name: "x", category })).status, 400, category)
  for (const name of [
    "",
    " ",
    "config/",
    "/config",
    "config//x",
    "config/..",
    "config/ x",
    "config/x\u0000",
    "config/х",
  ])
    assert.equal((await create({ name })).status, 400, JSON.stringify(name))
  for (const name of [null, 7, ["config/x"], { toString: "config/x" }, true])
    assert.equal((await create({ name })).status, 400, JSON.stringify(name))
})

test("the refusal of an odd name is an entry that holds it escaped", async () => {
  const answer = await access("config/%00%0a../plain%22")
  const entry = await entryOf(stage.admin, jsonOf(answer)?.["requestId"])
  assert.equal(entry.result, "DENIED")
  assert.equal(entry.decision, "invalid_name")
  assert.equal(entry.resource_name, "config/%00%0a../plain%22")
  const long = await access(`config/${"n".repeat(1_500)}`)
  const bounded = await entryOf(stage.admin, jsonOf(long)?.["requestId"])
  assert.ok((bounded.resource_name ?? "").length <= 610)
})

test("what is no route is 404 and what is no method of one is no other method's", async () => {
  for (const [method, path] of [
    ["GET", "/api/secrets/config/plain"],
    ["GET", "/api/secrets/config/plain/access"],
    ["POST", "/api/secrets/config/plain"],
    ["POST", "/api/secrets/config/plain/ACCESS"],
    ["POST", "/api/secrets/config/plain/access/"],
    ["HEAD", "/api/secrets/config/plain/metadata"],
    ["OPTIONS", "/api/secrets"],
    ["TRACE", "/api/secrets"],
    ["GET", "/API/secrets"],
    ["GET", "/api//secrets"],
    ["GET", "/api/secrets/"],
    ["POST", "/api/secrets/{name}/access"],
  ] as const) {
    const token = stage.admin.token
    const answer = await sendRequest(stage.server.port, {
      method,
      path,
      token,
      body: method === "POST" ? BODY : undefined,
    })
    assert.ok([400, 404, 405].includes(answer.status), `${method} ${path}: ${answer.status}`)
    assert.ok(!answer.text.includes("value of"))
  }
  const override = ["X-HTTP-Method-Override: DELETE", "X-Original-URL: /api/secrets/config/plain", "X-Rewrite-URL: /x"]
  const plain = await sendRequest(stage.server.port, {
    method: "POST",
    path: "/api/secrets/config/plain/access",
    token: stage.admin.token,
    lines: override,
    body: BODY,
  })
  assert.equal(jsonOf(plain)?.["value"], "value of config/plain")
})

test("an id of any length is answered: unknown up to what a path may hold, malformed beyond it", async () => {
  const { token } = stage.admin
  const statusOf = async (length: number): Promise<number> => {
    const path = `/api/policies/${"a".repeat(length)}`
    return (await sendRequest(stage.server.port, { method: "GET", path, token })).status
  }
  assert.deepEqual([await statusOf(2047), await statusOf(2048), await statusOf(2049)], [404, 404, 400])
  assert.equal(await statusOf(10_000), 400)
})
