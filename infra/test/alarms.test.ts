import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { test } from "node:test"
import { ALARMS } from "../../src/alarm/table.ts"
import { PROCESS_METRICS, SECURITY_METRICS } from "../../src/telemetry/security-metrics.ts"
import { matches } from "./event-pattern.ts"
import { resolver } from "./iam/resolve.ts"
import { list, type Part, text } from "./part.ts"
import { example, synthesise, type Template } from "./synthesis.ts"

const synthesis = example()
const of = synthesis.templates["alarms"] as Template
const resolve = resolver(synthesis)
const TOPIC = "arn:aws:sns:eu-central-1:123456789012:tyler-setup-alarms"

const allOf = (type: string): readonly Part[] =>
  Object.values(of.Resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => resolve(Properties, of) as Part)

const alarms = new Map(allOf("AWS::CloudWatch::Alarm").map((one) => [text(one["AlarmName"]), one]))
const rules = new Map(allOf("AWS::Events::Rule").map((one) => [text(one["Name"]), one]))
/** Those of CloudWatch's own; they are not in the table, for nothing else has them. */
const BEYOND = ["tyler-setup-unusual-secret-access"]

test("every row of the table is an alarm or a rule, and nothing else is but what only AWS can see", () => {
  const rows = ALARMS.filter(({ sides }) => sides.includes("aws"))
  const watched = rows.filter(({ watch }) => watch.by !== "events").map(({ name }) => name as string)
  assert.deepEqual([...alarms.keys()].toSorted(), [...watched, ...BEYOND].toSorted())
  for (const { name } of rows.filter(({ watch }) => watch.by === "events")) assert.ok(rules.has(name), name)
})

test("the guide's three are as the guide has them, and can fire", () => {
  const said = (name: string): readonly unknown[] => {
    const { MetricName, Dimensions, Statistic, Period, EvaluationPeriods, Threshold, ComparisonOperator, Namespace } =
      alarms.get(name) ?? {}
    const dimensions = list(Dimensions).map(({ Name, Value }) => `${text(Name)}=${text(Value)}`)
    return [Namespace, MetricName, ...dimensions, Statistic, Period, EvaluationPeriods, Threshold, ComparisonOperator]
  }
  const greater = "GreaterThanThreshold"
  const [space, access] = ["TylerSetup/Security", "SecretAccess"]
  assert.deepEqual(said("tyler-setup-high-secret-access"), [space, access, "Sum", 300, 1, 50, greater])
  assert.deepEqual(said("tyler-setup-failed-secret-access"), [
    space,
    access,
    "Result=FAILURE",
    "Sum",
    300,
    1,
    10,
    greater,
  ])
  assert.deepEqual(said("tyler-setup-secret-deletion"), [
    space,
    "SecretOperation",
    "Operation=DELETE",
    "Sum",
    60,
    1,
    0,
    greater,
  ])
})

test("each alarm asks for what is published: metric, unit, and a set of dimensions", () => {
  for (const [name, { MetricName, Dimensions, Unit }] of alarms) {
    if (BEYOND.includes(name)) continue
    const asked = list(Dimensions).map(({ Name }) => text(Name))
    const metric = text(MetricName)
    const declared = metric in SECURITY_METRICS ? SECURITY_METRICS[metric as "SecretAccess"] : undefined
    const sets: readonly (readonly string[])[] = declared?.sets ?? [[]]
    assert.ok(declared !== undefined || metric in PROCESS_METRICS, `${name}: ${metric}`)
    assert.ok(
      sets.some((set) => set.length === asked.length && asked.every((one) => set.includes(one))),
      name,
    )
    assert.equal(Unit, "Count", name)
  }
})

