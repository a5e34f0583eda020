import { newDatabase } from "../test/conformance/postgres-database.ts"
import { type AwsProxy, awsProxy } from "../test/kit/aws-proxy.ts"
import { MOTO_ACCOUNT, MOTO_CREDENTIALS, MOTO_REGION, startMoto } from "../test/kit/moto-process.ts"
import { type ServerProcess, startProcess } from "../test/kit/process.ts"
import { row } from "./kit.ts"
import { deliveredReads } from "./log.ts"
import { compare, type Target } from "./reads/compare.ts"
import { load, type NextRequest } from "./reads/load.ts"
import { ENVIRONMENT, setStage, type Stage } from "./reads/stage.ts"

/**
 * Governed reads of values that lie in AWS (an emulator of it), with a warm cache, against the same reads of values in
 * PostgreSQL, on the same core; and what AWS is asked for them. Void unless each log verifies and has one entry for
 * every answer, or if a value's lifetime ended while they were counted.
 */
const SECRETS = 100
const CONNECTIONS = 64
const SLICES = 9
const COUNTED_READS = 1000
/** The default, written down: calls are counted within one. */
const TTL_SECONDS = 300
const RATIO = "at least 0.80"

interface Side {
  readonly server: ServerProcess
  readonly stage: Stage
  readonly target: Target
  readonly asked: () => number
}

async function main(): Promise<void> {
  await using opened = new AsyncDisposableStack()
  const moto = await startMoto()
  opened.defer(() => moto.stop())
  const proxy = await awsProxy(moto.origin)
  opened.defer(() => proxy.close())
  const outside = await sideOf(opened, {
    ...MOTO_CREDENTIALS,
    SECRETS_BACKEND: "aws",
    SECRET_CACHE_TTL: String(TTL_SECONDS),
    AWS_REGION: MOTO_REGION,
    AWS_ACCOUNT_ID: MOTO_ACCOUNT,
    AWS_ENDPOINT_URL: moto.origin,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: proxy.url,
  })
  const inside = await sideOf(opened, {})
  await countCalls(proxy, outside, async () => {
    report(await compare([outside.target, inside.target], CONNECTIONS, SLICES))
  })
  await requireEntries("aws", outside)
  await requireEntries("postgres beside it", inside)
}

async function sideOf(opened: AsyncDisposableStack, env: Readonly<Record<string, string>>): Promise<Side> {
  const database = opened.use(await newDatabase())
  const server = await startProcess({ env: { ...ENVIRONMENT, ...env, DATABASE_URL: database.url } })
  opened.defer(() => server.close())
  const stage = await setStage(server, SECRETS)
  let asked = 0
  const next: NextRequest = (connection, turn) => {
    asked++
    return stage.reads(connection, turn)
  }
  return { server, stage, target: { pid: server.pid, port: server.port, next }, asked: () => asked }
}

/** From the first read of each secret on, so what fills the cache is counted too. */
async function countCalls(proxy: AwsProxy, { server, target }: Side, warm: () => Promise<void>): Promise<void> {
  proxy.judge(() => "pass")
  const began = performance.now()
  let left = COUNTED_READS
  const some: NextRequest = (connection, turn) => (left-- > 0 ? target.next(connection, turn) : undefined)
  await load(server.port, CONNECTIONS, Number.POSITIVE_INFINITY, some)
  callsRow(`the first ${COUNTED_READS} reads of ${SECRETS} secrets`, proxy)
  await warm()
  const seconds = (performance.now() - began) / 1000
  if (seconds >= TTL_SECONDS) throw new Error(`void: counted for ${seconds} s, longer than a value is believed`)
  callsRow("all reads of one TTL", proxy)
}

/** The sweep asks by the clock, not by reads: it stands beside. */
function callsRow(what: string, proxy: AwsProxy): void {
  const { ListSecrets: sweep = 0, ...others } = proxy.allCalls()
  const calls = Object.values(others).reduce((sum, one) => sum + one, 0)
  row(`aws: calls for ${what}`, `${calls} (and ${sweep} of the sweep)`, `at most ${SECRETS}`)
}

function report([outside, inside]: Awaited<ReturnType<typeof compare>>): void {
  if (outside === undefined || inside === undefined) throw new Error("nothing was measured")
  const rates = `${Math.round(outside.perSecond)}/s of ${Math.round(inside.perSecond)}/s`
  row("aws, warm, to postgres: throughput", `${(outside.perSecond / inside.perSecond).toFixed(3)} (${rates})`, RATIO)
  const costs = `${inside.cpu.toFixed(1)} us of ${outside.cpu.toFixed(1)} us`
  row("aws, warm, to postgres: CPU", `${(inside.cpu / outside.cpu).toFixed(3)} (${costs})`, RATIO)
  row("aws, warm: p50", `${outside.p50.toFixed(2)} ms, postgres ${inside.p50.toFixed(2)} ms`, "reported")
  row("aws, warm: p99", `${outside.p99.toFixed(2)} ms, postgres ${inside.p99.toFixed(2)} ms`, "reported")
}

async function requireEntries(what: string, { stage, asked }: Side): Promise<void> {
  const entries = await deliveredReads(stage.admin)
  if (entries !== asked()) throw new Error(`void: ${what}: ${asked()} answers and ${entries} entries`)
  row(`${what}: log verifies, entries = answers`, String(entries), "equal")
}

await main()
