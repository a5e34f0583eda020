import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Change } from "../../src/state/change.ts"
import type { PolicyRow } from "../../src/state/rows.ts"
import type { EngineFactory } from "./engine.ts"
import { changing, conflictOf, identityProviderRow, plain, policyRow, principalRow, recorded, roleRow } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

export function roleChanges(factory: EngineFactory): void {
  describe("roles", () => {
    const on = sharedEngine(factory)
    const add = (name: string, most = 100): Change => ({ kind: "addRole", row: roleRow(name), most })
    const remove = (name: string): Change => ({ kind: "removeRole", name })

    test("addRole keeps every field; a name is taken once; there are no more than asked for", async () => {
      const { ledger, reader } = on.at
      assert.deepEqual(await reader.roles(), [])
      const [second, first] = [roleRow("b-second", { description: "zoë's 'own' \"role\"" }), roleRow("a-first")]
      for (const row of [second, first]) await recorded(ledger, changing({ kind: "addRole", row, most: 2 }))
      assert.deepEqual(plain(await reader.roles()), plain([first, second]))
      assert.equal(await conflictOf(ledger, add("a-first", 3)), "role_taken")
      for (const most of [1, 2]) assert.equal(await conflictOf(ledger, add("third", most)), "roles_full")
      await recorded(ledger, changing(add("third", 3)))
      assert.equal(await conflictOf(ledger, add("fourth", 3)), "roles_full")
      for (const name of ["a-first", "b-second", "third"]) await recorded(ledger, changing(remove(name)))
      assert.equal(await conflictOf(ledger, remove("third")), "gone")
      assert.deepEqual(await reader.roles(), [])
    })

    test("requireRoles changes nothing and conflicts unless all are there", async () => {
      const { ledger, reader } = on.at
      for (const name of ["one", "two"]) await recorded(ledger, changing(add(name)))
      const before = plain(await reader.roles())
      for (const names of [[], ["one"], ["two", "one"]])
        await recorded(ledger, changing({ kind: "requireRoles", names }))
      for (const names of [["three"], ["one", "three"], ["On"], ["on%"]])
        assert.equal(await conflictOf(ledger, { kind: "requireRoles", names }), "gone")
      assert.deepEqual(plain(await reader.roles()), before)
      const both = [remove("one"), { kind: "requireRoles", names: ["one"] } as const]
      assert.equal(await conflictOf(ledger, ...both), "gone")
      assert.deepEqual(plain(await reader.roles()), before, "undone as a whole")
    })

    test("removeRole conflicts while a principal names it, of either kind, disabled ones too", async () => {
      const { ledger } = on.at
      await recorded(ledger, changing(add("worn")))
      for (const over of [{ disabled: true }, { kind: "program" as const, passwordHash: null }]) {
        const row = principalRow({ roles: ["auditor", "worn"], ...over })
        await recorded(ledger, changing({ kind: "addPrincipal", row }))
        assert.equal(await conflictOf(ledger, remove("worn")), "role_in_use")
        const bare = { ...row, roles: ["auditor", "worn-out", "wor"], epoch: row.epoch + 1 }
        await recorded(ledger, changing({ kind: "putPrincipal", row: bare, expectedEpoch: row.epoch }))
      }
      await recorded(ledger, changing(remove("worn")))
    })

    test("removeRole conflicts while an identity provider's rule gives it", async () => {
      const { ledger } = on.at
      const role = "given"
      await recorded(ledger, changing(add(role)))
      const row = identityProviderRow({ roleRules: [{ claim: "groups", value: "x", role }] })
      await recorded(ledger, changing({ kind: "addIdentityProvider", row, limit: 100 }))
      assert.equal(await conflictOf(ledger, remove(role)), "role_in_use")
      const roleRules = [{ claim: role, value: role, role: "hr" }]
      const next = { ...row, roleRules, revision: row.revision + 1 }
      const put = { kind: "putIdentityProvider" as const, row: next, expectedRevision: row.revision }
      await recorded(ledger, changing(put))
      await recorded(ledger, changing(remove(role)))
    })

    test("removeRole conflicts while a policy row names it, wherever in it", async () => {
      const { ledger, reader } = on.at
      const none: Partial<PolicyRow> = { allowedRoles: null, approverRoles: null, verbRoles: {} }
      await recorded(ledger, changing(add("named")))
      const places: Partial<PolicyRow>[] = [
        { allowedRoles: ["admin", "named"] },
        { approverRoles: ["named"] },
        { verbRoles: { read: ["admin"], write: ["hr", "named"] } },
      ]
      const put = async (over: Partial<PolicyRow>): Promise<void> => {
        const epoch = (await reader.head()).policyEpoch + 1
        const row = policyRow("names", { ...none, ...over })
        const mac = Buffer.alloc(32, epoch)
        await recorded(ledger, changing({ kind: "putPolicies", put: [row], removed: [], epoch, mac }))
      }
      for (const place of places) {
        await put(place)
        assert.equal(await conflictOf(ledger, remove("named")), "role_in_use", JSON.stringify(place))
      }
      await put({ allowedRoles: ["named-too"], verbRoles: { read: [] } })
      await recorded(ledger, changing(remove("named")))
    })
  })
}
