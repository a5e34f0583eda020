import assert from "node:assert/strict"
import { test } from "node:test"
import type { WatchedEntry } from "../state/rows.ts"
import { ACTORS, Evaluation, LASTS_MS, OTHERS, QUIET_MS, SUBJECTS } from "./evaluate.ts"
import { detailsOf, type Finding, STATES } from "./finding.ts"
import { ALARMS } from "./table.ts"
import { Bounded, Different } from "./window.ts"

const START = 1_800_000_000_000

/** A log that an evaluation follows. */
function log(thresholds = {}) {
  const entries: WatchedEntry[] = []
  const evaluation = new Evaluation(thresholds)
  const add = (at: number, entry: Partial<WatchedEntry> = {}): void => {
    const whole = {
      index: entries.length,
      timestamp: START + at,
      action: "GET",
      result: "SUCCESS" as const,
      resourceType: "secret",
      resourceName: "config/x",
      userId: "ada",
      principalKind: "person",
      decision: "permit",
      details: null,
      ...entry,
    }
    entries.push(whole)
    evaluation.take(whole)
  }
  const told = (at: number): string[] =>
    evaluation.due(START + at).map(({ state, alarm, subject }) => [state, alarm.slice(12), subject].join(" ").trim())
  /** As the service does: what is due becomes an entry. */
  const record = (at: number, of: Evaluation = evaluation): string[] => {
    const due = of.due(START + at)
    for (const finding of due) add(at, entryOf(finding))
    return due.map(({ state, alarm, subject }) => [state, alarm.slice(12), subject].join(" ").trim())
  }
  return { entries, evaluation, add, told, record }
}

function entryOf(finding: Finding): Partial<WatchedEntry> {
  const { alarm: resourceName, state } = finding
  return { action: STATES[state], resourceType: "alarm", resourceName, userId: "server", details: detailsOf(finding) }
}

/** Spread over a period, the last of them at `within` ms after the first. */
function burst(on: ReturnType<typeof log>, count: number, within: number, entry: Partial<WatchedEntry> = {}): void {
  for (let n = 0; n < count; n++) on.add(count === 1 ? 0 : Math.floor((within * n) / (count - 1)), entry)
}

const DENIED = { result: "DENIED", decision: "forbidden" } as const
const LOCKED = { action: "LOGIN", resourceType: "user", result: "DENIED", decision: "rate_limited" } as const

for (const [name, limit, periodMs, entry] of [
  ["high-secret-access", 50, 300_000, {}],
  ["failed-secret-access", 10, 300_000, DENIED],
  ["failed-secret-access", 10, 300_000, { result: "FAILURE" }],
  ["secret-deletion", 0, 60_000, { action: "DELETE" }],
  ["forced-purge", 0, 60_000, { action: "PURGE", details: "forced step_up" }],
  ["rotation-failed", 0, 60_000, { action: "ROTATE", result: "FAILURE" }],
  ["break-glass", 0, 60_000, { action: "BREAK_GLASS", resourceType: "request" }],
  ["policy-loosened", 0, 60_000, { action: "POLICY_CHANGE", details: "old=none policyLoosened=true" }],
  ["lock-outs", 10, 300_000, LOCKED],
  ["row-tampered", 0, 60_000, { action: "ROW_TAMPERED", resourceType: "grant", result: "FAILURE" }],
  ["clock-step", 0, 60_000, { action: "CLOCK_STEP", resourceType: "clock" }],
] as const)
  test(`${name}: quiet at one less and at the limit, raised at one more (${JSON.stringify(entry)})`, () => {
    for (const [count, expected] of [
      [limit - 1, []],
      [limit, []],
      [limit + 1, [`raised ${name}`]],
    ] as const) {
      const on = log()
      burst(on, Math.max(0, count), periodMs - 1, entry)
      assert.deepEqual(on.told(periodMs), expected, `${count}`)
    }
    if (limit === 0) return
    // One millisecond longer is no period any more.
    const on = log()
    burst(on, limit + 1, periodMs, entry)
    assert.deepEqual(on.told(periodMs), [])
  })

test("what is none of an alarm's business does not raise it", () => {
  const on = log()
  for (const result of ["SUCCESS", "DENIED", "INTENT", "UNKNOWN"] as const) on.add(0, { action: "ROTATE", result })
  on.add(0, { action: "DELETE", result: "INTENT" })
  on.add(0, { action: "PURGE", details: "forced", ...DENIED })
  for (const details of ["due", "absent", "forcedly", "not forced", null]) on.add(0, { action: "PURGE", details })
  on.add(0, { action: "BREAK_GLASS", resourceType: "request", ...DENIED })
  on.add(0, { action: "POLICY_CHANGE", details: "new=xpolicyLoosened=true policyLoosened=truely" })
  on.add(0, { action: "POLICY_CHANGE", details: "policyLoosened=true", ...DENIED })
  for (let n = 0; n < 60; n++) on.add(0, { ...LOCKED, decision: "unauthenticated" })
  assert.deepEqual(on.told(0), [])
})

