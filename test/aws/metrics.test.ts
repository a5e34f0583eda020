import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { CloudWatchClient, GetMetricDataCommand, ListMetricsCommand } from "@aws-sdk/client-cloudwatch"
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs"
import type { StandingLine } from "../../src/audit/line.ts"
import {
  PROCESS_METRIC_NAMES,
  SECURITY_METRIC_NAMES,
  SECURITY_METRICS,
  type SecurityMetric,
} from "../../src/telemetry/security-metrics.ts"
import { dataOf } from "../../src/telemetry/sink.ts"
import { Tally } from "../../src/telemetry/tally.ts"
import { parseExposition } from "../kit/exposition.ts"
import { moto, MOTO_REGION, noMoto, takeTestCredentials } from "../kit/moto.ts"
import { setUpAdmin } from "../kit/people.ts"
import { startProcess } from "../kit/process.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

takeTestCredentials()

const NAMESPACE = "TylerSetup/Security"
const GROUP = "/aws/tyler-setup/security"
const SECRET_NAME = "config/canary-of-names"
const VALUE = "canary-of-values"

/** Something of everything: 100 reads at once, refusals by rule and by form, a change, a deletion. */
async function play({ admin, people: { dev, hr } }: Stage<"dev" | "hr">): Promise<void> {
  await createSecret(admin, SECRET_NAME, VALUE)
  await createSecret(admin, "elsewhere/of-no-category", VALUE)
  const reads = await Promise.all(Array.from({ length: 100 }, () => read(dev.client, SECRET_NAME, { unmask: false })))
  assert.ok(reads.every(({ status }) => status === 200))
  for (const client of [hr.client, hr.client, hr.client]) assert.equal((await read(client, SECRET_NAME)).status, 403)
  assert.equal((await read(dev.client, SECRET_NAME, { reason: "short" })).status, 400)
  await admin.put(secretPath(SECRET_NAME), { value: `${VALUE}-2`, reason: REASON })
  const confirmationCode = `DELETE-elsewhere/of-no-category-${new Date().toISOString().slice(0, 10)}`
  const gone = await admin.delete(secretPath("elsewhere/of-no-category"), { confirmationCode, reason: REASON })
  assert.equal(gone.status, 200, gone.text)
}

/** The whole log, and from it what ought to have been counted, computed by a second way. */
async function entriesOf(stage: Stage<"dev" | "hr">): Promise<readonly StandingLine[]> {
  const { text } = await stage.admin.get("/api/audit/export")
  const lines = text.split("\n").filter((line) => line.startsWith('{"index":'))
  return lines.map((line) => JSON.parse(line) as StandingLine)
}

const isFailure = ({ result }: StandingLine): boolean => result === "FAILURE" || result === "DENIED"
const isAccess = ({ action, resourceType }: StandingLine): boolean => action === "GET" && resourceType === "secret"
const isChange = ({ action, resourceType }: StandingLine): boolean =>
  ["CREATE", "UPDATE", "DELETE"].includes(action) && resourceType === "secret"

/** What an alarm of the guide, and a person at a dashboard, would ask for. */
const ASKED: readonly (readonly [
  SecurityMetric,
  Readonly<Record<string, string>>,
  (entry: StandingLine) => boolean,
])[] = [
  ["SecurityAudit", {}, () => true],
  ["SecurityAudit", { Result: "FAILURE" }, isFailure],
  ["SecurityAudit", { Action: "LOGIN", Outcome: "SUCCESS" }, (e) => e.action === "LOGIN" && e.result === "SUCCESS"],
  ["SecretAccess", {}, isAccess],
  ["SecretAccess", { Result: "SUCCESS" }, (e) => isAccess(e) && e.result === "SUCCESS"],
  ["SecretAccess", { Result: "FAILURE" }, (e) => isAccess(e) && isFailure(e)],
  ["SecretAccess", { Action: "GET", Outcome: "DENIED" }, (e) => isAccess(e) && e.result === "DENIED"],
  ["SecretAccess", { Category: "config", Result: "SUCCESS" }, (e) => isAccess(e) && e.result === "SUCCESS"],
  ["SecretOperation", {}, isChange],
  ["SecretOperation", { Operation: "DELETE" }, (e) => isChange(e) && e.action === "DELETE"],
  ["SecretOperation", { Operation: "CREATE" }, (e) => isChange(e) && e.action === "CREATE"],
  [
    "SecretOperation",
    { Category: "other", Result: "SUCCESS" },
    (e) => isChange(e) && e.resourceName.startsWith("elsewhere/"),
  ],
]

