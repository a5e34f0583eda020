import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { linesOf } from "../../src/audit/lines.ts"
import { verifierKeyText } from "../../src/audit/note.ts"
import { verifyExport } from "../../src/audit/verify.ts"
import { vectorFiles } from "./make-vectors.ts"
import { exportOf, SAMPLE_KEY, sampleRows } from "./sample-log.ts"
import { secondVerdict } from "./second-verifier.ts"

const folder = join(import.meta.dirname, "../../spec/vectors/audit")
const read = (name: string): Buffer => readFileSync(join(folder, name))
const expected = JSON.parse(read("expected.json").toString()) as {
  name: string
  given: number
  faults: string[]
  checked?: number[]
}[]
const key = read("key.txt").toString()

test("the committed audit vectors are what the generator writes", () => {
  const files = vectorFiles()
  assert.deepEqual(readdirSync(folder).toSorted(), [...files.keys()].toSorted())
  for (const [name, text] of files) assert.equal(read(name).toString(), text, name)
  assert.ok(expected.length > 120)
})

for (const { name, given, faults, checked = [0, 0, 0] } of expected) {
  const verdict = faults.length === 0 ? "verifies" : `is refused: ${faults.join(", ")}`
  test(`both verifiers agree that the export ${name} ${verdict}`, async () => {
    const bytes = read(`${name}.ndjson`)
    const checkpoint = Array.from({ length: given }, (_, at) => read(`${name}.checkpoint-${at}.txt`).toString())
    const ours = await verifyExport(linesOf([bytes]), { key, checkpoint })
    const named = ours.ok ? [] : ours.faults.map(({ kind, index, last }) => `${kind} ${index ?? "-"} ${last ?? "-"}`)
    assert.deepEqual(named.toSorted(), faults.toSorted())
    const second = secondVerdict(bytes, key, checkpoint)
    assert.deepEqual(second.faults.toSorted(), faults.toSorted())
    assert.equal(ours.ok, second.ok)
    if (!ours.ok) return
    assert.deepEqual([ours.size, ours.root.toString("base64")], [second.size, second.root])
    assert.deepEqual([ours.approvals, ours.signatures, ours.unchecked], checked)
    assert.deepEqual([second.approvals, second.signatures, second.unchecked], checked)
  })
}

test("an export of 20,000 entries, read in chunks of odd sizes, verifies with the size and root of its checkpoint", async () => {
  const bytes = Buffer.from(`${exportOf(sampleRows(20_000)).join("\n")}\n`)
  function* chunks(): Generator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += 77_777) yield bytes.subarray(at, at + 77_777)
  }
  const verdict = await verifyExport(linesOf(chunks()), { key: verifierKeyText(SAMPLE_KEY) })
  assert.ok(verdict.ok)
  assert.deepEqual([verdict.entries, verdict.size, verdict.erased], [20_000, 20_000, 0])
})
