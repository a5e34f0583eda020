import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import type { Answer, Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const MASK = "••••••••"
const clock = movableClock()
let stage: Stage<never>
let made = 0

before(async () => {
  stage = await openStage({}, { clock })
})
after(() => stage.close())
beforeEach(() => clock.advance(60_000))

/** A body whose `value` is written exactly so. */
function create(value: string, field = "value"): Promise<Answer<Problem>> {
  return stage.admin.post("/api/secrets", `{"name":"values/v${made++}","${field}":${value}}`)
}

async function back(value: string, field = "value") {
  const answer = await create(value, field)
  assert.equal(answer.status, 201, `${value.slice(0, 60)}: ${answer.text}`)
  const name = `values/v${made - 1}`
  const open = await stage.admin.post(secretPath(name, "access"), { reason: REASON, unmask: true })
  const masked = await read(stage.admin, name, { unmask: false })
  return { open, masked, name }
}

test("text comes back as it went in", async () => {
  for (const text of [
    "a",
    " ",
    "  padded  ",
    "\n",
    "\u0000",
    "null",
    "7",
    "{}",
    "Grüße ✓ \u{1f511}",
    "e\u0301",
    "\ufeff",
    '"',
    "\\",
  ]) {
    const { open, masked } = await back(JSON.stringify(text))
    assert.equal(open.body["value"], text, JSON.stringify(text))
    assert.equal(masked.body.value, MASK)
    assert.equal(masked.body.masked, true)
  }
})

test("an object comes back as an object of the same text", async () => {
  for (const json of [
    "{}",
    '{"a":1}',
    '{"b":1,"a":2}',
    '{"a":{"b":[1,2,{"c":null}],"d":true}}',
    '{"a":0.5,"b":-1,"c":1e+21,"d":9007199254740991}',
    '{"toString":"x","constructor":"y","hasOwnProperty":1}',
    '{"10":"a","9":"b"}',
    '{"":"empty key","\\u0000":"nul"}',
  ]) {
    const { open } = await back(json)
    assert.deepEqual(open.body["value"], JSON.parse(json), json)
    assert.equal(typeof open.body["value"], "object")
  }
  const { name } = await back('{ "a" : 1,  "b":[ ] }')
  assert.equal((await read(stage.admin, name, { as: "string" })).body.value, '{"a":1,"b":[]}')
})

test("bytes come back as bytes, and text that looks like base64 stays text", async () => {
  const bytes = Buffer.from([0, 1, 2, 0xff, 0xfe, 0x80])
  const { open, masked } = await back(JSON.stringify(bytes.toString("base64")), "valueBase64")
  assert.equal(open.body["valueBase64"], bytes.toString("base64"))
  assert.ok(!("value" in open.body))
  assert.equal(masked.body.value, MASK)
  assert.ok(!("valueBase64" in masked.body))
  assert.equal((await back('"AAEC"')).open.body["value"], "AAEC")
  for (const odd of ['""', '"A"', '"AA"', '"AAE"', '"AB=="', '"AA=="x', '"A A="', '"__8="', "7", "[]", '"AA==\\n"'])
    assert.equal((await create(odd, "valueBase64")).status, 400, odd)
})

test("what is neither text nor an object is refused", async () => {
  for (const value of ["[]", '["a"]', "null", "7", "true", '""']) {
    const answer = await create(value)
    assert.equal(answer.status, 400, value)
    assert.ok(["value_not_exact", "invalid_request"].includes(answer.body.code), answer.text)
  }
  const both = await stage.admin.post("/api/secrets", { name: "values/both", value: "a", valueBase64: "AA==" })
  assert.equal(both.status, 400)
  assert.equal((await stage.admin.post("/api/secrets", { name: "values/none" })).status, 400)
})

test("a number whose spelling would not survive is refused, wherever it stands", async () => {
  for (const number of [
    "1.0",
    "1e3",
    "1E3",
    "1e21",
    "-0",
    "9007199254740993",
    "0.10",
    "1.50",
    "1e400",
    "-1e-400",
    "12345678901234567890",
  ]) {
    for (const value of [`{"a":${number}}`, `{"a":[1,{"b":${number}}]}`]) {
      const answer = await create(value)
      assert.equal(answer.status, 400, value)
      assert.equal(answer.body.code, "value_not_exact", value)
      assert.ok(!answer.text.replace(answer.body.requestId, "").includes(number), "and not quoted")
    }
  }
  for (const bad of ["01", "+1", ".5", "1.", "0x10", "1_000"])
    assert.equal((await create(`{"a":${bad}}`)).status, 400, bad)
  assert.equal((await create('{"a":"1.0","1e3":"-0"}')).status, 201, "in text they are text")
})

test("an object that says something twice, or half a character, is refused", async () => {
  for (const value of [
    '{"a":1,"a":2}',
    '{"a":{"b":1,"b":1}}',
    '{"a":1,"\\u0061":2}',
    '"\\ud800"',
    '{"a":"\\udc00"}',
    '{"\\ud800":1}',
  ])
    assert.equal((await create(value)).status, 400, value)
  assert.equal((await create('{"a":1,"A":2}')).status, 201)
})

test("objects nest 32 deep at most", async () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}"x"${"}".repeat(depth)}`
  for (const [depth, status] of [
    [31, 201],
    [32, 201],
    [33, 400],
  ] as const) {
    const answer = await create(nested(depth))
    assert.equal(answer.status, status, `${depth}: ${answer.text}`)
    if (status === 400) assert.equal(answer.body.code, "value_not_exact")
  }
  assert.equal((await create(`{"a":${"[".repeat(31)}${"]".repeat(31)}}`)).status, 201)
  assert.equal((await create(`{"a":${"[".repeat(32)}${"]".repeat(32)}}`)).status, 400)
})

test("a value has 65,536 bytes at most, counted as stored", async () => {
  const limit = 65_536
  const kinds: readonly (readonly [string, (bytes: number) => string, string?])[] = [
    ["plain text", (bytes) => JSON.stringify("x".repeat(bytes))],
    ["two-byte text", (bytes) => JSON.stringify("é".repeat(Math.floor(bytes / 2)) + "x".repeat(bytes % 2))],
    ["escaped text", (bytes) => `"${"\\u0078".repeat(bytes)}"`],
    ["object", (bytes) => JSON.stringify({ a: "x".repeat(bytes - 8) })],
    ["bytes", (bytes) => JSON.stringify(Buffer.alloc(bytes, 7).toString("base64")), "valueBase64"],
  ]
  for (const [kind, make, field] of kinds) {
    for (const [bytes, status] of [
      [limit - 1, 201],
      [limit, 201],
      [limit + 1, 413],
    ] as const) {
      const answer = await create(make(bytes), field)
      assert.equal(answer.status, status, `${kind} ${bytes}: ${answer.text.slice(0, 200)}`)
      if (status !== 413) continue
      assert.equal(answer.body.code, "value_too_large")
      assert.equal(answer.body["limit"], limit)
    }
  }
})

test("a mask tells neither length nor kind of a leaf", async () => {
  const value = {
    user: "ada",
    password: "x".repeat(500),
    port: 5432,
    ok: true,
    none: null,
    list: ["a", "b"],
    in: { a: "" },
  }
  await createSecret(stage.admin, "values/masked", value)
  const { body, text } = await read(stage.admin, "values/masked", { unmask: false })
  const masked: Record<string, unknown> = { ...(body.value as object) }
  assert.deepEqual(Object.keys(masked), Object.keys(value))
  for (const leaf of ["user", "password", "port", "ok", "none"]) assert.equal(masked[leaf], MASK, leaf)
  assert.deepEqual(masked["in"], { a: MASK })
  assert.ok(!text.includes("ada") && !text.includes("xxx") && !text.includes("5432"))
  assert.equal(body.remainingToday, null)
})

test("description, tags and keys of other backends keep their bounds", async () => {
  const post = (more: object) => stage.admin.post("/api/secrets", { name: `values/d${made++}`, value: "x", ...more })
  for (const [more, status] of [
    [{ description: "d".repeat(500) }, 201],
    [{ description: "d".repeat(501) }, 400],
    [{ tags: [{ Key: "k", Value: "v" }] }, 201],
    [{ tags: [{ Key: "k" }] }, 400],
    [{ tags: [{ key: "k", value: "v" }] }, 400],
    [{ tags: Array.from({ length: 51 }, (_, at) => ({ Key: `k${at}`, Value: "" })) }, 400],
    [{ kmsKeyId: "alias/x" }, 400],
    [{ arn: "x" }, 400],
    [{ createdBy: "ada" }, 400],
  ] as const)
    assert.equal((await post(more)).status, status, JSON.stringify(more).slice(0, 80))
})
