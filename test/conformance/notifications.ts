import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { CHANNEL_NAMES, type ChannelName } from "../../src/notice/channel.ts"
import type { Change, DeliveryOutcome } from "../../src/state/change.ts"
import type { DeliveryRow, NotificationRow } from "../../src/state/rows.ts"
import type { Engine, EngineFactory } from "./engine.ts"
import { changing, conflictOf, NOW, plain, recorded } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

const LATER = NOW + 1_000_000
const FAR = NOW * 2

function notification(over: Partial<NotificationRow> = {}): NotificationRow {
  const facts = { account: "zoë", by: "ada", secrets: 3 }
  return { id: randomUUID(), kind: "k", alarm: false, recipients: ["webhook"], facts, createdAt: NOW, ...over }
}

async function add(on: Engine, ...rows: readonly NotificationRow[]): Promise<void> {
  await recorded(on.ledger, changing(...rows.map((row) => ({ kind: "addNotification" as const, row }))))
}

async function due(on: Engine, now = NOW, channel: ChannelName = "webhook"): Promise<readonly DeliveryRow[]> {
  return on.reader.deliveriesDue({ channel, now, limit: 100 })
}

const idsOf = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id)

const leaseOf = (id: string, lease: string, now = NOW, until = now + 100): Change => {
  return { kind: "leaseDelivery", id, recipient: "webhook", lease, now, until }
}
const settleOf = (id: string, lease: string, outcome: DeliveryOutcome, at = NOW): Change => {
  return { kind: "settleDelivery", id, recipient: "webhook", lease, at, outcome }
}

/** Leases and settles at once. */
async function attempted(on: Engine, id: string, outcome: DeliveryOutcome, at = NOW): Promise<void> {
  const lease = randomUUID()
  await recorded(on.ledger, changing(leaseOf(id, lease, at), settleOf(id, lease, outcome, at)))
}

/** Each test begins with nothing that waits. */
async function emptied(on: Engine): Promise<Engine> {
  await recorded(on.ledger, changing({ kind: "pruneDeliveries", before: FAR, limit: 1_000_000 }))
  assert.equal(await on.reader.deliveriesWaiting(), 0)
  return on
}

const DELIVERED = { done: "delivered" } as const

