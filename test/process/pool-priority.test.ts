import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { startProcess } from "../kit/process.ts"

/** Field 19 of proc_pid_stat(5). */
function niceness(pid: number, thread: string): number {
  const [, after = ""] = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8").split(") ")
  return Number(after.split(" ")[16])
}

test("what computes beside gives way to what answers", {
  skip: process.platform === "linux" ? false : "linux",
}, async (t) => {
  const server = await startProcess()
  t.after(() => server.close())
  const named = (name: string): string[] =>
    readdirSync(`/proc/${server.pid}/task`).filter(
      (thread) => readFileSync(`/proc/${server.pid}/task/${thread}/comm`, "utf8").trim() === name,
    )
  const own = niceness(server.pid, String(server.pid))
  const pool = (): number[] => named("libuv-worker").map((thread) => niceness(server.pid, thread))
  const waits = (): boolean => pool().length === 0 || pool().some((nice) => nice === own)
  for (let tries = 0; waits() && tries < 100; tries++) await pause(20)
  assert.deepEqual(new Set(pool()), new Set([own + 5]))
  // What writes the log is no such thing.
  for (const thread of named("WorkerThread")) assert.equal(niceness(server.pid, thread), own)
})
