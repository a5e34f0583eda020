import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import type { Outcome } from "../../src/audit/ledger.ts"
import type { EngineFactory } from "./engine.ts"
import { act, changing, claim, leftOut, recorded } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

const delivered = (outcomes: readonly Outcome[]): Outcome[] => outcomes.filter((one) => !("moved" in one))

/** Uses are counted inside the transaction, exactly. */
export function quota(factory: EngineFactory): void {
  describe("quota", () => {
    const on = sharedEngine(factory)

    test("below and at the limit an act stands, above it is left out and not counted", async () => {
      const { ledger, reader } = on.at
      const ask = act({ quota: claim({ perSecret: 2, perPerson: 9 }) })
      const { principalId, secretId, day } = ask.quota as NonNullable<typeof ask.quota>
      const first = await recorded(ledger, ask)
      assert.deepEqual(first.quota, { secret: 1, person: 1 })
      assert.deepEqual((await recorded(ledger, ask)).quota, { secret: 2, person: 2 })
      const refused = { kind: "quota", scope: "secret", limit: 2, used: 2 }
      assert.deepEqual(await leftOut(ledger, ask), refused)
      assert.deepEqual(await leftOut(ledger, ask), refused)
      assert.equal(await reader.quotaUsed(principalId, secretId, day), 2)
      assert.equal(await reader.quotaUsed(principalId, null, day), 2)
      const [entry] = await reader.entryRange(first.index, first.index + 1, 1)
      assert.equal(entry?.quotaUse, 1)
    })

    test("a limit of 0 is nobody, none is no limit: a secret's uses still count, a person's do not", async () => {
      const { ledger, reader } = on.at
      const none = claim({ perSecret: 0 })
      const refused = { kind: "quota", scope: "secret", limit: 0, used: 0 }
      assert.deepEqual(await leftOut(ledger, act({ quota: none })), refused)
      assert.equal(await reader.quotaUsed(none.principalId, null, none.day), 0)
      const free = claim()
      for (const use of [1, 2, 3])
        assert.deepEqual((await recorded(ledger, act({ quota: free }))).quota, { secret: use, person: 0 })
      assert.equal(await reader.quotaUsed(free.principalId, free.secretId, free.day), 3)
      assert.equal(await reader.quotaUsed(free.principalId, null, free.day), 0)
    })

    test("a person's uses add up over all secrets", async () => {
      const { ledger, reader } = on.at
      const mine = claim({ perPerson: 2 })
      assert.deepEqual((await recorded(ledger, act({ quota: mine }))).quota, { secret: 1, person: 1 })
      const other = { ...mine, secretId: "s-2" }
      assert.deepEqual((await recorded(ledger, act({ quota: other }))).quota, { secret: 1, person: 2 })
      const refused = { kind: "quota", scope: "person", limit: 2, used: 2 }
      assert.deepEqual(await leftOut(ledger, act({ quota: { ...mine, secretId: "s-3" } })), refused)
      assert.equal(await reader.quotaUsed(mine.principalId, "s-3", mine.day), 0)
      assert.equal(await reader.quotaUsed(mine.principalId, null, mine.day), 2)
    })

    test("when both limits are reached the secret's is named", async () => {
      const { ledger } = on.at
      const ask = act({ quota: claim({ perSecret: 1, perPerson: 1 }) })
      await recorded(ledger, ask)
      assert.deepEqual(await leftOut(ledger, ask), { kind: "quota", scope: "secret", limit: 1, used: 1 })
    })

    test("another day, secret or principal has a count of its own", async () => {
      const { ledger } = on.at
      const mine = claim({ perSecret: 1 })
      await recorded(ledger, act({ quota: mine }))
      for (const other of [
        { ...mine, day: "2026-11-25" },
        { ...mine, secretId: "s-9" },
        { ...mine, principalId: randomUUID() },
      ])
        assert.equal((await recorded(ledger, act({ quota: other }))).quota?.secret, 1)
    })

    test("claims of one call count one after the other, and what one is refused another may use", async () => {
      const { ledger } = on.at
      const mine = claim({ perSecret: 2, perPerson: 3 })
      const a = act({ quota: mine })
      const b = act({ quota: { ...mine, secretId: "s-2" } })
      const outcomes = await ledger.recordAll([a, a, a, b, b])
      assert.deepEqual(
        outcomes.map((one) => ("moved" in one ? one.moved : one.quota)),
        [
          { secret: 1, person: 1 },
          { secret: 2, person: 2 },
          { kind: "quota", scope: "secret", limit: 2, used: 2 },
          { secret: 1, person: 3 },
          { kind: "quota", scope: "person", limit: 3, used: 3 },
        ],
      )
    })

    test("100 parallel acts at limit 10 deliver exactly 10", async () => {
      const { ledger, reader } = on.at
      const mine = claim({ perSecret: 10 })
      const { size } = await reader.head()
      const outcomes = (
        await Promise.all(Array.from({ length: 100 }, () => ledger.recordAll([act({ quota: mine })])))
      ).flat()
      assert.equal(delivered(outcomes).length, 10)
      assert.equal(await reader.quotaUsed(mine.principalId, mine.secretId, mine.day), 10)
      assert.equal((await reader.head()).size, size + 10)
    })

    test("an act that moved or conflicted claims nothing; one over the limit changes nothing", async () => {
      const { ledger, reader } = on.at
      const mine = claim({ perSecret: 1 })
      const used = (): Promise<number> => reader.quotaUsed(mine.principalId, mine.secretId, mine.day)
      await leftOut(ledger, act({ quota: mine, policyEpoch: -1 }))
      await leftOut(ledger, { ...changing({ kind: "retireKey", id: "none" }), quota: mine })
      assert.equal(await used(), 0)
      await recorded(ledger, act({ quota: mine }))
      const { policyEpoch } = await reader.head()
      const put = { kind: "putPolicies" as const, put: [], removed: [], epoch: policyEpoch + 1, mac: Buffer.alloc(32) }
      const moved = await leftOut(ledger, { ...changing(put), quota: mine })
      assert.equal(moved.kind, "quota")
      assert.equal((await reader.head()).policyEpoch, policyEpoch)
      await recorded(ledger, act({ policyEpoch }))
    })
  })
}
