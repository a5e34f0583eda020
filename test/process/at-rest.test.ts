import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { startProcess } from "../kit/process.ts"
import { until } from "../kit/receiver.ts"

/** Of what loading took, from sources; measured: 20,000. V8 by itself gives back 5,000 after a while. */
const GIVEN_BACK_KB = 12_000

test("a server at rest gives back what loading took, and answers on", async (t) => {
  const server = await startProcess()
  t.after(() => server.close())
  const kilobytes = (field: string): number => {
    const status = readFileSync(`/proc/${server.pid}/status`, "utf8")
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1])
  }
  await until("memory given back", () => kilobytes("VmHWM") - kilobytes("VmRSS") > GIVEN_BACK_KB)
  assert.equal((await server.anonymous.get("/api/health")).status, 200)
})
