import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { linesOf } from "../../src/audit/lines.ts"
import { verifierKeyText } from "../../src/audit/note.ts"
import { type Verdict, verifyExport } from "../../src/audit/verify.ts"
import { checkpointOf, erased, eraseOrder, exportOf, SAMPLE_KEY, sampleRow, sampleRows } from "./sample-log.ts"
import { secondVerdict } from "./second-verifier.ts"

const COUNT = 500
const key = verifierKeyText(SAMPLE_KEY)
const rows = sampleRows(COUNT)
  .with(8, erased(sampleRow(8), 20))
  .with(20, eraseOrder(20, "person-0"))
const lines = exportOf(rows)
const honest = Buffer.from(`${lines.join("\n")}\n`)
const checkpoint = checkpointOf(rows)

async function judge(bytes: Uint8Array, given: readonly string[] = []): Promise<Verdict> {
  const verdict = await verifyExport(linesOf([bytes]), { key, checkpoint: given })
  assert.equal(secondVerdict(Buffer.from(bytes), key, given).ok, verdict.ok, "the verifiers disagree")
  return verdict
}

const join = (list: readonly string[]): Buffer => Buffer.from(`${list.join("\n")}\n`)

test("the honest export of 500 entries verifies", async () => {
  const verdict = await judge(honest, [checkpoint])
  assert.ok(verdict.ok)
  assert.deepEqual([verdict.entries, verdict.erased], [COUNT, 1])
})

test("changing any single byte of an export is found, and the entry it stands in is named", async () => {
  const starts = [0]
  for (const [at, byte] of honest.entries()) if (byte === 10) starts.push(at + 1)
  await fc.assert(
    fc.asyncProperty(fc.nat(honest.length - 2), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      const bytes = Buffer.from(honest)
      bytes[at] = (bytes[at] as number) ^ mask
      const verdict = await judge(bytes)
      assert.ok(!verdict.ok, `byte ${at}`)
      const line = starts.findLastIndex((start) => start <= at)
      if (line < 1 || line > COUNT) return
      const near = verdict.faults.some((fault) => fault.index === line - 1 || fault.line === line + 1)
      assert.ok(near, `byte ${at} of entry ${line - 1}: ${JSON.stringify(verdict.faults)}`)
    }),
    { numRuns: 120 },
  )
})

test("changing any byte of the header or the checkpoint line is found", async () => {
  const small = join(exportOf(sampleRows(2)))
  const lastLine = small.lastIndexOf('{"checkpoint"')
  const header = small.indexOf("\n")
  for (let at = 0; at < small.length - 1; at++) {
    if (at > header && at < lastLine) continue
    for (const mask of [1, 0x20, 0x80]) {
      const bytes = Buffer.from(small)
      bytes[at] = (bytes[at] as number) ^ mask
      assert.ok(!(await judge(bytes)).ok, `byte ${at} ^ ${mask}`)
    }
  }
})

test("dropping, doubling, swapping or cutting lines anywhere is found and named", async () => {
  const place = fc.integer({ min: 1, max: COUNT })
  await fc.assert(
    fc.asyncProperty(place, place, fc.constantFrom("drop", "double", "swap", "cut"), async (a, b, act) => {
      const list = [...lines]
      if (act === "drop") list.splice(a, 1)
      if (act === "double") list.splice(b, 0, list[a] as string)
      if (act === "swap") [list[a], list[b]] = [list[b] as string, list[a] as string]
      if (act === "cut") list.splice(a, COUNT + 1 - a)
      const verdict = await judge(join(list))
      if (act === "swap" && a === b) return assert.ok(verdict.ok)
      assert.ok(!verdict.ok)
      const named = verdict.faults.map((fault) => [fault.kind, fault.index])
      // Without the entry that ordered it an erasure is a fault too.
      const ofLines = named.filter(([kind]) => kind !== "erasure")
      if (act === "drop") assert.deepEqual(ofLines, [[a === COUNT ? "truncated" : "dropped", a - 1]])
      if (act === "cut") assert.deepEqual(ofLines, [["truncated", a - 1]])
      const names = (kind: string, index: number): boolean => named.some(([a, b]) => a === kind && b === index)
      if (act === "swap") assert.ok(names("reordered", Math.min(a, b) - 1))
      if (act === "double") assert.ok(names("inserted", a - 1))
    }),
    { numRuns: 60 },
  )
})

test("an entry rewritten with its leaf hash is found, and narrowed to the stretch between two mirrored checkpoints", async () => {
  const mirrored = [100, 200, 300, 400].map((size) => checkpointOf(rows.slice(0, size)))
  await fc.assert(
    fc.asyncProperty(fc.nat(COUNT - 1), async (index) => {
      const forged = [
        ...exportOf(rows.with(index, sampleRow(index, { decision: "forged" }))).slice(0, -1),
        lines.at(-1) as string,
      ]
      const verdict = await judge(join(forged), mirrored)
      assert.ok(!verdict.ok)
      const fault = verdict.faults.at(-1)
      const from = Math.floor(index / 100) * 100
      if (index === 8 || index === 20) assert.ok(fault)
      else assert.deepEqual([fault?.kind, fault?.index, fault?.last], ["changed", from, from + 99])
    }),
    { numRuns: 20 },
  )
})

test("an export without its final newline has the same content and verifies; a blank line at the end does not", async () => {
  assert.ok((await judge(honest.subarray(0, -1))).ok)
  assert.ok(!(await judge(Buffer.concat([honest, Buffer.from("\n")]))).ok)
  assert.ok(!(await judge(Buffer.concat([Buffer.from("\ufeff"), honest]))).ok)
  assert.ok(!(await judge(Buffer.from(honest.toString().replaceAll("\n", "\r\n")))).ok)
})

test("a hundred thousand faults are counted and the first are listed", async () => {
  const garbage = join([lines[0] as string, ...Array<string>(100_000).fill("{}")])
  const verdict = await verifyExport(linesOf([garbage]), { key })
  assert.ok(!verdict.ok)
  assert.ok(verdict.faults.length <= 40 && verdict.faults.length + verdict.more > 100_000)
})

test("a key that is none is an error, not a verdict", async () => {
  await assert.rejects(verifyExport(lines, { key: "nonsense" }), { name: "NoteError", fault: "bad_key" })
})
