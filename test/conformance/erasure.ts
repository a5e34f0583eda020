import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { commitmentOf } from "../../src/audit/canonical.ts"
import { signCheckpoint } from "../../src/audit/checkpoint.ts"
import { exportEnd, exportHeader, exportLine } from "../../src/audit/export.ts"
import type { Fault } from "../../src/audit/fault.ts"
import type { Draft } from "../../src/audit/ledger.ts"
import { verifierKeyText } from "../../src/audit/note.ts"
import { verifyExport } from "../../src/audit/verify.ts"
import type { Change } from "../../src/state/change.ts"
import type { EntryRow, PrincipalRow } from "../../src/state/rows.ts"
import { factorRow, grantRow, requestRow } from "./approval-rows.ts"
import { type Engine, type EngineFactory, LOG_KEY } from "./engine.ts"
import { act, changing, claim, conflictOf, credentialRow, draft, NOW, plain, principalRow, recorded } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

const ODD = [
  {},
  { username: null, ipAddress: null, userAgent: null, reason: null },
  { username: "", ipAddress: "", userAgent: "", reason: "" },
  { username: "zoë", ipAddress: "not an address", userAgent: "\u{1f600} 漢字", reason: "a reason of the person's own" },
] as const

/** A person is erased by one order and as many changes as it takes. */
export function erasure(factory: EngineFactory): void {
  describe("erasure", () => {
    const on = sharedEngine(factory)

    test("the person's row, name, sessions and counts go; the name is free again", async () => {
      const { ledger, reader } = on.at
      const person = await enter(on.at)
      const other = await enter(on.at)
      await recorded(ledger, act({ quota: claim({ principalId: person.id, perPerson: 9 }) }))
      const [own, foreign] = [requestRow(person.id), requestRow(other.id)]
      for (const { id } of [person, other]) await recorded(ledger, changing({ kind: "addFactor", row: factorRow(id) }))
      for (const row of [own, foreign]) await recorded(ledger, changing({ kind: "addRequest", row, mostOpen: null }))
      for (const [{ id }, holder] of [
        [own, person],
        [foreign, other],
      ] as const)
        await recorded(ledger, changing(...lent(holder, id)))
      await recorded(ledger, order(person))
      const row = tombstone(person)
      assert.deepEqual(plain(await reader.principalById(person.id)), plain(row))
      assert.equal(await reader.principalByName(person.name), undefined)
      assert.deepEqual(await reader.credentialsOf(person.id), [])
      assert.deepEqual([await reader.factorsOf(person.id), await reader.grantsOf(person.id, 9)], [[], []])
      assert.deepEqual(plain(await reader.request(own.id)), plain({ ...own, reason: null }))
      assert.equal((await reader.credentialsOf(other.id)).length, 1)
      assert.equal((await reader.factorsOf(other.id)).length, 1)
      assert.equal((await reader.grantsOf(other.id, 9)).length, 1)
      assert.deepEqual(plain(await reader.request(foreign.id)), plain(foreign))
      for (const secretId of ["s-1", null]) assert.equal(await reader.quotaUsed(person.id, secretId, "2026-11-24"), 0)
      const again = principalRow({ name: person.name })
      await recorded(ledger, changing({ kind: "addPrincipal", row: again }))
      assert.equal((await reader.principalByName(person.name))?.id, again.id)
    })

    test("each entry of the person keeps its commitment and loses the rest; nobody else's is touched", async () => {
      const { reader } = on.at
      const person = await enter(on.at)
      const drafts = ODD.map((over) => draft({ userId: person.id, ...over }))
      const before = await append(on.at, drafts)
      const others = await append(on.at, [draft({ userId: "person-2" }), draft({ resourceName: person.id })])
      const ordered = await recorded(on.at.ledger, order(person))
      for (const [at, entry] of before.entries()) {
        const now = await entryAt(on.at, entry.index)
        const { salt, ...rest } = drafts[at] as Draft
        assert.ok(salt)
        const nulls = { salt: null, username: null, ipAddress: null, userAgent: null, reason: null }
        const commitment = commitmentOf(salt, rest)
        assert.deepEqual(plain(now), plain({ ...entry, ...nulls, erasedBy: ordered.index, commitment }))
      }
      for (const entry of others) assert.deepEqual(plain(await entryAt(on.at, entry.index)), plain(entry))
      const erasureRow = {
        personId: person.id,
        requestId: "r-1",
        orderIndex: ordered.index,
        nextIndex: ordered.index,
        orderedAt: NOW,
      }
      assert.deepEqual(await reader.erasure(person.id), { ...erasureRow, finished: false })
      assert.deepEqual(await verdict(on.at), { ok: true, faults: [] })
    })

    for (const [entries, limit, steps] of [
      [4, 5, 0],
      [5, 5, 1],
      [6, 5, 1],
      [600, 250, 2],
    ] as const)
      test(`${entries} entries at ${limit} a change take ${steps} more; the log verifies after each`, async () => {
        const { ledger, reader } = on.at
        const person = await enter(on.at)
        await append(
          on.at,
          Array.from({ length: entries }, () => draft({ userId: person.id })),
        )
        await append(
          on.at,
          Array.from({ length: 300 }, () => draft()),
        )
        const { index } = await recorded(ledger, order(person, limit))
        assert.equal(await wholeOf(on.at, person.id), Math.max(0, entries - limit))
        const some = { kind: "eraseEntries" as const, personId: person.id, limit }
        for (let step = 0; step < steps; step++) {
          assert.equal((await reader.erasure(person.id))?.nextIndex === index, false)
          assert.equal((await verdict(on.at)).ok, true)
          assert.equal(await conflictOf(ledger, { kind: "finishErasure", personId: person.id }), "gone")
          assert.equal(await conflictOf(ledger, { kind: "renewErasure", personId: person.id }), "gone")
          await recorded(ledger, changing(some))
        }
        assert.equal(await wholeOf(on.at, person.id), 0)
        assert.equal((await reader.erasure(person.id))?.nextIndex, index)
        assert.equal(await conflictOf(ledger, some), "gone")
        assert.ok((await reader.openErasures(100)).some(({ personId }) => personId === person.id))
        await recorded(ledger, changing({ kind: "finishErasure", personId: person.id }))
        assert.equal((await reader.erasure(person.id))?.finished, true)
        assert.ok((await reader.openErasures(100)).every(({ personId }) => personId !== person.id))
        assert.equal(await conflictOf(ledger, { kind: "finishErasure", personId: person.id }), "gone")
        assert.equal((await verdict(on.at)).ok, true)
      })

    test("what was written after the order keeps it open until a second order takes it", async () => {
      const { ledger, reader } = on.at
      const person = await enter(on.at)
      const first = await recorded(ledger, order(person))
      const [late] = await append(on.at, [draft({ userId: person.id })])
      assert.equal(await conflictOf(ledger, { kind: "finishErasure", personId: person.id }), "gone")
      const renew = changing({ kind: "renewErasure", personId: person.id })
      const second = await recorded(ledger, { ...renew, entry: orderEntry(person.id) })
      const after = await reader.erasure(person.id)
      assert.deepEqual([after?.nextIndex, after?.orderIndex], [first.index, second.index])
      await recorded(ledger, changing({ kind: "eraseEntries", personId: person.id, limit: 10 }))
      assert.equal((await entryAt(on.at, late?.index ?? -1)).erasedBy, second.index)
      await recorded(ledger, changing({ kind: "finishErasure", personId: person.id }))
      assert.equal((await verdict(on.at)).ok, true)
    })

    test("an order over another epoch, a second one, and orders for nobody change nothing", async () => {
      const { ledger, reader } = on.at
      const person = await enter(on.at)
      const elsewhere = { ...agreed(person), expectedEpoch: person.epoch + 1 }
      assert.equal(await conflictOf(ledger, elsewhere), "gone")
      assert.equal(await conflictOf(ledger, erase(person)), "gone", "nobody has agreed")
      const enabled = principalRow()
      await recorded(ledger, changing({ kind: "addPrincipal", row: enabled }))
      assert.equal(await conflictOf(ledger, agreed(enabled)), "gone")
      await recorded(ledger, changing(agreed(person)))
      assert.equal(await conflictOf(ledger, agreed(person)), "gone")
      const ordered = await reader.erasure(person.id)
      assert.deepEqual([ordered?.orderIndex, ordered?.nextIndex, ordered?.finished], [null, 0, false])
      assert.ok((await reader.openErasures(100)).some(({ personId }) => personId === person.id))
      for (const change of steps(person.id)) assert.equal(await conflictOf(ledger, change), "gone", change.kind)
      assert.equal(await conflictOf(ledger, { ...erase(person), expectedEpoch: person.epoch + 1 }), "gone")
      assert.deepEqual(plain(await reader.principalById(person.id)), plain(person))
      assert.equal((await reader.credentialsOf(person.id)).length, 1)
      await recorded(ledger, act({ entry: orderEntry(person.id), changes: [erase(person)] }))
      const again = { ...erase({ ...person, epoch: person.epoch + 1 }), expectedEpoch: person.epoch + 1 }
      assert.equal(await conflictOf(ledger, again), "gone")
      for (const change of [...steps(randomUUID()), { kind: "releasePerson" as const, personId: randomUUID() }])
        assert.equal(await conflictOf(ledger, change), "gone", change.kind)
    })

    test("who is held is not erased until released; an erased person is not held", async () => {
      const { ledger, reader } = on.at
      const person = await enter(on.at)
      const hold = { kind: "holdPerson" as const, row: { personId: person.id, heldBy: "admin-1", heldAt: NOW } }
      await recorded(ledger, changing(hold))
      assert.deepEqual(await reader.hold(person.id), hold.row)
      assert.equal(await conflictOf(ledger, hold), "held")
      assert.equal(await conflictOf(ledger, agreed(person)), "held")
      assert.deepEqual(plain(await reader.principalById(person.id)), plain(person))
      await recorded(ledger, changing({ kind: "releasePerson", personId: person.id }))
      assert.equal(await reader.hold(person.id), undefined)
      await recorded(ledger, order(person))
      assert.equal(await conflictOf(ledger, hold), "gone")
    })

    test("an entry that was tampered with is still found after the erasure", async () => {
      const person = await enter(on.at)
      const [entry] = await append(on.at, [draft({ userId: person.id })])
      const index = entry?.index ?? -1
      await on.at.withoutGuard(
        `UPDATE security_audit_log SET reason = 'another reason altogether' WHERE idx = ${index}`,
      )
      await recorded(on.at.ledger, order(person))
      assert.equal(await wholeOf(on.at, person.id), 0)
      const found = await verdict(on.at)
      assert.deepEqual([found.ok, found.faults.map(({ index: at }) => at)], [false, [index]])
    })
  })
}