test("each tells the topic, says what no data means, and where its runbook is", () => {
  for (const [name, { AlarmActions, OKActions, TreatMissingData, AlarmDescription, ActionsEnabled }] of alarms) {
    assert.deepEqual([AlarmActions, OKActions], [[TOPIC], [TOPIC]], name)
    assert.equal(TreatMissingData, name.endsWith("heartbeat-missing") ? "breaching" : "notBreaching", name)
    assert.notEqual(ActionsEnabled, false, name)
    mustHaveRunbook(AlarmDescription)
  }
  for (const [name, { Targets }] of rules) {
    const [target, ...more] = list(Targets)
    assert.deepEqual([target?.["Arn"], more], [TOPIC, []], name)
    mustHaveRunbook(target?.["InputTransformer"]?.["InputTemplate"])
  }
})

function mustHaveRunbook(said: Part | undefined): void {
  const [, slug = ""] = /Runbook: https:\/\/tyler\.example\.org\/docs\/runbooks\/([a-z-]+)"?$/.exec(text(said)) ?? []
  assert.ok(existsSync(new URL(`../../docs/runbooks/${slug}.md`, import.meta.url)), text(said))
}

test("the topic is sealed by a key of ours, and somebody reads it", () => {
  const [topic, ...more] = allOf("AWS::SNS::Topic")
  assert.deepEqual(more, [])
  assert.equal(topic?.["KmsMasterKeyId"], "arn:aws:kms:eu-central-1:123456789012:key/evidence")
  assert.deepEqual(topic?.["Subscription"], [{ Protocol: "email", Endpoint: "security@example.com" }])
})

test("what is unusual for the hour is measured, not guessed", () => {
  const unusual = alarms.get("tyler-setup-unusual-secret-access")
  const [asked, usual] = list(unusual?.["Metrics"])
  assert.deepEqual(asked?.["MetricStat"]?.["Metric"], { MetricName: "SecretAccess", Namespace: "TylerSetup/Security" })
  assert.equal(usual?.["Expression"], "ANOMALY_DETECTION_BAND(asked, 3)")
  const { ThresholdMetricId, ComparisonOperator, DatapointsToAlarm, EvaluationPeriods } = unusual ?? {}
  assert.deepEqual(
    [ThresholdMetricId, ComparisonOperator, DatapointsToAlarm, EvaluationPeriods],
    ["usual", "GreaterThanUpperThreshold", 2, 3],
  )
})

interface Event {
  readonly source: string
  readonly "detail-type": string
  readonly detail: Readonly<Record<string, unknown>>
}

const call = (service: string, eventName: string, by: string, requestParameters: object = {}): Event => ({
  source: `aws.${service}`,
  "detail-type": "AWS API Call via CloudTrail",
  detail: {
    eventSource: `${service}.amazonaws.com`,
    eventName,
    requestParameters,
    userIdentity: { sessionContext: { sessionIssuer: { arn: `arn:aws:iam::123456789012:role/${by}` } } },
  },
})
/** By a user of IAM, or the account's root. */
const byNoRole = (event: Event): Event => ({
  ...event,
  detail: { ...event.detail, userIdentity: { type: "IAMUser", arn: "arn:aws:iam::123456789012:user/ada" } },
})
const OURS = { secretId: "tyler-setup/config/one" }
const OURS_BY_ARN = {
  secretId: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tyler-setup/config/one-AbCdEf",
}
const ROLE = { roleArn: "arn:aws:iam::123456789012:role/tyler-setup-break-glass" }
const FAILED = {
  source: "aws.secretsmanager",
  "detail-type": "AWS Service Event via CloudTrail",
  detail: { eventName: "RotationFailed" },
}

