import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import type { SecretName } from "../../src/core/name.ts"
import type { VersionId } from "../../src/core/version.ts"
import { UNSEALED } from "../../src/state/rows.ts"
import type { EngineFactory } from "./engine.ts"
import { changing, conflictOf, freshName, NOW, plain, recorded, secretRow, storeSecret, versionRow } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

const NOTHING = new Uint8Array(0)

function intentRow(name: string, over: object = {}) {
  const versionId = randomUUID() as VersionId
  const changes = '[{"kind":"touchSecret"}]'
  const row = {
    id: randomUUID(),
    action: "CREATE",
    name: name as SecretName,
    versionId,
    principalId: "person-1",
    changes,
  }
  return { ...row, startedAt: NOW, ...over }
}

export function outsideChanges(factory: EngineFactory): void {
  describe("what is kept outside", () => {
    const on = sharedEngine(factory)

    test("an intent holds the number of its entry and is settled once", async () => {
      const { ledger, reader } = on.at
      const row = intentRow(freshName())
      const { index } = await recorded(ledger, changing({ kind: "addIntent", row, newName: true }))
      assert.deepEqual(plain(await reader.intentsOf(row.name)), [{ ...row, index }])
      assert.ok((await reader.intents(NOW + 1, 1000)).some(({ id }) => id === row.id))
      assert.ok(!(await reader.intents(NOW, 1000)).some(({ id }) => id === row.id))
      await recorded(ledger, changing({ kind: "settleIntent", id: row.id }))
      assert.deepEqual(await reader.intentsOf(row.name), [])
      assert.equal(await conflictOf(ledger, { kind: "settleIntent", id: row.id }), "gone")
    })

    test("a new name is free in any case, among secrets and among intents", async () => {
      const { ledger } = on.at
      const { secret } = await storeSecret(ledger)
      const upper = secret.name.toUpperCase()
      const taken = intentRow(upper)
      assert.equal(await conflictOf(ledger, { kind: "addIntent", row: taken, newName: true }), "name_taken")
      await recorded(ledger, changing({ kind: "addIntent", row: intentRow(secret.name), newName: false }))
      const begun = intentRow(freshName())
      await recorded(ledger, changing({ kind: "addIntent", row: begun, newName: true }))
      await recorded(ledger, changing({ kind: "addIntent", row: intentRow(begun.name), newName: true }))
      const other = intentRow(begun.name.toUpperCase())
      assert.equal(await conflictOf(ledger, { kind: "addIntent", row: other, newName: true }), "name_taken")
    })

    test("putCatalog adds what is not there, and moves on what is, over its revision only", async () => {
      const { ledger, reader } = on.at
      const secret = secretRow(freshName(), { adopted: false, description: "theirs" })
      const first = versionRow(secret.id, { keyId: UNSEALED, sealed: NOTHING })
      const labels = [{ label: "current", versionId: first.versionId }]
      const put = { kind: "putCatalog" as const, secret, versions: [first], labels, expectedRevision: null }
      await recorded(ledger, changing(put))
      assert.deepEqual(plain(await reader.secretById(secret.id)), plain(secret))
      assert.deepEqual(plain(await reader.versionByLabel(secret.id, "current")), plain(first))
      assert.equal(await conflictOf(ledger, put), "name_taken")

      const second = versionRow(secret.id, { keyId: UNSEALED, sealed: NOTHING })
      const moved = [
        { label: "current", versionId: second.versionId },
        { label: "previous", versionId: first.versionId },
      ]
      const changed = { ...secret, description: "new", tags: [], changedAt: NOW + 9, deletionAt: NOW + 99 }
      const over = { ...put, secret: changed, versions: [first, second], labels: moved, expectedRevision: 1 }
      await recorded(ledger, changing(over))
      assert.deepEqual(plain(await reader.secretById(secret.id)), plain({ ...changed, revision: 2 }))
      assert.deepEqual(await reader.labels(secret.id), moved)
      assert.deepEqual(
        (await reader.versions(secret.id)).map(({ seq }) => seq),
        [2, 1],
      )
      assert.equal(await conflictOf(ledger, over), "gone")
    })

    test("a version that was found first gets its head from who put it there; one that has a head keeps it", async () => {
      const { ledger, reader } = on.at
      const secret = secretRow(freshName())
      const found = versionRow(secret.id, { keyId: UNSEALED, sealed: NOTHING, createdBy: "outside" })
      const labels = [{ label: "current", versionId: found.versionId }]
      const put = { kind: "putCatalog" as const, secret, versions: [found], labels, expectedRevision: null }
      await recorded(ledger, changing(put))
      const ours = versionRow(secret.id, { versionId: found.versionId, createdBy: "person-7" })
      await recorded(ledger, changing({ ...put, versions: [ours], expectedRevision: 1 }))
      assert.deepEqual(plain(await reader.version(secret.id, found.versionId)), plain(ours))
      const other = versionRow(secret.id, { versionId: found.versionId, createdBy: "person-8" })
      await recorded(ledger, changing({ ...put, versions: [other], expectedRevision: 2 }))
      assert.deepEqual(plain(await reader.version(secret.id, found.versionId)), plain(ours))
    })

    test("adoptSecret adopts once and moves the revision on", async () => {
      const { ledger, reader } = on.at
      const secret = secretRow(freshName(), { adopted: false })
      const put = { kind: "putCatalog" as const, secret, versions: [], labels: [], expectedRevision: null }
      await recorded(ledger, changing(put))
      await recorded(ledger, changing({ kind: "adoptSecret", secretId: secret.id }))
      assert.deepEqual(plain(await reader.secretById(secret.id)), plain({ ...secret, adopted: true, revision: 2 }))
      assert.equal(await conflictOf(ledger, { kind: "adoptSecret", secretId: secret.id }), "gone")
      assert.equal(await conflictOf(ledger, { kind: "adoptSecret", secretId: "none" }), "gone")
    })

    test("a version without a head needs no key; the catalog is in order of names and holds what awaits deletion", async () => {
      const { ledger, reader } = on.at
      const { secret } = await storeSecret(ledger, { keyId: UNSEALED })
      await recorded(ledger, changing({ kind: "scheduleDeletion", secretId: secret.id, deletionAt: 9, changedAt: 8 }))
      const all = (await reader.catalog("", 10_000)).map(({ name }) => name)
      assert.ok(all.includes(secret.name))
      assert.deepEqual(all, all.toSorted())
      const [next] = await reader.catalog(all[0] ?? "", 1)
      assert.equal(next?.name, all[1])
    })
  })
}
