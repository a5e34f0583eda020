import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  type MetricAlarm,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch"
import { alarmDesk } from "../../src/adapters/aws/alarms.ts"
import { cloudWatchAlarms } from "../../src/alarm/cloudwatch.ts"
import { ALARMS } from "../../src/alarm/table.ts"
import { alarmsAsked, applyAlarms } from "../../src/main/aws-alarms.ts"
import { parseConfig } from "../../src/main/config.ts"
import { PROCESS_METRICS, SECURITY_METRICS } from "../../src/telemetry/security-metrics.ts"
import { type AlarmScene, alarmScene, times } from "../kit/alarms.ts"
import { captureEmf, type EmfCapture, extracted } from "../kit/emf.ts"
import { moto, MOTO_REGION, noMoto, takeTestCredentials } from "../kit/moto.ts"
import { until } from "../kit/receiver.ts"

takeTestCredentials()

const NAMESPACE = "TylerSetup/Security"
const TOPIC = `arn:aws:sns:${MOTO_REGION}:123456789012:tyler-alarms`
const OTHER_TOPIC = `arn:aws:sns:${MOTO_REGION}:123456789012:other`

/** Each in a Region of its own, as one moto holds both. */
const WAYS = {
  PutMetricData: { AWS_REGION: MOTO_REGION },
  "the embedded metric format": { AWS_REGION: "eu-west-1", CLOUDWATCH_METRICS: "stdout" },
} as const

function environment(origin: string): Record<string, string> {
  return { AWS_REGION: MOTO_REGION, AWS_ENDPOINT_URL: origin, CLOUDWATCH_NAMESPACE: NAMESPACE }
}

async function apply(origin: string, args: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
  const parsed = parseConfig({ ...environment(origin), ...env })
  assert.ok("config" in parsed, JSON.stringify(parsed))
  const asked = alarmsAsked(args)
  assert.ok(asked !== undefined)
  const said: string[] = []
  const code = await applyAlarms(
    parsed.config,
    asked,
    async (place) => alarmDesk(place),
    (line) => void said.push(line),
  )
  assert.equal(code, 0)
  return said
}

