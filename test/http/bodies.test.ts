import assert from "node:assert/strict"
import { connect } from "node:net"
import { after, before, beforeEach, test } from "node:test"
import type { AccessAnswer } from "../../src/api/access.ts"
import { entryOf } from "../kit/audit.ts"
import type { Answer, Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { jsonOf, type RawAnswer, sendRaw } from "../kit/raw.ts"
import { createSecret, REASON } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const PATH = "/api/secrets/config/plain/access"
const GOOD = JSON.stringify({ reason: REASON, unmask: true })
const clock = movableClock()
let stage: Stage<never>

before(async () => {
  stage = await openStage({}, { clock })
  await createSecret(stage.admin, "config/plain", "the value itself")
})
after(() => stage.close())
// More than 60 refusals a minute share one entry; that is another test's subject.
beforeEach(() => clock.advance(60_000))

function access(body: unknown, headers = {}): Promise<Answer<AccessAnswer & Problem>> {
  return stage.admin.post(PATH, body, headers)
}

async function refused(body: unknown, status: number, code?: string): Promise<Problem> {
  const answer = await access(body)
  const about = typeof body === "string" ? body.slice(0, 80) : JSON.stringify(body).slice(0, 80)
  assert.equal(answer.status, status, `${about}: ${answer.text}`)
  if (code !== undefined) assert.equal(answer.body.code, code, about)
  assert.ok(!answer.text.includes("the value itself"))
  return answer.body
}

test("a field of another type is refused, not converted", async () => {
  for (const unmask of ["true", "false", 1, 0, null, [true], {}, ""])
    await refused({ reason: REASON, unmask }, 400, "invalid_request")
  for (const reason of [[REASON], { a: REASON }, 7, true, null, [[REASON]]])
    await refused({ reason }, 400, "invalid_request")
  for (const stage of [7, null, ["current"], "", "a/b", "x".repeat(257)])
    await refused({ reason: REASON, stage }, 400, "invalid_request")
  for (const versionId of [7, "", "short", "x".repeat(65), "not/an/id/".repeat(4)])
    await refused({ reason: REASON, versionId }, 400, "invalid_request")
})

test("a reason has 10 to 1,000 characters that can be seen", async () => {
  for (const [reason, status] of [
    ["123456789", 400],
    ["1234567890", 200],
    ["12345678901", 200],
    ["", 400],
    [" ".repeat(50), 400],
    ["         a         ", 400],
    [`  ${"x".repeat(9)}  `, 400],
    ["\u200b".repeat(20), 400],
    [`a${"\u0301".repeat(30)}`, 400],
    ["\u00a0".repeat(30), 400],
    ["x".repeat(999), 200],
    ["x".repeat(1000), 200],
    ["x".repeat(1001), 400],
    ["\u{1f511}".repeat(10), 200],
    ["\u{1f511}".repeat(1000), 200],
    ["\u{1f511}".repeat(1001), 400],
    ["Grüße aus Köln", 200],
    ["line one\nline two", 400],
    ["nul \u0000 in a reason", 400],
    ["right to left \u202e reason", 400],
    ["half a surrogate \ud800 pair", 400],
  ] as const) {
    const answer = await access({ reason })
    assert.equal(answer.status, status, JSON.stringify(reason).slice(0, 60))
    if (status === 400) assert.equal(answer.body.code, "invalid_reason")
  }
  await refused({}, 400, "invalid_request")
})

test("a field nobody knows is refused by name", async () => {
  for (const name of ["Unmask", "force", "userId", "role", "constructor", "toString"]) {
    const problem = await refused(`{"reason":"${REASON}","${name}":true}`, 400, "invalid_request")
    assert.match(problem.error, new RegExp(name))
  }
  await refused(`{"reason":"${REASON}","__proto__":{"unmask":true}}`, 400)
  await refused(`{"reason":"${REASON}","constructor":{"prototype":{"unmask":true}}}`, 400)
})

test("a key that is there twice is refused, however it is spelled", async () => {
  for (const body of [
    `{"reason":"${REASON}","unmask":false,"unmask":true}`,
    `{"reason":"short","reason":"${REASON}"}`,
    `{"reason":"${REASON}","unmask":false,"unm\\u0061sk":true}`,
    `{"reason":"${REASON}","unmask":false, "unmask" :true}`,
  ])
    await refused(body, 400, "invalid_json")
})

test("what is no JSON is refused without being quoted", async () => {
  for (const body of [
    "",
    " ",
    "reason",
    "{",
    '{"reason"}',
    "{'reason':'x'}",
    `{"reason":"${REASON}",}`,
    `{"reason":"${REASON}"}}`,
    `{"reason":"${REASON}"}{"unmask":true}`,
    `{"reason":"${REASON}"} x`,
    `\ufeff{"reason":"${REASON}"}`,
    `{"reason":"${REASON}" /* c */}`,
    `{"reason":"a\nb raw line break"}`,
    "NaN",
    '{"reason":NaN}',
    '{"reason":"\\x41"}',
    '"unclosed-canary-text',
  ]) {
    const problem = await refused(body, 400)
    assert.ok(!JSON.stringify(problem).includes("canary"))
  }
  for (const body of ["[]", "null", "7", '"text"', "true", `[{"reason":"${REASON}"}]`])
    await refused(body, 400, "invalid_request")
})

test("nesting of any depth is refused cheaply", async () => {
  for (const depth of [41, 1_000, 30_000]) {
    await refused("[".repeat(depth) + "]".repeat(depth), 400, "invalid_json")
    await refused(`{"reason":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`.slice(0, 65_000), 400)
  }
  const deep = `{"name":"config/deep","value":${"[".repeat(100_000)}${"]".repeat(100_000)}}`
  const answer = await stage.admin.post("/api/secrets", deep)
  assert.equal(answer.status, 400)
  assert.equal(answer.body["code"], "invalid_json")
  assert.equal((await access({ reason: REASON })).status, 200)
})

test("only JSON in UTF-8 is read", async () => {
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/jsonp",
    "application/json-patch+json",
    "application/vnd.api+json",
    "text/json",
    "application/ json",
    "json",
    "*/*",
    "application/*",
    "text/plain, application/json",
    "text/plain; application/json",
    "application/json; charset=utf-16",
    "application/json; charset=utf-16le",
    "application/json; charset=latin1",
    "application/json;charset=UTF-7",
    'application/json; charset="utf-16"',
    "application/json; charset=utf-8; charset=utf-16",
  ]) {
    const answer = await access(GOOD, { "content-type": type })
    assert.equal(answer.status, 415, `${type}: ${answer.text}`)
    assert.equal(answer.body.code, "unsupported_media_type")
  }
  for (const type of [
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    'application/json; charset="utf-8"',
  ])
    assert.equal((await access(GOOD, { "content-type": type })).status, 200, type)
})

