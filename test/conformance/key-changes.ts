import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { BIRTH, type EngineFactory } from "./engine.ts"
import { changing, conflictOf, freshName, keyRow, plain, recorded, secretRow, storeSecret, versionRow } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

const { rootKeyCheck } = BIRTH

export function keyChanges(factory: EngineFactory): void {
  describe("keys", () => {
    const on = sharedEngine(factory)

    test("keys are added, re-wrapped and listed oldest first", async () => {
      const { ledger, reader } = on.at
      assert.deepEqual(plain(await reader.keys()), plain(BIRTH.keys))
      const added = keyRow("kek-2", { createdAt: 30, state: "retiring" })
      await recorded(ledger, changing({ kind: "addKey", row: added }))
      const retiring = { ...BIRTH.keys[0], state: "retiring" as const, wrapped: Buffer.from("again") }
      const fresh = keyRow("kek-3", { createdAt: 40 })
      await recorded(ledger, changing({ kind: "putKeys", rows: [retiring, fresh], rootKeyCheck }))
      assert.deepEqual(plain(await reader.keys()), plain([retiring, BIRTH.keys[1], added, fresh]))
    })

    test("a second active key of a purpose is refused whole: the other one came meanwhile", async () => {
      const { ledger, reader } = on.at
      const before = await reader.keys()
      const rows = [{ ...BIRTH.keys[0], state: "retiring" as const }, keyRow("kek-4")]
      assert.equal(await conflictOf(ledger, { kind: "putKeys", rows, rootKeyCheck }), "key_moved")
      assert.deepEqual(plain(await reader.keys()), plain(before))
    })

    test("nothing is sealed under a key that is retiring, gone or for something else", async () => {
      const { ledger, reader } = on.at
      const { secret } = await storeSecret(ledger, { keyId: "kek-3" })
      for (const keyId of ["kek-1", "kek-2", "kek-none", "log-1"]) {
        const version = versionRow(secret.id, { keyId })
        const put = { kind: "addVersion" as const, secretId: secret.id, version, labels: [], changedAt: 5 }
        assert.equal(await conflictOf(ledger, put), "key_moved")
        const next = secretRow(freshName())
        const add = { kind: "addSecret" as const, secret: next, version: { ...version, secretId: next.id } }
        assert.equal(await conflictOf(ledger, add), "key_moved")
        const [stored] = await reader.versionsUnderKey("kek-3", 1)
        const { versionId } = stored ?? version
        const again = { secretId: secret.id, versionId, fromKeyId: "kek-3", keyId, sealed: Buffer.from("again") }
        assert.equal(await conflictOf(ledger, { kind: "rewrapVersions", versions: [again] }), "key_moved")
      }
      assert.equal(await reader.countVersionsUnderKey("kek-3"), 1)
      const back = [keyRow("kek-3", { createdAt: 40, state: "retiring" }), BIRTH.keys[0]]
      await recorded(ledger, changing({ kind: "putKeys", rows: back, rootKeyCheck }))
    })

    test("another root key takes over all keys at once, and only from the one it was meant to follow", async () => {
      const { ledger, reader } = on.at
      const before = await reader.keys()
      const to = Buffer.alloc(32, 8)
      const rows = before.map((row) => ({ ...row, wrapped: Buffer.from(`other ${row.id}`) }))
      const put = { kind: "putRootKey" as const, rows, from: rootKeyCheck, to }
      assert.equal(await conflictOf(ledger, { ...put, from: to }), "root_key_moved")
      assert.equal(await conflictOf(ledger, { ...put, rows: rows.slice(1) }), "root_key_moved")
      const renamed = [...rows.slice(1), keyRow("kek-unknown")]
      assert.equal(await conflictOf(ledger, { ...put, rows: renamed }), "root_key_moved")
      assert.deepEqual(plain(await reader.keys()), plain(before))
      assert.deepEqual(plain(await reader.rootKeyCheck()), plain(rootKeyCheck))
      await recorded(ledger, changing(put))
      assert.deepEqual(plain(await reader.keys()), plain(rows))
      assert.deepEqual(plain(await reader.rootKeyCheck()), plain(to))
      const late = { kind: "putKeys" as const, rows: [keyRow("kek-late")], rootKeyCheck }
      assert.equal(await conflictOf(ledger, late), "root_key_moved")
      await recorded(ledger, changing({ kind: "putRootKey", rows: before, from: to, to: rootKeyCheck }))
    })

    test("only a retiring key that seals nothing is retired", async () => {
      const { ledger, reader } = on.at
      const key = keyRow("kek-old")
      const secret = secretRow(freshName())
      const version = versionRow(secret.id, { keyId: key.id })
      await recorded(ledger, changing({ kind: "addKey", row: key }, { kind: "addSecret", secret, version }))
      const retire = { kind: "retireKey" as const, id: key.id }
      assert.equal(await conflictOf(ledger, retire), "key_in_use")
      await recorded(ledger, changing({ kind: "purgeSecret", secretId: secret.id, dueBefore: null }))
      assert.equal(await conflictOf(ledger, retire), "gone")
      await recorded(ledger, changing({ kind: "putKeys", rows: [{ ...key, state: "retiring" }], rootKeyCheck }))
      await recorded(ledger, changing(retire))
      assert.equal(await conflictOf(ledger, retire), "gone")
      assert.ok((await reader.keys()).every(({ id }) => id !== key.id))
    })

    test("rewrapVersions moves versions to another key and skips what changed or went meanwhile", async () => {
      const { ledger, reader } = on.at
      await recorded(ledger, changing({ kind: "addKey", row: keyRow("kek-new") }))
      const [one, two] = [await storeSecret(ledger), await storeSecret(ledger)]
      const to = { fromKeyId: "kek-1", keyId: "kek-new", sealed: Buffer.from("sealed again") }
      const of = ({ version }: typeof one): { secretId: string; versionId: typeof version.versionId } => ({
        secretId: version.secretId,
        versionId: version.versionId,
      })
      const versions = [
        { ...of(one), ...to },
        { ...of(two), ...to, fromKeyId: "kek-9" },
        { ...to, secretId: "gone", versionId: one.version.versionId },
      ]
      await recorded(ledger, changing({ kind: "rewrapVersions", versions }))
      const moved = { ...one.version, keyId: "kek-new", sealed: to.sealed }
      assert.deepEqual(plain(await reader.version(one.secret.id, one.version.versionId)), plain(moved))
      assert.deepEqual(plain(await reader.version(two.secret.id, two.version.versionId)), plain(two.version))
      assert.deepEqual(plain(await reader.versionsUnderKey("kek-new", 10)), plain([moved]))
      assert.equal(await reader.countVersionsUnderKey("kek-new"), 1)
      assert.equal(await reader.countVersionsUnderKey("kek-none"), 0)
      assert.equal((await reader.versionsUnderKey("kek-1", 1)).length, 1)
    })
  })
}
