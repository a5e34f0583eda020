import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { LabelRow } from "../../src/state/rows.ts"
import type { EngineFactory } from "./engine.ts"
import { changing, conflictOf, plain, recorded, storeSecret, versionRow } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

export function versionChanges(factory: EngineFactory): void {
  describe("versions and labels", () => {
    const on = sharedEngine(factory)

    test("addVersion gives the next number, replaces the labels and moves the revision on", async () => {
      const { ledger, reader } = on.at
      const { secret, version } = await storeSecret(ledger)
      const next = versionRow(secret.id, { seq: 0 })
      const labels: LabelRow[] = [
        { label: "current", versionId: next.versionId },
        { label: "previous", versionId: version.versionId },
      ]
      const add = { kind: "addVersion" as const, secretId: secret.id, version: next, labels, changedAt: 99 }
      await recorded(ledger, changing(add))
      const stored = { ...next, seq: 2 }
      assert.deepEqual(plain(await reader.versionByLabel(secret.id, "current")), plain(stored))
      assert.deepEqual(plain(await reader.versionByLabel(secret.id, "previous")), plain(version))
      assert.equal(await reader.versionByLabel(secret.id, "pending"), undefined)
      assert.deepEqual(await reader.labels(secret.id), labels)
      assert.deepEqual(plain(await reader.secretById(secret.id)), plain({ ...secret, revision: 2, changedAt: 99 }))
      const { sealed: _, ...newest } = stored
      const { sealed: __, ...oldest } = version
      assert.deepEqual(plain(await reader.versions(secret.id)), plain([newest, oldest]))
    })

    test("a version id is taken once in a secret, and a pending or missing secret takes none", async () => {
      const { ledger, reader } = on.at
      const { secret, version } = await storeSecret(ledger)
      const labels: LabelRow[] = [{ label: "current", versionId: version.versionId }]
      const add = { kind: "addVersion" as const, secretId: secret.id, labels, changedAt: 99 }
      assert.equal(await conflictOf(ledger, { ...add, version }), "version_taken")
      const other = versionRow("none")
      assert.equal(await conflictOf(ledger, { ...add, secretId: "none", version: other }), "gone")
      await recorded(ledger, changing({ kind: "scheduleDeletion", secretId: secret.id, deletionAt: 9, changedAt: 8 }))
      assert.equal(await conflictOf(ledger, { ...add, version: versionRow(secret.id) }), "gone")
      assert.equal((await reader.versions(secret.id)).length, 1)
      const elsewhere = await storeSecret(ledger)
      const same = { ...version, secretId: elsewhere.secret.id }
      await recorded(ledger, changing({ ...add, secretId: elsewhere.secret.id, version: same }))
    })

    test("putLabels moves labels and revision on; not on a pending secret", async () => {
      const { ledger, reader } = on.at
      const { secret, version } = await storeSecret(ledger)
      const labels = ["blue", "current"].map((label) => ({ label, versionId: version.versionId }))
      const put = { kind: "putLabels" as const, secretId: secret.id, labels, changedAt: 99 }
      await recorded(ledger, changing(put))
      assert.deepEqual(await reader.labels(secret.id), labels)
      assert.deepEqual(plain(await reader.secretById(secret.id)), plain({ ...secret, revision: 2, changedAt: 99 }))
      await recorded(ledger, changing({ kind: "scheduleDeletion", secretId: secret.id, deletionAt: 9, changedAt: 8 }))
      assert.equal(await conflictOf(ledger, put), "gone")
      assert.equal(await conflictOf(ledger, { ...put, secretId: "none" }), "gone")
    })

    test("pruneVersions removes only what is unlabelled, old and beyond the newest 100; numbers are never reused", async () => {
      const { ledger, reader } = on.at
      const { secret, version: first } = await storeSecret(ledger)
      const added = Array.from({ length: 104 }, (_, at) => versionRow(secret.id, { createdAt: at === 3 ? 1000 : 10 }))
      const labels = [added[2], added.at(-1)].map((one, at) => ({
        label: at === 0 ? "blue" : "current",
        versionId: (one ?? first).versionId,
      }))
      const add = { kind: "addVersion" as const, secretId: secret.id, labels, changedAt: 99 }
      await ledger.recordAll(added.map((version) => changing({ ...add, version })))
      const prune = { kind: "pruneVersions" as const, secretId: secret.id }
      await recorded(ledger, changing({ ...prune, olderThan: 10 }))
      assert.equal((await reader.versions(secret.id)).length, 105)
      await recorded(ledger, changing({ ...prune, olderThan: 11 }))
      const left = await reader.versions(secret.id)
      // Of 1 to 5 (beyond the newest 100): 1 is too new, 2 and 3 go, 4 is labelled, 5 is too new.
      assert.deepEqual(
        left.map(({ seq }) => seq).filter((seq) => seq <= 6),
        [6, 5, 4, 1],
      )
      const next = versionRow(secret.id)
      await recorded(ledger, changing({ ...add, version: next }))
      assert.equal((await reader.version(secret.id, next.versionId))?.seq, 106)
    })
  })
}
