import { linesOf } from "../src/audit/lines.ts"
import { verifierKeyText } from "../src/audit/note.ts"
import { verifyExport } from "../src/audit/verify.ts"
import { exportOf, SAMPLE_KEY, sampleRows } from "../test/audit/sample-log.ts"
import { median, row } from "./kit.ts"

/**
 * Entries verified per second of this process's CPU time, from bytes in memory: median of five passes. Beside it, in
 * turn with it, JSON.parse of the same lines and nothing else: what this machine makes of text.
 */
const COUNT = 100_000
const CHUNK = 65_536

const lines = exportOf(sampleRows(COUNT))
const bytes = Buffer.from(`${lines.join("\n")}\n`)
const key = verifierKeyText(SAMPLE_KEY)

function* chunks(): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += CHUNK) yield bytes.subarray(at, at + CHUNK)
}

async function cpuSeconds(work: () => unknown): Promise<number> {
  const start = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}

async function verify(): Promise<void> {
  const verdict = await verifyExport(linesOf(chunks()), { key })
  if (!verdict.ok || verdict.entries !== COUNT) throw new Error("the sample does not verify")
}

function parse(): void {
  for (const line of lines) JSON.parse(line)
}

const [verifying, parsing]: [number[], number[]] = [[], []]
for (let pass = 0; pass < 6; pass++) {
  const took = [await cpuSeconds(verify), await cpuSeconds(parse)] as const
  if (pass === 0) continue
  verifying.push(took[0])
  parsing.push(took[1])
}
const perSecond = (seconds: readonly number[]): string => Math.round(COUNT / median(seconds)).toLocaleString("en")
row(
  "audit verify",
  `${perSecond(verifying)} entries a second of CPU (${Math.round(bytes.byteLength / COUNT)} bytes each; JSON.parse alone ${perSecond(parsing)})`,
  "at least 100,000",
)
