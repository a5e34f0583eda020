import { DatabaseSync } from "node:sqlite"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type ServerProcess, startProcess } from "../test/kit/process.ts"
import { progress, row } from "./kit.ts"
import { compare, type Figures } from "./reads/compare.ts"
import { load } from "./reads/load.ts"
import { ENVIRONMENT, gets, setStage, type Stage } from "./reads/stage.ts"

/** What a read, a list, a proof and a search cost in a large installation, beside a read in a small one. */
const SMALL = { secrets: 100, entries: 1000 }
const LARGE = { secrets: Number(process.argv[2] ?? 100_000), entries: Number(process.argv[3] ?? 1_000_000) }
const SLICES = 7
const CONNECTIONS = 64
const IDLE_MS = 1000

interface Installation {
  readonly server: ServerProcess
  readonly stage: Stage
}

async function main(): Promise<void> {
  const small = await install(SMALL)
  const large = await install(LARGE)
  try {
    await measureReads(small, large)
    const [person = ""] = large.stage.tokens
    await measureOne(large, "list page of 100", "/api/secrets?limit=100", "at most 15x a read", person)
    const proof = `/api/audit/proof?index=${(LARGE.entries / 3) | 0}&size=${LARGE.entries}`
    await measureOne(large, "inclusion proof", proof, "at most 5 ms", large.stage.admin.token ?? "")
    await measureOthers(large, "a list of which the caller may see nothing", "/api/secrets?limit=100")
    await measureOthers(large, "a search that finds nothing", "/api/secrets?q=nothing-has-this")
    await measureOthers(large, "the compliance report", "/api/compliance")
    await measureOthers(large, "a page of the access review", "/api/access-review")
    await measureOthers(large, "an audit query that finds nothing", "/api/audit?action=NEVER")
  } finally {
    await small.server.close()
    await large.server.close()
  }
}

async function install(size: { secrets: number; entries: number }): Promise<Installation> {
  const server = await startProcess({ env: ENVIRONMENT })
  const stage = await setStage(server, size.secrets)
  let left = size.entries - entriesIn(server)
  while (left > 0) {
    const part = Math.min(left, 100_000)
    let asked = 0
    await load(server.port, CONNECTIONS, Number.POSITIVE_INFINITY, (connection, turn) =>
      asked++ < part ? stage.reads(connection, turn + left) : undefined,
    )
    left -= part
    progress(`  ${size.entries - left} entries`)
  }
  return { server, stage }
}

function entriesIn(server: ServerProcess): number {
  const db = new DatabaseSync(join(server.folder, "data", "tyler.db"), { readOnly: true })
  const size = db.prepare("SELECT size FROM log_head").get()?.["size"] as number
  db.close()
  return size
}

function target({ server, stage }: Installation) {
  return { pid: server.pid, port: server.port, next: stage.reads }
}

async function measureReads(small: Installation, large: Installation): Promise<void> {
  const [few, many] = (await compare([target(small), target(large)], CONNECTIONS, SLICES)) as [Figures, Figures]
  const costs = `${many.cpu.toFixed(0)} us to ${few.cpu.toFixed(0)} us`
  const what = "cost of a read at 100,000 secrets and 1,000,000 entries"
  row(what, `${(many.cpu / few.cpu).toFixed(2)}x (${costs})`, "at most 1.25x of 100 and 1,000")
}

async function measureOne(
  large: Installation,
  what: string,
  path: string,
  limit: string,
  token: string,
): Promise<void> {
  const { server } = large
  const one = { pid: server.pid, port: server.port, next: gets(token, path) }
  const [read, other] = (await compare([target(large), one], 8, 5)) as [Figures, Figures]
  row(what, `${(other.cpu / 1000).toFixed(2)} ms of CPU, ${(other.cpu / read.cpu).toFixed(1)}x a read`, limit)
}

/** How long others wait for the answering thread while it works on something long, and while it does nothing. */
async function measureOthers(large: Installation, what: string, path: string): Promise<void> {
  const { server, stage } = large
  const idle = await waits(server, () => sleep(IDLE_MS))
  let took = 0
  const busy = await waits(server, async () => {
    const began = performance.now()
    const answer = await stage.admin.get(path)
    took = performance.now() - began
    if (answer.status !== 200) throw new Error(answer.text)
  })
  const longest = `others wait at most ${busy.toFixed(1)} ms, ${idle.toFixed(1)} ms beside nothing`
  row(what, `${took.toFixed(0)} ms, ${longest}`, "no query over 10 ms")
}

/** The longest of many waits, one after the other, for an answer that costs nothing. In milliseconds. */
async function waits(server: ServerProcess, during: () => Promise<void>): Promise<number> {
  const ask = gets(null, "/api/health")
  const running = { on: true }
  const probe = load(server.port, 1, Number.POSITIVE_INFINITY, (connection, turn) =>
    running.on ? ask(connection, turn) : undefined,
  )
  await during()
  running.on = false
  return (await probe).longest
}

await main()
