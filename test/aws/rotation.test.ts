import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, describe, test } from "node:test"
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager"
import { Client as Postgres } from "pg"
import type { AccessAnswer } from "../../src/api/access.ts"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import { type AwsStage, awsStage, noAwsStore, PLAYERS } from "../kit/aws-store.ts"
import { type Client, clientOf } from "../kit/client.ts"
import { functionNamed, motoFunction } from "../kit/moto-function.ts"
import { moto } from "../kit/moto.ts"
import { ADMIN_NAME, logIn } from "../kit/people.ts"
import { type Cluster, noCluster, startCluster } from "../kit/postgres-cluster.ts"
import { rotate, ROTATES_HERE, rotated, schedule, scheduled, statusOf, until } from "../kit/rotated.ts"
import { createSecret, read } from "../kit/secrets.ts"

const HOUR_MS = 3_600_000
const GENERATED = { generate: { kind: "password" }, password: "first" }

async function stagesIn({ aws, prefix }: AwsStage, name: string) {
  const seen = await aws.send(new DescribeSecretCommand({ SecretId: `${prefix}/${name}` }))
  return { seen, stages: Object.values(seen.VersionIdsToStages ?? {}).map((all) => all.toSorted()) }
}

async function valueOf(client: Client, name: string): Promise<Record<string, string>> {
  const answer = await read(client, name)
  assert.equal(answer.status, 200, answer.text)
  return (answer.body as AccessAnswer).value as Record<string, string>
}

/** Two tables of versions: what AWS has, with no label of ours or of a rotation left over. */
const ROTATED = [["AWSCURRENT"], ["AWSPREVIOUS"]]

function labelled(stages: readonly string[][]): string[][] {
  return stages
    .map((all) => all.filter((one) => one !== "tyler-staged"))
    .filter((all) => all.length > 0)
    .toSorted((a, b) => a.join().localeCompare(b.join()))
}

for (const { player, called, skip } of PLAYERS)
  describe(`own strategies on values in AWS, played by ${called}`, { skip: skip === false ? noCluster : skip }, () => {
    let cluster: Cluster
    before(async () => {
      cluster = await startCluster()
    })
    after(() => cluster[Symbol.asyncDispose]())

    for (const sealed of ["true", "false"])
      test(`a PostgreSQL user is rotated and the labels end right (sealed: ${sealed})`, async () => {
        const env = { ...ROTATES_HERE, ENABLE_SECRET_ENCRYPTION: sealed }
        await using stage = await awsStage(env, player)
        const username = `own_${sealed}`
        await cluster.sql(`create role ${username} login password 'first'`)
        const login = { engine: "postgres", host: "127.0.0.1", port: cluster.port, dbname: "postgres", ssl: false }
        const name = "database/own"
        await createSecret(stage.admin, name, { ...login, username, password: "first" })
        await scheduled(stage.admin, name, { strategy: "postgres-single", days: 30 })
        for (let round = 0; round < 2; round++) {
          const before = (await valueOf(stage.admin, name))["password"]
          const status = await rotated(stage.admin, name)
          assert.ok(status.lastRotated !== null && status.nextRotation !== null)
          const { password } = await valueOf(stage.admin, name)
          assert.notEqual(password, before)
          const client = new Postgres({
            host: "127.0.0.1",
            port: cluster.port,
            user: username,
            password,
            database: "postgres",
          })
          await client.connect()
          await client.end()
          const { stages, seen } = await stagesIn(stage, name)
          assert.deepEqual(labelled(stages), ROTATED)
          assert.equal(seen.RotationEnabled ?? false, false, "AWS rotates nothing by itself")
          const there = await stage.aws.send(
            new GetSecretValueCommand({ SecretId: `${stage.prefix}/${name}`, VersionStage: "AWSCURRENT" }),
          )
          if (sealed === "true") assert.ok(!Buffer.from(there.SecretBinary ?? []).includes(String(password)))
          else
            assert.equal(
              (JSON.parse(there.SecretString ?? "") as typeof login & { password: string }).password,
              password,
            )
        }
        assert.ok((await verdictOn(await exportLog(stage.admin))).ok)
      })
  })

function toldIn(details: string | null | undefined): string {
  for (const told of [/effect=\w+/, /waiting|leased|function/, /step=\w+/]) {
    const found = told.exec(details ?? "")
    if (found !== null) return found[0]
  }
  return ""
}

const NATIVE = { ...ROTATES_HERE, ENABLE_SECRET_ENCRYPTION: "false" }

