import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { describe, test } from "node:test"
import type { LedgerWriter } from "../../src/audit/ledger.ts"
import type { PrincipalRow } from "../../src/state/rows.ts"
import { decisionRow, factorRow, grantRow, requestRow } from "./approval-rows.ts"
import type { EngineFactory } from "./engine.ts"
import { act, changing, conflictOf, leftOut, NOW, plain, principalRow, recorded } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

async function person(ledger: LedgerWriter): Promise<PrincipalRow> {
  const row = principalRow()
  await recorded(ledger, changing({ kind: "addPrincipal", row }))
  return row
}

export function approvalChanges(factory: EngineFactory): void {
  describe("factors, requests and leases", () => {
    const on = sharedEngine(factory)

    test("factors keep every field; a passkey's credential id is one person's", async () => {
      const { ledger, reader } = on.at
      const [owner, other] = [await person(ledger), await person(ledger)]
      const passkey = factorRow(owner.id, { createdAt: 1 })
      const totp = factorRow(owner.id, { kind: "totp", credentialId: null, createdAt: 2, lastUse: 58_000_000 })
      const second = factorRow(owner.id, { kind: "totp", credentialId: null, createdAt: 3 })
      for (const row of [passkey, totp, second]) await recorded(ledger, changing({ kind: "addFactor", row }))
      assert.deepEqual(plain(await reader.factorsOf(owner.id)), plain([passkey, totp, second]))
      const stolen = factorRow(other.id, { credentialId: passkey.credentialId })
      assert.equal(await conflictOf(ledger, { kind: "addFactor", row: stolen }), "factor_taken")
      assert.deepEqual(await reader.factorsOf(other.id), [])
    })

    test("of two uses of one factor state one conflicts", async () => {
      const { ledger, reader } = on.at
      const owner = await person(ledger)
      const row = factorRow(owner.id)
      await recorded(ledger, changing({ kind: "addFactor", row }))
      const used = { ...row, label: "renamed", lastUse: 9, mac: randomBytes(32) }
      const put = { kind: "putFactor" as const, row: used, expectedLastUse: row.lastUse }
      assert.equal(await conflictOf(ledger, { ...put, expectedLastUse: 2 }), "moved")
      assert.equal(await conflictOf(ledger, { ...put, row: { ...used, principalId: "another" } }), "moved")
      const outcomes = await ledger.recordAll(Array.from({ length: 10 }, () => changing(put)))
      assert.equal(outcomes.filter((one) => !("moved" in one)).length, 1)
      assert.deepEqual(plain(await reader.factorsOf(owner.id)), plain([used]))
    })

    test("factors are removed by their owner's id, one or all", async () => {
      const { ledger, reader } = on.at
      const owner = await person(ledger)
      const rows = [1, 2, 3].map((createdAt) => factorRow(owner.id, { createdAt }))
      await recorded(ledger, changing(...rows.map((row) => ({ kind: "addFactor" as const, row }))))
      const [first, second, third] = rows as [(typeof rows)[0], (typeof rows)[0], (typeof rows)[0]]
      const remove = { kind: "removeFactor" as const, id: first.id, principalId: owner.id }
      assert.equal(await conflictOf(ledger, { ...remove, principalId: "another" }), "gone")
      await recorded(ledger, changing(remove))
      assert.equal(await conflictOf(ledger, remove), "gone")
      assert.deepEqual(plain(await reader.factorsOf(owner.id)), plain([second, third]))
      await recorded(ledger, changing({ kind: "removeFactorsOf", principalId: owner.id }))
      await recorded(ledger, changing({ kind: "removeFactorsOf", principalId: owner.id }))
      assert.deepEqual(await reader.factorsOf(owner.id), [])
    })

    test("what works once works once", async () => {
      const { ledger, reader } = on.at
      const use = { kind: "useOnce" as const, id: randomBytes(32), expiresAt: NOW }
      assert.equal(await reader.usedOnce(use.id), false)
      const outcomes = await ledger.recordAll(Array.from({ length: 100 }, () => changing(use)))
      assert.equal(outcomes.filter((one) => !("moved" in one)).length, 1)
      assert.equal(await reader.usedOnce(use.id), true)
      assert.equal(await conflictOf(ledger, use), "used")
    })

    test("requests keep every field and move only over the expected revision", async () => {
      const { ledger, reader } = on.at
      const owner = await person(ledger)
      const ask = requestRow(owner.id)
      const change = requestRow(owner.id, {
        kind: "change",
        verb: null,
        targets: [],
        change: '{"type":"policy"}',
        uses: null,
        effectiveAt: NOW + 86_400_000,
      })
      for (const row of [ask, change]) {
        await recorded(ledger, changing({ kind: "addRequest", row, mostOpen: null }))
        assert.deepEqual(plain(await reader.request(row.id)), plain(row))
      }
      const decided = { ...ask, state: "denied" as const, decidedAt: NOW, revision: 2, mac: randomBytes(32) }
      const put = { kind: "putRequest" as const, row: decided }
      for (const expectedRevision of [0, 2])
        assert.equal(await conflictOf(ledger, { ...put, expectedRevision }), "moved")
      await recorded(ledger, changing({ ...put, expectedRevision: 1 }))
      assert.deepEqual(plain(await reader.request(ask.id)), plain(decided))
      assert.equal(await reader.request("none"), undefined)
    })

    test("requests are listed newest first, by requester and state, page by page", async () => {
      const { ledger, reader } = on.at
      const owner = await person(ledger)
      const rows = [1, 2, 2, 3].map((createdAt, at) =>
        requestRow(owner.id, { createdAt, state: at === 3 ? "approved" : "pending" }),
      )
      await recorded(ledger, changing(...rows.map((row) => ({ kind: "addRequest" as const, row, mostOpen: null }))))
      const expected = rows.toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
      const query = { requesterId: owner.id, state: null, before: null, limit: 10 }
      assert.deepEqual(plain(await reader.requests(query)), plain(expected))
      assert.deepEqual(plain(await reader.requests({ ...query, state: "approved" })), plain([rows[3]]))
      const second = expected[1] as (typeof rows)[0]
      const after = await reader.requests({ ...query, before: second, limit: 1 })
      assert.deepEqual(plain(after), plain([expected[2]]))
      const everybody = await reader.requests({ ...query, requesterId: null, state: "pending" })
      for (const row of rows.slice(0, 3)) assert.ok(everybody.some(({ id }) => id === row.id))
    })

    test("changes that wait for their hour are found once it has come, while they are pending", async () => {
      const { ledger, reader } = on.at
      const owner = await person(ledger)
      const wait = (effectiveAt: number, state: "pending" | "cancelled" = "pending") =>
        requestRow(owner.id, { kind: "change", effectiveAt, state })
      const rows = [wait(50), wait(40), wait(30, "cancelled"), wait(51)]
      await recorded(ledger, changing(...rows.map((row) => ({ kind: "addRequest" as const, row, mostOpen: null }))))
      assert.deepEqual(plain(await reader.requestsDue(50, 10)), plain([rows[1], rows[0]]))
      assert.equal((await reader.requestsDue(50, 1)).length, 1)
    })

    test("one person decides a request once", async () => {
      const { ledger, reader } = on.at
      const [owner, approver, other] = [await person(ledger), await person(ledger), await person(ledger)]
      const ask = requestRow(owner.id)
      const first = decisionRow(ask.id, approver.id, { decidedAt: 1 })
      const second = decisionRow(ask.id, other.id, { verdict: "deny", decidedAt: 2 })
      await recorded(
        ledger,
        changing({ kind: "addRequest", row: ask, mostOpen: null }, { kind: "addDecision", row: first }),
      )
      const again = { ...first, verdict: "deny" as const }
      assert.equal(await conflictOf(ledger, { kind: "addDecision", row: again }), "used")
      await recorded(ledger, changing({ kind: "addDecision", row: second }))
      assert.deepEqual(plain(await reader.decisions(ask.id)), plain([first, second]))
    })

    test("a lease with one use opens once, and a removed one never", async () => {
      const { ledger, reader } = on.at
      const owner = await person(ledger)
      const ask = requestRow(owner.id)
      const row = grantRow(ask.id, owner.id)
      await recorded(
        ledger,
        changing({ kind: "addRequest", row: ask, mostOpen: null }, { kind: "addGrant", row, holderEpoch: owner.epoch }),
      )
      assert.deepEqual(plain(await reader.grant(row.id)), plain(row))
      assert.deepEqual(plain(await reader.grantsFor(owner.id, "s-1", "read")), plain([row]))
      for (const [secret, verb] of [
        ["s-2", "read"],
        ["s-1", "purge"],
      ] as const)
        assert.deepEqual(await reader.grantsFor(owner.id, secret, verb), [])
      const used = { ...row, usesLeft: 0, revision: 2, mac: randomBytes(32) }
      const put = { kind: "putGrant" as const, row: used, expectedRevision: 1 }
      const outcomes = await ledger.recordAll(Array.from({ length: 100 }, () => changing(put)))
      assert.equal(outcomes.filter((one) => !("moved" in one)).length, 1)
      assert.deepEqual(plain(await reader.grantsOf(owner.id, 10)), plain([used]))
      await recorded(ledger, changing({ kind: "removeGrant", id: row.id }))
      assert.equal(await conflictOf(ledger, { kind: "removeGrant", id: row.id }), "gone")
      assert.equal(await conflictOf(ledger, { ...put, expectedRevision: 2 }), "moved")
    })

    test("of many requests at once as many wait as may; what lapsed or was decided does not count", async () => {
      const { ledger } = on.at
      const owner = await person(ledger)
      const mostOpen = { count: 3, now: NOW }
      const adding = (over: object) => ({
        kind: "addRequest" as const,
        row: requestRow(owner.id, { expiresAt: NOW + 1, ...over }),
        mostOpen,
      })
      for (const over of [{ expiresAt: NOW }, { state: "denied" as const }, {}, {}])
        await recorded(ledger, changing(adding(over)))
      const outcomes = await ledger.recordAll(Array.from({ length: 10 }, () => changing(adding({}))))
      assert.equal(outcomes.filter((one) => !("moved" in one)).length, 1)
      assert.equal(await conflictOf(ledger, adding({})), "moved")
    })

    test("nothing is lent to somebody whose account has moved on or is disabled", async () => {
      const { ledger, reader } = on.at
      const owner = await person(ledger)
      const ask = requestRow(owner.id)
      await recorded(ledger, changing({ kind: "addRequest", row: ask, mostOpen: null }))
      const row = grantRow(ask.id, owner.id)
      assert.equal(await conflictOf(ledger, { kind: "addGrant", row, holderEpoch: owner.epoch + 1 }), "gone")
      const disabled = { ...owner, disabled: true, epoch: owner.epoch + 1 }
      await recorded(ledger, changing({ kind: "putPrincipal", row: disabled, expectedEpoch: owner.epoch }))
      for (const holderEpoch of [owner.epoch, disabled.epoch])
        assert.equal(await conflictOf(ledger, { kind: "addGrant", row, holderEpoch }), "gone")
      assert.deepEqual(await reader.grantsOf(owner.id, 10), [])
    })

    test("an act that leans on a lease is left out once the lease moved or is gone", async () => {
      const { ledger } = on.at
      const owner = await person(ledger)
      const ask = requestRow(owner.id)
      const row = grantRow(ask.id, owner.id, { usesLeft: null })
      await recorded(
        ledger,
        changing({ kind: "addRequest", row: ask, mostOpen: null }, { kind: "addGrant", row, holderEpoch: owner.epoch }),
      )
      const grant = { id: row.id, revision: 1 }
      await recorded(ledger, act({ grant }))
      await recorded(ledger, act({ grant, changes: [{ kind: "useOnce", id: randomBytes(32), expiresAt: NOW }] }))
      assert.deepEqual(await leftOut(ledger, act({ grant: { ...grant, revision: 2 } })), { kind: "grant" })
      await recorded(ledger, changing({ kind: "removeGrant", id: row.id }))
      assert.deepEqual(await leftOut(ledger, act({ grant })), { kind: "grant" })
      assert.deepEqual(await leftOut(ledger, act({ grant: { id: "none", revision: 1 } })), { kind: "grant" })
    })

    test("all leases of a person go at once; what expired is pruned in batches", async () => {
      const { ledger, reader } = on.at
      const owner = await person(ledger)
      const ask = requestRow(owner.id)
      const rows = [5, 6, 7].map((expiresAt) => grantRow(ask.id, owner.id, { expiresAt }))
      const once = { kind: "useOnce" as const, id: randomBytes(32), expiresAt: 6 }
      const add = rows.map((row) => ({ kind: "addGrant" as const, row, holderEpoch: owner.epoch }))
      await recorded(ledger, changing({ kind: "addRequest", row: ask, mostOpen: null }, ...add, once))
      assert.equal(await reader.prunable(6, "0000-01-01"), true)
      await recorded(ledger, changing({ kind: "pruneLeases", expiredBefore: 6, limit: 1 }))
      assert.equal((await reader.grantsOf(owner.id, 10)).length, 2)
      assert.equal(await reader.usedOnce(once.id), true)
      await recorded(ledger, changing({ kind: "pruneLeases", expiredBefore: 7, limit: 10 }))
      assert.equal(await reader.usedOnce(once.id), false)
      assert.deepEqual(plain(await reader.grantsOf(owner.id, 10)), plain([rows[2]]))
      await recorded(ledger, changing({ kind: "removeGrantsOf", principalId: owner.id }))
      assert.deepEqual(await reader.grantsOf(owner.id, 10), [])
    })
  })
}
