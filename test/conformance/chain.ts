import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as fc from "fast-check"
import { entryHead, entryTail, leafHashOf } from "../../src/audit/canonical.ts"
import { openCheckpoint } from "../../src/audit/checkpoint.ts"
import type { Act, Draft, Recorded } from "../../src/audit/ledger.ts"
import { type Appended, appendLeaf, rootOf } from "../../src/audit/merkle.ts"
import { verifierKeyText } from "../../src/audit/note.ts"
import { sha256 } from "../../src/core/bytes.ts"
import { type EngineFactory, LOG_KEY } from "./engine.ts"
import { act, changing, claim, draft, leftOut, plain, principalRow, recorded } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

/** RFC 6962, section 2.1, word for word. */
function naiveRoot(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return Buffer.from(leaves[0] as Uint8Array)
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return sha256(Buffer.of(1), naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)))
}

/** Texts that break careless SQL, arrays and encodings. NUL never gets this far: operations escapes it. */
const ODD = [
  "",
  "NULL",
  "null",
  '"',
  "\\",
  "\\x00",
  "{a,b}",
  "},{",
  "'; DROP TABLE secret; --",
  "a\tb\nc\r",
  "\u{1f511}\u2028é",
  "\u0001\u007f",
  "$1",
  "%s",
  " ",
]
const text = fc.oneof(
  fc.constantFrom(...ODD),
  fc.string({ unit: "binary", maxLength: 40 }).map((odd) => odd.replaceAll("\0", "")),
)
const maybe = fc.option(text, { nil: null })

const oddDraft: fc.Arbitrary<Draft> = fc
  .record({
    timestamp: fc.integer({ min: 0, max: 253_402_300_799_999 }),
    requestId: text,
    action: text,
    resourceType: text,
    resourceName: text,
    userId: text,
    principalKind: text,
    roles: fc.array(text, { maxLength: 4 }),
    policyIds: fc.array(text, { maxLength: 4 }),
    decision: text,
    versionId: maybe,
    grantId: maybe,
    details: maybe,
    username: maybe,
    ipAddress: fc.oneof(
      maybe,
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom("::ffff:192.0.2.1", "fe80::1%eth0", "1.2.3", "10.0.0.0/8", "300.1.1.1"),
    ),
    userAgent: maybe,
    reason: maybe,
  })
  .map((odd) => draft(odd))