describe("functions of AWS that rotate for real, played by our own endpoint", { skip: PLAYERS[1]?.skip }, () => {
  let stage: AwsStage
  const ours = functionNamed("tyler-generated")
  const failing = functionNamed("tyler-postgres-single")
  before(async () => {
    stage = await awsStage({ ...NATIVE, SECRETS_ROTATION_LAMBDA: `${ours}, ${failing}` }, "own")
  })
  after(() => stage[Symbol.asyncDispose]())

  test("a schedule is AWS's too; a rotation is asked for, seen to its end, and read at once", async () => {
    const { admin } = stage
    const name = "config/function"
    await createSecret(admin, name, GENERATED)
    await scheduled(admin, name, { lambdaArn: ours, days: 30, windowHours: 3 })
    const { seen } = await stagesIn(stage, name)
    assert.equal(seen.RotationEnabled, true)
    assert.equal(seen.RotationLambdaARN, ours)
    assert.deepEqual(seen.RotationRules, { AutomaticallyAfterDays: 30, Duration: "3h" })
    assert.equal((await valueOf(admin, name))["password"], "first")
    const status = await rotated(admin, name)
    const [rotation] = status.rotations
    assert.equal(rotation?.lambdaArn, ours)
    assert.equal(rotation?.strategy, null)
    const value = await valueOf(admin, name)
    assert.notEqual(value["password"], "first")
    const after = await stagesIn(stage, name)
    assert.deepEqual(labelled(after.stages), ROTATED)
    assert.deepEqual(after.seen.VersionIdsToStages?.[rotation?.versionId ?? ""], ["AWSCURRENT"])
    assert.equal(Math.abs(Date.parse(status.nextRotation ?? "") - Date.now() - 30 * 24 * HOUR_MS) < HOUR_MS, true)
    const story = (await entriesOf(admin, { resource: name }))
      .filter(({ action }) => action?.startsWith("ROTATE") === true || action === "SCHEDULE")
      .map(({ action, result, details }) => `${action} ${result} ${toldIn(details)}`)
    assert.deepEqual(
      story.filter((one) => !one.endsWith("waiting")),
      [
        "SCHEDULE INTENT function",
        "SCHEDULE SUCCESS function",
        "ROTATE INTENT ",
        "ROTATE_STEP INTENT leased",
        "ROTATE_STEP INTENT effect=RotateSecret",
        "ROTATE_STEP SUCCESS step=create",
        "ROTATE SUCCESS function",
      ],
    )
    await scheduled(admin, name, { lambdaArn: ours, days: 30, enabled: false })
    assert.equal((await stagesIn(stage, name)).seen.RotationEnabled, false)
    await rotated(admin, name)
    assert.equal((await statusOf(admin, name)).enabled, true, "AWS turns its schedule on with a rotation")
    await scheduled(admin, name, { strategy: "generated" })
    assert.equal((await stagesIn(stage, name)).seen.RotationEnabled, false, "never two that rotate")
    await rotated(admin, name)
  })

  test("without a schedule the usual function rotates; one that is named stays", async () => {
    const { admin } = stage
    await createSecret(admin, "config/usual", GENERATED)
    const status = await rotated(admin, "config/usual")
    assert.equal(status.lambdaArn, ours)
    assert.equal(status.nextRotation, null)
    await createSecret(admin, "config/named", GENERATED)
    await rotated(admin, "config/named", { lambdaArn: ours })
    assert.equal((await statusOf(admin, "config/named")).lambdaArn, ours)
  })

  test("what is refused: other functions, two masters, a value that is sealed", async () => {
    const { admin } = stage
    const name = "config/refused"
    await createSecret(admin, name, GENERATED)
    const other = functionNamed("somebody-elses")
    for (const answer of [
      await rotate(admin, name, { lambdaArn: other }),
      await schedule(admin, name, { lambdaArn: other }),
    ]) {
      assert.equal(answer.status, 400, answer.text)
      assert.match(String(answer.body.error), /one of SECRETS_ROTATION_LAMBDA/)
    }
    const revoking = await rotate(admin, name, { lambdaArn: ours, revokePrevious: true })
    assert.equal(revoking.status, 400, revoking.text)
    await scheduled(admin, name, { strategy: "generated" })
    const two = await rotate(admin, name, { lambdaArn: ours })
    assert.match(String(two.body.error), /The schedule names the strategy generated/)
    const sealing = await stage.start(1, { ENABLE_SECRET_ENCRYPTION: "true" })
    await createSecret(clientOf(sealing.url, admin.token), "config/sealed", GENERATED)
    for (const answer of [
      await rotate(admin, "config/sealed"),
      await schedule(admin, "config/sealed", { lambdaArn: ours }),
    ]) {
      assert.equal(answer.body.code, "rotation_refused", answer.text)
      assert.match(String(answer.body.error), /sealed it/)
    }
    await sealing.close()
    assert.equal((await stagesIn(stage, "config/sealed")).seen.RotationEnabled, undefined)
  })

  test("an answer that is lost, and calls that are refused for a while: one rotation all the same", async () => {
    const { admin, proxy } = stage
    await createSecret(admin, "config/lost", GENERATED)
    proxy.judge((operation, nth) => (operation === "RotateSecret" && nth === 1 ? "lose" : "pass"))
    await rotated(admin, "config/lost")
    await createSecret(admin, "config/throttled", GENERATED)
    proxy.judge((operation, nth) =>
      operation === "RotateSecret" && nth <= 6 ? { error: "ThrottlingException" } : "pass",
    )
    await rotated(admin, "config/throttled")
    proxy.judge(() => "pass")
    for (const name of ["config/lost", "config/throttled"])
      assert.deepEqual(labelled((await stagesIn(stage, name)).stages), ROTATED)
  })

  test("a refusal of AWS ends it at once; a function that fails is given up after two hours", async () => {
    const { admin, proxy, clock } = stage
    await createSecret(admin, "config/denied", GENERATED)
    proxy.judge((operation) => (operation === "RotateSecret" ? { error: "AccessDeniedException" } : "pass"))
    await rotate(admin, "config/denied")
    const denied = await until(admin, "config/denied", ({ state }) => state !== "running")
    assert.equal(denied.rotations[0]?.fault?.code, "store_denied")
    assert.ok(denied.overdueSince !== null)
    proxy.judge(() => "pass")
    const login = { engine: "postgres", host: "127.0.0.1", port: 1, username: "u", password: "p", ssl: false }
    await createSecret(admin, "config/failing", login)
    await rotate(admin, "config/failing", { lambdaArn: failing })
    const begun = await until(admin, "config/failing", ({ rotations: [newest] }) => newest?.step === "finish")
    assert.equal(begun.rotations[0]?.fault, null)
    const again = await rotate(admin, "config/failing")
    assert.equal(again.body.code, "rotation_running", again.text)
    clock.advance(2 * HOUR_MS + 60_000)
    await stage.server.runJobs()
    const failed = await until(admin, "config/failing", ({ state }) => state !== "running")
    assert.equal(failed.rotations[0]?.fault?.code, "function_unfinished")
    assert.equal((await valueOf(admin, "config/failing"))["password"], "p")
  })
})