/** A request whose head is written by hand. */
function raw(lines: readonly string[], body: string | Buffer = GOOD, close = true): Promise<RawAnswer> {
  const head = [
    `POST ${PATH} HTTP/1.1`,
    "Host: localhost",
    ...(close ? ["Connection: close"] : []),
    `Authorization: Bearer ${stage.admin.token}`,
    ...lines,
  ].join("\r\n")
  return sendRaw(stage.server.port, Buffer.concat([Buffer.from(`${head}\r\n\r\n`, "latin1"), Buffer.from(body)]))
}

const JSON_TYPE = "Content-Type: application/json"
const LENGTH = `Content-Length: ${GOOD.length}`

test("media types with tricks in them are not taken for JSON", async () => {
  assert.equal((await raw([JSON_TYPE, LENGTH])).status, 200)
  for (const type of [
    "application/json\tx",
    "application/json\t;charset=utf-16",
    "application/json \t; a=b; text/plain",
    "application/json\u000bx",
    "\tapplication/jsonx",
    "application/json\u00a0",
    "",
  ]) {
    const { status, text } = await raw([`Content-Type: ${type}`, LENGTH])
    assert.ok(status === 415 || status === 400, `${JSON.stringify(type)}: ${status} ${text}`)
  }
  assert.equal((await raw([LENGTH])).status, 415, "no type at all")
  const two = await raw(["Content-Type: text/plain", JSON_TYPE, LENGTH])
  assert.ok([400, 415].includes(two.status), `two types: ${two.status}`)
})

test("a body that is not UTF-8 is refused", async () => {
  const utf16 = Buffer.from(GOOD, "utf16le")
  assert.equal((await raw([JSON_TYPE, `Content-Length: ${utf16.length}`], utf16)).status, 400)
  const invalid = Buffer.concat([
    Buffer.from(`{"reason":"invalid bytes: `),
    Buffer.from([0xff, 0xc0]),
    Buffer.from('"}'),
  ])
  const answer = await raw([JSON_TYPE, `Content-Length: ${invalid.length}`], invalid)
  assert.equal(answer.status, 400, answer.text)
})