/** One gap-free log, its tree and its signed checkpoints. */
export function chain(factory: EngineFactory): void {
  describe("log", () => {
    const on = sharedEngine(factory)
    const verifier = verifierKeyText(LOG_KEY)

    /** Everything stored agrees with a naive recomputation from the entries alone. */
    async function checkWholeLog(): Promise<number> {
      const { reader } = on.at
      const head = await reader.head()
      const leaves = await reader.leafHashes(0, head.size)
      assert.equal(leaves.length, head.size)
      assert.deepEqual(plain(head.root), plain(naiveRoot(leaves)))
      assert.deepEqual(plain(rootOf(head.edge)), plain(head.root))
      for (let position = 0; (position + 1) * 256 <= head.size; position++) {
        const node = await reader.node(8, position)
        assert.deepEqual(plain(node), plain(naiveRoot(leaves.slice(position * 256, (position + 1) * 256))))
      }
      assert.equal(await reader.node(8, Math.floor(head.size / 256)), undefined)
      const entries = await reader.entryRange(0, head.size, head.size)
      assert.deepEqual(
        entries.map((entry) => entry.index),
        leaves.map((_, index) => index),
      )
      return head.size
    }

    test("the empty log has the root of no leaves", async () => {
      const head = await on.at.reader.head()
      assert.deepEqual(plain({ ...head, policyEpoch: 0, policyMac: 0 }), {
        size: 0,
        root: sha256().toString("hex"),
        edge: "",
        lastTime: 0,
        policyEpoch: 0,
        policyMac: 0,
      })
    })

    test("each entry gets the next number, the specified leaf and a checkpoint that holds it", async () => {
      const { ledger, reader } = on.at
      const { size } = await reader.head()
      const one = act({ quota: claim() })
      const done = await recorded(ledger, one)
      assert.equal(done.index, size)
      assert.deepEqual(plain(done.leafHash), plain(leafHashOf(entryHead(one.entry), entryTail(1))))
      const without = act()
      const next = await recorded(ledger, without)
      assert.deepEqual(plain(next.leafHash), plain(leafHashOf(entryHead(without.entry), entryTail(null))))
      const checkpoint = openCheckpoint(next.checkpoint, verifier)
      const head = await reader.head()
      assert.equal(checkpoint.size, size + 2)
      assert.deepEqual(plain(checkpoint.root), plain(head.root))
      assert.equal(head.lastTime, without.entry.timestamp)
    })

    test("what was written is read back exactly, odd texts included", async () => {
      const { ledger, reader } = on.at
      await fc.assert(
        fc.asyncProperty(fc.array(oddDraft, { minLength: 1, maxLength: 20 }), async (drafts) => {
          const outcomes = await ledger.recordAll(drafts.map((entry) => act({ entry })))
          const done = outcomes as readonly Recorded[]
          const first = (done[0] as Recorded).index
          const stored = await reader.entryRange(first, first + drafts.length, 100)
          const rest = { quotaUse: null, erasedBy: null, commitment: null }
          const expected = drafts.map((entry, at) => ({
            ...wellFormed(entry),
            ...rest,
            index: first + at,
            leafHash: leafHashOf(entryHead(entry), entryTail(null)),
          }))
          assert.deepEqual(stored.map(plain), expected.map(plain))
        }),
        { numRuns: 25 },
      )
    })

    test("numbers, root, right edge and stored subtrees stand over calls of any size", async () => {
      const { ledger, reader } = on.at
      const row = principalRow()
      const sizes = [1, 255, 256, 257, 2, 30]
      await Promise.all(sizes.map((count) => ledger.recordAll(Array.from({ length: count }, () => act()))))
      await ledger.recordAll([act(), changing({ kind: "addPrincipal", row }), act({ policyEpoch: -1 }), act()])
      const size = await checkWholeLog()
      await on.at.reopen()
      assert.equal((await on.at.reader.head()).size, size)
      assert.equal((await recorded(on.at.ledger, act())).index, size)
      assert.notEqual(ledger, on.at.ledger)
      assert.notEqual(reader, on.at.reader)
      await checkWholeLog()
    })

    test("calls that run at once give each entry one number, and each call its own outcomes in order", async () => {
      const { ledger, reader } = on.at
      const { size } = await reader.head()
      const calls = Array.from({ length: 60 }, (_, call) =>
        Array.from({ length: 1 + (call % 7) }, (_, at): Act => {
          const entry = draft({ requestId: `call-${call}-${at}` })
          if (call % 9 === 4) return { ...changing({ kind: "addPrincipal", row: principalRow() }), entry }
          return act({ entry, policyEpoch: at === 5 ? -1 : null })
        }),
      )
      const answers = await Promise.all(calls.map((acts) => ledger.recordAll(acts)))
      const seen = new Map<number, string>()
      answers.forEach((outcomes, call) =>
        outcomes.forEach((outcome, at) => {
          if ("moved" in outcome) assert.ok(at === 5 && call % 9 !== 4)
          else seen.set(outcome.index, `call-${call}-${at}`)
        }),
      )
      const end = (await reader.head()).size
      const stored = await reader.entryRange(size, end, 1000)
      assert.deepEqual(
        stored.map((entry) => entry.requestId),
        stored.map((entry) => seen.get(entry.index)),
      )
      assert.equal(stored.length, seen.size)
      await checkWholeLog()
    })
  })

  describe("subtrees of a long log", () => {
    const on = sharedEngine(factory)

    for (const size of [2 ** 16 - 1, 3 * 2 ** 16 - 2, 2 ** 24 - 1, 2 ** 24 + 254, 2 ** 32 - 1, 2 ** 40 - 2])
      test(`an entry after ${size} others finishes the subtrees that end there, at levels 8, 16 and 24`, async () => {
        const { ledger, reader } = on.at
        const ones = size
          .toString(2)
          .split("")
          .filter((bit) => bit === "1")
        const edge = Buffer.concat(ones.map((_, at) => sha256(Buffer.of(at), Buffer.from(String(size)))))
        await on.at.placeHead(size, edge)
        const outcomes = (await ledger.recordAll([act(), act()])) as readonly Recorded[]
        let grown: Appended = { edge, completed: [] }
        const completed = outcomes.flatMap(({ index, leafHash }) => {
          grown = appendLeaf(index, grown.edge, leafHash)
          return grown.completed
        })
        const head = await reader.head()
        assert.equal(head.size, size + 2)
        assert.deepEqual(plain(head.edge), plain(grown.edge))
        assert.deepEqual(plain(head.root), plain(rootOf(grown.edge)))
        for (const level of [8, 16, 24])
          for (const position of [Math.floor(size / 2 ** level) - 1, Math.floor(size / 2 ** level)]) {
            const due = completed.find((node) => node.level === level && node.position === position)
            if (due !== undefined) assert.deepEqual(plain(await reader.node(level, position)), plain(due.hash))
          }
      })
  })

  describe("a log that cannot be written", () => {
    const on = sharedEngine(factory)

    test("a right edge of another size is never appended to", async () => {
      const { ledger, reader } = on.at
      await recorded(ledger, act())
      await on.at.placeHead(3, Buffer.alloc(32))
      await assert.rejects(ledger.recordAll([act()]), { name: "TylerError", code: "unavailable" })
      assert.equal((await reader.entryRange(0, 10, 10)).length, 1)
      assert.equal((await leftOut(ledger, act({ policyEpoch: -1 }))).kind, "policy")
    })
  })
}

/** Databases store a lone surrogate as U+FFFD, and so does the canonical encoding. */
function wellFormed(entry: Draft): Draft {
  const fields = Object.entries(entry).map(([key, field]) => [
    key,
    typeof field === "string"
      ? field.toWellFormed()
      : Array.isArray(field)
        ? field.map((one: string) => one.toWellFormed())
        : field,
  ])
  return Object.fromEntries(fields) as Draft
}