describe("functions of AWS, played by moto and the test", { skip: noAwsStore }, () => {
  let stage: AwsStage
  let lambdaArn: string
  let admin: Client
  before(async () => {
    lambdaArn = await motoFunction(await moto(), "rotates")
    stage = await awsStage({ ...NATIVE, SECRETS_ROTATION_LAMBDA: lambdaArn }, "moto")
    admin = stage.admin
  })
  after(() => stage[Symbol.asyncDispose]())

  async function begun(name: string): Promise<string> {
    const { body, status, text } = await rotate(admin, name, { lambdaArn })
    assert.equal(status, 202, text)
    await until(admin, name, ({ rotations: [newest] }) => newest?.step === "finish")
    return body.versionId ?? ""
  }

  /** The function's last step. */
  async function promote(name: string, VersionId: string): Promise<void> {
    const SecretId = `${stage.prefix}/${name}`
    const { VersionIdsToStages = {} } = await stage.aws.send(new DescribeSecretCommand({ SecretId }))
    const from = Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes("AWSCURRENT"))
    await stage.aws.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: "AWSCURRENT",
        MoveToVersionId: VersionId,
        RemoveFromVersionId: from,
      }),
    )
  }

  const put = (name: string, id: string, password: string, VersionStages: string[]) =>
    stage.aws.send(
      new PutSecretValueCommand({
        SecretId: `${stage.prefix}/${name}`,
        ClientRequestToken: id,
        SecretString: JSON.stringify({ ...GENERATED, password }),
        VersionStages,
      }),
    )

  /** moto takes what is rotated by hand only for turned off, as AWS does not. */
  async function scheduledThere(name: string): Promise<void> {
    await createSecret(admin, name, GENERATED)
    await scheduled(admin, name, { lambdaArn, days: 30 })
  }

  test("AWS gives it up when its version loses its label, or somebody turns rotation off", async () => {
    await scheduledThere("config/abandoned")
    const id = await begun("config/abandoned")
    const SecretId = `${stage.prefix}/config/abandoned`
    await stage.aws.send(
      new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "AWSPENDING", RemoveFromVersionId: id }),
    )
    const abandoned = await until(admin, "config/abandoned", ({ state }) => state !== "running")
    assert.equal(abandoned.rotations[0]?.fault?.code, "function_abandoned")
    await scheduledThere("config/cancelled")
    await begun("config/cancelled")
    await scheduled(admin, "config/cancelled", { lambdaArn, enabled: false })
    const cancelled = await until(admin, "config/cancelled", ({ state }) => state !== "running")
    assert.equal(cancelled.rotations[0]?.fault?.code, "function_cancelled")
  })

  test("what was current and is not any more was rotated too", async () => {
    const name = "config/followed"
    await scheduledThere(name)
    const id = await begun(name)
    await put(name, id, "second", ["AWSPENDING"])
    await promote(name, id)
    await put(name, randomUUID(), "third", ["AWSCURRENT"])
    const done = await until(admin, name, ({ state }) => state !== "running")
    assert.equal(done.rotations[0]?.state, "done", JSON.stringify(done.rotations[0]))
    await stage.sweep()
    assert.equal((await valueOf(admin, name))["password"], "third")
  })

  test("one that AWS says is unfinished is taken up again, with the version it left", async () => {
    const { proxy } = stage
    const name = "config/left"
    await scheduledThere(name)
    const left = randomUUID()
    await put(name, left, "second", ["AWSPENDING"])
    const message = "A previous rotation isn't complete. That rotation will be reattempted."
    proxy.judge((operation) => (operation === "RotateSecret" ? { error: "InvalidRequestException", message } : "pass"))
    assert.equal((await rotate(admin, name)).status, 202)
    const { rotations } = await until(admin, name, ({ rotations: [newest] }) => newest?.step === "finish")
    proxy.judge(() => "pass")
    assert.equal(rotations[0]?.versionId, left)
    await promote(name, left)
    await until(admin, name, ({ state }) => state === "idle")
    assert.equal((await valueOf(admin, name))["password"], "second")
  })

  test("what AWS rotates by its own schedule is on record, and is overdue if it does not", async () => {
    const { proxy, clock } = stage
    const name = "config/by-itself"
    await createSecret(admin, name, GENERATED)
    await scheduled(admin, name, { lambdaArn, expression: "rate(4 hours)" })
    const { $metadata: _, ...real } = await stage.aws.send(
      new DescribeSecretCommand({ SecretId: `${stage.prefix}/${name}` }),
    )
    const seconds = (at: Date | number | undefined): number => Math.floor(Number(at) / 1000)
    const dates = { CreatedDate: seconds(real.CreatedDate), LastChangedDate: seconds(real.LastChangedDate) }
    const says = (last: number | null, next: number): void => {
      const rotation = { RotationEnabled: true, NextRotationDate: seconds(next) }
      const body = { ...real, ...dates, ...rotation, LastRotatedDate: last === null ? undefined : seconds(last) }
      proxy.judge((operation, _nth, { SecretId }) =>
        operation === "DescribeSecret" && String(SecretId).includes("by-itself") ? { body } : "pass",
      )
    }
    const whenDue = async () => {
      clock.advance(4 * HOUR_MS + 60_000)
      await stage.server.runJobs()
      // Sessions end meanwhile.
      admin = await logIn(stage.server.url, ADMIN_NAME)
      return statusOf(admin, name)
    }
    const at = (text: string | null): number => seconds(Date.parse(text ?? ""))
    const later = clock.now() + 6 * HOUR_MS
    says(null, later)
    const moved = await whenDue()
    assert.equal(moved.lastRotated, null)
    assert.equal(moved.overdueSince, null)
    assert.equal(at(moved.nextRotation), seconds(later) + 2 * 3600, "AWS says when it is due at the latest")
    const overdue = await whenDue()
    assert.ok(overdue.overdueSince !== null)
    const rotatedAt = clock.now()
    const next = rotatedAt + 5 * HOUR_MS
    says(rotatedAt, next)
    const done = await whenDue()
    assert.equal(at(done.lastRotated), seconds(rotatedAt))
    assert.equal(at(done.nextRotation), seconds(next))
    assert.equal(done.overdueSince, null)
    assert.equal(done.rotations.length, 0)
    proxy.judge(() => "pass")
    const entries = (await entriesOf(admin, { resource: name })).filter(({ action }) => action === "ROTATE")
    assert.deepEqual(
      entries.map(({ result, details }) => `${result} ${details?.replace(/=\d+/, "")}`),
      ["SUCCESS function due", "FAILURE function overdue", "SUCCESS function by schedule"],
    )
  })

  test("another replica sees it to its end", async () => {
    const name = "config/replica"
    await scheduledThere(name)
    await rotate(admin, name)
    const { rotations } = await until(admin, name, ({ rotations: [newest] }) => newest?.step === "finish")
    const other = await stage.start(1)
    await stage.server.close()
    const id = rotations[0]?.versionId ?? ""
    await put(name, id, "second", ["AWSPENDING"])
    await promote(name, id)
    const client = clientOf(other.url, admin.token)
    stage.clock.advance(60_000)
    await other.runJobs()
    const done = await until(client, name, ({ state }) => state !== "running")
    assert.equal(done.rotations[0]?.state, "done", JSON.stringify(done.rotations[0]))
    assert.equal((await valueOf(client, name))["password"], "second")
  })
})