/** A person with a session. */
/** Nothing is lent to the disabled: from the time before. */
function lent(holder: PrincipalRow, requestId: string): Change[] {
  const put = (disabled: boolean): Change => ({
    kind: "putPrincipal",
    row: { ...holder, disabled },
    expectedEpoch: holder.epoch,
  })
  const row = grantRow(requestId, holder.id)
  return [put(false), { kind: "addGrant", row, holderEpoch: holder.epoch }, put(true)]
}

async function enter({ ledger }: Engine): Promise<PrincipalRow> {
  const row = principalRow({ disabled: true })
  const credential = { kind: "addCredential" as const, row: credentialRow(row.id), ownerEpoch: row.epoch }
  await recorded(ledger, changing({ kind: "addPrincipal", row }, credential))
  return row
}

function steps(personId: string): Change[] {
  return [
    { kind: "eraseEntries", personId, limit: 1 },
    { kind: "renewErasure", personId },
    { kind: "finishErasure", personId },
  ]
}

function tombstone(person: PrincipalRow): PrincipalRow {
  const nothing = { roles: [], passwordHash: null, email: null, changedBy: [], ownerId: null }
  return {
    ...person,
    ...nothing,
    mustChangePassword: false,
    name: `erased-${person.id}`,
    epoch: person.epoch + 1,
    mac: Buffer.alloc(32, 4),
  }
}

