import type { LogKeyAnswer } from "../src/api/audit.ts"
import { linesOf } from "../src/audit/lines.ts"
import { verifyExport } from "../src/audit/verify.ts"
import { READ_ACTIONS } from "../src/operations/readers.ts"
import type { Client } from "../test/kit/client.ts"

const READ = new RegExp(`"action":"(?:${READ_ACTIONS.join("|")})"`)

/** Delivered reads in the log, from a cache or not. @throws Error if the log does not verify. */
export async function deliveredReads(admin: Client): Promise<number> {
  const { key } = (await admin.get<LogKeyAnswer>("/api/audit/key")).body
  const answer = await fetch(`${admin.url}/api/audit/export`, { headers: { authorization: `Bearer ${admin.token}` } })
  let reads = 0
  async function* counted(): AsyncGenerator<readonly string[]> {
    for await (const lines of linesOf(answer.body as AsyncIterable<Uint8Array>)) {
      for (const line of lines) if (READ.test(line) && line.includes('"result":"SUCCESS"')) reads++
      yield lines
    }
  }
  const verdict = await verifyExport(counted(), { key })
  if (!verdict.ok) throw new Error(`the log does not verify: ${JSON.stringify(verdict.faults)}`)
  return reads
}
