import { signCheckpoint } from "../../src/audit/checkpoint.ts"
import { exportEnd, exportHeader, exportLine } from "../../src/audit/export.ts"
import { logKeyFromSeed, signNote } from "../../src/audit/note.ts"
import type { EntryRow } from "../../src/state/rows.ts"
import {
  checkpointOf,
  emptied,
  erased,
  eraseOrder,
  exportOf,
  retainOrder,
  SAMPLE_KEY,
  sampleRow,
  sampleRows,
  sealed,
} from "./sample-log.ts"

/** One export and what a verifier must say of it. */
export interface Vector {
  readonly name: string
  readonly lines: readonly string[]
  /** Signed checkpoints given beside the export. */
  readonly given?: readonly string[]
  /** `kind first last`; none for an export that verifies. */
  readonly faults: readonly string[]
  /** Of an export with approvals that verifies: approvals, signatures, and how many approvals were unchecked. */
  readonly checked?: readonly [number, number, number]
}

const COUNT = 12
const rows = sampleRows(COUNT)
const honest = exportOf(rows)
const END = COUNT + 1
const otherKey = logKeyFromSeed(SAMPLE_KEY.origin, Buffer.alloc(32, 5))
const elsewhere = logKeyFromSeed("audit.example/other", Buffer.alloc(32, 5))

/** Entries are on lines 1 to COUNT of the array, after the header. */
function edit(change: (lines: string[]) => void): string[] {
  const lines = [...honest]
  change(lines)
  return lines
}

const line = (index: number): string => honest[index + 1] as string
const put = (index: number, text: string): string[] => edit((lines) => lines.splice(index + 1, 1, text))
const withRow = (index: number, over: Partial<EntryRow>): EntryRow[] =>
  rows.toSpliced(index, 1, { ...(rows[index] as EntryRow), ...over })
/** Entries rewritten, and everything an attacker without the key can recompute recomputed. */
const forged = (list: readonly EntryRow[]): string[] => [
  exportHeader(SAMPLE_KEY.origin),
  ...list.map(exportLine),
  honest[END] as string,
]
const reseal = (row: EntryRow): EntryRow => ({ ...row, leafHash: sealed(row) })
const forgedAt5 = forged(withRow(5, {}).map((row) => (row.index === 5 ? reseal({ ...row, result: "DENIED" }) : row)))
const renumbered = rows.toSpliced(5, 1).map((row, index) => ({ ...row, index }))
const rewritten = rows.map((row) => (row.index === 5 ? reseal({ ...row, action: "DELETE" }) : row))

const goodErasure = [
  erased(sampleRow(0), 3),
  sampleRow(1),
  erased(sampleRow(4, { index: 2 }), 3),
  eraseOrder(3, "person-0"),
  sampleRow(4, { userId: "person-9" }),
]
const goodRetention = [
  emptied(sampleRow(0), 4),
  emptied(sampleRow(1), 4),
  sampleRow(2),
  sampleRow(3),
  retainOrder(4, 0, 1),
]

