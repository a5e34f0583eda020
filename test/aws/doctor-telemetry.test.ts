import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { after, before, describe, test } from "node:test"
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogStreamsCommand,
} from "@aws-sdk/client-cloudwatch-logs"
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3"
import { systemClock } from "../../src/core/clock.ts"
import { awsDoctor } from "../../src/main/aws-doctor.ts"
import { parseConfig } from "../../src/main/config.ts"
import { keysOf, s3Client } from "../kit/mirrors.ts"
import { moto, MOTO_REGION, noMoto, takeTestCredentials } from "../kit/moto.ts"

takeTestCredentials()

interface Check {
  readonly state: string
  readonly text: string
  readonly permission: string | null
  readonly tried: string
}

const LOGS = { AUDIT_MIRROR_LOG_GROUP: "/audit", CLOUDWATCH_NAMESPACE: "Tyler", CLOUDWATCH_LOG_GROUP: "/metrics" }
const LOCK = { AUDIT_MIRROR_S3_LOCK: "compliance", AUDIT_MIRROR_S3_LOCK_DAYS: "1" }

async function checks(origin: string, env: Readonly<Record<string, string>>): Promise<Readonly<Record<string, Check>>> {
  const parsed = parseConfig({ AWS_REGION: MOTO_REGION, AWS_ENDPOINT_URL: origin, ...env })
  assert.ok("config" in parsed, JSON.stringify(parsed))
  const said: string[] = []
  await awsDoctor(parsed.config, true, systemClock, (line) => said.push(line))
  const { checks: all } = JSON.parse(said.join("\n")) as { checks: (Check & { name: string })[] }
  const ours = all.filter(({ name }) => /^(metrics|logs mirror|s3 mirror) /.test(name))
  return Object.fromEntries(ours.map(({ name, ...check }) => [name, check]))
}

const statesOf = (all: Readonly<Record<string, Check>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(all).map(([name, { state }]) => [name, state]))

// The emulator alone: our own endpoint plays neither CloudWatch Logs nor S3.
describe("with an AWS of somebody else's making", { skip: noMoto }, () => {
  let origin: string
  let logs: CloudWatchLogsClient
  before(async () => {
    origin = await moto()
    logs = new CloudWatchLogsClient({ region: MOTO_REGION, endpoint: origin })
    for (const logGroupName of ["/audit", "/metrics"]) await logs.send(new CreateLogGroupCommand({ logGroupName }))
  })
  after(() => logs.destroy())

  async function streamsOf(logGroupName: string): Promise<readonly unknown[]> {
    const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName }))
    return (logStreams ?? []).map((one) => [one.logStreamName, one.lastEventTimestamp ?? null])
  }

  async function bucket(Bucket: string, ObjectLockEnabledForBucket: boolean): Promise<void> {
    const CreateBucketConfiguration = { LocationConstraint: MOTO_REGION } as const
    const s3 = await s3Client()
    await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket, CreateBucketConfiguration }))
  }

  test("logs: while no stream is there it is not made, and that is said; then each call is tried", async () => {
    const fresh = await checks(origin, LOGS)
    assert.deepEqual(statesOf(fresh), {
      "metrics PutLogEvents": "ok",
      "metrics CreateLogStream": "note",
      "logs mirror PutLogEvents": "ok",
      "logs mirror CreateLogStream": "note",
      "logs mirror GetLogEvents": "ok",
    })
    assert.match(fresh["logs mirror CreateLogStream"]?.text ?? "", /^not tried: no stream tyler-audit was seen/)
    assert.equal(fresh["logs mirror GetLogEvents"]?.permission, "logs:GetLogEvents")
    assert.deepEqual(await streamsOf("/audit"), [])
    for (const [logGroupName, logStreamName] of [
      ["/audit", "tyler-audit"],
      ["/metrics", "tyler-metrics"],
    ])
      await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }))
    const before = await streamsOf("/audit")
    const there = await checks(origin, LOGS)
    assert.ok(
      Object.values(there).every(({ state }) => state === "ok"),
      JSON.stringify(there),
    )
    assert.deepEqual(await streamsOf("/audit"), before)
  })

  test("logs: a group that is not there is a fault of each call that can see it", async () => {
    const { "logs mirror PutLogEvents": put, "logs mirror GetLogEvents": get } = await checks(origin, {
      AUDIT_MIRROR_LOG_GROUP: "/nowhere",
    })
    for (const one of [put, get]) assert.match(one?.text ?? "", /^there is no such log group/)
  })

  test("s3: with an object there, each call is tried and nothing is replaced or added", async () => {
    await bucket("doctor-locked", true)
    const s3 = await s3Client()
    const Key = `tyler-audit/entries/${"0".repeat(16)}.ndjson`
    await s3.send(new PutObjectCommand({ Bucket: "doctor-locked", Key, Body: "{}\n" }))
    const all = await checks(origin, { AUDIT_MIRROR_S3_BUCKET: "doctor-locked", ...LOCK })
    assert.deepEqual(statesOf(all), {
      "s3 mirror ListBucket": "ok",
      "s3 mirror GetObject": "ok",
      "s3 mirror PutObject": "ok",
      "s3 mirror PutObjectRetention": "ok",
      "s3 mirror Object Lock": "ok",
    })
    assert.deepEqual(await keysOf("doctor-locked", ""), [Key])
  })

  // A fault of the emulator: S3 answers BadDigest.
  test("s3: whoever takes a wrong checksum is told so, and no object is locked", async () => {
    await bucket("doctor-empty", true)
    const all = await checks(origin, { AUDIT_MIRROR_S3_BUCKET: "doctor-empty", ...LOCK })
    assert.match(all["s3 mirror PutObject"]?.text ?? "", /tyler-audit\/tyler-doctor-absent lies there now$/)
    assert.match(all["s3 mirror PutObjectRetention"]?.text ?? "", /^not tried/)
    assert.deepEqual(await keysOf("doctor-empty", ""), ["tyler-audit/tyler-doctor-absent"])
  })

  test("s3: no Object Lock, no bucket", async () => {
    await bucket("doctor-open", false)
    const open = await checks(origin, { AUDIT_MIRROR_S3_BUCKET: "doctor-open", ...LOCK })
    assert.match(open["s3 mirror Object Lock"]?.text ?? "", /^the bucket has no Object Lock/)
    const none = await checks(origin, { AUDIT_MIRROR_S3_BUCKET: "doctor-nowhere" })
    assert.deepEqual(Object.keys(none), ["s3 mirror ListBucket", "s3 mirror GetObject", "s3 mirror PutObject"])
    for (const { state, text } of Object.values(none))
      assert.deepEqual([state, text], ["fault", "there is no such log group or bucket in this Region"])
  })
})

