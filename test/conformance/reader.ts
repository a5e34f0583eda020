import assert from "node:assert/strict"
import { before, describe, test } from "node:test"
import type { SecretName } from "../../src/core/name.ts"
import type { EntryQuery, ListPage } from "../../src/state/reader.ts"
import type { EngineFactory } from "./engine.ts"
import { act, changing, draft, NOW, plain, principalRow, recorded, storeSecret } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

/** What every engine's StateReader must keep, beyond what the ledger's tests read back. */
export function readerConformance(factory: EngineFactory): void {
  describe(`reader on ${factory.name}`, () => {
    listing(factory)
    entries(factory)
    longLog(factory)
    longList(factory)
    people(factory)
  })
}

const NAMES = ["app/B", "app/a", "app-x/a", "app/a.b", "app/a/b", "app/_", "app/a-b", "app/a+b", "app2/z", "lone"]
const byBytes = (names: readonly string[]): string[] =>
  names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

function listing(factory: EngineFactory): void {
  describe("list of secrets", () => {
    const on = sharedEngine(factory)
    before(async () => {
      for (const name of NAMES)
        await storeSecret(on.at.ledger, {
          name: name as SecretName,
          description: name === "lone" ? "100% of_All \\ things" : "",
        })
    })
    const names = async (page: Partial<ListPage>): Promise<string[]> => {
      const all = { prefix: "", search: null, after: "", limit: 100 }
      return (await on.at.reader.secrets({ ...all, ...page })).map(({ name }) => name)
    }

    test("names come in byte order, whatever the locale", async () => {
      assert.deepEqual(await names({}), byBytes(NAMES))
    })

    test("pages follow each other without gap or repeat", async () => {
      for (const limit of [1, 3, NAMES.length - 1, NAMES.length, NAMES.length + 1]) {
        const seen: string[] = []
        for (
          let page = await names({ limit });
          page.length > 0;
          page = await names({ limit, after: seen.at(-1) ?? "" })
        )
          seen.push(...page)
        assert.deepEqual(seen, byBytes(NAMES))
      }
    })

    test("a prefix is literal: only names that start with it", async () => {
      for (const prefix of ["app/", "app/a", "app", "app/_", "a%", "APP/", "lone", "lonely"]) {
        const expected = byBytes(NAMES.filter((name) => name.startsWith(prefix)))
        assert.deepEqual(await names({ prefix }), expected, prefix)
      }
      assert.deepEqual(await names({ prefix: "app/", after: "app/_" }), [
        "app/a",
        "app/a+b",
        "app/a-b",
        "app/a.b",
        "app/a/b",
      ])
    })

    test("search folds case over name and description and has no wildcards", async () => {
      assert.deepEqual(await names({ search: "APP/B" }), ["app/B"])
      assert.deepEqual(await names({ search: "app/b" }), ["app/B"])
      assert.deepEqual(await names({ search: "OF_all" }), ["lone"])
      assert.deepEqual(await names({ search: "100%" }), ["lone"])
      assert.deepEqual(await names({ search: "\\ thin" }), ["lone"])
      for (const search of ["of%all", "a_b", "%", "\\%"]) {
        const expected = search === "%" ? ["lone"] : []
        assert.deepEqual(await names({ search }), expected, search)
      }
      assert.deepEqual(await names({ search: "z", prefix: "app/" }), [])
      assert.equal((await names({ search: "" })).length, NAMES.length)
    })

    test("pending secrets are left out of the list, not out of lookups", async () => {
      const { ledger, reader } = on.at
      const { secret } = await storeSecret(ledger, { name: "app/pending" as SecretName })
      await recorded(ledger, changing({ kind: "scheduleDeletion", secretId: secret.id, deletionAt: 9, changedAt: 8 }))
      assert.ok(!(await names({})).includes("app/pending"))
      assert.equal((await reader.secretByName(secret.name))?.deletionAt, 9)
    })

    test("what is not there is undefined or empty", async () => {
      const { reader } = on.at
      assert.equal(await reader.secretByName("app/none" as SecretName), undefined)
      assert.equal(await reader.secretById("none"), undefined)
      assert.deepEqual(await reader.labels("none"), [])
      assert.deepEqual(await reader.versions("none"), [])
      assert.equal(await reader.versionByLabel("none", "current"), undefined)
      assert.equal(await reader.node(8, 0), undefined)
      assert.equal(await reader.quotaUsed("none", null, "2026-11-24"), 0)
    })
  })
}

