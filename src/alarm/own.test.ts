import assert from "node:assert/strict"
import { test } from "node:test"
import { QUIET_MS } from "./evaluate.ts"
import { OwnAlarms } from "./own.ts"

const WALL = 1_800_000_000_000

function watch() {
  const alarms = new OwnAlarms("server-1")
  /** What is told at that moment, and taken as told. */
  const at = (ms: number, values: Parameters<OwnAlarms["look"]>[0]): readonly string[] => {
    const due = alarms.look(values, WALL + ms, ms)
    for (const finding of due) alarms.told(finding)
    return due.map(({ state, alarm, count }) => `${state} ${alarm.slice(12)} ${count}`)
  }
  return { alarms, at }
}

test("one failed write is told at once, more of them not again, and quiet for five minutes is over", () => {
  const { at } = watch()
  assert.deepEqual(at(0, { AuditWriteFailed: 0 }), [])
  assert.deepEqual(at(10_000, { AuditWriteFailed: 1 }), ["raised audit-write-failure 1"])
  for (let ms = 20_000; ms <= 100_000; ms += 10_000) assert.deepEqual(at(ms, { AuditWriteFailed: ms / 10_000 }), [])
  assert.deepEqual(at(100_000 + QUIET_MS - 1, { AuditWriteFailed: 10 }), [])
  assert.deepEqual(at(100_000 + QUIET_MS, { AuditWriteFailed: 10 }), ["over audit-write-failure 10"])
  assert.deepEqual(at(500_000 + QUIET_MS, { AuditWriteFailed: 10 }), [])
  assert.deepEqual(at(600_000 + QUIET_MS, { AuditWriteFailed: 11 }), ["raised audit-write-failure 1"])
})

test("a backlog is told beyond a thousand, and only if it stays so for five minutes", () => {
  for (const [waiting, told] of [
    [999, []],
    [1_000, []],
    [1_001, ["raised mirror-backlog 1001"]],
  ] as const) {
    const { at } = watch()
    for (let ms = 0; ms < 300_000; ms += 10_000) assert.deepEqual(at(ms, { MirrorBacklog: waiting }), [])
    assert.deepEqual(at(300_000, { MirrorBacklog: waiting }), told)
  }
  const { at } = watch()
  for (let ms = 0; ms <= 290_000; ms += 10_000) at(ms, { MirrorBacklog: 5_000 })
  assert.deepEqual(at(295_000, { MirrorBacklog: 0 }), [])
  for (let ms = 300_000; ms <= 590_000; ms += 10_000) assert.deepEqual(at(ms, { MirrorBacklog: 5_000 }), [])
  assert.deepEqual(at(600_000, { MirrorBacklog: 5_000 }), ["raised mirror-backlog 5000"])
  // Another process leads by now: here nothing is known, so nothing is too much.
  assert.deepEqual(at(610_000, {}), [])
  assert.deepEqual(at(600_000 + QUIET_MS, {}), ["over mirror-backlog 5000"])
})

test("what was not told is due again", () => {
  const { alarms } = watch()
  const look = (ms: number) =>
    alarms.look({ MirrorFailing: 1 }, WALL + ms, ms).map(({ state, since }) => [state, since - WALL])
  look(0)
  for (const ms of [300_000, 310_000]) assert.deepEqual(look(ms), [["raised", 0]])
})