const TOLD: Readonly<Record<string, readonly Event[]>> = {
  "tyler-setup-key-or-trail-tampering": [
    ...["DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy", "DisableKeyRotation"].map((name) =>
      call("kms", name, "ada"),
    ),
    ...["StopLogging", "DeleteTrail", "UpdateTrail"].map((name) => call("cloudtrail", name, "ada")),
  ],
  "tyler-setup-value-read-elsewhere": [
    call("secretsmanager", "GetSecretValue", "ada", OURS),
    byNoRole(call("secretsmanager", "GetSecretValue", "", OURS)),
    call("secretsmanager", "GetSecretValue", "tyler-setup-break-glass", OURS_BY_ARN),
  ],
  "tyler-setup-secret-changed-elsewhere": [
    call("secretsmanager", "DeleteSecret", "ada", OURS),
    byNoRole(call("secretsmanager", "DeleteSecret", "", OURS)),
    call("secretsmanager", "PutResourcePolicy", "ada", OURS_BY_ARN),
  ],
  "tyler-setup-break-glass-role": [call("sts", "AssumeRole", "on-call", ROLE)],
  "tyler-setup-rotation-function-failed": [FAILED],
}

const NOT_TOLD: readonly Event[] = [
  call("kms", "Decrypt", "tyler-setup-service"),
  call("cloudtrail", "LookupEvents", "auditor"),
  call("secretsmanager", "GetSecretValue", "tyler-setup-service", OURS),
  call("secretsmanager", "GetSecretValue", "tyler-setup-rotation-postgres-single", OURS_BY_ARN),
  call("secretsmanager", "GetSecretValue", "ada", { secretId: "another/config/one" }),
  call("secretsmanager", "DeleteSecret", "tyler-setup-service", OURS),
  call("sts", "AssumeRole", "deployment", { roleArn: ROLE.roleArn.replace("break-glass", "deployer") }),
  { ...FAILED, detail: { eventName: "RotationSucceeded" } },
]

test("each rule hands on what it watches, and nothing that is as it should be", () => {
  assert.deepEqual([...rules.keys()].toSorted(), Object.keys(TOLD).toSorted())
  for (const [name, { EventPattern }] of rules) {
    for (const event of TOLD[name] ?? []) assert.ok(matches(EventPattern, event), `${name}: ${JSON.stringify(event)}`)
    for (const event of NOT_TOLD) assert.ok(!matches(EventPattern, event), `${name}: ${JSON.stringify(event)}`)
  }
})

test("rules on reads say that they want reads", () => {
  const reads = [...rules].filter(([, { State }]) => text(State) === "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
  assert.deepEqual(reads.map(([name]) => name).toSorted(), [
    "tyler-setup-break-glass-role",
    "tyler-setup-value-read-elsewhere",
  ])
})

test("limits are set once, for CloudWatch and for the service", () => {
  const limits = { ALARM_SECRET_ACCESS: 500, ALARM_FAILED_ACCESS: 20, ALARM_MASS_READING: 60 }
  const { templates } = synthesise((json) => Object.assign(json["alarms"] ?? {}, { limits }))
  const thresholdOf = (name: string) =>
    Object.values(templates["alarms"]?.Resources ?? {}).find(({ Properties }) => text(Properties["AlarmName"]) === name)
      ?.Properties["Threshold"]
  assert.equal(thresholdOf("tyler-setup-high-secret-access"), 500)
  assert.equal(thresholdOf("tyler-setup-failed-secret-access"), 20)
  for (const [Name, limit] of Object.entries(limits))
    assert.ok(JSON.stringify(templates["service"]).includes(JSON.stringify({ Name, Value: `${limit}` })), Name)
})

test("another installation has alarms of its own", () => {
  const { templates } = synthesise((json) => Object.assign(json, { name: "acme" }))
  const names = Object.values(templates["alarms"]?.Resources ?? {}).flatMap(({ Properties }) => [
    ...list(Properties["AlarmName"]),
    ...list(Properties["Name"]),
  ])
  assert.ok(names.length > 15)
  assert.deepEqual(
    names.map(text).filter((name) => !name.startsWith("acme-")),
    [],
  )
})

test("the dashboard shows every alarm", () => {
  const dashboard = synthesis.templates["dashboard"] as Template
  const body = resolve(dashboard.Resources["dashboard"]?.Properties["DashboardBody"], dashboard)
  const { widgets } = JSON.parse(text(body as Part)) as { widgets: Part }
  assert.equal(list(widgets["0"]?.["properties"]?.["alarms"]).length, alarms.size)
})