function longList(factory: EngineFactory): void {
  describe("a long list of secrets", () => {
    const on = sharedEngine(factory)
    const nameAt = (at: number): SecretName => `app/s${String(at).padStart(4, "0")}` as SecretName
    before(async () => {
      const store = (at: number) =>
        storeSecret(on.at.ledger, { name: nameAt(at), description: at % 1000 === 999 ? "the rare kind" : "" })
      await Promise.all(Array.from({ length: 4001 }, (_, at) => store(at)))
    })
    const found = async (page: Partial<ListPage>): Promise<SecretName[]> => {
      const all = { prefix: "", search: "RARE", after: "", limit: 100 }
      return (await on.at.reader.secrets({ ...all, ...page })).map(({ name }) => name)
    }

    test("what a search finds rarely it finds wherever it stands", async () => {
      assert.deepEqual(await found({}), [999, 1999, 2999, 3999].map(nameAt))
      assert.deepEqual(await found({ limit: 2 }), [999, 1999].map(nameAt))
      assert.deepEqual(await found({ after: nameAt(1999) }), [2999, 3999].map(nameAt))
      assert.deepEqual(await found({ after: nameAt(4000) }), [])
      assert.deepEqual(await found({ prefix: "app/s3" }), [3999].map(nameAt))
      assert.deepEqual(await found({ search: "nothing like it" }), [])
      assert.equal((await found({ search: null, limit: 4002 })).length, 4001)
    })
  })
}

/** Longer than the runs of 1,024 entries that the SQLite indexes are kept by. */
const LONG = 2 * 2048 + 3

function longLog(factory: EngineFactory): void {
  describe("a long audit log", () => {
    const on = sharedEngine(factory)
    const drafts = Array.from({ length: LONG }, (_, at) =>
      draft({
        timestamp: NOW + at,
        resourceName: at % 2047 === 0 ? "config/rare" : "config/usual",
        userId: at % 1024 === 1023 ? "visitor" : "resident",
        action: at === 5 ? "SETUP" : "GET",
      }),
    )
    before(async () => {
      for (let at = 0; at < LONG; at += 250)
        await on.at.ledger.recordAll(drafts.slice(at, at + 250).map((entry) => act({ entry })))
    })
    const found = async (query: Partial<EntryQuery>): Promise<number[]> =>
      (await on.at.reader.entries({ limit: 100, ...query })).map(({ index }) => index)

    test("what is rare is found wherever it stands, newest first", async () => {
      assert.deepEqual(await found({ resourceName: "config/rare" }), [4094, 2047, 0])
      assert.deepEqual(await found({ userId: "visitor" }), [4095, 3071, 2047, 1023])
      assert.deepEqual(await found({ userId: "visitor", resourceName: "config/rare" }), [2047])
      assert.deepEqual(await found({ action: "SETUP" }), [5])
      assert.deepEqual(await found({ from: NOW + 2046, to: NOW + 2049 }), [2049, 2048, 2047, 2046])
    })

    test("a page and `before` cross from one run to the next", async () => {
      assert.deepEqual(await found({ before: 4098, limit: 4 }), [4097, 4096, 4095, 4094])
      assert.deepEqual(await found({ userId: "resident", before: 2049, limit: 3 }), [2048, 2046, 2045])
      assert.deepEqual(await found({ resourceName: "config/rare", before: 4094, limit: 1 }), [2047])
      assert.deepEqual(await found({ before: LONG + 1, limit: 1 }), [LONG - 1])
      const all = await found({ limit: LONG })
      assert.deepEqual(
        all,
        Array.from({ length: LONG }, (_, at) => LONG - 1 - at),
      )
    })
  })
}

