import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { linesOf, NOT_UTF8 } from "./lines.ts"

async function collect(chunks: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = []
  for await (const some of linesOf(chunks)) lines.push(...some)
  return lines
}

test("lines are the same however the bytes are cut into chunks", async () => {
  const line = fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.replaceAll("\n", "").toWellFormed())
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.integer({ min: 1, max: 9 }), async (lines, size) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""))
      const chunks: Buffer[] = []
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
      assert.deepEqual(await collect(chunks), lines)
    }),
    { numRuns: 100 },
  )
})

test("a line that is not UTF-8 is replaced, and only that line", async () => {
  const bytes = Buffer.concat([Buffer.from("a\n"), Buffer.of(0xff, 0xfe), Buffer.from("\nb")])
  assert.deepEqual(await collect([bytes]), ["a", NOT_UTF8, "b"])
})
