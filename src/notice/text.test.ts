import assert from "node:assert/strict"
import { test } from "node:test"
import { type FactName, isNoticeKind, KINDS, type NoticeKind } from "./kind.ts"
import { write } from "./text.ts"

const ORIGIN = "https://tyler.example"
const ALL = Object.keys(KINDS) as NoticeKind[]

const factsOf = (kind: NoticeKind, of: (name: FactName) => string): Record<string, string> =>
  Object.fromEntries(KINDS[kind].facts.map((name) => [name, of(name)]))

test("every kind says each of its facts, and links where there is something to decide", () => {
  for (const kind of ALL) {
    const facts = factsOf(kind, (name) => `fact-${name}`)
    const { subject, text, link } = write(kind, facts, ORIGIN)
    const whole = `${subject}\n${text}`
    for (const name of KINDS[kind].facts) assert.ok(whole.includes(`fact-${name}`), `${kind} ${name}`)
    assert.ok(!whole.includes("?"), whole)
    assert.equal(link, KINDS[kind].link ? `${ORIGIN}/approve/fact-requestId` : null)
    if (link !== null) assert.ok(text.endsWith(`\n\n${link}\n`))
    assert.ok(isNoticeKind(kind))
  }
  for (const other of ["", "constructor", "toString", "__proto__"]) assert.equal(isNoticeKind(other), false)
})

test("nothing in a fact starts a line, a header or a text direction of its own", () => {
  const evil = "a\r\nBcc: eve@example.com\n\nhello\u0000\u001b[31m\u2028\u2029\u0085\u202e\u200b\u{e0041}\ud800b"
  for (const kind of ALL) {
    const { subject, text } = write(
      kind,
      factsOf(kind, () => evil),
      ORIGIN,
    )
    assert.doesNotMatch(subject, /[\p{C}\p{Zl}\p{Zp}]/u, kind)
    assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{C}\p{Zl}\p{Zp}]/u, kind)
    assert.ok(
      text.split("\n").every((line) => !line.startsWith("Bcc")),
      kind,
    )
    assert.equal(text.split("\n").length, KINDS[kind].link ? 4 : 2, kind)
  }
})

test("facts and subjects hold at their bounds, in characters and not in halves of them", () => {
  const body = (by: string): string => write("password_changed", { account: "ada", by }, ORIGIN).text
  for (const length of [199, 200]) assert.ok(body("😀".repeat(length)).includes(`${"😀".repeat(length)}. If`))
  assert.ok(body("😀".repeat(201)).includes(`by ${"😀".repeat(197)}.... If`))
  const subject = (length: number): string =>
    write("password_changed", { account: "x".repeat(length), by: "" }, ORIGIN).subject
  const around = subject(0).length
  for (const length of [149, 150]) assert.equal(subject(length - around).length, length)
  assert.equal(subject(151 - around).length, 150)
  assert.ok(subject(151 - around).endsWith("..."))
})

test("what is missing is said to be unknown, and a link's id is escaped", () => {
  assert.equal(write("password_changed", {}, ORIGIN).subject, "The password of ? was changed")
  const { link } = write("access_decided", { requestId: "a/../b?c#d" }, ORIGIN)
  assert.equal(link, `${ORIGIN}/approve/a%2F..%2Fb%3Fc%23d`)
})

test("a change that waits for approval and one that waits for its day are told apart", () => {
  const text = (effectiveAt: string): string =>
    write("change_requested", { requestId: "r", by: "ada", change: "role_grant", effectiveAt }, ORIGIN).text
  assert.match(text(""), /once another person approves it/)
  assert.match(text("2026-11-24T12:00:00.000Z"), /at 2026-11-24T12:00:00\.000Z unless somebody cancels/)
})