function environment(origin: string): Record<string, string> {
  return { AWS_REGION: MOTO_REGION, AWS_ENDPOINT_URL: origin, CLOUDWATCH_NAMESPACE: NAMESPACE }
}

describe("PutMetricData", { skip: noMoto }, () => {
  let stage: Stage<"dev" | "hr">
  let client: CloudWatchClient
  before(async () => {
    const origin = await moto()
    client = new CloudWatchClient({ region: MOTO_REGION, endpoint: origin })
    stage = await openStage({ dev: ["developer"], hr: ["hr"] }, { env: environment(origin) })
  })
  after(async () => {
    client.destroy()
    await stage.close()
  })

  /**
   * Exactly the series asked for, as CloudWatch answers. moto, asked without dimensions, adds up all series of that name:
   * every entry stands once in each set, so that is so many times the one that was meant.
   */
  async function sumOf(name: SecurityMetric, dimensions: Readonly<Record<string, string>>): Promise<number> {
    const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))
    const Metric = { Namespace: NAMESPACE, MetricName: name, Dimensions }
    const { MetricDataResults } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 3_600_000),
        MetricDataQueries: [{ Id: "asked", MetricStat: { Metric, Period: 60, Stat: "Sum", Unit: "Count" } }],
      }),
    )
    const sum = (MetricDataResults?.[0]?.Values ?? []).reduce((all, value) => all + value, 0)
    return Dimensions.length > 0 ? sum : sum / SECURITY_METRICS[name].sets.length
  }

  test("what CloudWatch holds is what the log holds, for every question that an alarm asks", async () => {
    await play(stage)
    await stage.server.runJobs()
    const entries = await entriesOf(stage)
    await stage.server.runJobs()
    assert.ok(entries.filter(isAccess).length >= 104)
    for (const [name, dimensions, counts] of ASKED)
      assert.equal(
        await sumOf(name, dimensions),
        entries.filter(counts).length,
        `${name} ${JSON.stringify(dimensions)}`,
      )
  })

  test("no secret's name, no person and no value is in any series", async () => {
    const { Metrics } = await client.send(new ListMetricsCommand({ Namespace: NAMESPACE }))
    assert.ok((Metrics ?? []).length > 10)
    assert.ok((Metrics ?? []).length < 200, "few series")
    const bare = (Metrics ?? []).filter(({ Dimensions = [] }) => Dimensions.length === 0)
    const names = new Set((Metrics ?? []).map(({ MetricName = "" }) => MetricName))
    assert.deepEqual(new Set(bare.map(({ MetricName = "" }) => MetricName)), names, "each without dimensions too")
    assert.doesNotMatch(JSON.stringify(Metrics), /canary|elsewhere|dev"|"hr/)
    for (const name of ["SecretAccess", "SecretOperation", "SecurityAudit", "Heartbeat", "MirrorFailing"])
      assert.ok(names.has(name), name)
    const declared = new Set<string>([...SECURITY_METRIC_NAMES, ...PROCESS_METRIC_NAMES])
    assert.deepEqual(
      [...names].filter((name) => !declared.has(name)),
      [],
    )
  })

  test("Prometheus shows the same counters", async () => {
    const { text } = await stage.admin.get("/metrics")
    const metrics = parseExposition(text)
    const total = [...(metrics.get("tyler_secret_access_total")?.samples ?? [])]
    const sum = (having: string): number =>
      total.filter(([labels]) => labels.includes(having)).reduce((all, [, value]) => all + value, 0)
    assert.equal(sum('result="FAILURE"'), await sumOf("SecretAccess", { Result: "FAILURE" }))
    assert.equal(sum(""), await sumOf("SecretAccess", {}))
    assert.equal(metrics.get("tyler_metrics_dropped_total")?.samples.get(""), 0)
  })

  test("what was counted last is sent on the way out", async () => {
    const sum = await sumOf("SecretAccess", {})
    assert.equal((await read(stage.people.dev.client, SECRET_NAME)).status, 200)
    await stage.close()
    assert.equal(await sumOf("SecretAccess", {}), sum + 1)
  })
})

