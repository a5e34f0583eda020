import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { CredentialRow, IamBindingRow, PrincipalRow } from "../../src/state/rows.ts"
import type { EngineFactory } from "./engine.ts"
import {
  changing,
  conflictOf,
  credentialRow,
  iamBindingRow,
  plain,
  principalRow,
  recorded,
  workloadIssuerRow,
} from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

export function peopleChanges(factory: EngineFactory): void {
  describe("people and programs", () => {
    const on = sharedEngine(factory)

    test("addPrincipal keeps every field; a name of either kind is taken once", async () => {
      const { ledger, reader } = on.at
      const person = principalRow({ name: "zoë", roles: [] })
      const program = principalRow({
        kind: "program",
        passwordHash: null,
        ownerId: person.id,
        mustChangePassword: false,
      })
      for (const row of [person, program]) {
        await recorded(ledger, changing({ kind: "addPrincipal", row }))
        assert.deepEqual(plain(await reader.principalById(row.id)), plain(row))
        assert.deepEqual(plain(await reader.principalByName(row.name)), plain(row))
      }
      const namesake = principalRow({ kind: "program", name: person.name })
      assert.equal(await conflictOf(ledger, { kind: "addPrincipal", row: namesake }), "user_taken")
      assert.equal(await reader.principalById(namesake.id), undefined)
    })

    test("putPrincipal replaces only over the expected epoch", async () => {
      const { ledger, reader } = on.at
      const row = principalRow()
      await recorded(ledger, changing({ kind: "addPrincipal", row }))
      const next = {
        ...row,
        roles: ["auditor"],
        disabled: true,
        epoch: 2,
        passwordHash: "$other",
        mac: Buffer.alloc(32, 1),
      }
      const put = {
        kind: "putPrincipal" as const,
        row: {
          ...next,
          mustChangePassword: false,
          factorEpoch: 4,
          hasFactor: true,
          mustEnrol: false,
          breakGlass: false,
          email: null,
          changedBy: [],
          ownerId: "boss",
        },
      }
      for (const expectedEpoch of [0, 2]) assert.equal(await conflictOf(ledger, { ...put, expectedEpoch }), "gone")
      assert.deepEqual(plain(await reader.principalById(row.id)), plain(row))
      await recorded(ledger, changing({ ...put, expectedEpoch: 1 }))
      assert.deepEqual(plain(await reader.principalById(row.id)), plain(put.row))
      assert.equal(await conflictOf(ledger, { ...put, expectedEpoch: 1 }), "gone")
      const stranger = { ...put, row: principalRow(), expectedEpoch: 1 }
      assert.equal(await conflictOf(ledger, stranger), "gone")
    })

    test("credentials are added, found by hash, removed by their owner's id only", async () => {
      const { ledger, reader } = on.at
      const owner = principalRow()
      const token = credentialRow(owner.id, { kind: "token", assurance: "token", label: "deploys", createdAt: 5 })
      const session = credentialRow(owner.id, { assurance: "half", createdAt: 6 })
      await recorded(
        ledger,
        changing(
          { kind: "addPrincipal", row: owner },
          { kind: "addCredential", row: session, ownerEpoch: owner.epoch },
          { kind: "addCredential", row: token, ownerEpoch: owner.epoch },
        ),
      )
      assert.deepEqual(plain(await reader.credentialByHash(token.tokenHash)), plain(token))
      assert.equal(await reader.credentialByHash(Buffer.alloc(32)), undefined)
      assert.deepEqual(plain(await reader.credentialsOf(owner.id)), plain([token, session]))
      const remove = { kind: "removeCredential" as const, id: token.id, principalId: owner.id }
      assert.equal(await conflictOf(ledger, { ...remove, principalId: "another" }), "gone")
      await recorded(ledger, changing(remove))
      assert.equal(await conflictOf(ledger, remove), "gone")
      assert.deepEqual(plain(await reader.credentialsOf(owner.id)), plain([session]))
    })

    test("a credential is added at its owner's epoch only", async () => {
      const { ledger, reader } = on.at
      const owner = principalRow({ epoch: 4 })
      await recorded(ledger, changing({ kind: "addPrincipal", row: owner }))
      const add = { kind: "addCredential" as const, row: credentialRow(owner.id) }
      for (const ownerEpoch of [3, 5]) assert.equal(await conflictOf(ledger, { ...add, ownerEpoch }), "gone")
      assert.equal(await conflictOf(ledger, { ...add, row: credentialRow("nobody"), ownerEpoch: 4 }), "gone")
      await recorded(ledger, changing({ ...add, ownerEpoch: 4 }))
      assert.equal((await reader.credentialsOf(owner.id)).length, 1)
    })

    test("signCredentials takes all of one principal's, no fewer and no others", async () => {
      const { ledger, reader } = on.at
      const owner = principalRow()
      const [one, two] = [1, 2].map((at) => credentialRow(owner.id, { createdAt: at })) as [
        CredentialRow,
        CredentialRow,
      ]
      const add = [one, two].map((row) => ({ kind: "addCredential" as const, row, ownerEpoch: owner.epoch }))
      await recorded(ledger, changing({ kind: "addPrincipal", row: owner }, ...add))
      const mac = Buffer.alloc(32, 9)
      const sign = { kind: "signCredentials" as const, principalId: owner.id }
      const refused = [[], [one.id], [one.id, "another"], [one.id, two.id, "another"]]
      for (const ids of refused)
        assert.equal(await conflictOf(ledger, { ...sign, signed: ids.map((id) => ({ id, mac })) }), "gone")
      assert.deepEqual(plain(await reader.credentialsOf(owner.id)), plain([one, two]))
      await recorded(ledger, changing({ ...sign, signed: [one.id, two.id].map((id) => ({ id, mac })) }))
      assert.deepEqual(plain(await reader.credentialsOf(owner.id)), plain([one, two].map((row) => ({ ...row, mac }))))
    })

    test("removeCredentialsOf removes all of one principal's but the one named", async () => {
      const { ledger, reader } = on.at
      const [owner, other] = [principalRow(), principalRow()] as const
      const [first, second, third] = [1, 2, 3].map((at) => credentialRow(owner.id, { createdAt: at }))
      const foreign = credentialRow(other.id)
      const rows = [first, second, third, foreign].map((row) => ({
        kind: "addCredential" as const,
        row: row as typeof foreign,
        ownerEpoch: owner.epoch,
      }))
      await recorded(
        ledger,
        changing({ kind: "addPrincipal", row: owner }, { kind: "addPrincipal", row: other }, ...rows),
      )
      const remove = { kind: "removeCredentialsOf" as const, principalId: owner.id }
      await recorded(ledger, changing({ ...remove, exceptId: second?.id ?? "" }))
      assert.deepEqual(plain(await reader.credentialsOf(owner.id)), plain([second]))
      await recorded(ledger, changing({ ...remove, exceptId: null }))
      await recorded(ledger, changing({ ...remove, exceptId: null }))
      assert.deepEqual(await reader.credentialsOf(owner.id), [])
      assert.equal((await reader.credentialsOf(other.id)).length, 1)
    })

    test("a program keeps its standing reason and a token its scope, order and all", async () => {
      const { ledger, reader } = on.at
      const row = principalRow({ kind: "program", passwordHash: null, standingReason: "Renders ∑ invoices \n nightly" })
      const scope = { secrets: ["b/*", "a"], verbs: ["reveal", "list"] } as const
      const token = credentialRow(row.id, { kind: "token", scope })
      await recorded(
        ledger,
        changing({ kind: "addPrincipal", row }, { kind: "addCredential", row: token, ownerEpoch: row.epoch }),
      )
      assert.deepEqual(plain(await reader.principalById(row.id)), plain(row))
      assert.deepEqual(plain(await reader.credentialByHash(token.tokenHash)), plain(token))
      const next = { ...row, epoch: 2, standingReason: null }
      await recorded(ledger, changing({ kind: "putPrincipal", row: next, expectedEpoch: 1 }))
      assert.equal((await reader.principalById(row.id))?.standingReason, null)
    })

    test("an access key keeps its sealed half and its reason, whatever bytes they are", async () => {
      const { ledger, reader } = on.at
      const owner = principalRow()
      const id = "TYAKABCDEFGHIJKLMNOP"
      const sealedKey = Buffer.from([0, 255, 0, 39, 92, 10])
      const more = {
        id,
        kind: "access_key",
        assurance: "token",
        sealedKey,
        standingReason: "Imports ∑ \n nightly",
      } as const
      const key = credentialRow(owner.id, more)
      await recorded(
        ledger,
        changing({ kind: "addPrincipal", row: owner }, { kind: "addCredential", row: key, ownerEpoch: owner.epoch }),
      )
      assert.deepEqual(plain(await reader.credentialByHash(key.tokenHash)), plain(key))
      assert.deepEqual(plain(await reader.credentialsOf(owner.id)), plain([key]))
    })

    test("addCredential counts the live ones of its kind where there is a bound", async () => {
      const { ledger, reader } = on.at
      const owner = principalRow()
      await recorded(ledger, changing({ kind: "addPrincipal", row: owner }))
      const now = 1_000_000
      const add = (over: object) => ({
        kind: "addCredential" as const,
        row: credentialRow(owner.id, { kind: "token", expiresAt: now + 1, ...over }),
        ownerEpoch: owner.epoch,
        room: { most: 2, now },
      })
      await recorded(ledger, changing(add({ expiresAt: now })))
      await recorded(ledger, changing(add({ kind: "session" })))
      await recorded(ledger, changing(add({})))
      await recorded(ledger, changing(add({})))
      assert.equal(await conflictOf(ledger, add({})), "credentials_full")
      await recorded(ledger, changing({ ...add({}), room: { most: 3, now } }))
      assert.equal((await reader.credentialsOf(owner.id)).length, 5)
    })

    test("requireOwner wants an enabled person who owns fewer than that", async () => {
      const { ledger } = on.at
      const owner = principalRow()
      const disabled = principalRow({ disabled: true })
      const program = principalRow({ kind: "program", passwordHash: null, ownerId: owner.id })
      const made = principalRow({ ownerId: owner.id })
      for (const row of [owner, disabled, program, made])
        await recorded(ledger, changing({ kind: "addPrincipal", row }))
      const require = (ownerId: string, fewerThan: number) => ({ kind: "requireOwner" as const, ownerId, fewerThan })
      for (const id of ["nobody", disabled.id, program.id])
        assert.equal(await conflictOf(ledger, require(id, 100)), "gone")
      assert.equal(await conflictOf(ledger, require(owner.id, 1)), "owner_full")
      await recorded(ledger, changing(require(owner.id, 2)))
    })

    test("endOwned moves all of an owner's programs on and takes their credentials; no fewer and no others", async () => {
      const { ledger, reader } = on.at
      const owner = principalRow()
      const [one, two] = [1, 2].map((at) =>
        principalRow({ kind: "program", passwordHash: null, ownerId: owner.id, name: `${owner.id}-${at}` }),
      ) as [PrincipalRow, PrincipalRow]
      const other = principalRow({ kind: "program", passwordHash: null, ownerId: "another" })
      const person = principalRow({ ownerId: owner.id })
      for (const row of [owner, one, two, other, person]) {
        await recorded(ledger, changing({ kind: "addPrincipal", row }))
        await recorded(ledger, changing({ kind: "addCredential", row: credentialRow(row.id), ownerEpoch: row.epoch }))
      }
      assert.deepEqual(plain(await reader.programsOf(owner.id)), plain([one, two]))
      const next = (row: PrincipalRow): PrincipalRow => ({ ...row, epoch: row.epoch + 1, mac: Buffer.alloc(32, 7) })
      const end = (programs: readonly PrincipalRow[]) => ({ kind: "endOwned" as const, ownerId: owner.id, programs })
      const refused = [[], [next(one)], [next(one), next(other)], [next(one), next(next(two))]]
      for (const programs of refused) assert.equal(await conflictOf(ledger, end(programs)), "gone")
      assert.deepEqual(plain(await reader.programsOf(owner.id)), plain([one, two]))
      await recorded(ledger, changing(end([next(one), next(two)])))
      assert.deepEqual(plain(await reader.programsOf(owner.id)), plain([next(one), next(two)]))
      const left = await Promise.all([owner, one, two, other, person].map(({ id }) => reader.credentialsOf(id)))
      assert.deepEqual(
        left.map(({ length }) => length),
        [1, 0, 0, 1, 1],
      )
      await recorded(ledger, changing({ ...end([]), ownerId: "owns nothing" }))
    })

    test("a workload issuer is put over the revision before its own, removed and required at its own", async () => {
      const { ledger, reader } = on.at
      const row = workloadIssuerRow()
      const put = (over: object = {}) => ({ kind: "putWorkloadIssuer" as const, row: { ...row, ...over } })
      await recorded(ledger, changing(put()))
      assert.deepEqual(plain(await reader.workloadIssuerById(row.id)), plain(row))
      assert.deepEqual(plain(await reader.workloadIssuer(row.issuer)), plain(row))
      assert.equal(await reader.workloadIssuer(`${row.issuer}/`), undefined)
      assert.equal(await conflictOf(ledger, put({ id: "another" })), "issuer_taken")
      assert.equal(await conflictOf(ledger, put({ revision: 3 })), "gone")
      const next = { ...row, issuer: `${row.issuer}/2`, jwksUri: null, jwks: "{}", allowPrivate: false, bindings: [] }
      const changed = { ...next, createdAt: 7, updatedAt: 8, revision: 2, mac: Buffer.alloc(32, 3) }
      await recorded(ledger, changing(put(changed)))
      assert.deepEqual(plain(await reader.workloadIssuers()), plain([changed]))
      assert.equal(await conflictOf(ledger, put(changed)), "gone")
      const at = (kind: "requireWorkloadIssuer" | "removeWorkloadIssuer", revision: number) => ({
        kind,
        id: row.id,
        revision,
      })
      for (const kind of ["requireWorkloadIssuer", "removeWorkloadIssuer"] as const) {
        for (const revision of [1, 3]) assert.equal(await conflictOf(ledger, at(kind, revision)), "gone")
        await recorded(ledger, changing(at(kind, 2)))
      }
      assert.equal(await conflictOf(ledger, at("requireWorkloadIssuer", 2)), "gone")
      assert.deepEqual(await reader.workloadIssuers(), [])
    })

    test("an IAM binding is there once for an ARN and while there is room, and is removed and required by its id", async () => {
      const { ledger, reader } = on.at
      const add = (row: IamBindingRow, most = 2) => ({ kind: "addIamBinding" as const, row, most })
      const [one, two] = [iamBindingRow({ arn: "arn:b" }), iamBindingRow({ arn: "arn:a" })]
      await recorded(ledger, changing(add(one)))
      assert.equal(await conflictOf(ledger, add(iamBindingRow({ arn: one.arn }))), "iam_bound")
      assert.equal(await conflictOf(ledger, add(two, 1)), "iam_full")
      await recorded(ledger, changing(add(two)))
      assert.deepEqual(plain(await reader.iamBindings()), plain([two, one]))
      assert.deepEqual(plain(await reader.iamBinding(one.arn)), plain(one))
      assert.equal(await reader.iamBinding("ARN:B"), undefined)
      await recorded(ledger, changing({ kind: "requireIamBinding", id: one.id }))
      await recorded(ledger, changing({ kind: "removeIamBinding", id: one.id }))
      for (const kind of ["requireIamBinding", "removeIamBinding"] as const)
        assert.equal(await conflictOf(ledger, { kind, id: one.id }), "gone")
      await recorded(ledger, changing({ kind: "removeIamBinding", id: two.id }))
      assert.deepEqual(await reader.iamBindings(), [])
    })

    test("closeSetup works once", async () => {
      const { ledger, reader } = on.at
      assert.equal(await reader.setupClosed(), false)
      const row = principalRow()
      await recorded(ledger, changing({ kind: "closeSetup" }, { kind: "addPrincipal", row }))
      assert.equal(await reader.setupClosed(), true)
      const late = principalRow()
      const again = [{ kind: "addPrincipal" as const, row: late }, { kind: "closeSetup" as const }]
      assert.equal(await conflictOf(ledger, ...again), "setup_closed")
      assert.equal(await reader.principalById(late.id), undefined)
    })

    test("a conflict in the last change undoes the first ones, and leaves no entry", async () => {
      const { ledger, reader } = on.at
      const { size } = await reader.head()
      const row = principalRow()
      const gone = { kind: "removeCredential" as const, id: "none", principalId: row.id }
      const outcomes = await ledger.recordAll([
        changing(
          { kind: "addPrincipal", row },
          { kind: "addCredential", row: credentialRow(row.id), ownerEpoch: row.epoch },
          gone,
        ),
        changing({ kind: "addPrincipal", row: { ...row, roles: ["hr"] } }),
      ])
      assert.deepEqual(
        outcomes.map((one) => ("moved" in one ? one.moved : one.index)),
        [{ kind: "conflict", conflict: "gone" }, size],
      )
      assert.equal((await reader.head()).size, size + 1)
      assert.deepEqual((await reader.principalById(row.id))?.roles, ["hr"])
      assert.deepEqual(await reader.credentialsOf(row.id), [])
    })
  })
}
