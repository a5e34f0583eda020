import assert from "node:assert/strict"
import { test } from "node:test"
import { gate } from "./gate.ts"

/** Jobs that run until told to finish. */
function held(atOnce: number, waiting: number) {
  const through = gate(atOnce, waiting)
  const started: number[] = []
  const finish: (() => void)[] = []
  const run = (id: number) =>
    through(async () => {
      started.push(id)
      await new Promise<void>((resolve) => (finish[id] = resolve))
      return id
    })
  return { run, started, finish: (id: number) => finish[id]?.() }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

test("at most so many run, the rest stand in line in order, one more is refused", async () => {
  const { run, started, finish } = held(2, 3)
  const all = [0, 1, 2, 3, 4].map(run)
  await settle()
  assert.deepEqual(started, [0, 1])
  await assert.rejects(run(5), { code: "rate_limited", facts: { scope: "passwords", limit: 5, retryAfter: 1 } })
  finish(1)
  await settle()
  assert.deepEqual(started, [0, 1, 2])
  const late = run(6)
  for (const id of [0, 2, 3, 4, 6]) {
    finish(id)
    await settle()
  }
  assert.deepEqual(started, [0, 1, 2, 3, 4, 6])
  assert.deepEqual(await Promise.all([...all, late]), [0, 1, 2, 3, 4, 6])
})

test("a newcomer does not slip in before the one whose turn it is", async () => {
  const { run, started, finish } = held(1, 1)
  const first = run(0)
  const second = run(1)
  await settle()
  finish(0)
  await first
  const third = run(2)
  await settle()
  assert.deepEqual(started, [0, 1])
  finish(1)
  await second
  await settle()
  finish(2)
  assert.equal(await third, 2)
})

test("however arrivals and ends interleave, the bound holds and nobody overtakes", async () => {
  const through = gate(2, 1000)
  const order: number[] = []
  let running = 0
  let most = 0
  const jobs: Promise<void>[] = []
  for (let id = 0; id < 300; id++) {
    const length = id % 7
    const job = async () => {
      order.push(id)
      most = Math.max(most, ++running)
      for (let step = 0; step < length; step++) await Promise.resolve()
      running--
    }
    jobs.push(through(job))
    if (id % 3 !== 0) await Promise.resolve()
  }
  await Promise.all(jobs)
  assert.equal(most, 2)
  assert.deepEqual(order, [...Array(300).keys()])
})

test("a job that fails gives its place up", async () => {
  const through = gate(1, 0)
  await assert.rejects(
    through(() => Promise.reject(new Error("no"))),
    /no/,
  )
  await assert.rejects(
    through(() => {
      throw new Error("at once")
    }),
    /at once/,
  )
  assert.equal(await through(async () => 7), 7)
})
