import { exportLog, verdictOn } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import type { ServerProcess } from "../kit/process.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { type Campaign, type EngineName, type Outcome, type Setting, sleep } from "./campaign.ts"
import { at, enter } from "./cast.ts"
import { FAULTS, type StorageFault } from "./faults.ts"
import { install } from "./installation.ts"

const VALUE = "the-value-that-must-not-leak"
/** The longest a healthy process may take to say that it is alive. */
const HEALTH_MS = 100
const HEALED_WITHIN_MS = 15_000

interface Watch {
  readonly violations: string[]
  readonly health: number[]
  refused: number
}

/** Storage that is locked, full, read-only or gone: 503, not a byte, health at once, and all well again afterwards. */
export const storage: Campaign = {
  engines: ["sqlite", "postgres"],
  rounds: 3,
  async run({ engine, rounds, progress }: Setting): Promise<Outcome> {
    const watch: Watch = { violations: [], health: [], refused: 0 }
    const names = Object.entries(FAULTS[engine])
    for (let round = 1; round <= rounds; round++) {
      for (const [name, prepare] of names) {
        if (prepare === undefined) continue
        const before = watch.violations.length
        await during(engine, prepare, watch)
        progress(`round ${round}: ${name}, ${watch.violations.length - before} violations`)
      }
    }
    const skipped = names.filter(([, prepare]) => prepare === undefined).map(([name]) => name)
    const done = names.filter(([, prepare]) => prepare !== undefined).map(([name]) => name)
    const missing = skipped.length === 0 ? "" : `, NOT ${skipped.join(", ")}`
    const slowest = Math.max(...watch.health).toFixed(0)
    const checked = `${done.join(", ")}${missing}: ${watch.refused} refusals, health within ${slowest} ms`
    return { checked, violations: watch.violations }
  },
}

async function during(
  engine: EngineName,
  prepare: NonNullable<(typeof FAULTS)[EngineName][string]>,
  watch: Watch,
): Promise<void> {
  await using home = await install(engine)
  await using fault = await prepare(home)
  const server = await home.start(fault.env)
  try {
    const cast = await enter(server, 1)
    const admin = at(server, cast.admin)
    const reader = at(server, cast.readers[0] ?? "")
    await createSecret(admin, "soak/storage", VALUE)
    await read(reader, "soak/storage")
    await struck(fault, server, admin, reader, watch)
    await healed(reader, watch)
    const verdict = await verdictOn(await exportLog(admin))
    if (!verdict.ok) watch.violations.push(`the log does not verify: ${JSON.stringify(verdict.faults)}`)
    const { stderr } = server.output()
    if (stderr.includes(VALUE)) watch.violations.push("the value stands in the process's own log")
  } finally {
    await server.stop("SIGKILL")
  }
}

async function struck(
  fault: StorageFault,
  server: ServerProcess,
  admin: Client,
  reader: Client,
  watch: Watch,
): Promise<void> {
  await fault.strike()
  const running = { on: true }
  const pulse = beat(server, watch, running)
  const asked = [
    ...Array.from({ length: 8 }, () => read(reader, "soak/storage")),
    ...Array.from({ length: 4 }, () => admin.put(secretPath("soak/storage"), { value: VALUE, reason: REASON })),
  ]
  for (const answer of await Promise.all(asked)) {
    if (answer.status === 503) watch.refused++
    else watch.violations.push(`while storage fails an answer was ${answer.status}`)
    if (answer.text.includes(VALUE)) watch.violations.push("a refusal holds the value")
  }
  await fault.heal()
  running.on = false
  await pulse
}

async function beat(server: ServerProcess, watch: Watch, running: { on: boolean }): Promise<void> {
  while (running.on) {
    const began = performance.now()
    const answer = await fetch(`${server.url}/api/health`)
    const took = performance.now() - began
    watch.health.push(took)
    if (answer.status !== 200) watch.violations.push(`health answered ${answer.status}`)
    if (took > HEALTH_MS) watch.violations.push(`health took ${took.toFixed(0)} ms`)
    await sleep(10)
  }
}

async function healed(reader: Client, watch: Watch): Promise<void> {
  const until = performance.now() + HEALED_WITHIN_MS
  while (performance.now() < until) {
    const { status, body } = await read(reader, "soak/storage")
    if (status === 200 && body.value === VALUE) return
    await sleep(100)
  }
  watch.violations.push(`not well again within ${HEALED_WITHIN_MS} ms`)
}
