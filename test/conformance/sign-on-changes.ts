import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import type { EngineFactory } from "./engine.ts"
import {
  changing,
  conflictOf,
  externalIdentityRow,
  identityProviderRow,
  keyRow,
  plain,
  principalRow,
  recorded,
} from "./rows.ts"
import { BIRTH } from "./engine.ts"
import { sharedEngine } from "./shared-engine.ts"

const MANY = 1000

export function signOnChanges(factory: EngineFactory): void {
  describe("identity providers", () => {
    const on = sharedEngine(factory)
    const add = (row = identityProviderRow(), limit = MANY) => ({ kind: "addIdentityProvider" as const, row, limit })

    test("addIdentityProvider keeps every field; id and issuer are taken once", async () => {
      const { ledger, reader } = on.at
      const whole = identityProviderRow({ id: "b-whole" })
      const bare = identityProviderRow({ id: "a-bare", clientSecret: null, roleRules: [], mfaAcr: [], mfaAmr: [] })
      for (const row of [whole, bare]) {
        await recorded(ledger, changing(add(row)))
        assert.deepEqual(plain(await reader.identityProvider(row.id)), plain(row))
      }
      assert.deepEqual(plain(await reader.identityProviders()), plain([bare, whole]))
      assert.equal(await reader.identityProvider("none"), undefined)
      for (const taken of [{ id: whole.id }, { issuer: whole.issuer }])
        assert.equal(await conflictOf(ledger, add(identityProviderRow(taken))), "provider_taken")
    })

    test("no more providers than the limit", async () => {
      const { ledger, reader } = on.at
      const { length } = await reader.identityProviders()
      for (const limit of [length - 1, length])
        assert.equal(await conflictOf(ledger, add(identityProviderRow(), limit)), "too_many")
      await recorded(ledger, changing(add(identityProviderRow(), length + 1)))
    })

    test("putIdentityProvider replaces only over the expected revision", async () => {
      const { ledger, reader } = on.at
      const row = identityProviderRow()
      await recorded(ledger, changing(add(row)))
      const next = { ...identityProviderRow({ id: row.id, createdAt: row.createdAt }), enabled: false, revision: 2 }
      const put = { kind: "putIdentityProvider" as const, row: next }
      for (const expectedRevision of [0, 2])
        assert.equal(await conflictOf(ledger, { ...put, expectedRevision }), "gone")
      const other = identityProviderRow()
      await recorded(ledger, changing(add(other)))
      const stolen = { ...put, row: { ...next, issuer: other.issuer }, expectedRevision: 1 }
      assert.equal(await conflictOf(ledger, stolen), "provider_taken")
      assert.deepEqual(plain(await reader.identityProvider(row.id)), plain(row))
      await recorded(ledger, changing({ ...put, expectedRevision: 1 }))
      assert.deepEqual(plain(await reader.identityProvider(row.id)), plain(next))
      assert.equal(await conflictOf(ledger, { ...put, row: identityProviderRow(), expectedRevision: 1 }), "gone")
      const open = { ...next, clientSecret: null, revision: 3 }
      await recorded(ledger, changing({ ...put, row: open, expectedRevision: 2 }))
      assert.deepEqual(plain(await reader.identityProvider(row.id)), plain(open))
    })

    test("a client secret that did not change stays as it is sealed now", async () => {
      const { ledger, reader } = on.at
      const row = identityProviderRow()
      await recorded(ledger, changing(add(row)))
      const { clientSecret } = row
      assert.ok(clientSecret)
      const stale = { ...clientSecret, keyId: "kek-gone", sealed: Buffer.from("as it was before a rotation") }
      const next = { ...row, label: "Other", revision: 2, clientSecret: stale }
      await recorded(ledger, changing({ kind: "putIdentityProvider", row: next, expectedRevision: 1 }))
      assert.deepEqual(plain(await reader.identityProvider(row.id)), plain({ ...next, clientSecret }))
    })

    test("removeIdentityProvider removes the revision it was meant for", async () => {
      const { ledger, reader } = on.at
      const row = identityProviderRow()
      await recorded(ledger, changing(add(row)))
      const remove = { kind: "removeIdentityProvider" as const, id: row.id }
      assert.equal(await conflictOf(ledger, { ...remove, expectedRevision: 2 }), "gone")
      await recorded(ledger, changing({ ...remove, expectedRevision: 1 }))
      assert.equal(await conflictOf(ledger, { ...remove, expectedRevision: 1 }), "gone")
      assert.equal(await reader.identityProvider(row.id), undefined)
    })

    test("client secrets are re-wrapped, and hold their key until they are", async () => {
      const { ledger, reader } = on.at
      const { rootKeyCheck } = BIRTH
      const [old, next] = [keyRow(`kek-${randomUUID()}`), keyRow(`kek-${randomUUID()}`)]
      const [born] = BIRTH.keys
      assert.ok(born)
      const rotate = (from: typeof old, to: typeof old) =>
        changing({ kind: "putKeys", rows: [{ ...from, state: "retiring" }, to], rootKeyCheck })
      await recorded(ledger, rotate(born, old))
      const clientSecret = { version: randomUUID(), keyId: old.id, sealed: Buffer.from("under the old key") }
      const row = identityProviderRow({ clientSecret })
      await recorded(ledger, changing(add(row)))
      await recorded(ledger, rotate(old, next))
      assert.equal(await conflictOf(ledger, { kind: "retireKey", id: old.id }), "key_in_use")
      assert.equal(await conflictOf(ledger, add(identityProviderRow({ clientSecret }))), "key_moved")
      const moved = { ...row, revision: 2, clientSecret: { ...clientSecret, version: randomUUID() } }
      const put = { kind: "putIdentityProvider" as const, row: moved, expectedRevision: 1 }
      assert.equal(await conflictOf(ledger, put), "key_moved")
      const sealed = Buffer.from("under the new key")
      const again = { providerId: row.id, version: clientSecret.version, fromKeyId: old.id, keyId: next.id, sealed }
      const wrong = { ...again, keyId: old.id }
      assert.equal(await conflictOf(ledger, { kind: "rewrapClientSecrets", secrets: [wrong] }), "key_moved")
      for (const passedOver of [{ version: "other" }, { fromKeyId: "other" }, { providerId: "other" }]) {
        const secrets = [{ ...again, ...passedOver }]
        await recorded(ledger, changing({ kind: "rewrapClientSecrets", secrets }))
        assert.deepEqual(plain(await reader.identityProvider(row.id)), plain(row))
      }
      await recorded(ledger, changing({ kind: "rewrapClientSecrets", secrets: [again] }))
      const { version } = clientSecret
      const expected = { ...row, clientSecret: { version, keyId: next.id, sealed } }
      assert.deepEqual(plain(await reader.identityProvider(row.id)), plain(expected))
      await recorded(ledger, changing({ kind: "retireKey", id: old.id }))
    })
  })

  describe("external identities", () => {
    const on = sharedEngine(factory)
    const add = (row: ReturnType<typeof externalIdentityRow>, limit = MANY) => ({
      kind: "addExternalIdentity" as const,
      row,
      limit,
    })

    test("a pair of issuer and subject is one person's, and found by both only", async () => {
      const { ledger, reader } = on.at
      const [person, other] = [principalRow(), principalRow()]
      const first = externalIdentityRow(person.id, { subject: "Zoë|1" })
      // The identity may stand before the person: both come or neither does.
      await recorded(ledger, changing(add(first), { kind: "addPrincipal", row: person }))
      assert.deepEqual(plain(await reader.externalIdentity(first.issuer, first.subject)), plain(first))
      await recorded(ledger, changing({ kind: "addPrincipal", row: other }))
      for (const subject of ["zoë|1", "Zoë|1 ", "Zoë|", ""])
        assert.equal(await reader.externalIdentity(first.issuer, subject), undefined)
      assert.equal(await reader.externalIdentity(`${first.issuer}/`, first.subject), undefined)
      const same = { issuer: first.issuer, subject: first.subject }
      assert.equal(await conflictOf(ledger, add(externalIdentityRow(other.id, same))), "identity_taken")
      await recorded(ledger, changing(add(externalIdentityRow(other.id, { ...same, issuer: "https://b.example" }))))
      const later = externalIdentityRow(person.id, { createdAt: first.createdAt + 1 })
      await recorded(ledger, changing(add(later)))
      assert.deepEqual(plain(await reader.externalIdentitiesOf(person.id)), plain([first, later]))
    })

    test("no more of one person than the limit", async () => {
      const { ledger } = on.at
      const person = principalRow()
      await recorded(ledger, changing({ kind: "addPrincipal", row: person }, add(externalIdentityRow(person.id), 1)))
      for (const limit of [0, 1])
        assert.equal(await conflictOf(ledger, add(externalIdentityRow(person.id), limit)), "too_many")
      await recorded(ledger, changing(add(externalIdentityRow(person.id), 2)))
    })

    test("an identity of a person who is taken already is left out with the person", async () => {
      const { ledger, reader } = on.at
      const person = principalRow()
      await recorded(ledger, changing({ kind: "addPrincipal", row: person }))
      const namesake = principalRow({ name: person.name })
      const row = externalIdentityRow(namesake.id)
      assert.equal(await conflictOf(ledger, add(row), { kind: "addPrincipal", row: namesake }), "user_taken")
      assert.equal(await reader.externalIdentity(row.issuer, row.subject), undefined)
    })

    test("removeExternalIdentity takes its owner's id only", async () => {
      const { ledger, reader } = on.at
      const person = principalRow()
      const row = externalIdentityRow(person.id)
      await recorded(ledger, changing({ kind: "addPrincipal", row: person }, add(row)))
      const remove = { kind: "removeExternalIdentity" as const, id: row.id, principalId: person.id }
      assert.equal(await conflictOf(ledger, { ...remove, principalId: "another" }), "gone")
      await recorded(ledger, changing(remove))
      assert.equal(await conflictOf(ledger, remove), "gone")
      assert.deepEqual(await reader.externalIdentitiesOf(person.id), [])
    })
  })
}