function erase(person: PrincipalRow, limit = 1000) {
  return {
    kind: "erasePerson" as const,
    row: tombstone(person),
    expectedEpoch: person.epoch,
    orderedAt: NOW,
    limit,
  }
}

function orderEntry(personId: string): Draft {
  return draft({ action: "ERASE", resourceType: "person", resourceName: personId, userId: "admin-1" })
}

function agreed({ id, epoch }: PrincipalRow) {
  const expectedEpoch = epoch
  return { kind: "orderErasure" as const, personId: id, requestId: "r-1", expectedEpoch, orderedAt: NOW - 1 }
}

function order(person: PrincipalRow, limit?: number) {
  return act({ entry: orderEntry(person.id), changes: [agreed(person), erase(person, limit)] })
}

async function append(engine: Engine, drafts: readonly Draft[]): Promise<EntryRow[]> {
  const outcomes = await engine.ledger.recordAll(drafts.map((entry) => act({ entry })))
  return Promise.all(outcomes.map((one) => entryAt(engine, "moved" in one ? -1 : one.index)))
}

async function entryAt({ reader }: Engine, index: number): Promise<EntryRow> {
  const [entry] = await reader.entryRange(index, index + 1, 1)
  assert.ok(entry)
  return entry
}

async function wholeOf({ reader }: Engine, userId: string): Promise<number> {
  const entries = await reader.entries({ userId, limit: 10_000 })
  return entries.filter(({ erasedBy }) => erasedBy === null).length
}

async function verdict({ reader }: Engine): Promise<{ ok: boolean; faults: readonly Fault[] }> {
  const { size, root } = await reader.head()
  const lines = (await reader.entryRange(0, size, size)).map(exportLine)
  const text = [exportHeader(LOG_KEY.origin), ...lines, exportEnd(signCheckpoint(LOG_KEY, size, root))]
  const found = await verifyExport(text, { key: verifierKeyText(LOG_KEY) })
  return { ok: found.ok, faults: found.ok ? [] : found.faults }
}
