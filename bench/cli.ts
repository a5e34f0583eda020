import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { setUpAdmin } from "../test/kit/people.ts"
import { startProcess } from "../test/kit/process.ts"
import { median, row } from "./kit.ts"
import { olderNode } from "./node20.ts"

/**
 * From starting `tyler` to its end, with the packaged Node and through the launcher of an older one. Beside it, what the
 * same Node takes to start and do nothing.
 */
const RUNS = 15
const LIMIT_MS = 100
const LAUNCHER = fileURLToPath(new URL("../bin/tyler.js", import.meta.url))

const server = await startProcess()
const admin = await setUpAdmin(server)
const env = {
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  TYLER_URL: server.publicUrl,
  TYLER_TOKEN: admin.token ?? "",
}

async function runOnce(node: string, args: readonly string[]): Promise<number> {
  const began = performance.now()
  const child = spawn(node, args, { env, stdio: "ignore" })
  const [code] = (await once(child, "exit")) as [number | null]
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}`)
  return performance.now() - began
}

async function medianOf(node: string, args: readonly string[]): Promise<number> {
  await runOnce(node, args)
  const runs: number[] = []
  for (let at = 0; at < RUNS; at++) runs.push(await runOnce(node, args))
  return median(runs)
}

const figures: number[] = []
try {
  const alone = await medianOf(process.execPath, ["-e", "0"])
  for (const command of ["--version", "whoami"]) {
    const ms = await medianOf(process.execPath, [LAUNCHER, command])
    figures.push(ms)
    row(`tyler ${command}`, `${ms.toFixed(0)} ms (Node alone ${alone.toFixed(0)} ms)`, "under 100 ms")
  }
  const older = olderNode()
  if (older !== undefined) {
    const starts = [await medianOf(older.path, ["-e", "0"]), alone]
    const ms = await medianOf(older.path, [LAUNCHER, "whoami"])
    const bare = starts.map((one) => one.toFixed(0)).join(" + ")
    row(
      `tyler whoami, started by Node ${older.version}`,
      `${ms.toFixed(0)} ms`,
      `100 ms and two bare starts (${bare} ms)`,
    )
    figures.push(ms - starts.reduce((sum, one) => sum + one, 0))
  }
} finally {
  await server.close()
}
process.exitCode = figures.every((ms) => ms < LIMIT_MS) ? 0 : 1
