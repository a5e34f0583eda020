import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { SecretName } from "../../src/core/name.ts"
import type { SecretRow } from "../../src/state/rows.ts"
import type { EngineFactory } from "./engine.ts"
import { changing, conflictOf, freshName, plain, recorded, secretRow, storeSecret, versionRow } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

export function secretChanges(factory: EngineFactory): void {
  describe("secrets", () => {
    const on = sharedEngine(factory)

    test("addSecret keeps every field, its first version and the label current", async () => {
      const { ledger, reader } = on.at
      const secret = secretRow(freshName(), {
        description: "quotes \"' and ümlaut \u{1f511}",
        tags: [
          { Key: "a,b", Value: "{}" },
          { Key: "NULL", Value: "" },
        ],
        lastAccessed: "2026-11-23",
        revision: 7,
      })
      const version = versionRow(secret.id)
      await recorded(ledger, changing({ kind: "addSecret", secret, version }))
      assert.deepEqual(plain(await reader.secretById(secret.id)), plain(secret))
      assert.deepEqual(plain(await reader.secretByName(secret.name)), plain(secret))
      assert.deepEqual(plain(await reader.version(secret.id, version.versionId)), plain(version))
      assert.deepEqual(plain(await reader.versionByLabel(secret.id, "current")), plain(version))
      assert.deepEqual(await reader.labels(secret.id), [{ label: "current", versionId: version.versionId }])
    })

    test("a secret may be empty and never tagged; its first version is number 1", async () => {
      const { ledger, reader } = on.at
      const secret = secretRow(freshName(), { tags: null })
      await recorded(ledger, changing({ kind: "addSecret", secret, version: null }))
      assert.deepEqual(plain(await reader.secretById(secret.id)), plain(secret))
      assert.deepEqual(await reader.labels(secret.id), [])
      const version = versionRow(secret.id)
      const labels = [{ label: "current", versionId: version.versionId }]
      await recorded(ledger, changing({ kind: "addVersion", secretId: secret.id, version, labels, changedAt: 7 }))
      assert.deepEqual(
        (await reader.versions(secret.id)).map(({ seq }) => seq),
        [1],
      )
      const describe = { kind: "describeSecret" as const, secretId: secret.id, description: null, changedAt: 8 }
      await recorded(ledger, changing({ ...describe, tags: [] }))
      assert.deepEqual((await reader.secretById(secret.id))?.tags, [])
    })

    test("sorted pages walk every order both ways, pending secrets only when asked for", async () => {
      const { ledger, reader } = on.at
      const rows = [
        { createdAt: 1000, changedAt: 5000, lastAccessed: null },
        { createdAt: 1000, changedAt: 4000, lastAccessed: "2026-11-02" },
        { createdAt: 900, changedAt: 4500, lastAccessed: "2026-11-01" },
        { createdAt: 1100, changedAt: 4000, lastAccessed: null },
      ]
      const stored = []
      for (const row of rows) stored.push((await storeSecret(ledger, row)).secret)
      const [, , , last] = stored
      const secretId = last?.id ?? ""
      await recorded(ledger, changing({ kind: "scheduleDeletion", secretId, deletionAt: 9e12, changedAt: 4000 }))
      const orders = {
        created: [2, 0, 1, 3],
        changed: [1, 3, 2, 0],
        accessed: [0, 3, 2, 1],
        name: [0, 1, 2, 3],
      } as const
      const keys = { created: "createdAt", changed: "changedAt", accessed: "lastAccessed", name: "name" } as const
      for (const by of ["created", "changed", "accessed", "name"] as const)
        for (const descending of [false, true])
          for (const pending of [false, true]) {
            const seen: number[] = []
            let after: { key: string | number; name: string } | null = null
            for (;;) {
              const page: readonly SecretRow[] = await reader.sortedSecrets({
                by,
                descending,
                after,
                pending,
                limit: 2,
              })
              for (const { id } of page) seen.push(stored.findIndex((one) => one.id === id))
              const end = page.at(-1)
              if (end === undefined) break
              after = { key: end[keys[by]] ?? "", name: end.name }
            }
            const expected = orders[by].filter((at) => pending || at !== 3)
            const ours = seen.filter((at) => at !== -1)
            assert.deepEqual(ours, descending ? expected.toReversed() : expected, `${by} ${descending} ${pending}`)
          }
    })

    test("labelsOf answers for several secrets at once", async () => {
      const { ledger, reader } = on.at
      const { secret, version } = await storeSecret(ledger)
      const other = await storeSecret(ledger)
      const found = await reader.labelsOf([secret.id, "none", other.secret.id])
      const expected = [
        { label: "current", secretId: secret.id, versionId: version.versionId },
        { label: "current", secretId: other.secret.id, versionId: other.version.versionId },
      ]
      const byId = (rows: readonly { secretId: string }[]) =>
        rows.toSorted((a, b) => (a.secretId < b.secretId ? -1 : 1))
      assert.deepEqual(plain(byId(found)), plain(byId(expected)))
      assert.deepEqual(await reader.labelsOf([]), [])
    })

    test("a name is taken once, also in another case; lookup itself does not fold", async () => {
      const { ledger, reader } = on.at
      const name = "config/Taken-Name"
      const { secret } = await storeSecret(ledger, { name: name as SecretName })
      for (const other of [name, "config/taken-name", "CONFIG/TAKEN-NAME"]) {
        const next = secretRow(other)
        const add = { kind: "addSecret" as const, secret: next, version: versionRow(next.id) }
        assert.equal(await conflictOf(ledger, add), "name_taken")
        assert.equal(await reader.secretById(next.id), undefined)
      }
      assert.equal(await reader.secretByName("config/taken-name" as SecretName), undefined)
      assert.equal((await reader.secretByName(name as SecretName))?.id, secret.id)
    })

    test("describeSecret changes text and tags, not the revision; not on a pending secret", async () => {
      const { ledger, reader } = on.at
      const { secret } = await storeSecret(ledger)
      const change = { kind: "describeSecret" as const, secretId: secret.id, description: "", tags: [], changedAt: 77 }
      await recorded(ledger, changing(change))
      const next = { ...secret, description: "", tags: [], changedAt: 77 }
      assert.deepEqual(plain(await reader.secretById(secret.id)), plain(next))
      const tags = [{ Key: "team", Value: "payments" }]
      await recorded(ledger, changing({ ...change, description: null, tags }))
      await recorded(ledger, changing({ ...change, description: "a database login", tags: null }))
      const both = { ...next, description: "a database login", tags }
      assert.deepEqual(plain(await reader.secretById(secret.id)), plain(both), "null keeps what stands there")
      await recorded(ledger, changing({ kind: "scheduleDeletion", secretId: secret.id, deletionAt: 9, changedAt: 8 }))
      assert.equal(await conflictOf(ledger, change), "gone")
      assert.equal(await conflictOf(ledger, { ...change, secretId: "none" }), "gone")
    })

    test("tagSecret merges single tags over what stands there, at most 50", async () => {
      const { ledger, reader } = on.at
      const { secret } = await storeSecret(ledger, { tags: null })
      const tag = (at: number) => ({ Key: `k${at}`, Value: String(at) })
      const change = { kind: "tagSecret" as const, secretId: secret.id, set: [], removed: [], changedAt: 77 }
      await recorded(ledger, changing({ ...change, set: [tag(1), tag(2)] }))
      await recorded(ledger, changing({ ...change, set: [{ Key: "k2", Value: "other" }], removed: ["k1", "none"] }))
      const stored = await reader.secretById(secret.id)
      assert.deepEqual(plain(stored), plain({ ...secret, tags: [{ Key: "k2", Value: "other" }], changedAt: 77 }))
      const many = Array.from({ length: 50 }, (_, at) => tag(at))
      await recorded(ledger, changing({ ...change, set: many }))
      assert.equal(await conflictOf(ledger, { ...change, set: [tag(50)] }), "tags_full")
      await recorded(ledger, changing({ ...change, removed: many.map(({ Key }) => Key) }))
      assert.deepEqual((await reader.secretById(secret.id))?.tags, [])
      await recorded(ledger, changing({ kind: "scheduleDeletion", secretId: secret.id, deletionAt: 9, changedAt: 8 }))
      assert.equal(await conflictOf(ledger, change), "gone")
    })

    test("deletion is scheduled once, cancelled once, and both move the revision on", async () => {
      const { ledger, reader } = on.at
      const { secret } = await storeSecret(ledger)
      const schedule = { kind: "scheduleDeletion" as const, secretId: secret.id, deletionAt: 900, changedAt: 800 }
      const cancel = { kind: "cancelDeletion" as const, secretId: secret.id, changedAt: 850 }
      assert.equal(await conflictOf(ledger, cancel), "not_deleted")
      await recorded(ledger, changing(schedule))
      const pending = { ...secret, deletionAt: 900, changedAt: 800, revision: 2 }
      assert.deepEqual(plain(await reader.secretByName(secret.name)), plain(pending))
      assert.equal(await conflictOf(ledger, { ...schedule, deletionAt: 901 }), "pending_deletion")
      const again = secretRow(secret.name)
      const add = { kind: "addSecret" as const, secret: again, version: versionRow(again.id) }
      assert.equal(await conflictOf(ledger, add), "name_taken")
      await recorded(ledger, changing(cancel))
      const live = { ...secret, changedAt: 850, revision: 3 }
      assert.deepEqual(plain(await reader.secretById(secret.id)), plain(live))
      assert.equal(await conflictOf(ledger, cancel), "not_deleted")
    })

    test("a purge by schedule waits until it is due; forced it does not; nothing of the secret is left", async () => {
      const { ledger, reader } = on.at
      const { secret, version } = await storeSecret(ledger)
      const purge = { kind: "purgeSecret" as const, secretId: secret.id }
      assert.equal(await conflictOf(ledger, { ...purge, dueBefore: 1e12 }), "not_due")
      await recorded(
        ledger,
        changing({ kind: "scheduleDeletion", secretId: secret.id, deletionAt: 900, changedAt: 800 }),
      )
      assert.equal(await conflictOf(ledger, { ...purge, dueBefore: 899 }), "not_due")
      await recorded(ledger, changing({ ...purge, dueBefore: 900 }))
      assert.equal(await reader.secretById(secret.id), undefined)
      assert.equal(await reader.version(secret.id, version.versionId), undefined)
      assert.deepEqual(await reader.labels(secret.id), [])
      assert.equal(await conflictOf(ledger, { ...purge, dueBefore: null }), "gone")
      const reborn = secretRow(secret.name)
      await recorded(ledger, changing({ kind: "addSecret", secret: reborn, version: versionRow(reborn.id) }))
      const live = await storeSecret(ledger)
      await recorded(ledger, changing({ ...purge, secretId: live.secret.id, dueBefore: null }))
      assert.equal(await reader.secretByName(live.secret.name), undefined)
    })

    test("touchSecret notes the day and nothing else, and never stands in the way", async () => {
      const { ledger, reader } = on.at
      const { secret, version } = await storeSecret(ledger)
      const { versionId } = version
      const touch = { kind: "touchSecret" as const, secretId: secret.id, versionId, day: "2026-11-24" }
      await recorded(ledger, changing(touch))
      assert.deepEqual(plain(await reader.secretById(secret.id)), plain({ ...secret, lastAccessed: "2026-11-24" }))
      assert.equal((await reader.version(secret.id, versionId))?.lastAccessed, "2026-11-24")
      await recorded(ledger, changing({ ...touch, secretId: "none" }))
    })

    test("secrets due for purge come in the order of their dates", async () => {
      const { ledger, reader } = on.at
      const due = [30, 10, 20]
      const ids = new Map<number, string>()
      for (const deletionAt of due) {
        const { secret } = await storeSecret(ledger)
        ids.set(deletionAt, secret.id)
        await recorded(ledger, changing({ kind: "scheduleDeletion", secretId: secret.id, deletionAt, changedAt: 5 }))
      }
      const dates = async (now: number, limit: number): Promise<unknown> =>
        (await reader.secretsDueForPurge(now, limit))
          .filter(({ id }) => [...ids.values()].includes(id))
          .map(({ deletionAt }) => deletionAt)
      assert.deepEqual(await dates(29, 50), [10, 20])
      assert.deepEqual(await dates(30, 50), [10, 20, 30])
      assert.equal((await reader.secretsDueForPurge(30, 1)).length, 1)
    })
  })
}
