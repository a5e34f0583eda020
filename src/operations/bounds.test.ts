import assert from "node:assert/strict"
import { createSecretKey } from "node:crypto"
import { test } from "node:test"
import { DAY_MS } from "../core/clock.ts"
import type { SecretName } from "../core/name.ts"
import { Turn } from "../core/turn.ts"
import type { Keyring } from "../envelope/keyring.ts"
import { principalMac } from "../identity/row-mac.ts"
import { defaultPolicies } from "../policy/defaults.ts"
import { policySet } from "../policy/document.ts"
import type { EntryQuery, StateReader } from "../state/reader.ts"
import type { EntryRow, PrincipalRow } from "../state/rows.ts"
import { lookBack } from "./look-back.ts"
import { readersOf } from "./readers.ts"
import { rosterOf } from "./roster.ts"

const NOW = 100 * DAY_MS
const clock = { now: () => NOW, monotonic: () => 0 }
const secret = { name: "config/a" as SecretName, createdAt: 0 }

/** A log of so many unmasked reads by one person, all of them at one time. */
function logOf(size: number, timestamp: number): StateReader {
  const entry = (index: number) =>
    ({
      index,
      timestamp,
      action: "GET",
      result: "SUCCESS",
      resourceType: "secret",
      resourceName: secret.name,
      userId: "p",
      username: "grace",
      principalKind: "person",
      roles: ["developer"],
      details: "unmasked",
      quotaUse: 1,
    }) as unknown as EntryRow
  return {
    head: async () => ({ size }),
    entryRange: async (from: number, to: number) => Array.from({ length: to - from }, (_, at) => entry(from + at)),
    entries: async ({ action, before = size, limit }: EntryQuery) =>
      Array.from({ length: action === "GET" ? Math.min(limit, before) : 0 }, (_, at) => entry(before - 1 - at)),
  } as unknown as StateReader
}

test("9,999, 10,000 and 10,001 reads of a secret: beyond the bound the rest is cut, and said to be", async () => {
  for (const [size, reads, cut] of [
    [9_999, 9_999, false],
    [10_000, 10_000, true],
    [10_001, 10_000, true],
  ] as const) {
    const found = await readersOf({ clock, reader: logOf(size, NOW) }, secret)
    assert.deepEqual([found.readers[0]?.reads, found.cut], [reads, cut], String(size))
  }
})

test("a read counts for exactly 30 days, and is known as the last one for longer", async () => {
  for (const [age, reads] of [
    [30 * DAY_MS - 1, 1],
    [30 * DAY_MS, 1],
    [30 * DAY_MS + 1, 0],
  ] as const) {
    const { readers } = await readersOf({ clock, reader: logOf(1, NOW - age) }, secret)
    assert.deepEqual([readers[0]?.reads, readers[0]?.lastRead], [reads, NOW - age])
  }
})

const before = policySet(defaultPolicies(0), 1)
const after = policySet(
  defaultPolicies(0).map((row) => ({ ...row, requiresMfa: true })),
  2,
)
const settings = { mfaIgnored: false, purgeGuarded: true } as never

function look(size: number, age: number) {
  return lookBack({ clock, settings, reader: logOf(size, NOW - age) }, new Turn(clock), before, after)
}

test("99,999, 100,000 and 100,001 entries: beyond the bound the rest is not looked at, and said not to be", async () => {
  for (const [size, refused, cut] of [
    [99_999, 99_999, false],
    [100_000, 100_000, false],
    [100_001, 100_000, true],
  ] as const) {
    const found = await look(size, 0)
    assert.deepEqual([found.entries, found.refused, found.cut], [refused, refused, cut], String(size))
    assert.deepEqual(
      found.lost.map(({ reads }) => reads),
      [refused],
    )
  }
})

test("entries older than 30 days end the look, and are not missed", async () => {
  assert.equal((await look(1, 30 * DAY_MS)).refused, 1)
  assert.equal((await look(1, 30 * DAY_MS + 1)).refused, 0)
  const old = await look(200_000, 31 * DAY_MS)
  assert.deepEqual([old.refused, old.cut], [0, false])
  assert.ok(old.entries < 1_000)
})

const PERSON: PrincipalRow = {
  id: "",
  kind: "person",
  name: "",
  roles: ["developer"],
  disabled: false,
  epoch: 1,
  passwordHash: null,
  mustChangePassword: false,
  ownerId: null,
  createdAt: 0,
  standingReason: null,
  factorEpoch: 0,
  hasFactor: false,
  mustEnrol: false,
  breakGlass: false,
  changedBy: [],
  email: null,
  mac: Buffer.alloc(32),
}
const keyring = () => ({ rowsKey: createSecretKey(Buffer.alloc(32, 7)) }) as unknown as Keyring

/** So many people with one role, in order of name, each as `signed` leaves it. */
function peopleOf(size: number, signed: (row: PrincipalRow) => PrincipalRow): StateReader {
  const start = (from: string): number => (from === "" ? 0 : Number(from) + 1)
  return {
    principals: async (kind: string, from: string, limit: number) =>
      kind === "program"
        ? []
        : Array.from({ length: Math.min(limit, size - start(from)) }, (_, at) =>
            signed({ ...PERSON, id: `id-${start(from) + at}`, name: String(start(from) + at) }),
          ),
  } as unknown as StateReader
}

const genuine = (row: PrincipalRow): PrincipalRow => ({ ...row, mac: principalMac(keyring().rowsKey, row) })

test("people with the same roles stand together; nobody counts whose row is disabled or not genuine", async () => {
  const counted = async (signed: (row: PrincipalRow) => PrincipalRow) => {
    const { kin } = await rosterOf({ keyring, reader: peopleOf(30, signed) }, new Turn(clock))
    return kin.map(({ count, names }) => [count, names.length])
  }
  assert.deepEqual(await counted(genuine), [[30, 20]])
  assert.deepEqual(await counted((row) => genuine({ ...row, disabled: true })), [])
  assert.deepEqual(await counted((row) => ({ ...genuine(row), roles: ["admin"] })), [])
})

test("19,999, 20,000 and 20,001 people: at the bound the look ends, and says so", async () => {
  for (const [size, cut] of [
    [19_999, false],
    [20_000, true],
    [20_001, true],
  ] as const) {
    const found = await rosterOf(
      { keyring, reader: peopleOf(size, (row) => ({ ...row, disabled: true })) },
      new Turn(clock),
    )
    assert.equal(found.cut, cut, String(size))
  }
})
