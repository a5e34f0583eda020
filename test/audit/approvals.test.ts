import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { Approvals } from "../../src/audit/approvals.ts"
import { Faults } from "../../src/audit/fault.ts"
import { linesOf } from "../../src/audit/lines.ts"
import { verifierKeyText } from "../../src/audit/note.ts"
import { verifyExport } from "../../src/audit/verify.ts"
import type { EntryLine } from "../../src/audit/line.ts"
import type { EntryRow } from "../../src/state/rows.ts"
import { ALL_APPROVED } from "./approved.ts"
import { asked, logOf, type Step } from "./sample-approvals.ts"
import { exportOf, SAMPLE_KEY, sealed } from "./sample-log.ts"
import { secondVerdict } from "./second-verifier.ts"

const key = verifierKeyText(SAMPLE_KEY)

/** The verdict on a log that says this and is signed by its key; both verifiers agree. */
async function judge(rows: readonly EntryRow[]): Promise<readonly string[]> {
  const whole = rows.map((row, index) => ({ ...row, index })).map((row) => ({ ...row, leafHash: sealed(row) }))
  const bytes = Buffer.from(`${exportOf(whole).join("\n")}\n`)
  const ours = await verifyExport(linesOf([bytes]), { key })
  const named = ours.ok ? [] : ours.faults.map(({ kind, index }) => `${kind} ${index} ${index}`)
  assert.deepEqual(secondVerdict(bytes, key).faults, named)
  return named
}

test("a log that was rewritten and signed anew: any change of what was approved, by whom or how is found", async () => {
  const details = ALL_APPROVED.flatMap((row, index) => (/passkey|digest=/.test(row.details ?? "") ? [index] : []))
  assert.equal(details.length, 8)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...details),
      fc.nat(),
      fc.integer({ min: 1, max: 127 }),
      async (index, at, mask) => {
        const row = ALL_APPROVED[index] as EntryRow
        const text = Buffer.from(row.details ?? "")
        const place = at % text.byteLength
        text[place] = ((text[place] as number) ^ mask) & 0x7f
        const changed = text.toString()
        // The factor's own id binds nothing but its removal, the facts of an approval nothing at all.
        const free = /^factor=[\w.:-]+ |(?<=^digest=\S{43} )[a-z][A-Za-z]{0,39}=[!-~]+$/
        const same = (details: string | null): string => (details ?? "").replace(free, "")
        const faults = await judge(ALL_APPROVED.with(index, { ...row, details: changed }))
        assert.equal(faults.length > 0, same(changed) !== same(row.details), changed)
      },
    ),
    { numRuns: 150 },
  )
})

test("entries dropped, doubled or moved in a log that is signed anew: both verifiers say the same", async () => {
  const place = fc.nat(ALL_APPROVED.length - 1)
  await fc.assert(
    fc.asyncProperty(place, place, fc.constantFrom("drop", "double", "swap"), async (a, b, act) => {
      const rows = [...ALL_APPROVED]
      if (act === "drop") rows.splice(a, 1)
      if (act === "double") rows.splice(b, 0, rows[a] as EntryRow)
      if (act === "swap") [rows[a], rows[b]] = [rows[b] as EntryRow, rows[a] as EntryRow]
      await judge(rows)
    }),
    { numRuns: 60 },
  )
})

test("memory is bounded: with more open requests than are remembered, the oldest are unchecked and not at fault", () => {
  const faults = new Faults()
  const approvals = new Approvals(faults)
  const [template] = logOf([{}])
  const put = (step: Step, index: number): void =>
    approvals.entry({ ...template, ...step, index } as unknown as EntryLine, index)
  const long = "x".repeat(120)
  const many = 44_000
  const first = asked("request-0", "asker")
  put(first, 0)
  for (let at = 1; at <= many; at++) put(asked(`${long}-${at}`, long, { verb: "read" }), at)
  const digest = /digest=\S+$/.exec(first.details ?? "")?.[0] ?? ""
  const approve = (id: string, userId: string, text: string): Step => ({
    action: "ACCESS_APPROVE",
    resourceType: "request",
    resourceName: id,
    userId,
    details: text,
  })
  put(approve("request-0", "boss-1", digest), many + 1)
  assert.deepEqual([faults.list, approvals.count, approvals.unchecked], [[], 1, 1])
  const newest = asked(`${long}-${many}`, long, { verb: "read" })
  put(approve(`${long}-${many}`, "boss-1", /digest=\S+$/.exec(newest.details ?? "")?.[0] ?? ""), many + 2)
  assert.deepEqual([faults.list, approvals.count, approvals.unchecked], [[], 2, 1])
  put(approve(`${long}-${many}`, long, /digest=\S+$/.exec(newest.details ?? "")?.[0] ?? ""), many + 3)
  assert.equal(faults.list.length, 1)
})
