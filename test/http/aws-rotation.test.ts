import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { setTimeout as pause } from "node:timers/promises"
import { after, before, describe, test } from "node:test"
import { STRATEGY_NAMES } from "../../src/core/rotation-strategy.ts"
import { refuses } from "../aws/semantics.ts"
import { accessKey } from "../kit/access-key.ts"
import {
  type AwsAnswer,
  type AwsClient,
  type AwsTarget,
  botoClient,
  cliClient,
  noAwsCli,
  noBoto,
  sdkClient,
} from "../kit/aws.ts"
import { entriesOf } from "../kit/audit.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const DAY_S = 86_400
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:tyler-generated"
const VALUE = JSON.stringify({ generate: { kind: "password" }, password: "first", note: "kept" })

let stage: Stage<never>
let target: AwsTarget
let count = 0

before(async () => {
  stage = await openStage({}, { env: { TYLER_ENVIRONMENT: "development", ROTATION_NETWORKS: "loopback" } })
  target = { endpoint: stage.server.url, ...(await accessKey(stage.admin)) }
})
after(() => stage.close())

async function made(client: AwsClient, SecretString = VALUE): Promise<string> {
  const Name = `app/r${++count}`
  await client.call("CreateSecret", { Name, SecretString })
  return Name
}

/** Waits until the version is current. */
async function promoted(client: AwsClient, SecretId: string, VersionId: string): Promise<AwsAnswer> {
  for (let tries = 0; tries < 300; tries++) {
    const seen = await client.call("DescribeSecret", { SecretId })
    if (seen.VersionIdsToStages?.[VersionId]?.includes("AWSCURRENT") === true) return seen
    await pause(100)
  }
  throw new Error(`${SecretId} was not rotated`)
}

const near = (at: number | undefined, days: number): void =>
  assert.ok(Math.abs((at ?? 0) - Date.now() / 1000 - days * DAY_S) < 120, String(at))

/** What Terraform's aws_secretsmanager_secret_rotation does, and somebody with a command line after it. */
async function story(client: AwsClient): Promise<void> {
  const SecretId = await made(client)
  const never = await client.call("DescribeSecret", { SecretId })
  assert.deepEqual(
    Object.keys(never).filter((name) => /Rotat/.test(name)),
    [],
  )
  const ClientRequestToken = randomUUID()
  const begun = await client.call("RotateSecret", {
    SecretId,
    ClientRequestToken,
    RotationLambdaARN: ARN,
    RotationRules: { AutomaticallyAfterDays: 30, Duration: "3h" },
  })
  assert.equal(begun.VersionId, ClientRequestToken)
  const seen = await promoted(client, SecretId, ClientRequestToken)
  assert.deepEqual(
    Object.values(seen.VersionIdsToStages ?? {}).toSorted((a, b) => a.join().localeCompare(b.join())),
    [["AWSCURRENT"], ["AWSPREVIOUS"]],
  )
  assert.equal(seen.RotationEnabled, true)
  assert.equal(seen.RotationLambdaARN, ARN)
  assert.deepEqual(seen.RotationRules, { AutomaticallyAfterDays: 30, Duration: "3h" })
  near(seen.LastRotatedDate, 0)
  near(seen.NextRotationDate, 30)
  const value = JSON.parse((await client.call("GetSecretValue", { SecretId })).SecretString) as Record<string, unknown>
  assert.notEqual(value["password"], "first")
  assert.equal(value["note"], "kept")

  const hourly = { ScheduleExpression: "rate(12 hours)" }
  const kept = await client.call("RotateSecret", { SecretId, RotationRules: hourly, RotateImmediately: false })
  assert.equal(kept.VersionId, undefined)
  const Filters = [{ Key: "name", Values: [SecretId] }]
  const [listed] = (await client.pages("ListSecrets", { Filters })).flatMap((page) => page.SecretList)
  assert.deepEqual(listed?.RotationRules, hourly)
  assert.equal(listed?.RotationLambdaARN, ARN)
  assert.equal(listed?.RotationEnabled, true)
  near(listed?.NextRotationDate, 0.5)
  assert.deepEqual((await client.call("DescribeSecret", { SecretId })).VersionIdsToStages, seen.VersionIdsToStages)

  const off = await client.call("CancelRotateSecret", { SecretId })
  assert.equal(off.Name, SecretId)
  const stopped = await client.call("DescribeSecret", { SecretId })
  assert.equal(stopped.RotationEnabled, false)
  assert.equal(stopped.RotationLambdaARN, ARN)
  assert.equal(stopped.NextRotationDate, undefined)
  await client.call("CancelRotateSecret", { SecretId })

  const again = await client.call("RotateSecret", { SecretId })
  assert.equal((await promoted(client, SecretId, again.VersionId)).RotationEnabled, true)
}