export const VECTORS: readonly Vector[] = [
  { name: "empty-log", lines: exportOf([]), faults: [] },
  { name: "one-entry", lines: exportOf(sampleRows(1)), faults: [] },
  { name: "twelve-entries", lines: honest, faults: [] },
  {
    name: "extends-earlier-checkpoints",
    lines: honest,
    given: [7, 0, 12, 1].map((n) => checkpointOf(rows.slice(0, n))),
    faults: [],
  },
  { name: "erased-person", lines: exportOf(goodErasure), faults: [] },
  { name: "emptied-by-retention", lines: exportOf(goodRetention), faults: [] },

  { name: "field-changed", lines: forged(withRow(5, { action: "DELETE" })), faults: ["changed 5 5"] },
  {
    name: "reason-changed",
    lines: forged(withRow(7, { reason: "something else altogether" })),
    faults: ["changed 7 7"],
  },
  { name: "reason-nulled", lines: forged(withRow(7, { reason: null })), faults: ["changed 7 7"] },
  { name: "quota-use-changed", lines: forged(withRow(3, { quotaUse: 2 })), faults: ["changed 3 3"] },
  { name: "salt-changed", lines: forged(withRow(0, { salt: Buffer.alloc(32) })), faults: ["changed 0 0"] },
  { name: "leaf-hash-changed", lines: forged(withRow(11, { leafHash: Buffer.alloc(32) })), faults: ["changed 11 11"] },
  {
    name: "two-fields-changed",
    lines: forged(withRow(2, { action: "LIST" }).with(9, { ...(rows[9] as EntryRow), result: "SUCCESS" })),
    faults: ["changed 2 2", "changed 9 9"],
  },
  { name: "number-changed", lines: put(4, line(4).replace('"index":4', '"index":6')), faults: ["changed 4 4"] },
  { name: "changed-with-leaf-hash", lines: forgedAt5, faults: ["changed 0 11"] },
  {
    name: "changed-with-leaf-hash-narrowed",
    lines: forgedAt5,
    given: [4, 6, 9].map((n) => checkpointOf(rows.slice(0, n))),
    faults: ["changed 4 5"],
  },
  { name: "dropped", lines: edit((l) => l.splice(6, 1)), faults: ["dropped 5 5"] },
  { name: "dropped-range", lines: edit((l) => l.splice(3, 4)), faults: ["dropped 2 5"] },
  { name: "dropped-first", lines: edit((l) => l.splice(1, 1)), faults: ["dropped 0 0"] },
  { name: "dropped-and-renumbered", lines: forged(renumbered), faults: ["truncated 11 11"] },
  { name: "dropped-renumbered-and-refilled", lines: forged([...renumbered, sampleRow(11)]), faults: ["changed 0 11"] },
  { name: "inserted-twice", lines: edit((l) => l.splice(6, 0, line(4))), faults: ["inserted 4 4"] },
  {
    name: "inserted-with-next-number",
    lines: edit((l) => l.splice(END, 0, exportLine(sampleRow(12)))),
    faults: ["inserted 12 12"],
  },
  { name: "inserted-empty-line", lines: edit((l) => l.splice(6, 0, "")), faults: ["malformed 5 5"] },
  { name: "reordered", lines: edit((l) => l.splice(5, 2, line(5), line(4))), faults: ["reordered 4 4"] },
  {
    name: "reordered-and-renumbered",
    lines: forged(rows.with(4, { ...(rows[5] as EntryRow), index: 4 }).with(5, { ...(rows[4] as EntryRow), index: 5 })),
    faults: ["changed 0 11"],
  },
  { name: "truncated-tail", lines: edit((l) => l.splice(9, 4)), faults: ["truncated 8 11"] },
  { name: "truncated-with-checkpoint", lines: honest.slice(0, 9), faults: ["truncated 8 8"] },
  {
    name: "truncated-to-earlier-checkpoint",
    lines: exportOf(rows.slice(0, 8)),
    given: [checkpointOf(rows)],
    faults: ["truncated 8 11"],
  },
  {
    name: "rewritten-and-signed",
    lines: exportOf(rewritten),
    given: [5, 9].map((n) => checkpointOf(rows.slice(0, n))),
    faults: ["not_extension 5 8"],
  },
  { name: "nothing", lines: [], faults: ["header - -", "truncated 0 0"] },
  { name: "header-only", lines: honest.slice(0, 1), faults: ["truncated 0 0"] },
  { name: "header-missing", lines: honest.slice(1), faults: ["header - -"] },
  {
    name: "header-of-another-version",
    lines: edit((l) => l.splice(0, 1, (l[0] as string).replace('"version":1', '"version":2'))),
    faults: ["header - -"],
  },
  { name: "another-log", lines: exportOf(rows, elsewhere), faults: ["wrong_origin - -", "wrong_origin - -"] },
  { name: "signed-by-another-key", lines: exportOf(rows, otherKey), faults: ["bad_signature - -"] },
  {
    name: "checkpoint-of-another-tree",
    lines: edit((l) => l.splice(END, 1, exportEnd(signCheckpoint(SAMPLE_KEY, 12, Buffer.alloc(32))))),
    faults: ["changed 0 11"],
  },
  {
    name: "checkpoint-without-signature",
    lines: edit((l) => l.splice(END, 1, exportEnd("audit.example/sample\n12\n"))),
    faults: ["bad_checkpoint - -"],
  },
  {
    name: "checkpoint-size-not-canonical",
    lines: edit((l) =>
      l.splice(
        END,
        1,
        exportEnd(
          signNote(SAMPLE_KEY, (checkpointOf(rows).split("\n\n")[0] as string).replace("\n12\n", "\n012\n") + "\n"),
        ),
      ),
    ),
    faults: ["bad_checkpoint - -"],
  },
  {
    name: "given-checkpoint-of-another-key",
    lines: honest,
    given: [checkpointOf(rows, otherKey)],
    faults: ["bad_signature - -"],
  },
  { name: "line-after-checkpoint", lines: [...honest, line(3)], faults: ["inserted - -"] },
  {
    name: "key-order-changed",
    lines: put(3, line(3).replace('"index":3,"timestamp":1767225603000', '"timestamp":1767225603000,"index":3')),
    faults: ["malformed 3 3"],
  },
  { name: "white-space-added", lines: put(3, line(3).replace('"index":3', '"index": 3')), faults: ["malformed 3 3"] },
  { name: "escape-changed", lines: put(3, line(3).replace('"action"', '"\\u0061ction"')), faults: ["malformed 3 3"] },
  {
    name: "key-repeated",
    lines: put(3, line(3).replace('"index":3', '"index":9,"index":3')),
    faults: ["malformed 3 3"],
  },
  { name: "key-added", lines: put(3, line(3).replace('"index":3', '"index":3,"extra":1')), faults: ["malformed 3 3"] },
  {
    name: "number-for-text",
    lines: put(3, line(3).replace('"requestId":"req-3"', '"requestId":3')),
    faults: ["malformed 3 3"],
  },
  { name: "lone-surrogate", lines: put(3, line(3).replace("req-3", "\\ud800")), faults: ["malformed 3 3"] },

  {
    name: "erased-without-order",
    lines: exportOf(goodErasure.with(0, { ...erased(sampleRow(0), 1) })),
    faults: ["erasure 0 0"],
  },
  {
    name: "erased-by-order-for-another",
    lines: exportOf(goodErasure.with(1, erased(sampleRow(1), 3))),
    faults: ["erasure 1 1"],
  },
  {
    name: "erased-by-later-number-missing",
    lines: exportOf(goodErasure.with(0, erased(sampleRow(0), 99))),
    faults: ["erasure 0 0"],
  },
  {
    name: "erased-by-earlier-entry",
    lines: exportOf([...goodErasure, erased(sampleRow(8, { index: 5 }), 3)]),
    faults: ["erasure 5 5"],
  },
  {
    name: "erased-by-failed-order",
    lines: exportOf(
      goodErasure.with(
        3,
        sampleRow(3, { action: "ERASE", result: "DENIED", resourceType: "person", resourceName: "person-0" }),
      ),
    ),
    faults: ["erasure 0 0"],
  },
  {
    name: "erased-entry-changed",
    lines: exportOf(goodErasure.with(2, { ...(goodErasure[2] as EntryRow), decision: "deny" })),
    faults: ["changed 2 2"],
  },
  {
    name: "nulls-without-erased-by",
    lines: forged(rows.with(6, { ...erased(rows[6] as EntryRow, 0), erasedBy: null })),
    faults: ["erasure 6 6"],
  },
  {
    name: "half-erased",
    lines: exportOf(goodErasure.with(0, { ...(goodErasure[0] as EntryRow), reason: "still here" })),
    faults: ["erasure 0 0"],
  },
  {
    name: "retention-outside-its-range",
    lines: exportOf(goodRetention.with(2, emptied(sampleRow(2), 4))),
    faults: ["erasure 2 2"],
  },
  {
    name: "retention-by-erase-order",
    lines: exportOf(goodErasure.with(0, emptied(sampleRow(0), 3))),
    faults: ["erasure 0 0"],
  },
  {
    name: "erasure-by-retain-order",
    lines: exportOf(goodRetention.with(0, erased(sampleRow(0), 4))),
    faults: ["erasure 0 0"],
  },
  {
    name: "emptied-leaf-hash-changed",
    lines: [
      ...exportOf(goodRetention.with(1, { ...(goodRetention[1] as EntryRow), leafHash: Buffer.alloc(32) })).slice(
        0,
        -1,
      ),
      exportEnd(checkpointOf(goodRetention)),
    ],
    faults: ["changed 0 4"],
  },
]