describe("with an AWS of somebody else's making", { skip: noMoto }, () => {
  let origin: string
  let client: CloudWatchClient
  before(async () => {
    origin = await moto()
    client = new CloudWatchClient({ region: MOTO_REGION, endpoint: origin })
  })
  after(() => client.destroy())

  async function standing(there = client): Promise<readonly MetricAlarm[]> {
    return (
      (await there.send(new DescribeAlarmsCommand({ AlarmNamePrefix: "tyler-setup-", MaxRecords: 100 })))
        .MetricAlarms ?? []
    )
  }

  test("apply makes what is missing, changes what differs, leaves the rest alone, and says so; a dry run only says", async () => {
    const count = cloudWatchAlarms({
      namespace: NAMESPACE,
      topicArn: TOPIC,
      thresholds: {},
      runbook: (slug) => slug,
    }).length
    const dry = await apply(origin, ["--dry-run", "--topic", TOPIC])
    assert.equal(dry.filter((line) => line.startsWith("+ ")).length, count)
    assert.equal(dry.at(-1), `${count} of ${count} alarms would be changed`)
    assert.deepEqual(await standing(), [])

    const first = await apply(origin, ["--topic", TOPIC])
    assert.equal(first.at(-1), `${count} of ${count} alarms changed`)
    assert.equal((await standing()).length, count)
    const again = await apply(origin, ["--topic", TOPIC])
    assert.equal(again.filter((line) => line.startsWith("= ")).length, count, again.join("\n"))
    assert.equal(again.at(-1), `0 of ${count} alarms changed`)
    assert.ok(again.some((line) => line.startsWith("- tyler-setup-key-or-trail-tampering: a rule of EventBridge")))

    const { MetricName, Namespace, Period, Statistic } = (await standing())[0] ?? {}
    const own = { MetricName, Namespace, Period, Statistic, EvaluationPeriods: 1, Threshold: 7 }
    const ComparisonOperator = "GreaterThanThreshold"
    await client.send(new PutMetricAlarmCommand({ ...own, ComparisonOperator, AlarmName: "tyler-setup-of-somebody" }))
    const changed = await apply(origin, ["--topic", OTHER_TOPIC], { ALARM_FAILED_ACCESS: "25" })
    assert.ok(changed.includes("? tyler-setup-of-somebody: not of this table, left alone"))
    assert.ok(
      changed.includes(
        `~ tyler-setup-failed-secret-access Threshold 10 -> 25; AlarmActions [${TOPIC}] -> [${OTHER_TOPIC}]; OKActions [${TOPIC}] -> [${OTHER_TOPIC}]`,
      ),
      changed.join("\n"),
    )
    const failed = (await standing()).find(({ AlarmName }) => AlarmName === "tyler-setup-failed-secret-access")
    assert.deepEqual(
      [
        failed?.Threshold,
        failed?.AlarmActions,
        failed?.Dimensions,
        failed?.Period,
        failed?.Statistic,
        failed?.TreatMissingData,
      ],
      [25, [OTHER_TOPIC], [{ Name: "Result", Value: "FAILURE" }], 300, "Sum", "notBreaching"],
    )
    assert.equal(failed?.AlarmDescription?.endsWith("Runbook: docs/runbooks/failed-secret-access.md"), true)
    await apply(origin, ["--topic", TOPIC])
  })

  for (const [way, settings] of Object.entries(WAYS))
    describe(`each alarm's own question, asked of what a running service has published by ${way}`, () => {
      let scene: AlarmScene
      let began: number
      let printed: EmfCapture
      let there: CloudWatchClient
      before(async () => {
        printed = captureEmf()
        there = new CloudWatchClient({ region: settings.AWS_REGION, endpoint: origin })
        await apply(origin, ["--topic", TOPIC.replace(MOTO_REGION, settings.AWS_REGION)], settings)
        scene = await alarmScene({ ...environment(origin), ...settings })
        began = scene.clock.now()
      })
      after(async () => {
        await scene.stage.close()
        printed[Symbol.dispose]()
        there.destroy()
      })

      /** What CloudWatch does with lines of logs, and moto does not. */
      async function extract(): Promise<void> {
        const found = printed.take().flatMap(extracted)
        for (const Namespace of new Set(found.map(({ namespace }) => namespace))) {
          const MetricData = found.flatMap(({ namespace, data }) => (namespace === Namespace ? data : []))
          await there.send(new PutMetricDataCommand({ Namespace, MetricData }))
        }
      }

      /**
       * As CloudWatch would evaluate it from what it holds: metric, dimensions, period, statistic, threshold and the meaning
       * of missing data are those of the alarm that stands there. moto, asked without dimensions, adds up all series of that
       * name, in each of which an entry counts once.
       */
      async function inAlarm(slug: string): Promise<boolean> {
        await extract()
        const alarm = (await standing(there)).find(({ AlarmName }) => AlarmName === `tyler-setup-${slug}`)
        assert.ok(alarm !== undefined, slug)
        const { Namespace, MetricName = "", Dimensions = [], Period = 0, Statistic, Unit } = alarm
        const from = Math.floor(began / 1000 / Period) * Period
        const to = Math.floor(scene.clock.now() / 1000 / Period) * Period + Period
        const { MetricDataResults } = await there.send(
          new GetMetricDataCommand({
            StartTime: new Date(from * 1000),
            EndTime: new Date(to * 1000),
            MetricDataQueries: [
              {
                Id: "asked",
                MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat: Statistic, Unit },
              },
            ],
          }),
        )
        const { Timestamps = [], Values = [] } = MetricDataResults?.[0] ?? {}
        const series = Dimensions.length > 0 ? 1 : seriesOf(MetricName)
        const held = new Map(Timestamps.map((at, index) => [at.getTime() / 1000, (Values[index] ?? 0) / series]))
        let run = 0
        for (let at = from; at < to; at += Period) {
          run = breaches(alarm, held.get(at)) ? run + 1 : 0
          if (run >= (alarm.EvaluationPeriods ?? 1)) return true
        }
        return false
      }

      async function crosses(slug: string, act: () => Promise<unknown>): Promise<void> {
        await scene.jobs()
        assert.equal(await inAlarm(slug), false, `${slug} before`)
        await act()
        await scene.jobs()
        assert.equal(await inAlarm(slug), true, slug)
      }

      /** A new stretch of time, of which nothing was asked yet. */
      function anew(): void {
        scene.clock.advance(600_000 - (scene.clock.now() % 300_000))
        began = scene.clock.now()
      }

      const LIMITED: readonly (readonly [string, number, () => (at: number) => Promise<unknown>])[] = [
        ["high-secret-access", 50, () => scene.readMasked],
        ["failed-secret-access", 10, () => scene.readRefused],
        ["mass-reading", 30, () => scene.readOneOf],
      ]
      for (const [slug, limit, act] of LIMITED)
        test(`${slug}: at ${limit} not, at one more`, async () => {
          anew()
          await times(limit, act())
          await crosses(slug, async () => {
            await act()(limit)
            // What the service finds by itself is told by the entry of its finding.
            await scene.jobs()
          })
        })

      test("lock-outs: at ten not, at one more", async () => {
        anew()
        await times(15, scene.logInWrong)
        await crosses("lock-outs", scene.logInWrong)
      })

      const EVENTS: readonly (readonly [string, () => Promise<unknown>])[] = [
        ["secret-deletion", () => scene.remove()],
        ["forced-purge", () => scene.purge()],
        ["break-glass", () => scene.breakGlass()],
        ["row-tampered", () => scene.tamperRow()],
        ["clock-step", () => scene.stepClock()],
        ["rotation-failed", () => scene.failRotation()],
      ]
      for (const [slug, act] of EVENTS)
        test(slug, async () => {
          anew()
          await crosses(slug, act)
        })

      test("policy-loosened: not by what is stricter", async () => {
        anew()
        await scene.tightenPolicy()
        await crosses("policy-loosened", scene.loosenPolicy)
      })

      const lasting = async (): Promise<void> => {
        for (let minute = 0; minute < 6; minute++) {
          await scene.readMasked()
          await scene.jobs()
          scene.clock.advance(60_000)
        }
      }

      test("mirror-failing and mirror-backlog: for five minutes", async () => {
        anew()
        assert.equal(await inAlarm("mirror-backlog"), false)
        await scene.withoutMirror(async () => {
          await scene.fillLog(1_001)
          await until("noticed", async () => {
            await scene.readMasked()
            await scene.jobs()
            return scene.metric("tyler_mirror_failing 2")
          })
          await crosses("mirror-failing", lasting)
        })
        assert.equal(await inAlarm("mirror-backlog"), true)
      })

      test("audit-write-failure, and heartbeat-missing once it has lasted", async () => {
        anew()
        await scene.jobs()
        assert.equal(await inAlarm("heartbeat-missing"), false)
        await scene.withoutLedger(() => crosses("audit-write-failure", scene.readMasked))
        scene.clock.advance(11_000)
        await scene.jobs()
        assert.equal(await inAlarm("heartbeat-missing"), false, "healed within a minute")
        began = scene.clock.now()
        scene.clock.advance(240_000)
        assert.equal(await inAlarm("heartbeat-missing"), true, "nothing came for three minutes")
      })

      test("rotation-overdue: an hour late, for five minutes", async () => {
        scene.clock.advance(3_600_000)
        anew()
        await crosses("rotation-overdue", lasting)
      })

      test("every alarm that CloudWatch has was asked for above", () => {
        const asked = [
          ...LIMITED.map(([slug]) => slug),
          "lock-outs",
          ...EVENTS.map(([slug]) => slug),
          "policy-loosened",
          "mirror-failing",
          "mirror-backlog",
          "audit-write-failure",
          "heartbeat-missing",
          "rotation-overdue",
        ]
        const due = cloudWatchAlarms({ namespace: NAMESPACE, topicArn: TOPIC, thresholds: {}, runbook: (slug) => slug })
        assert.deepEqual(due.map(({ AlarmName }) => AlarmName.slice(12)).toSorted(), asked.toSorted())
      })
    })
})

