import assert from "node:assert/strict"
import { test } from "node:test"
import { ExactJson, encodeBody, valueFields } from "./body.ts"

test("an object's JSON text is sent untouched, so that the server judges every digit", () => {
  const text = '{"a":1.0,"b":12345678901234567890}'
  assert.equal(encodeBody({ name: "x", ...valueFields(new ExactJson(text)) }), `{"name":"x","value":${text}}`)
})

test("text, objects and bytes travel in their own fields, and absent fields do not", () => {
  assert.equal(encodeBody(valueFields('a"b')), '{"value":"a\\"b"}')
  assert.equal(encodeBody(valueFields({ user: "u" })), '{"value":{"user":"u"}}')
  assert.equal(encodeBody(valueFields(new Uint8Array([0, 255]))), '{"valueBase64":"AP8="}')
  assert.equal(encodeBody({ a: undefined, b: null }), '{"b":null}')
})
