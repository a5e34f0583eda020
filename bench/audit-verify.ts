import { linesOf } from "../src/audit/lines.ts"
import { verifierKeyText } from "../src/audit/note.ts"
import { verifyExport } from "../src/audit/verify.ts"
import { exportOf, SAMPLE_KEY, sampleRows } from "../test/audit/sample-log.ts"
import { median, row } from "./kit.ts"

/** Entries verified per second of this process's CPU time, from bytes in memory: median of five passes. */
const COUNT = 100_000
const CHUNK = 65_536

const bytes = Buffer.from(`${exportOf(sampleRows(COUNT)).join("\n")}\n`)
const key = verifierKeyText(SAMPLE_KEY)

function* chunks(): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += CHUNK) yield bytes.subarray(at, at + CHUNK)
}

const rates: number[] = []
for (let pass = 0; pass < 6; pass++) {
  const start = process.cpuUsage()
  const verdict = await verifyExport(linesOf(chunks()), { key })
  const used = process.cpuUsage(start)
  if (!verdict.ok || verdict.entries !== COUNT) throw new Error("the sample does not verify")
  if (pass > 0) rates.push(COUNT / ((used.user + used.system) / 1e6))
}
row(
  "audit verify",
  `${Math.round(median(rates)).toLocaleString("en")} entries a second of CPU (${Math.round(bytes.byteLength / COUNT)} bytes each)`,
  "at least 100,000",
)