export function notifications(factory: EngineFactory): void {
  describe("notifications", () => {
    const shared = sharedEngine(factory)

    test("each channel has what is for its program, and mail all else", async () => {
      const on = await emptied(shared.at)
      const row = notification({ recipients: ["webhook", "slack", "syslog", "person-1", "mailto:a@example.com"] })
      await add(on, row)
      const found = await Promise.all(
        CHANNEL_NAMES.map(async (channel) => (await due(on, NOW, channel)).map(({ recipient }) => recipient)),
      )
      assert.deepEqual(found, [["webhook"], ["slack"], ["syslog"], ["person-1", "mailto:a@example.com"]])
    })

    test("each recipient has a delivery of its own, due at once, on its channel", async () => {
      const on = await emptied(shared.at)
      const row = notification({ recipients: ["webhook", "person-1", "mailto:a@example.com"], alarm: true })
      await add(on, row, notification({ recipients: [] }))
      const { recipients: _, ...rest } = row
      const expected = { ...rest, dueAt: NOW, attempts: 0 }
      assert.deepEqual(plain(await due(on)), plain([{ ...expected, recipient: "webhook" }]))
      assert.deepEqual(
        plain(await due(on, NOW, "mail")),
        plain(["person-1", "mailto:a@example.com"].map((recipient) => ({ ...expected, recipient }))),
      )
      assert.equal((await due(on, NOW - 1)).length, 0)
      assert.equal(await on.reader.deliveriesWaiting(), 3)
    })

    test("it is made with its act or not at all", async () => {
      const on = await emptied(shared.at)
      const gone = { kind: "removeCredential" as const, id: "none", principalId: "nobody" }
      assert.equal(await conflictOf(on.ledger, { kind: "addNotification", row: notification() }, gone), "gone")
      assert.equal(await on.reader.deliveriesWaiting(), 0)
    })

    test("a lease is one sender's until it runs out, and only its holder settles", async () => {
      const on = await emptied(shared.at)
      const { id } = notification()
      await add(on, notification({ id }))
      assert.equal(await conflictOf(on.ledger, leaseOf("none", "a")), "gone")
      await recorded(on.ledger, changing(leaseOf(id, "a", NOW, NOW + 100)))
      assert.deepEqual(await due(on, NOW + 99), [])
      assert.equal(await conflictOf(on.ledger, leaseOf(id, "b", NOW + 99)), "gone")
      assert.equal(await conflictOf(on.ledger, settleOf(id, "b", DELIVERED)), "gone")
      assert.deepEqual(idsOf(await due(on, NOW + 100)), [id])
      await recorded(on.ledger, changing(leaseOf(id, "b", NOW + 100)))
      assert.equal(await conflictOf(on.ledger, settleOf(id, "a", DELIVERED)), "gone")
      await recorded(on.ledger, changing(settleOf(id, "b", DELIVERED)))
      for (const change of [settleOf(id, "b", DELIVERED), leaseOf(id, "c", LATER)])
        assert.equal(await conflictOf(on.ledger, change), "gone")
      assert.deepEqual([await due(on, LATER), await on.reader.deliveriesWaiting()], [[], 0])
    })

    test("of one line only the first is sent; lines of other kinds and recipients go their own way", async () => {
      const on = await emptied(shared.at)
      const [one, two, other] = [notification(), notification(), notification({ kind: "other" })] as const
      await add(on, one, two, other)
      assert.deepEqual(idsOf(await due(on)), [one.id, other.id])
      await recorded(on.ledger, changing(leaseOf(one.id, "a")))
      assert.deepEqual(idsOf(await due(on)), [other.id])
      await recorded(on.ledger, changing(settleOf(one.id, "a", DELIVERED)))
      assert.deepEqual(idsOf(await due(on)), [two.id, other.id])
    })

    test("alarms come first, then the oldest, at most as many as asked for", async () => {
      const on = await emptied(shared.at)
      const rows = [0, 1, 2, 3].map((at) => notification({ kind: `k-${at}`, alarm: at === 2 }))
      await add(on, ...rows)
      const expected = [2, 0, 1, 3].map((at) => rows[at]?.id ?? "")
      for (const limit of [1, 3, 4, 5]) {
        const found = await on.reader.deliveriesDue({ channel: "webhook", now: NOW, limit })
        assert.deepEqual(idsOf(found), expected.slice(0, limit))
      }
    })

    test("who waits holds up those behind; a new one has the first of the line looked at again", async () => {
      const on = await emptied(shared.at)
      const [one, two, three] = [notification(), notification(), notification({ createdAt: NOW + 5 })] as const
      await add(on, one, two)
      await attempted(on, one.id, { retryAt: NOW + 50, attempts: 1, aside: false })
      assert.deepEqual(await due(on, NOW + 49), [])
      await add(on, three)
      const [first, ...more] = await due(on, NOW + 5)
      assert.deepEqual([first?.id, first?.dueAt, first?.attempts, more.length], [one.id, NOW + 50, 1, 0])
      await attempted(on, one.id, { retryAt: NOW + 50, attempts: 1, aside: false }, NOW + 5)
      assert.deepEqual(await due(on, NOW + 49), [])
      await attempted(on, one.id, DELIVERED, NOW + 50)
      const [second] = await due(on, NOW + 50)
      assert.deepEqual([second?.id, second?.attempts], [two.id, 0])
    })

    test("what is done with frees the line at once, given up or delivered", async () => {
      for (const done of ["delivered", "given_up"] as const) {
        const on = await emptied(shared.at)
        const [one, two] = [notification(), notification()] as const
        await add(on, one, two)
        await attempted(on, one.id, { retryAt: NOW + 500, attempts: 1, aside: false })
        await attempted(on, one.id, { done }, NOW + 9)
        assert.deepEqual(idsOf(await due(on, NOW + 9)), [two.id])
        assert.deepEqual(await due(on, NOW + 8), [])
      }
    })

    test("who stands aside lets the others pass and comes again in his own time", async () => {
      const on = await emptied(shared.at)
      const [one, two] = [notification(), notification()] as const
      await add(on, one, two)
      await attempted(on, one.id, { retryAt: NOW + 50, attempts: 1, aside: true })
      assert.deepEqual(idsOf(await due(on)), [two.id])
      assert.deepEqual(idsOf(await due(on, NOW + 49)), [two.id])
      assert.deepEqual(idsOf(await due(on, NOW + 50)), [one.id, two.id])
      await attempted(on, two.id, { retryAt: NOW + 90, attempts: 1, aside: false })
      assert.deepEqual(idsOf(await due(on, NOW + 50)), [one.id])
    })

    test("of too many the oldest go, alarms last, and what is settled does not count", async () => {
      const on = await emptied(shared.at)
      const rows = [true, false, false, true, false].map((alarm, at) => notification({ alarm, kind: `k-${at}` }))
      await add(on, ...rows, notification({ kind: "settled" }))
      const settled = (await due(on)).find(({ kind }) => kind === "settled")
      await attempted(on, settled?.id ?? "", DELIVERED)
      const kept = async (keep: number): Promise<string[]> => {
        await recorded(on.ledger, changing({ kind: "dropDeliveries", keep }))
        return (await due(on)).map(({ kind }) => kind).toSorted()
      }
      for (const keep of [6, 5]) assert.equal(await conflictOf(on.ledger, { kind: "dropDeliveries", keep }), "gone")
      assert.deepEqual(await kept(4), ["k-0", "k-2", "k-3", "k-4"])
      assert.deepEqual(await kept(1), ["k-3"])
      assert.deepEqual(await kept(0), [])
    })

    test("what was settled before then is pruned, and what waited from before then, at most as many as said", async () => {
      const on = await emptied(shared.at)
      const rows = [1, 2, 3].map((at) => notification({ kind: `k-${at}`, createdAt: NOW - 10 }))
      await add(on, ...rows)
      for (const [at, { id }] of rows.entries()) await attempted(on, id, DELIVERED, NOW + at)
      await add(on, notification({ createdAt: NOW + 1 }), notification({ createdAt: NOW + 2 }))
      assert.equal(await on.reader.deliveriesPrunable(NOW), false)
      assert.equal(await on.reader.deliveriesPrunable(NOW + 1), true)
      const prune = { kind: "pruneDeliveries" as const, before: NOW + 2 }
      for (const more of [true, false]) {
        await recorded(on.ledger, changing({ ...prune, limit: 2 }))
        assert.equal(await on.reader.deliveriesPrunable(NOW + 2), more)
      }
      assert.equal(await on.reader.deliveriesWaiting(), 1)
      assert.equal(await on.reader.deliveriesPrunable(NOW + 3), true)
    })
  })
}
