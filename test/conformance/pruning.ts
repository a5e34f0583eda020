import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { EngineFactory } from "./engine.ts"
import { act, changing, claim, credentialRow, NOW, plain, principalRow, recorded } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

const NO_DAY = "0000-00-00"

/** What nobody can use any more is deleted, a bounded number of rows at a time. */
export function pruning(factory: EngineFactory): void {
  describe("pruning", () => {
    const on = sharedEngine(factory)

    test("credentials go that expired before then, at most as many as said, and no others", async () => {
      const { ledger, reader } = on.at
      const owner = principalRow()
      const rows = [-3, -2, -1, 0, 1].map((at) => credentialRow(owner.id, { createdAt: at + 10, expiresAt: NOW + at }))
      const add = rows.map((row) => ({ kind: "addCredential" as const, row, ownerEpoch: owner.epoch }))
      await recorded(ledger, changing({ kind: "addPrincipal", row: owner }, ...add))
      assert.equal(await reader.prunable(NOW - 3, NO_DAY), false)
      const prune = { kind: "pruneCredentials" as const, expiredBefore: NOW }
      for (const [due, left] of [
        [true, 3],
        [true, 2],
        [false, 2],
      ] as const) {
        assert.equal(await reader.prunable(NOW, NO_DAY), due)
        await recorded(ledger, changing({ ...prune, limit: 2 }))
        assert.equal((await reader.credentialsOf(owner.id)).length, left)
      }
      assert.deepEqual(plain(await reader.credentialsOf(owner.id)), plain(rows.slice(3)))
    })

    test("counts of past days go, a secret's and a person's; those of the day and later stay", async () => {
      const { ledger, reader } = on.at
      const [one, two] = [principalRow(), principalRow()]
      await recorded(ledger, changing(...[one, two].map((row) => ({ kind: "addPrincipal" as const, row }))))
      const days = ["2026-11-22", "2026-11-23", "2026-11-24"]
      for (const { id } of [one, two])
        for (const day of days)
          for (const secretId of ["s-1", "s-2"])
            await recorded(ledger, act({ quota: claim({ principalId: id, day, secretId, perPerson: 9 }) }))
      const counts = (id: string, secretId: string | null): Promise<number[]> =>
        Promise.all(days.map((day) => reader.quotaUsed(id, secretId, day)))
      assert.equal(await reader.prunable(0, "2026-11-22"), false)
      assert.equal(await reader.prunable(0, "2026-11-23"), true)
      const prune = { kind: "pruneQuotaUse" as const, beforeDay: "2026-11-24" }
      await recorded(ledger, changing({ ...prune, limit: 1 }))
      assert.equal(await reader.prunable(0, "2026-11-24"), true, "a batch is bounded")
      await recorded(ledger, changing({ ...prune, limit: 100 }))
      assert.equal(await reader.prunable(0, "2026-11-24"), false)
      await recorded(ledger, changing({ ...prune, limit: 100 }))
      for (const { id } of [one, two]) {
        assert.deepEqual(await counts(id, "s-1"), [0, 0, 1])
        assert.deepEqual(await counts(id, "s-2"), [0, 0, 1])
        assert.deepEqual(await counts(id, null), [0, 0, 2])
      }
    })
  })
}
