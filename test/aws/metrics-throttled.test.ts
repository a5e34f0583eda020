import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { ATTEMPTS } from "../../src/adapters/aws/client.ts"
import { emfSink } from "../../src/adapters/aws/emf-sink.ts"
import { DATA_PER_CALL, putMetricsSink } from "../../src/adapters/aws/put-metrics.ts"
import type { ReadyAnswer } from "../../src/api/health.ts"
import { systemClock } from "../../src/core/clock.ts"
import { MATRIX } from "../../src/http/matrix.ts"
import { publishing, QUEUE_READINGS } from "../../src/main/publishing.ts"
import { dataOf, emfLines, type MetricSink } from "../../src/telemetry/sink.ts"
import { Tally } from "../../src/telemetry/tally.ts"
import { type AwsProxy, awsProxy, type Fate } from "../kit/aws-proxy.ts"
import { parseExposition } from "../kit/exposition.ts"
import { MOTO_REGION, takeTestCredentials } from "../kit/moto.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

takeTestCredentials()

const NAMESPACE = "TylerSetup/Throttled"
const GROUP = "/tyler/throttled"
const ENTRY = {
  action: "GET",
  result: "SUCCESS",
  resourceType: "secret",
  resourceName: "config/x",
  decision: "permit",
  details: null,
} as const

type Body = Readonly<Record<string, unknown>>

/** Either way to CloudWatch: what a call carries, and how AWS spells that there were too many. */
interface Way {
  readonly operation: string
  readonly env: Readonly<Record<string, string>>
  readonly errors: readonly string[]
  sink(origin: string): MetricSink
  /** Of one metric without dimensions. */
  count(body: Body, metric: string): number
  /** When the counts of a call were made. */
  times(body: Body): readonly number[]
}

interface Datum {
  readonly MetricName: string
  readonly Value: number
  readonly Timestamp: number
  readonly Dimensions: readonly unknown[]
}

const dataIn = ({ MetricData }: Body): readonly Datum[] => MetricData as readonly Datum[]

interface EmfLine {
  readonly _aws: { readonly Timestamp: number }
}

const linesIn = ({ logEvents }: Body): readonly (EmfLine & Readonly<Record<string, unknown>>)[] =>
  (logEvents as { message: string }[]).map(({ message }) => JSON.parse(message) as EmfLine & Record<string, unknown>)

const placeAt = (origin: string) => ({ region: MOTO_REGION, endpoints: { monitoring: origin, logs: origin } })

const WAYS: Readonly<Record<string, Way>> = {
  PutMetricData: {
    operation: "PutMetricData",
    env: {},
    errors: ["ThrottlingException", "Throttling"],
    sink: (origin) => putMetricsSink(placeAt(origin), NAMESPACE),
    count: (body, metric) =>
      dataIn(body)
        .filter(({ MetricName, Dimensions }) => MetricName === metric && Dimensions.length === 0)
        .reduce((sum, { Value }) => sum + Value, 0),
    times: (body) => dataIn(body).map(({ Timestamp }) => Math.round(Timestamp * 1000)),
  },
  PutLogEvents: {
    operation: "PutLogEvents",
    env: { CLOUDWATCH_LOG_GROUP: GROUP },
    errors: ["ThrottlingException"],
    sink: (origin) => emfSink(placeAt(origin), NAMESPACE, GROUP, systemClock),
    count: (body, metric) => linesIn(body).reduce((sum, line) => sum + (Number(line[metric]) || 0), 0),
    times: (body) => linesIn(body).map(({ _aws }) => _aws.Timestamp),
  },
}

/** A CloudWatch that takes what it is given or does not, and remembers both. */
async function cloudWatch(way: Way) {
  const { operation } = way
  const proxy: AwsProxy = await awsProxy("http://127.0.0.1:9")
  const [taken, refused]: [Body[], Body[]] = [[], []]
  return {
    proxy,
    refused,
    calls: () => proxy.calls(operation),
    /** @param fate of each call; undefined: it is taken. `drop`: it is taken, and nobody hears of it. */
    answer(fate: (nth: number) => Extract<Fate, { readonly error: string }> | "drop" | undefined): void {
      proxy.judge((asked, nth, body) => {
        if (asked !== operation) return { body: {} }
        const said = fate(nth)
        if (said === undefined || said === "drop") taken.push(body)
        else refused.push(body)
        return said ?? { body: {} }
      })
    },
    sum: (metric: string) => taken.reduce((sum, body) => sum + way.count(body, metric), 0),
    takenTimes: () => taken.map((body) => new Set(way.times(body))),
    refusedTimes: () => new Set(refused.flatMap((body) => way.times(body))),
  }
}

