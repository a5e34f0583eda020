import assert from "node:assert/strict"
import { test } from "node:test"
import type { ProcessMetric } from "../telemetry/security-metrics.ts"
import { type MetricSink, type Reading, SinkFault } from "../telemetry/sink.ts"
import { Tally } from "../telemetry/tally.ts"
import { publishing, QUEUE_READINGS } from "./publishing.ts"

const ENTRY = {
  action: "GET",
  result: "SUCCESS",
  resourceType: "secret",
  resourceName: "config/x",
  decision: "permit",
  details: null,
} as const

/** A CloudWatch that can be down, or hang. */
function fakeSink() {
  const taken: Reading[] = []
  const sink = {
    down: false,
    hang: null as Promise<void> | null,
    closed: false,
    taken,
    async send(reading: Reading) {
      await sink.hang
      if (sink.down) throw new SinkFault("unreachable")
      taken.push(reading)
    },
    close: () => {
      sink.closed = true
    },
  } satisfies MetricSink & Record<string, unknown>
  return sink
}

function stage() {
  let at = 0
  const clock = { now: () => 1_800_000_000_000 + at, monotonic: () => at }
  const own: Partial<Record<ProcessMetric, number>> = {}
  const [tally, sink] = [new Tally(), fakeSink()]
  const published = publishing(tally, sink, clock, () => own)
  const count = (taken: readonly Reading[], metric = "SecretAccess"): number =>
    taken.flatMap(({ cells }) => cells).reduce((sum, cell) => sum + (cell.metric === metric ? cell.count : 0), 0)
  return { own, tally, sink, published, count, later: (ms: number) => void (at += ms) }
}

test("while CloudWatch is down counts wait in order with their own times, and arrive once it is back", async () => {
  const { tally, sink, published, count, later } = stage()
  sink.down = true
  for (let n = 0; n < 5; n++) {
    tally.add(ENTRY)
    later(10_000)
    await published.tick()
  }
  assert.deepEqual([published.waiting(), published.trouble(), sink.taken.length], [5, "unreachable", 0])
  sink.down = false
  await published.tick()
  assert.deepEqual([published.waiting(), published.trouble(), count(sink.taken)], [0, null, 5])
  assert.deepEqual(
    sink.taken.map(({ at }) => at - 1_800_000_000_000),
    [10_000, 20_000, 30_000, 40_000, 50_000],
  )
  await published.close()
})

test("what waits is bounded: what is given up is the oldest, and is counted and told", async () => {
  for (const [readings, dropped] of [
    [QUEUE_READINGS - 1, 0],
    [QUEUE_READINGS, 0],
    [QUEUE_READINGS + 1, 2],
  ] as const) {
    const { tally, sink, published, count } = stage()
    sink.down = true
    for (let n = 0; n < readings; n++) {
      tally.add(ENTRY)
      await published.tick()
    }
    // An entry of this kind counts in two metrics.
    assert.equal(published.dropped(), dropped)
    sink.down = false
    await published.tick()
    assert.equal(count(sink.taken), Math.min(readings, QUEUE_READINGS))
    assert.deepEqual(
      sink.taken.map((reading) => reading.own.MetricsDropped ?? 0).filter((told) => told > 0),
      dropped === 0 ? [] : [dropped],
      "told once",
    )
    await published.close()
  }
})

test("nothing is sent when nothing happened", async () => {
  const { sink, published } = stage()
  await published.tick()
  assert.equal(sink.taken.length, 0)
  await published.close()
  assert.equal(sink.closed, true)
})

test("of what a process says of itself counts go by what they grew, and levels as they are, also at zero", async () => {
  const { own, sink, published } = stage()
  const said = async (): Promise<unknown> => {
    await published.tick()
    return sink.taken.splice(0).map((reading) => reading.own)
  }
  own.Heartbeat = 1
  own.MirrorBacklog = 0
  assert.deepEqual(await said(), [{ Heartbeat: 1, MirrorBacklog: 0 }])
  own.Heartbeat = 3
  own.MirrorBacklog = 5
  own.AuditWriteFailed = 0
  assert.deepEqual(await said(), [{ Heartbeat: 2, MirrorBacklog: 5 }])
  delete own.MirrorBacklog
  own.AuditWriteFailed = 2
  assert.deepEqual(await said(), [{ AuditWriteFailed: 2 }])
  assert.deepEqual(await said(), [])
  await published.close()
})

test("a stop sends what is left, and does not wait for a CloudWatch that hangs", async () => {
  const { tally, sink, published, count } = stage()
  tally.add(ENTRY)
  await published.close()
  assert.equal(count(sink.taken), 1)

  const hanging = stage()
  const { promise, resolve } = Promise.withResolvers<void>()
  hanging.sink.hang = promise
  hanging.tally.add(ENTRY)
  const began = performance.now()
  // What holds the process up meanwhile: nothing of ours does.
  const held = setTimeout(() => undefined, 20_000)
  await hanging.published.close()
  clearTimeout(held)
  assert.ok(performance.now() - began < 15_000)
  assert.equal(hanging.sink.closed, true)
  resolve()
})