describe("rotation by the AWS SDK for JavaScript", () => {
  let client: AwsClient
  before(() => {
    client = sdkClient(target)
  })
  after(() => client.close())

  test("configured, tried, turned off and on again", () => story(client))

  test("the same token again is the same rotation; as another's version it is used up", async () => {
    const SecretId = await made(client)
    const rotate = { SecretId, ClientRequestToken: randomUUID(), RotationLambdaARN: ARN }
    const begun = await client.call("RotateSecret", rotate)
    await promoted(client, SecretId, begun.VersionId)
    const { LastRotatedDate } = await client.call("DescribeSecret", { SecretId })
    assert.deepEqual(await client.call("RotateSecret", rotate), begun)
    assert.equal((await client.call("DescribeSecret", { SecretId })).LastRotatedDate, LastRotatedDate)
    const { VersionId: taken } = await client.call("PutSecretValue", { SecretId, SecretString: VALUE })
    await refuses(
      client.call("RotateSecret", { SecretId, ClientRequestToken: taken }),
      "ResourceExistsException",
      new RegExp(`ClientRequestToken ${taken}`),
    )
  })

  test("every strategy has its function; no other is invoked", async () => {
    const SecretId = await made(client)
    const rules = { RotationRules: { AutomaticallyAfterDays: 1 }, RotateImmediately: false }
    for (const strategy of STRATEGY_NAMES) {
      const RotationLambdaARN = ARN.replace("generated", strategy)
      const answer = client.call("RotateSecret", { SecretId, RotationLambdaARN, ...rules })
      if (strategy === "generated") await answer
      else await refuses(answer, "InvalidRequestException", /is not of the form/)
    }
    for (const RotationLambdaARN of [
      "arn:aws:lambda:us-east-1:000000000000:function:mine",
      ARN.replace("us-east-1", "eu-west-1"),
      ARN.replace("000000000000", "111111111111"),
      `${ARN}:live`,
      "tyler-generated",
    ])
      await refuses(
        client.call("RotateSecret", { SecretId, RotationLambdaARN, ...rules }),
        "InvalidRequestException",
        /function:tyler-STRATEGY, where STRATEGY is one of postgres-single, /,
      )
    assert.equal((await client.call("DescribeSecret", { SecretId })).RotationLambdaARN, ARN)
  })

  test("rules are judged, each at its bound, and nothing of a refused one is kept", async () => {
    const SecretId = await made(client)
    const set = (RotationRules: object) =>
      client.call("RotateSecret", { SecretId, RotationLambdaARN: ARN, RotationRules, RotateImmediately: false })
    for (const [rules, code, says] of [
      [{ AutomaticallyAfterDays: 0 }, "ValidationException", /AutomaticallyAfterDays/],
      [{ AutomaticallyAfterDays: 1001 }, "ValidationException", /AutomaticallyAfterDays/],
      [{}, "InvalidParameterException", /exactly one of/],
      [{ Duration: "3h" }, "InvalidParameterException", /exactly one of/],
      [{ AutomaticallyAfterDays: 1, ScheduleExpression: "rate(1 day)" }, "InvalidParameterException", /exactly one of/],
      [{ AutomaticallyAfterDays: 1, Duration: "3m" }, "InvalidParameterException", /^Duration/],
      [{ AutomaticallyAfterDays: 1, Duration: "0h" }, "InvalidParameterException", /^Duration/],
      [{ AutomaticallyAfterDays: 1, Duration: "25h" }, "InvalidParameterException", /^Duration must be from 1 to 24/],
      [
        { ScheduleExpression: "rate(3 hours)" },
        "InvalidParameterException",
        /^ScheduleExpression would rotate after 3/,
      ],
      [{ ScheduleExpression: "every day" }, "InvalidParameterException", /^ScheduleExpression must be rate/],
      [{ ScheduleExpression: "rate(4 hours)", Duration: "5h" }, "InvalidParameterException", /^Duration must be from/],
    ] as const)
      await refuses(set(rules), code, says)
    assert.equal((await client.call("DescribeSecret", { SecretId })).RotationEnabled, undefined)
    for (const rules of [
      { AutomaticallyAfterDays: 1 },
      { AutomaticallyAfterDays: 1000, Duration: "24h" },
      { ScheduleExpression: "rate(4 hours)", Duration: "4h" },
      { ScheduleExpression: "cron(0 8 1 * ? *)" },
    ]) {
      await set(rules)
      assert.deepEqual((await client.call("DescribeSecret", { SecretId })).RotationRules, rules)
    }
  })

  test("a try that fails says why, and the configuration is kept", async () => {
    const login = { engine: "postgres", host: "127.0.0.1", port: 1, username: "u", password: "p", ssl: false }
    const SecretId = await made(client, JSON.stringify(login))
    const RotationLambdaARN = ARN.replace("generated", "postgres-single")
    await refuses(
      client.call("RotateSecret", { SecretId, RotationLambdaARN, RotateImmediately: false }),
      "InvalidRequestException",
      /^The configuration is kept, but trying it failed: The target cannot be reached/,
    )
    const seen = await client.call("DescribeSecret", { SecretId })
    assert.equal(seen.RotationLambdaARN, RotationLambdaARN)
    assert.equal(seen.RotationRules, undefined)
    const begun = await client.call("RotateSecret", { SecretId })
    const { VersionIdsToStages: stages } = await client.call("DescribeSecret", { SecretId })
    assert.deepEqual(stages?.[begun.VersionId], ["AWSPENDING"], "seen from its first moment on")
    const running = client.call("RotateSecret", { SecretId })
    await refuses(running, "InvalidRequestException", /^A previous rotation isn't complete\./)
    await client.call("CancelRotateSecret", { SecretId }).catch(() => undefined)
  })

  test("what was never configured cannot be begun or cancelled; a deleted one neither", async () => {
    const SecretId = await made(client)
    await refuses(client.call("RotateSecret", { SecretId }), "InvalidRequestException", /^No Lambda rotation function/)
    const rules = { RotationRules: { AutomaticallyAfterDays: 1 } }
    await refuses(client.call("RotateSecret", { SecretId, ...rules }), "InvalidRequestException", /^No Lambda rotation/)
    await refuses(client.call("CancelRotateSecret", { SecretId }), "InvalidRequestException", /never configured/)
    await client.call("DeleteSecret", { SecretId })
    for (const [operation, more] of [
      ["RotateSecret", { RotationLambdaARN: ARN }],
      ["CancelRotateSecret", {}],
    ] as const)
      await refuses(client.call(operation, { SecretId, ...more }), "InvalidRequestException", /marked for deletion/)
    const entries = await entriesOf(stage.admin, { resource: SecretId })
    assert.ok(entries.some(({ action, decision }) => action === "ROTATE_CANCEL" && decision === "not_rotatable"))
  })
})

describe("rotation by boto3", { skip: noBoto() }, () => {
  test("configured, tried, turned off and on again", async () => {
    const client = botoClient(target)
    try {
      await story(client)
    } finally {
      client.close()
    }
  })
})

describe("rotation by the AWS command line", { skip: noAwsCli() }, () => {
  test("configured, tried, turned off and on again", () => story(cliClient(target)))
})