test("mass reading: different secrets of one person count, not how often, and not what others read", () => {
  const reads = (on: ReturnType<typeof log>, secrets: number, userId: string, within = 299_999): void => {
    for (let n = 0; n < secrets; n++)
      on.add(Math.floor((within * n) / (secrets - 1)), { userId, resourceName: `config/${n}` })
  }
  const quiet = { ALARM_SECRET_ACCESS: 10_000 }
  for (const [count, expected] of [
    [29, []],
    [30, []],
    [31, ["raised mass-reading ada"]],
  ] as const) {
    const on = log(quiet)
    reads(on, count, "ada")
    reads(on, 30, "bob")
    for (let n = 0; n < 100; n++) on.add(299_999, { userId: "carl" })
    for (let n = 0; n < 40; n++) on.add(299_999, { userId: "dora", resourceName: `config/${n}`, ...DENIED })
    for (let n = 0; n < 40; n++)
      on.add(299_999, { userId: "rotation", principalKind: "job", resourceName: `config/${n}` })
    assert.deepEqual(
      on.told(300_000).filter((line) => line.includes("mass")),
      expected,
    )
  }
  const slow = log(quiet)
  reads(slow, 31, "ada", 300_000)
  assert.deepEqual(slow.told(300_000), [])
})

test("thresholds that are set hold instead, also on the way down", () => {
  const on = log({ ALARM_SECRET_ACCESS: 2 })
  on.add(0)
  on.add(0)
  assert.deepEqual(on.told(0), [])
  on.add(0)
  assert.deepEqual(on.told(0), ["raised high-secret-access"])
})

test("told once, however long it stays so; the log says so again every ten minutes; over after quiet, told once", () => {
  const on = log()
  const said: string[] = []
  const gone = { action: "DELETE" }
  for (let at = 0; at <= 1_800_000; at += 10_000) {
    if (at % 60_000 === 0) on.add(at, gone)
    said.push(...on.record(at))
  }
  const lasts = Array.from({ length: 3 }, () => "lasts secret-deletion")
  assert.deepEqual(said, ["raised secret-deletion", ...lasts])
  const last = 1_800_000
  assert.deepEqual(on.record(last + QUIET_MS - 1), [])
  assert.deepEqual(on.record(last + QUIET_MS), ["over secret-deletion"])
  assert.deepEqual(on.record(last + QUIET_MS + 1_000_000), [])
  on.add(last + 2_000_000, gone)
  assert.deepEqual(on.record(last + 2_000_000), ["raised secret-deletion"])
})

test("what follows the log anew, from any place a quarter of an hour back, knows what is raised and raises nothing twice", () => {
  const on = log()
  for (let at = 0; at <= 3_600_000; at += 10_000) {
    if (at % 60_000 === 0) on.add(at, { action: "DELETE" })
    on.record(at)
  }
  for (const now of [900_000, 1_000_000, 1_790_000, 3_600_000]) {
    const anew = new Evaluation({})
    for (const entry of on.entries)
      if (entry.timestamp >= START + now - 900_000 && entry.timestamp <= START + now) anew.take(entry)
    const due = anew.due(START + now).filter(({ state }) => state === "raised")
    assert.deepEqual(due, [], `${now}`)
    assert.deepEqual(
      anew.due(START + now + QUIET_MS + LASTS_MS).map(({ state }) => state),
      ["over"],
      `${now}`,
    )
  }
})

test("what was not recorded is due again; what another has recorded meanwhile is not", () => {
  const on = log()
  on.add(0, { action: "DELETE" })
  const other = new Evaluation({})
  for (const entry of on.entries) other.take(entry)
  assert.equal(on.told(0).length, 1)
  assert.equal(on.told(1).length, 1)
  const [first] = on.evaluation.due(START)
  const [second] = other.due(START)
  assert.deepEqual(first, second, "both find the same, so that one claim stands for it")
  on.record(2)
  other.take(on.entries.at(-1) as WatchedEntry)
  assert.deepEqual(other.due(START + 2), [])
})

test("an event between the decision that it is over and its entry is an alarm of its own", () => {
  const on = log()
  on.add(0, { action: "DELETE" })
  on.record(0)
  const [over] = on.evaluation.due(START + QUIET_MS)
  on.add(QUIET_MS, { action: "DELETE" })
  on.add(QUIET_MS, entryOf(over as Finding))
  assert.deepEqual(on.told(QUIET_MS), ["raised secret-deletion"])
})

test("memory is bounded: a hundred thousand readers, and more of them too much than are told apart", () => {
  const actors = new Bounded(ACTORS, () => new Different(1, 1_000))
  for (let n = 0; n < 100_000; n++) actors.of(`reader-${n}`).add("x", n)
  assert.equal(actors.size, ACTORS)

  const on = log({ ALARM_MASS_READING: 1, ALARM_SECRET_ACCESS: 10_000 })
  for (let n = 0; n < SUBJECTS + 50; n++)
    for (const secret of ["a/a", "b/b"]) on.add(0, { userId: `reader-${n}`, resourceName: secret })
  const told = on.told(0)
  assert.equal(told.length, SUBJECTS + 1)
  assert.equal(told.at(-1), `raised mass-reading ${OTHERS}`)
})

test("every alarm of ours that entries can show is evaluated", () => {
  const ours = ALARMS.filter(({ sides, watch }) => sides.includes("service") && watch.by !== "own")
  assert.equal(ours.length, 11)
})