describe("the embedded metric format in a log group", { skip: noMoto }, () => {
  let stage: Stage<"dev" | "hr">
  let logs: CloudWatchLogsClient
  before(async () => {
    const origin = await moto()
    logs = new CloudWatchLogsClient({ region: MOTO_REGION, endpoint: origin })
    stage = await openStage(
      { dev: ["developer"], hr: ["hr"] },
      { env: { ...environment(origin), CLOUDWATCH_LOG_GROUP: GROUP } },
    )
  })
  after(async () => {
    logs.destroy()
    await stage.close()
  })

  test("a group that is missing is told as a cause, and once it is there nothing was lost", async () => {
    await play(stage)
    await stage.server.runJobs()
    const { body } = await stage.server.anonymous.get<{
      ready: boolean
      parts: Record<string, { reason: string | null }>
    }>("/api/ready")
    assert.deepEqual([body.ready, body.parts["metrics"]?.reason], [true, "not_found"])
    await logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }))
    const entries = await entriesOf(stage)
    await stage.server.runJobs()
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: GROUP }))
    const lines = events.map(({ message }) => JSON.parse(message ?? "") as EmfLine)
    assert.doesNotMatch(JSON.stringify(events), /canary|elsewhere|"dev"|"hr"/)
    for (const [name, dimensions, counts] of ASKED)
      assert.equal(
        asCloudWatch(lines, name, dimensions),
        entries.filter(counts).length,
        `${name} ${JSON.stringify(dimensions)}`,
      )
  })
})

interface EmfLine extends Readonly<Record<string, unknown>> {
  readonly _aws: {
    readonly Timestamp: number
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[]
    }[]
  }
}

/** What CloudWatch makes of the lines: for each set of dimensions of each line a point of that metric. */
function asCloudWatch(lines: readonly EmfLine[], name: string, dimensions: Readonly<Record<string, string>>): number {
  let sum = 0
  for (const line of lines) {
    assert.equal(typeof line._aws.Timestamp, "number")
    for (const { Namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
      assert.equal(Namespace, NAMESPACE)
      assert.ok(Dimensions.some((set) => set.length === 0))
      for (const set of Dimensions) {
        assert.ok(set.length <= 30 && set.every((one) => typeof line[one] === "string"))
        if (!Metrics.some((metric) => metric.Name === name && metric.Unit === "Count")) continue
        const at = Object.fromEntries(set.map((one) => [one, line[one]]))
        const same = Object.keys(at).length === Object.keys(dimensions).length
        if (same && set.every((one) => at[one] === dimensions[one])) sum += line[name] as number
      }
    }
  }
  return sum
}

test("on standard output the same lines, the last of them at the stop; no AWS is asked", async (t) => {
  const env = { CLOUDWATCH_NAMESPACE: NAMESPACE, CLOUDWATCH_METRICS: "stdout" }
  const server = await startProcess({ env })
  t.after(() => server.close())
  const admin = await setUpAdmin(server)
  await createSecret(admin, SECRET_NAME, VALUE)
  assert.equal(await server.stop(), 0)
  const { stdout } = server.output()
  assert.doesNotMatch(stdout, /canary/)
  const lines = stdout.split("\n").filter((line) => line.startsWith('{"_aws":'))
  const parsed = lines.map((line) => JSON.parse(line) as EmfLine)
  assert.equal(asCloudWatch(parsed, "SecretOperation", { Operation: "CREATE" }), 1)
})

const REST = { decision: "permit", details: null }

test("a category that callers have made up is no series of its own", () => {
  const tally = new Tally()
  for (let n = 0; n < 1000; n++)
    tally.add({ action: "GET", result: "DENIED", resourceType: "secret", resourceName: `made-up-${n}/x`, ...REST })
  tally.add({ action: "GET", result: "INTENT", resourceType: "secret", resourceName: "plain", ...REST })
  const cells = tally.take()
  assert.ok(cells.length <= 4, JSON.stringify(cells))
  assert.deepEqual(tally.take(), [])
  const data = dataOf({ at: 0, cells, own: { MetricsDropped: 7 } })
  const of = (name: string, dimensions: string): number | undefined =>
    data.find((datum) => datum.name === name && JSON.stringify(datum.dimensions) === dimensions)?.value
  assert.equal(of("SecretAccess", "[]"), 1001)
  assert.equal(of("SecretAccess", '[["Result","FAILURE"]]'), 1000)
  assert.equal(of("SecretAccess", '[["Category","other"],["Result","FAILURE"]]'), 1000)
  assert.equal(of("MetricsDropped", "[]"), 7)
  assert.ok(data.every(({ dimensions }) => dimensions.every(([, value]) => /^[\x21-\x7e]{1,255}$/.test(value))))
})
