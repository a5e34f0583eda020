import assert from "node:assert/strict"
import { test } from "node:test"
import { systemRandom } from "../core/random.ts"
import type { Channel, Message } from "../notice/channel.ts"
import { directAlarms, MOST_WAITING } from "./direct-alarms.ts"

const FACTS = {
  alarm: "tyler-setup-audit-write-failure",
  state: "raised",
  says: "It cannot be written.",
  about: "the server a",
  count: 1,
  since: "2026-11-24T12:00:00.000Z",
  entry: "none",
  runbook: "docs/runbooks/audit-write-failure.md",
} as const

function channel() {
  const tried: Message[] = []
  const away = { now: false, tried }
  const it: Channel = {
    deliver: async (message) => {
      tried.push(message)
      return away.now ? { code: "connection_failed", aside: false } : undefined
    },
  }
  return { away, it }
}

test("each channel has it until it is taken, under the same id; mail goes to each address", async () => {
  const [syslog, mail] = [channel(), channel()]
  syslog.away.now = true
  const direct = directAlarms({ syslog: syslog.it, mail: mail.it }, systemRandom, () => "https://tyler.example")
  direct.send(FACTS, 1_800_000_000_000, ["a@example.com", "b@example.com"])
  assert.equal(direct.waiting(), 3)
  for (let round = 0; round < 3; round++) await direct.tick()
  assert.equal(direct.waiting(), 1)
  assert.deepEqual(
    mail.away.tried.map(({ to, subject }) => [to, subject]),
    ["a@example.com", "b@example.com"].map((to) => [to, `${FACTS.alarm} raised: ${FACTS.says}`]),
  )
  syslog.away.now = false
  await direct.tick()
  await direct.tick()
  assert.equal(syslog.away.tried.length, 4)
  assert.equal(new Set(syslog.away.tried.map(({ id }) => id)).size, 1)
  assert.equal(direct.waiting(), 0)
})

test("an attempt under way is not begun again, and what waits is bounded", async () => {
  let begun = 0
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const slow: Channel = {
    deliver: () => {
      begun++
      return promise
    },
  }
  const direct = directAlarms({ slack: slow }, systemRandom, () => "")
  direct.send(FACTS, 0, [])
  const first = direct.tick()
  await direct.tick()
  assert.equal(begun, 1)
  resolve(undefined)
  await first
  assert.equal(direct.waiting(), 0)
  for (const [count, waiting] of [
    [MOST_WAITING - 1, MOST_WAITING - 1],
    [MOST_WAITING, MOST_WAITING],
    [MOST_WAITING + 1, MOST_WAITING],
  ] as const) {
    const full = directAlarms({ slack: slow }, systemRandom, () => "")
    for (let n = 0; n < count; n++) full.send(FACTS, 0, [])
    assert.equal(full.waiting(), waiting)
  }
})