describe("with an AWS that says what it is told to", () => {
  let server: Server
  let origin: string
  /** What S3 says to a PUT whose checksum is wrong. */
  let toPut: { readonly status: number; readonly code: string }
  let puts: Readonly<Record<string, unknown>>[]
  let others: { readonly status: number; readonly code: string }

  before(async () => {
    server = createServer((request, response) => {
      const hash = createHash("md5")
      request.on("data", (chunk: Buffer) => hash.update(chunk))
      request.on("end", () => {
        const target = request.headers["x-amz-target"]
        if (target !== undefined) {
          response.writeHead(others.status, { "content-type": "application/x-amz-json-1.1" })
          return response.end(JSON.stringify({ __type: `${others.code}Exception`, message: "no" }))
        }
        const { status, code } = request.method === "PUT" ? toPut : others
        if (request.method === "PUT") {
          const { "content-md5": given = "" } = request.headers
          const wrong = Buffer.from(String(given), "base64").byteLength === 16 && given !== hash.digest("base64")
          puts.push({ ...request.headers, wrong })
        }
        response.writeHead(status, { "content-type": "application/xml" })
        return response.end(`<Error><Code>${code}</Code><Message>no</Message></Error>`)
      })
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.close()
    server.closeAllConnections()
  })

  const DENIED = { status: 403, code: "AccessDenied" }

  test("each denied call is a fault; what was not tried stays a note; the lock is then not known", async () => {
    ;[toPut, others, puts] = [DENIED, DENIED, []]
    const all = await checks(origin, { ...LOGS, AUDIT_MIRROR_S3_BUCKET: "some-bucket", ...LOCK })
    const faults = Object.entries(all).filter(([, { state }]) => state === "fault")
    for (const [name, { text }] of faults) assert.match(text, /^AWS denies it/, name)
    const notes = Object.entries(all).flatMap(([name, { state }]) => (state === "note" ? [name] : []))
    assert.deepEqual(notes, ["metrics CreateLogStream", "logs mirror CreateLogStream", "s3 mirror Object Lock"])
    assert.equal(faults.length, 7)
  })

  test("a wrong checksum that is refused is a permission; a lock that is denied is its own line", async () => {
    ;[toPut, others, puts] = [{ status: 400, code: "BadDigest" }, DENIED, []]
    const all = await checks(origin, { AUDIT_MIRROR_S3_BUCKET: "some-bucket", ...LOCK })
    assert.deepEqual([all["s3 mirror PutObject"]?.state, all["s3 mirror PutObjectRetention"]?.state], ["ok", "ok"])
    assert.deepEqual(
      puts.map((headers) => [headers["wrong"], headers["if-none-match"], headers["x-amz-object-lock-mode"]]),
      [
        [true, "*", undefined],
        [true, "*", "COMPLIANCE"],
      ],
    )
  })

  test("PutMetricData is not tried, and that is said", async () => {
    const { "metrics PutMetricData": metrics } = await checks(origin, { CLOUDWATCH_NAMESPACE: "Tyler" })
    assert.deepEqual([metrics?.state, metrics?.permission], ["note", "cloudwatch:PutMetricData"])
    assert.match(metrics?.text ?? "", /^not tried: /)
  })

  test("nobody there", async () => {
    const all = await checks("http://127.0.0.1:9", { AUDIT_MIRROR_S3_BUCKET: "some-bucket", ...LOGS })
    assert.match(all["s3 mirror ListBucket"]?.text ?? "", /cannot be reached/)
    assert.match(all["logs mirror GetLogEvents"]?.text ?? "", /cannot be reached/)
  })
})
