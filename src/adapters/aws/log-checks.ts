import type { CheckRow } from "./checks.ts"
import { type AwsPlace, clientSettings } from "./client.ts"
import { notTried, PERMITTED, refusal } from "./findings.ts"
import type { LogPlace } from "./log-stream.ts"

/** 1970. Events older than 14 days are left out of a call that is otherwise taken. */
const TOO_OLD = 1

/**
 * What writing to a log stream needs, and the mirror's reading from it. Whether group and stream are there is learned
 * from the first of them.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
export function logChecks(
  place: AwsPlace,
  { group: logGroupName, stream: logStreamName }: LogPlace,
  what: "metrics" | "logs mirror",
): readonly CheckRow[] {
  const names = { logGroupName, logStreamName }
  const on = `log group ${logGroupName}`
  let seen: "nothing" | "group" | "stream" = "nothing"

  async function putTooOld(): Promise<void> {
    const { CloudWatchLogsClient, PutLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs")
    const client = new CloudWatchLogsClient(clientSettings(place, "logs"))
    const logEvents = [{ message: "tyler-server aws doctor", timestamp: TOO_OLD }]
    await client.send(new PutLogEventsCommand({ ...names, logEvents })).finally(() => client.destroy())
  }

  async function readOne(): Promise<void> {
    const { CloudWatchLogsClient, GetLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs")
    const client = new CloudWatchLogsClient(clientSettings(place, "logs"))
    await client.send(new GetLogEventsCommand({ ...names, limit: 1 })).finally(() => client.destroy())
  }

  async function makeAgain(): Promise<void> {
    const { CloudWatchLogsClient, CreateLogStreamCommand } = await import("@aws-sdk/client-cloudwatch-logs")
    const client = new CloudWatchLogsClient(clientSettings(place, "logs"))
    await client.send(new CreateLogStreamCommand(names)).finally(() => client.destroy())
  }

  const put: CheckRow = {
    name: `${what} PutLogEvents`,
    on,
    tried: "PutLogEvents of one event of 1970, which is left out as too old",
    async run() {
      try {
        await putTooOld()
        seen = "stream"
      } catch (error) {
        if (!isStreamMissing(error)) return refusal(error)
        seen = "group"
      }
      return PERMITTED
    },
  }
  const create: CheckRow = {
    name: `${what} CreateLogStream`,
    on,
    tried: "CreateLogStream of the stream that is there; while there is none, not tried",
    async run() {
      if (seen !== "stream") return notTried(`no stream ${logStreamName} was seen, and trying would make it`)
      try {
        await makeAgain()
      } catch (error) {
        if (!isNamed(error, "ResourceAlreadyExistsException")) return refusal(error)
      }
      return PERMITTED
    },
  }
  const get: CheckRow = {
    name: `${what} GetLogEvents`,
    on,
    tried: "GetLogEvents of one event",
    async run() {
      try {
        await readOne()
      } catch (error) {
        const missing = seen === "group" ? isNamed(error, "ResourceNotFoundException") : isStreamMissing(error)
        if (!missing) return refusal(error)
      }
      return PERMITTED
    },
  }
  return what === "metrics" ? [put, create] : [put, create, get]
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

/** Of the group AWS says the same by the same name; only its text differs. */
function isStreamMissing(error: unknown): boolean {
  return isNamed(error, "ResourceNotFoundException") && /log stream/i.test((error as Error).message)
}