function entries(factory: EngineFactory): void {
  describe("audit entries", () => {
    const on = sharedEngine(factory)
    const drafts = Array.from({ length: 40 }, (_, at) =>
      draft({
        requestId: `r-${at}`,
        timestamp: NOW + at * 10,
        resourceName: `config/${at % 3}`,
        userId: `person-${at % 4}`,
        action: at % 2 === 0 ? "GET" : "LIST",
        result: at % 5 === 0 ? "DENIED" : "SUCCESS",
      }),
    )
    before(async () => {
      await on.at.ledger.recordAll(drafts.map((entry) => act({ entry })))
    })
    const found = async (query: Partial<EntryQuery>): Promise<number[]> =>
      (await on.at.reader.entries({ limit: 100, ...query })).map(({ index }) => index)
    const expected = (keep: (entry: (typeof drafts)[number], index: number) => boolean): number[] =>
      drafts
        .map((_, index) => index)
        .filter((index) => keep(drafts[index] as (typeof drafts)[number], index))
        .toReversed()

    test("what alarms look at is that part of the entries, in order, from where one asks", async () => {
      const { reader } = on.at
      for (const [from, limit] of [
        [0, 40],
        [0, 1],
        [7, 3],
        [39, 10],
        [40, 10],
      ] as const) {
        const whole = await reader.entryRange(from, 40, limit)
        const parts = whole.map(({ index, timestamp, action, result, resourceType, resourceName, ...rest }) => {
          const { userId, principalKind, decision, details } = rest
          return {
            index,
            timestamp,
            action,
            result,
            resourceType,
            resourceName,
            userId,
            principalKind,
            decision,
            details,
          }
        })
        assert.deepEqual(await reader.watchedEntries(from, limit), parts)
        assert.equal(parts.length, Math.min(limit, 40 - from))
      }
    })

    test("each filter holds alone, and all of them together; newest first", async () => {
      assert.deepEqual(
        await found({}),
        expected(() => true),
      )
      assert.deepEqual(
        await found({ resourceName: "config/1" }),
        expected((entry) => entry.resourceName === "config/1"),
      )
      assert.deepEqual(
        await found({ userId: "person-2" }),
        expected((entry) => entry.userId === "person-2"),
      )
      assert.deepEqual(
        await found({ action: "LIST" }),
        expected((entry) => entry.action === "LIST"),
      )
      assert.deepEqual(
        await found({ result: "DENIED" }),
        expected((entry) => entry.result === "DENIED"),
      )
      const all = { resourceName: "config/0", userId: "person-0", action: "GET", result: "SUCCESS" }
      assert.deepEqual(await found(all), [36, 24, 12])
      assert.deepEqual(await found({ ...all, from: NOW + 130, to: NOW + 359, before: 36 }), [24])
      assert.deepEqual(await found({ userId: "nobody" }), [])
    })

    test("from and to are inclusive to the millisecond, before is exclusive", async () => {
      assert.deepEqual(await found({ from: NOW + 380 }), [39, 38])
      assert.deepEqual(await found({ from: NOW + 381 }), [39])
      assert.deepEqual(await found({ to: NOW + 10 }), [1, 0])
      assert.deepEqual(await found({ to: NOW + 9 }), [0])
      assert.deepEqual(await found({ before: 2 }), [1, 0])
      assert.deepEqual(await found({ before: 0 }), [])
    })

    test("pages by `before` follow each other without gap or repeat", async () => {
      const seen: number[] = []
      for (
        let page = await found({ limit: 7 });
        page.length > 0;
        page = await found({ limit: 7, before: seen.at(-1) ?? 0 })
      )
        seen.push(...page)
      assert.deepEqual(
        seen,
        expected(() => true),
      )
    })

    test("a range is oldest first, from inclusive, to exclusive, bounded by its limit", async () => {
      const { reader } = on.at
      const range = async (from: number, to: number, limit: number): Promise<number[]> =>
        (await reader.entryRange(from, to, limit)).map(({ index }) => index)
      assert.deepEqual(await range(3, 6, 100), [3, 4, 5])
      assert.deepEqual(await range(3, 6, 2), [3, 4])
      assert.deepEqual(await range(38, 1000, 100), [38, 39])
      assert.deepEqual(await range(5, 5, 100), [])
      const stored = await reader.entryRange(0, 40, 40)
      const leaves = await reader.leafHashes(0, 40)
      assert.deepEqual(
        leaves.map(plain),
        stored.map(({ leafHash }) => plain(leafHash)),
      )
      assert.equal((await reader.leafHashes(10, 12)).length, 2)
    })
  })
}

function people(factory: EngineFactory): void {
  describe("list of principals", () => {
    const on = sharedEngine(factory)

    test("one kind at a time, in byte order of names, page by page", async () => {
      const { ledger, reader } = on.at
      const names = ["b", "B", "a-z", "a.z", "az", "é", "z"]
      await recorded(
        ledger,
        changing(...names.map((name) => ({ kind: "addPrincipal" as const, row: principalRow({ name }) })), {
          kind: "addPrincipal",
          row: principalRow({ name: "robot", kind: "program" }),
        }),
      )
      const page = async (kind: "person" | "program", after: string, limit: number): Promise<string[]> =>
        (await reader.principals(kind, after, limit)).map(({ name }) => name)
      assert.deepEqual(await page("person", "", 100), byBytes(names))
      assert.deepEqual(await page("person", "a.z", 2), ["az", "b"])
      assert.deepEqual(await page("program", "", 100), ["robot"])
    })
  })
}
