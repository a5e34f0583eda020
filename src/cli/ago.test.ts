import assert from "node:assert/strict"
import { test } from "node:test"
import { ago } from "./ago.ts"

test("times are told as distances from now", () => {
  const now = Date.UTC(2026, 10, 24, 12)
  const said = (ms: number) => ago(new Date(now + ms).toISOString(), now)
  assert.equal(said(0), "now")
  assert.equal(said(-999), "now")
  assert.equal(said(-1000), "1 second ago")
  assert.equal(said(-59_999), "59 seconds ago")
  assert.equal(said(-60_000), "1 minute ago")
  assert.equal(said(-3 * 3_600_000), "3 hours ago")
  assert.equal(said(30 * 86_400_000), "in 1 month")
  assert.equal(said(-400 * 86_400_000), "1 year ago")
  assert.equal(ago(null, now), "never")
  assert.equal(ago("2026-11-24", now), "today")
  assert.equal(ago("2026-11-22", now), "2 days ago")
  assert.equal(ago("not a time", now), "not a time")
})
