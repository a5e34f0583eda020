import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { SecretName } from "../../src/core/name.ts"
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
      const { secret } = await storeSecret(ledger)
      const touch = { kind: "touchSecret" as const, secretId: secret.id, day: "2026-11-24" }
      await recorded(ledger, changing(touch))
      assert.deepEqual(plain(await reader.secretById(secret.id)), plain({ ...secret, lastAccessed: "2026-11-24" }))
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
