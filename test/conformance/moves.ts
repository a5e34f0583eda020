import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { EngineFactory } from "./engine.ts"
import { act, changing, leftOut, principalRow, recorded, storeSecret } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

/** Acts are judged against the rows themselves, one by one. */
export function moves(factory: EngineFactory): void {
  describe("what an act was decided on", () => {
    const on = sharedEngine(factory)

    test("the policy epoch must still be the same", async () => {
      const { ledger, reader } = on.at
      const { policyEpoch } = await reader.head()
      await recorded(ledger, act({ policyEpoch }))
      for (const other of [policyEpoch - 1, policyEpoch + 1])
        assert.deepEqual(await leftOut(ledger, act({ policyEpoch: other })), { kind: "policy" })
    })

    test("the principal must exist at the same epoch", async () => {
      const { ledger } = on.at
      const row = principalRow({ epoch: 4 })
      await recorded(ledger, changing({ kind: "addPrincipal", row }))
      await recorded(ledger, act({ principal: { id: row.id, epoch: 4 } }))
      for (const principal of [
        { id: row.id, epoch: 3 },
        { id: row.id, epoch: 5 },
        { id: "nobody", epoch: 4 },
      ])
        assert.deepEqual(await leftOut(ledger, act({ principal })), { kind: "principal" })
    })

    test("a disabled principal records nothing, even at its epoch", async () => {
      const { ledger } = on.at
      const row = principalRow({ disabled: true })
      await recorded(ledger, changing({ kind: "addPrincipal", row }))
      const moved = await leftOut(ledger, act({ principal: { id: row.id, epoch: row.epoch } }))
      assert.deepEqual(moved, { kind: "principal" })
    })

    test("the secret must exist at the same revision", async () => {
      const { ledger } = on.at
      const { secret } = await storeSecret(ledger, { revision: 3 })
      await recorded(ledger, act({ secret: { id: secret.id, revision: 3 } }))
      for (const other of [
        { id: secret.id, revision: 2 },
        { id: secret.id, revision: 4 },
        { id: "nothing", revision: 3 },
      ])
        assert.deepEqual(await leftOut(ledger, act({ secret: other })), { kind: "secret" })
    })

    test("a secret scheduled for deletion or purged has moved on", async () => {
      const { ledger } = on.at
      const { secret } = await storeSecret(ledger)
      const read = act({ secret: { id: secret.id, revision: secret.revision } })
      await recorded(ledger, changing({ kind: "scheduleDeletion", secretId: secret.id, deletionAt: 9, changedAt: 8 }))
      assert.deepEqual(await leftOut(ledger, read), { kind: "secret" })
      await recorded(ledger, changing({ kind: "purgeSecret", secretId: secret.id, dueBefore: null }))
      assert.deepEqual(await leftOut(ledger, read), { kind: "secret" })
    })

    test("of several things that moved, policy is named before principal before secret before conflict", async () => {
      const { ledger } = on.at
      const { policyEpoch } = await on.at.reader.head()
      const gone = { kind: "removeCredential" as const, id: "none", principalId: "none" }
      const principal = { id: "nobody", epoch: 1 }
      const secret = { id: "nothing", revision: 1 }
      const all = { principal, secret, changes: [gone] }
      assert.deepEqual(await leftOut(ledger, act({ ...all, policyEpoch: policyEpoch + 1 })), { kind: "policy" })
      assert.deepEqual(await leftOut(ledger, act({ ...all, policyEpoch })), { kind: "principal" })
      assert.deepEqual(await leftOut(ledger, act({ ...all, principal: null })), { kind: "secret" })
      const conflict = await leftOut(ledger, act({ ...all, principal: null, secret: null }))
      assert.deepEqual(conflict, { kind: "conflict", conflict: "gone" })
    })

    test("an act left out leaves no entry and no gap; the others of its call stand, in order", async () => {
      const { ledger, reader } = on.at
      const { size } = await reader.head()
      const standing = [act(), act(), act()] as const
      const moved = act({ policyEpoch: -1 })
      const outcomes = await ledger.recordAll([standing[0], moved, standing[1], moved, standing[2]])
      assert.deepEqual(
        outcomes.map((one) => ("moved" in one ? one.moved.kind : one.index - size)),
        [0, "policy", 1, "policy", 2],
      )
      assert.equal((await reader.head()).size, size + 3)
      const stored = await reader.entryRange(size, size + 3, 10)
      assert.deepEqual(
        stored.map((row) => row.requestId),
        standing.map((one) => one.entry.requestId),
      )
    })

    test("later acts of a call see what earlier ones changed", async () => {
      const { ledger, reader } = on.at
      const { policyEpoch } = await reader.head()
      const row = principalRow()
      const first = { id: row.id, epoch: 1 }
      const second = { id: row.id, epoch: 2 }
      const epoch = policyEpoch + 1
      const outcomes = await ledger.recordAll([
        act({ principal: first }),
        changing({ kind: "addPrincipal", row }),
        act({ principal: first, policyEpoch }),
        changing({ kind: "putPrincipal", row: { ...row, epoch: 2 }, expectedEpoch: 1 }),
        act({ principal: first }),
        act({ principal: second }),
        changing({ kind: "putPolicies", put: [], removed: [], epoch, mac: Buffer.alloc(32, 1) }),
        act({ policyEpoch }),
        act({ policyEpoch: epoch }),
      ])
      assert.deepEqual(
        outcomes.map((one) => ("moved" in one ? one.moved.kind : "stands")),
        ["principal", "stands", "stands", "stands", "principal", "stands", "stands", "policy", "stands"],
      )
    })

    test("no act at all is no transaction", async () => {
      assert.deepEqual(await on.at.ledger.recordAll([]), [])
    })
  })
}