function breaches(
  { TreatMissingData, ComparisonOperator, Threshold = 0 }: MetricAlarm,
  value: number | undefined,
): boolean {
  if (value === undefined) return TreatMissingData === "breaching"
  return ComparisonOperator === "GreaterThanThreshold" ? value > Threshold : value < Threshold
}

function seriesOf(metric: string): number {
  return metric in SECURITY_METRICS ? SECURITY_METRICS[metric as keyof typeof SECURITY_METRICS].sets.length : 1
}

test("what each alarm asks for is published as exactly that, in the same unit", () => {
  for (const { AlarmName, MetricName, Dimensions, Unit } of cloudWatchAlarms({
    namespace: NAMESPACE,
    topicArn: TOPIC,
    thresholds: {},
    runbook: (slug) => slug,
  })) {
    const own = Object.entries(PROCESS_METRICS).find(([name]) => name === MetricName)?.[1]
    const counted = Object.entries(SECURITY_METRICS).find(([name]) => name === MetricName)?.[1]
    const names = Dimensions.map(({ Name }) => Name).join()
    assert.equal((own ?? counted)?.unit, Unit, AlarmName)
    if (own !== undefined) assert.equal(names, "")
    else
      assert.ok(
        counted?.sets.some((set) => set.join() === names),
        `${AlarmName}: ${names}`,
      )
  }
})

test("descriptions are what AWS takes, with the longest place of runbooks", () => {
  const runbook = (slug: string): string => `https://${"x".repeat(700)}/${slug}`
  for (const { AlarmDescription } of cloudWatchAlarms({
    namespace: NAMESPACE,
    topicArn: TOPIC,
    thresholds: {},
    runbook,
  }))
    assert.ok(AlarmDescription.length <= 1_024, AlarmDescription)
  assert.equal(ALARMS.length, new Set(ALARMS.map(({ name }) => name)).size)
})

test("arguments that are none are refused, and so is a topic of another Region", async () => {
  assert.deepEqual(alarmsAsked(["--topic", TOPIC]), { topicArn: TOPIC, dryRun: false })
  assert.deepEqual(alarmsAsked(["--topic", TOPIC, "--dry-run"]), { topicArn: TOPIC, dryRun: true })
  for (const args of [
    [],
    ["--topic"],
    ["--topic", "tyler"],
    ["--dry-run"],
    ["--topic", TOPIC, "x"],
    ["--dry-run", "--dry-run", "--topic", TOPIC],
  ])
    assert.equal(alarmsAsked(args), undefined, args.join(" "))
  const elsewhere = "arn:aws:sns:us-east-1:123456789012:tyler-alarms"
  await assert.rejects(apply("http://127.0.0.1:9", ["--topic", elsewhere]), /The topic is in us-east-1/)
  await assert.rejects(apply("http://127.0.0.1:9", ["--topic", TOPIC]), /CloudWatch did not do it \(unreachable\)/)
})