for (const [called, way] of Object.entries(WAYS))
  describe(`${called} that is throttled`, () => {
    let cloud: Awaited<ReturnType<typeof cloudWatch>>
    let stage: Stage<never>
    before(async () => {
      cloud = await cloudWatch(way)
      cloud.answer(() => undefined)
      const env = { AWS_REGION: MOTO_REGION, AWS_ENDPOINT_URL: cloud.proxy.url, CLOUDWATCH_NAMESPACE: NAMESPACE }
      stage = await openStage({}, { env: { ...env, ...way.env } })
      await createSecret(stage.admin, "config/counted", "v")
    })
    after(async () => {
      await stage.close()
      cloud.proxy.close()
    })

    async function told() {
      const { body, status } = await stage.server.anonymous.get<ReadyAnswer>("/api/ready")
      const metrics = parseExposition((await stage.admin.get("/metrics")).text)
      const total = (name: string): number =>
        [...(metrics.get(name)?.samples.values() ?? [])].reduce((sum, value) => sum + value, 0)
      return { status, reason: body.parts["metrics"]?.reason, total }
    }

    test("counts wait while the service goes on, and are there once, each with its own time, afterwards", async () => {
      for (const error of way.errors) {
        await stage.server.runJobs()
        cloud.answer(() => ({ error, message: "Rate exceeded" }))
        for (let round = 1; round <= 2; round++) {
          assert.equal((await read(stage.admin, "config/counted")).status, 200)
          await stage.server.runJobs()
          const { status, reason, total } = await told()
          assert.deepEqual([status, reason], [200, "throttled"])
          assert.ok(total("tyler_metrics_waiting") >= round, "what was not taken waits")
        }
        assert.equal(
          cloud.refusedTimes().size,
          1,
          "only the oldest is tried: whoever is throttled does not ask for more",
        )
        cloud.refused.length = 0
        cloud.answer(() => undefined)
        await stage.server.runJobs()
        await stage.server.runJobs()
        const { reason, total } = await told()
        assert.deepEqual([reason, total("tyler_metrics_waiting"), total("tyler_metrics_dropped_total")], [null, 0, 0])
        assert.equal(cloud.sum("SecretAccess"), total("tyler_secret_access_total"), error)
        assert.equal(cloud.sum("SecurityAudit"), total("tyler_security_audit_total"), error)
        assert.ok(cloud.takenTimes().every((times) => times.size === 1))
      }
    })

    test("throttled now and then the SDK tries again by itself, and nothing is counted twice", async () => {
      cloud.answer((nth) => (nth % ATTEMPTS === 0 ? undefined : { error: way.errors[0] ?? "" }))
      for (let round = 0; round < 2; round++) {
        assert.equal((await read(stage.admin, "config/counted")).status, 200)
        await stage.server.runJobs()
        assert.equal((await told()).reason, null)
      }
      const { total } = await told()
      assert.equal(cloud.sum("SecretAccess"), total("tyler_secret_access_total"))
    })

    test("a call whose answer is lost counts twice, as the document says, and no other does", async () => {
      const before = cloud.sum("SecretAccess")
      cloud.answer((nth) => (nth === 1 ? "drop" : undefined))
      assert.equal((await read(stage.admin, "config/counted")).status, 200)
      await stage.server.runJobs()
      assert.equal((await told()).reason, null)
      assert.equal(cloud.sum("SecretAccess"), before + 2)
    })

    test(`at most ${QUEUE_READINGS} readings wait; what is given up is told once`, async (t) => {
      const bounded = await cloudWatch(way)
      t.after(() => bounded.proxy.close())
      bounded.answer(() => ({ error: way.errors[0] ?? "" }))
      const tally = new Tally()
      const sink = way.sink(bounded.proxy.url)
      const published = publishing(tally, sink, systemClock, () => ({}))
      t.after(() => published.close())
      const rounds: Promise<void>[] = []
      // An entry of this kind counts in two metrics. The first call is tried again while the others are made.
      for (let at = 0; at < QUEUE_READINGS + 2; at++) {
        tally.add(ENTRY)
        rounds.push(published.tick())
      }
      await Promise.all(rounds)
      assert.deepEqual(
        [published.waiting(), published.trouble(), published.dropped()],
        [QUEUE_READINGS, "throttled", 4],
      )
      bounded.answer(() => undefined)
      await published.tick()
      assert.deepEqual([published.waiting(), published.trouble()], [0, null])
      assert.equal(bounded.sum("SecretAccess"), QUEUE_READINGS)
      assert.equal(bounded.sum("MetricsDropped"), 4)
    })
  })

test("the largest reading there can be is one call: none is taken by half, and then sent again", () => {
  const tally = new Tally()
  const routes = Object.values(MATRIX).flatMap(({ action }) => (action === null ? [] : [action]))
  // Jobs, refusals and the store have actions of their own: fewer than routes have.
  const actions = [...new Set([...routes, ...routes.map((action) => `${action}_BY_ITSELF`)])]
  for (const action of actions)
    for (const result of ["SUCCESS", "FAILURE", "DENIED", "INTENT", "UNKNOWN"] as const)
      for (const category of ["database", "api-keys", "employee", "financial", "config", "other"])
        tally.add({
          action,
          result,
          resourceType: "secret",
          resourceName: `${category}/x`,
          decision: "permit",
          details: null,
        })
  const reading = { at: Date.now(), cells: tally.take(), own: { MetricsDropped: 1 } }
  assert.ok(dataOf(reading).length > 500)
  assert.ok(dataOf(reading).length <= DATA_PER_CALL, `${dataOf(reading).length} numbers`)
  const bytes = emfLines(NAMESPACE, reading).reduce((sum, line) => sum + Buffer.byteLength(line) + 26, 0)
  assert.ok(bytes <= 1_048_576, `${bytes} bytes`)
})
