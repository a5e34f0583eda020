import assert from "node:assert/strict"
import { test } from "node:test"
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs"
import type { StandingLine } from "../../src/audit/line.ts"
import { awsProxy } from "../kit/aws-proxy.ts"
import { parseExposition } from "../kit/exposition.ts"
import { moto, MOTO_REGION, noMoto, takeTestCredentials } from "../kit/moto.ts"
import { setUpAdmin } from "../kit/people.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { startServer } from "../kit/server.ts"

takeTestCredentials()

const GROUP = "/tyler/throttled-mirror"
const OPERATION = "PutLogEvents"
const THROTTLED = { error: "ThrottlingException", message: "Rate exceeded" } as const
const ROUNDS = 3
const READS = 5

test("entries that a throttled log service does not take wait, are told, and land once", {
  skip: noMoto,
}, async (t) => {
  const logs = new CloudWatchLogsClient({ region: MOTO_REGION, endpoint: await moto() })
  t.after(() => logs.destroy())
  await logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }))
  const aws = await awsProxy(await moto())
  t.after(() => aws.close())
  const env = { AWS_REGION: MOTO_REGION, AWS_ENDPOINT_URL: aws.url, AUDIT_MIRROR_LOG_GROUP: GROUP }
  const server = await startServer({ env })
  t.after(() => server.close())
  const admin = await setUpAdmin(server)
  await createSecret(admin, "config/throttled", "canary-of-values")
  await server.runJobs()

  const landedReads = async (): Promise<readonly number[]> => {
    const wanted = { logGroupName: GROUP, logStreamNames: ["tyler-audit"] }
    const { events = [] } = await logs.send(new FilterLogEventsCommand(wanted))
    const lines = events.map(({ message = "" }) => JSON.parse(message) as Partial<StandingLine>)
    return lines.filter(({ action }) => action === "GET").map(({ index = -1 }) => index)
  }
  const waiting = async (): Promise<number | undefined> =>
    parseExposition((await admin.get("/metrics")).text)
      .get("tyler_mirror_entries_waiting")
      ?.samples.get('{mirror="logs"}')
  const readiness = async (): Promise<readonly [boolean, string | null | undefined]> => {
    const { body } = await admin.get<{ ready: boolean; parts: Record<string, { reason: string | null }> }>("/api/ready")
    return [body.ready, body.parts["mirror_logs"]?.reason]
  }

  aws.judge((operation) => (operation === OPERATION ? THROTTLED : "pass"))
  for (let round = 1; round <= ROUNDS; round++) {
    for (let at = 0; at < READS; at++)
      assert.equal((await read(admin, "config/throttled", { unmask: false })).status, 200)
    await server.runJobs()
    assert.equal(await waiting(), round * READS)
  }
  assert.deepEqual(await readiness(), [true, "throttled"])
  assert.deepEqual(await landedReads(), [])

  aws.judge((operation, nth) => (operation === OPERATION && nth % 2 === 1 ? THROTTLED : "pass"))
  await server.runJobs()
  const landed = await landedReads()
  assert.equal(landed.length, ROUNDS * READS)
  assert.deepEqual(
    landed,
    [...new Set(landed)].toSorted((a, b) => a - b),
    "each once, in order",
  )
  assert.equal(await waiting(), 0)
  assert.deepEqual(await readiness(), [true, null])
})
