import { newDatabase } from "../test/conformance/postgres-database.ts"
import { type ServerProcess, startProcess } from "../test/kit/process.ts"
import { row } from "./kit.ts"
import { deliveredReads } from "./log.ts"
import { compare, startBare } from "./reads/compare.ts"
import type { NextRequest } from "./reads/load.ts"
import { ENVIRONMENT, sampleAnswer, setStage } from "./reads/stage.ts"

/**
 * Governed, durably audited reads against a bare Fastify POST with the same schemas and answer size, on the same core.
 * Void unless the log afterwards verifies and holds one entry for every answer.
 */
const SECRETS = 1000
const SLICES = 9

const TARGETS = { sqlite: { ratio: 0.2, aim: 0.35 }, postgres: { ratio: 0.1, aim: 0.25 } } as const

async function main(engine: keyof typeof TARGETS): Promise<void> {
  if (engine === "sqlite") return measure(engine, await startProcess({ env: ENVIRONMENT }))
  await using database = await newDatabase()
  await measure(engine, await startProcess({ env: { ...ENVIRONMENT, DATABASE_URL: database.url } }))
}

async function measure(engine: keyof typeof TARGETS, server: ServerProcess): Promise<void> {
  try {
    const stage = await setStage(server, SECRETS)
    let asked = 1
    const next: NextRequest = (connection, turn) => {
      asked++
      return stage.reads(connection, turn)
    }
    const bare = await startBare(await sampleAnswer(stage))
    try {
      const targets = [
        { pid: server.pid, port: server.port, next },
        { ...bare, next: stage.reads },
      ]
      report(engine, 64, await compare(targets, 64, SLICES))
      report(engine, 16, await compare(targets, 16, SLICES))
    } finally {
      bare.stop()
    }
    const entries = await deliveredReads(stage.admin)
    if (entries !== asked) throw new Error(`void: ${asked} answers and ${entries} entries`)
    row(`${engine}: log verifies, entries = answers`, String(entries), "equal")
  } finally {
    await server.close()
  }
}

function report(engine: keyof typeof TARGETS, connections: number, figures: Awaited<ReturnType<typeof compare>>): void {
  const [governed, bare] = figures
  if (governed === undefined || bare === undefined) throw new Error("nothing was measured")
  const what = `${engine}, ${connections} connections`
  const times = (p: number): string => `${p.toFixed(2)} ms`
  if (connections === 64) {
    const { ratio, aim } = TARGETS[engine]
    const target = `at least ${ratio.toFixed(2)}, aim ${aim}`
    const rates = `${Math.round(governed.perSecond)}/s of ${Math.round(bare.perSecond)}/s`
    row(`${what}: throughput`, `${(governed.perSecond / bare.perSecond).toFixed(3)} (${rates})`, target)
    const costs = `${bare.cpu.toFixed(1)} us of ${governed.cpu.toFixed(1)} us`
    row(`${what}: CPU`, `${(bare.cpu / governed.cpu).toFixed(3)} (${costs})`, target)
  }
  const limit = connections === 16 && engine === "sqlite" ? "at most 6x bare" : "reported"
  row(`${what}: p50`, `${(governed.p50 / bare.p50).toFixed(1)}x (${times(governed.p50)} to ${times(bare.p50)})`, limit)
  row(`${what}: p99`, `${times(governed.p99)}, bare ${times(bare.p99)}`, "reported")
}

await main(process.argv[2] === "postgres" ? "postgres" : "sqlite")