test("lengths that two readers could read in two ways are refused, and nothing follows", async () => {
  const smuggled = `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${stage.admin.token}\r\n${JSON_TYPE}\r\n${LENGTH}\r\n\r\n${GOOD}`
  const chunked = `${GOOD.length.toString(16)}\r\n${GOOD}\r\n0\r\n\r\n`
  for (const [lines, body] of [
    [["Content-Length: 0", "Transfer-Encoding: chunked"], `0\r\n\r\n${smuggled}`],
    [["Transfer-Encoding: chunked", LENGTH], chunked],
    [[LENGTH, "Content-Length: 0"], GOOD + smuggled],
    [[LENGTH, LENGTH], GOOD],
    [[`Content-Length: ${GOOD.length}, ${GOOD.length}`], GOOD],
    [["Content-Length: -1"], GOOD],
    [[`Content-Length: +${GOOD.length}`], GOOD],
    [["Content-Length: 0x10"], GOOD],
    [["Content-Length: 1e2"], GOOD],
    [["Content-Length: 99999999999999999999"], GOOD],
    [["Transfer-Encoding: chunked, identity"], chunked],
    [["Transfer-Encoding: xchunked"], chunked],
    [["Transfer-Encoding: chunked", "Transfer-Encoding: x"], chunked],
    [["Transfer-Encoding : chunked"], chunked],
    [["Transfer-Encoding: chunked"], `+5\r\nhello\r\n0\r\n\r\n`],
    [["Transfer-Encoding: chunked"], `ffffffffffffffffff\r\n${GOOD}`],
    [["Content-Length : 5"], GOOD],
    [[" Content-Length: 5"], GOOD],
  ] as const) {
    const answer = await raw([JSON_TYPE, ...lines], body, false)
    assert.equal(answer.status, 400, `${lines.join(" | ")}: ${answer.status}`)
    assert.equal(answer.answers, 1, lines.join(" | "))
    assert.ok(!answer.text.includes("the value itself"), lines.join(" | "))
  }
  assert.equal((await raw([JSON_TYPE, "Transfer-Encoding: chunked"], chunked)).status, 200, "plain chunks are fine")
})

test("a body over its limit is refused before it is read", async () => {
  for (const [size, status] of [
    [65_535, 200],
    [65_536, 200],
    [65_537, 413],
  ] as const) {
    const body = GOOD + " ".repeat(size - GOOD.length)
    assert.equal((await access(body)).status, status, String(size))
  }
  const declared = await raw([JSON_TYPE, "Content-Length: 104857600"], "{")
  assert.equal(declared.status, 413)
  assert.equal(jsonOf(declared)?.["code"], "body_too_large")
})

test("of 100 MB sent in chunks little is taken", async () => {
  const sent = await new Promise<number>((resolve, reject) => {
    const socket = connect({ port: stage.server.port, host: "127.0.0.1" })
    const chunk = Buffer.from(`10000\r\n${"x".repeat(65_536)}\r\n`)
    let written = 0
    let answer = ""
    const more = (): void => {
      while (written < 104_857_600 && !socket.destroyed) {
        written += chunk.length
        if (!socket.write(chunk)) return
      }
    }
    socket.on("drain", more)
    socket.on("data", (data) => {
      answer += data.toString()
    })
    socket.on("error", () => undefined)
    // The server closes on us while we still send, so a reset may overtake its answer.
    const refused = (): boolean => answer === "" || answer.startsWith("HTTP/1.1 413")
    socket.on("close", () => (refused() ? resolve(written) : reject(new Error(answer))))
    socket.write(
      `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${stage.admin.token}\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    more()
  })
  assert.ok(sent < 20_000_000, `${sent} bytes`)
  assert.equal((await access({ reason: REASON })).status, 200)
})

test("the refusal of a body is an entry, and holds nothing of the body", async () => {
  const answer = await access({ reason: "canary-in-a-reason", unmask: "canary-in-a-flag" })
  const entry = await entryOf(stage.admin, answer.body.requestId)
  assert.equal(entry.result, "DENIED")
  assert.equal(entry.decision, "invalid_request")
  assert.equal(entry.resource_name, "config/plain")
  assert.ok(!JSON.stringify(entry).includes("canary"))
  assert.ok(!answer.text.includes("canary"))
  for (const [body, headers] of [
    ["{", {}],
    [GOOD, { "content-type": "text/plain" }],
    [" ".repeat(70_000), {}],
  ] as const) {
    const refusal = await access(body, headers)
    const { result, action } = await entryOf(stage.admin, refusal.body.requestId)
    assert.deepEqual({ result, action }, { result: "DENIED", action: "GET" }, refusal.text)
  }
})
