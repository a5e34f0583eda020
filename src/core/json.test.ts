import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { TylerError } from "./errors.ts"
import { BODY_DEPTH, parseJson } from "./json.ts"

function codeOf(text: string, depth?: number): string | undefined {
  try {
    parseJson(text, depth)
    return undefined
  } catch (error) {
    assert.ok(error instanceof TylerError)
    return error.code
  }
}

test("a body nests at most 40 deep, and 100,000 levels cost no stack", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
  for (const depth of [BODY_DEPTH - 1, BODY_DEPTH]) assert.equal(codeOf(nested(depth)), undefined)
  assert.equal(codeOf(nested(BODY_DEPTH + 1)), "invalid_json")
  assert.equal(codeOf(nested(100_000)), "invalid_json")
  assert.equal(codeOf('{"a":'.repeat(100_000)), "invalid_json")
  assert.equal(codeOf("[[1]]", 1), "invalid_json")
})

test("brackets inside strings do not nest", () => {
  assert.equal(codeOf(JSON.stringify("[{".repeat(1_000))), undefined)
  assert.equal(codeOf('"\\"[[[["', 1), undefined)
})

test("a key that stands twice in one object is refused, however it is spelled", () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"x":{"b":1,"b":2}}',
    '[{"c":1 , "c" :2}]',
    '{"":1,"":2}',
  ])
    assert.equal(codeOf(text), "invalid_json", text)
  for (const text of ['{"a":{"a":1}}', '[{"a":1},{"a":2}]', '{"a":"a","b":"a"}', '{"a":["a","a"]}'])
    assert.equal(codeOf(text), undefined, text)
})

test("the key __proto__ is refused, however it is spelled", () => {
  for (const text of ['{"__proto__":{}}', '{"\\u005f_proto__":1}', '{"a":{"__proto__":null}}'])
    assert.equal(codeOf(text), "invalid_json", text)
  assert.equal(codeOf('{"a":"__proto__"}'), undefined)
})

test("a number whose text would not survive is refused", () => {
  for (const text of [
    "1.0",
    "1e3",
    "-0",
    "9007199254740993",
    "1E400",
    "-1e999",
    "0.10",
    "1e+2",
    "123456789012345678901234567890",
  ])
    assert.equal(codeOf(`{"a":${text}}`), "value_not_exact", text)
  for (const text of ["0", "-1", "0.1", "9007199254740991", "-2.5", "1e-7", "1e+21"])
    assert.equal(codeOf(`{"a":${text}}`), undefined, text)
})

test("what is no JSON is refused as that, never as an inexact number", () => {
  const bad = [
    "",
    " ",
    "{",
    "}",
    "[1,]",
    "{a:1}",
    "{'a':1}",
    "NaN",
    "Infinity",
    "-",
    "+1",
    "01",
    ".5",
    "1.",
    "1-2",
    "0x10",
    "1 2",
    "-a",
  ]
  for (const text of [...bad, '"\n"', '"\\x"', '"', '"\\', "\ufeff1", "// 1", "[1}", '{"a" "b"}', "tru", "\u00a01"])
    assert.equal(codeOf(text), "invalid_json", JSON.stringify(text))
})

test("no message quotes the text", () => {
  for (const text of [
    '{"password":"hunter2"',
    '{"hunter2":1,"hunter2":2}',
    "[hunter2]",
    '"hunter2\n"',
    '{"hunter2":1.0}',
  ]) {
    try {
      parseJson(text)
      assert.fail()
    } catch (error) {
      assert.ok(error instanceof TylerError)
      assert.ok(!JSON.stringify([error.message, error.facts, error.detail, error.stack]).includes("hunter2"))
    }
  }
})

test("whatever JSON.stringify writes comes back as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const text = JSON.stringify(value)
      if (!text.includes('"__proto__"')) assert.deepEqual(parseJson(text), JSON.parse(text))
    }),
  )
})

test("any text is parsed or refused by a code", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\",
    ":",
    ",",
    "1",
    "-",
    "e",
    ".",
    " ",
    "a",
    "\\u0061",
    "true",
    "\0",
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join("")
      const code = codeOf(text)
      assert.ok(code === undefined || code === "invalid_json" || code === "value_not_exact")
      let accepted = true
      try {
        JSON.parse(text)
      } catch {
        accepted = false
      }
      if (code === undefined) assert.ok(accepted)
      if (code === "value_not_exact") assert.ok(accepted, text)
    }),
    { numRuns: 5_000 },
  )
})
