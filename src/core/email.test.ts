import assert from "node:assert/strict"
import { test } from "node:test"
import { parseEmail } from "./email.ts"

test("one address, its domain in lower case", () => {
  for (const [text, address] of [
    ["ada@example.com", "ada@example.com"],
    ["Ada.L+ops@Mail.EXAMPLE.com", "Ada.L+ops@mail.example.com"],
    ["o'hara_{x}@a-b.example", "o'hara_{x}@a-b.example"],
    ["a@xn--bcher-kva.example", "a@xn--bcher-kva.example"],
  ] as const)
    assert.equal(parseEmail(text), address)
})

test("anything but one plain address is none", () => {
  for (const text of [
    "",
    "ada",
    "@example.com",
    "ada@",
    "ada@localhost",
    "ada@example..com",
    "ada@-a.example",
    "ada@a-.example",
    "ada@example.c",
    "ada@example.1c",
    "ada@10.0.0.1",
    "ada@[10.0.0.1]",
    ".ada@example.com",
    "ada.@example.com",
    "a..da@example.com",
    "ada@@example.com",
    "ada@evil.example@example.com",
    "ada@example.com,eve@example.com",
    "ada@example.com;eve@example.com",
    "ada@example.com eve@example.com",
    " ada@example.com",
    "ada@example.com ",
    "ada@example.com\n",
    "ada@example.com\r\nBcc: eve@example.com",
    "Ada <ada@example.com>",
    "<ada@example.com>",
    '"a b"@example.com',
    "ada(comment)@example.com",
    "zoë@example.com",
    "ada@exämple.com",
    "ada@example.com.",
  ])
    assert.equal(parseEmail(text), undefined, JSON.stringify(text))
})

test("lengths hold at their bounds", () => {
  assert.ok(parseEmail(`${"a".repeat(64)}@example.com`))
  assert.equal(parseEmail(`${"a".repeat(65)}@example.com`), undefined)
  const label = "b".repeat(63)
  const long = (length: number): string => `a@${label}.${label}.${label}.${"c".repeat(length - 2 - 3 * 64 - 4)}.com`
  assert.equal(long(254).length, 254)
  for (const length of [253, 254]) assert.equal(parseEmail(long(length)), long(length))
  assert.equal(parseEmail(long(255)), undefined)
  assert.equal(parseEmail(`a@${"b".repeat(64)}.example`), undefined)
})
