import assert from "node:assert/strict"
import { test } from "node:test"
import { TylerApiError } from "../client/error.ts"
import { UsageError } from "./command.ts"
import { exitOf } from "./exit.ts"
import { failureOf } from "./failure.ts"
import { Interrupted } from "./prompt.ts"

test("every refusal leaves with the code that its kind has", () => {
  const rows: readonly (readonly [number, string, number])[] = [
    [500, "internal", 1],
    [400, "invalid_reason", 2],
    [413, "value_too_large", 2],
    [401, "unauthenticated", 3],
    [403, "forbidden", 3],
    [409, "secret_exists", 3],
    [412, "version_conflict", 3],
    [404, "not_found", 4],
    [403, "approval_required", 5],
    [403, "verification_required", 5],
    [429, "quota_exceeded", 6],
    [429, "rate_limited", 6],
    [503, "unavailable", 7],
    [503, "rolled_back", 7],
    [502, "bad_answer", 7],
    [418, "bad_answer", 1],
    [0, "bad_answer", 1],
    [0, "unreachable", 7],
    [0, "timeout", 7],
    [0, "insecure_address", 2],
    [0, "redirected", 1],
  ]
  for (const [status, code, exit] of rows) assert.equal(exitOf(status, code), exit, code)
})

test("an error is one line: code, text, what would change it, request id", () => {
  const facts = { limit: 10, scope: "secret", resetsAt: "2026-11-25T00:00:00.000Z" }
  const quota = new TylerApiError(429, "quota_exceeded", "The daily limit is used up", facts, "req-1")
  assert.deepEqual(failureOf(quota, false), {
    exit: 6,
    line:
      "tyler: quota_exceeded: The daily limit is used up; " +
      "10 per secret; starts anew at 2026-11-25T00:00:00.000Z [request req-1]",
  })
  assert.deepEqual(JSON.parse(failureOf(quota, true).line), {
    ...facts,
    code: "quota_exceeded",
    error: "The daily limit is used up",
    status: 429,
    requestId: "req-1",
  })
  const two = new TylerApiError(403, "approval_required", "Approval required", {
    missing: ["approval", "verification"],
  })
  assert.match(failureOf(two, false).line, /\(missing: approval, verification\)/)
})

test("a server's text cannot act on the terminal or forge a second line", () => {
  const { line } = failureOf(new TylerApiError(403, "forbidden", "no\n\u001b[2Jtyler: all is well", {}, "r\r"), false)
  assert.doesNotMatch(line, /\p{Cc}/u)
})

test("usage, an interrupt and faults of this side have codes of their own and tell no secrets", () => {
  assert.equal(
    failureOf(new UsageError("NAME is missing", "get"), false).line,
    "tyler: NAME is missing (tyler help get)",
  )
  assert.equal(failureOf(new UsageError("x"), false).exit, 2)
  assert.equal(failureOf(new Interrupted(), false).exit, 130)
  const fault = failureOf(new TypeError("value was hunter2"), false)
  assert.deepEqual(fault, { exit: 1, line: "tyler: unexpected fault (TypeError)" })
})
