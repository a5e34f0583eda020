import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Change } from "../../src/state/change.ts"
import { BIRTH, type EngineFactory } from "./engine.ts"
import { changing, conflictOf, plain, policyRow, recorded } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

export function policyChanges(factory: EngineFactory): void {
  describe("policies", () => {
    const on = sharedEngine(factory)
    let epoch = 1
    const put = (change: Partial<Extract<Change, { kind: "putPolicies" }>>): Change => ({
      kind: "putPolicies",
      put: [],
      removed: [],
      epoch: ++epoch,
      mac: Buffer.alloc(32, epoch),
      ...change,
    })

    test("a database is born with its policies, their epoch and their code", async () => {
      const { reader } = on.at
      assert.deepEqual(plain(await reader.policies()), plain(BIRTH.policies))
      const head = await reader.head()
      assert.equal(head.policyEpoch, 1)
      assert.deepEqual(plain(head.policyMac), plain(BIRTH.policyMac))
    })

    test("putPolicies adds, replaces and removes rows in one step with epoch and code", async () => {
      const { ledger, reader } = on.at
      const full = policyRow("a-full", {
        allowedRoles: null,
        requiresMfa: true,
        maxAccessPerDay: null,
        approverRoles: ["lead", 'odd "role", {x}'],
        minApprovals: 2,
        grantMinutes: 15,
        allowedWorkloads: ["ci"],
        workloadMaxAccessPerDay: 0,
        verbRoles: {},
        replacesRoles: true,
      })
      const nobody = policyRow("b-nobody", { allowedRoles: [], allowedWorkloads: null, maxAccessPerDay: 0 })
      await recorded(ledger, changing(put({ put: [full, nobody], removed: ["config"] })))
      const kept = BIRTH.policies.filter((row) => row.id !== "config")
      assert.deepEqual(plain(await reader.policies()), plain([full, nobody, ...kept]))
      const head = await reader.head()
      assert.equal(head.policyEpoch, epoch)
      assert.deepEqual(plain(head.policyMac), plain(Buffer.alloc(32, epoch)))
      const next = policyRow("a-full", { secretPattern: "other/*" })
      await recorded(ledger, changing(put({ put: [next], removed: ["b-nobody", "never-was"] })))
      assert.deepEqual(plain(await reader.policies()), plain([next, ...kept]))
    })

    test("one pattern belongs to one row; the conflict leaves rows and epoch alone", async () => {
      const { ledger, reader } = on.at
      const first = policyRow("first", { secretPattern: "taken/*" })
      await recorded(ledger, changing(put({ put: [first] })))
      const before = await reader.policies()
      const { policyEpoch } = await reader.head()
      const second = policyRow("second", { secretPattern: "taken/*" })
      assert.equal(await conflictOf(ledger, put({ put: [policyRow("third"), second], removed: [] })), "pattern_taken")
      assert.deepEqual(plain(await reader.policies()), plain(before))
      assert.equal((await reader.head()).policyEpoch, policyEpoch)
      await recorded(ledger, changing(put({ put: [second], removed: ["first"] })))
    })
  })
}
