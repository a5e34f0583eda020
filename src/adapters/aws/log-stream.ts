import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs"
import type { Clock } from "../../core/clock.ts"
import { type AwsPlace, clientSettings } from "./client.ts"

/** Bytes of one call, 26 for each event included. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
export const CALL_BYTES = 1_048_576
export const EVENT_OVERHEAD = 26
/** Events of one call. */
export const CALL_EVENTS = 10_000

export interface LogPlace {
  readonly group: string
  readonly stream: string
}

/** The two calls that are made of CloudWatch Logs; both throw the SDK's error. */
export interface LogStream {
  /** In order. The group has to be there; the stream is made. */
  put(lines: readonly string[]): Promise<void>
  /** The newest lines, oldest first: at most 10,000 and 1 MB, so at least those of the last call. */
  newest(): Promise<readonly string[]>
  close(): void
}

/** The SDK is imported with the first call: 30 MB that nobody else pays. */
export function logStream(place: AwsPlace, { group, stream }: LogPlace, clock: Pick<Clock, "now">): LogStream {
  let client: CloudWatchLogsClient | undefined
  const names = { logGroupName: group, logStreamName: stream }
  /** Events of a stream are sorted by their time, so it does not step back even if the clock does. */
  let stamp = 0

  async function sdk() {
    const loaded = await import("@aws-sdk/client-cloudwatch-logs")
    client ??= new loaded.CloudWatchLogsClient(clientSettings(place, "logs"))
    return { client, ...loaded }
  }

  async function putCall(messages: readonly string[]): Promise<void> {
    const { client: logs, PutLogEventsCommand } = await sdk()
    // Sent when it is sent: the service takes nothing that is 14 days old, and an entry may be. Its own time is in the line.
    stamp = Math.max(stamp, clock.now())
    const logEvents = messages.map((message) => ({ message, timestamp: stamp }))
    const { rejectedLogEventsInfo: rejected } = await logs.send(new PutLogEventsCommand({ ...names, logEvents }))
    if (rejected !== undefined && Object.values(rejected).some((index) => index !== undefined))
      throw new RejectedEvents("the log service left events out: its clock and ours differ")
  }

  return {
    async put(lines) {
      for (const messages of calls(lines))
        try {
          await putCall(messages)
        } catch (error) {
          if (!isMissing(error)) throw error
          await makeStream()
          await putCall(messages)
        }
    },
    async newest() {
      const { client: logs, GetLogEventsCommand } = await sdk()
      try {
        const { events } = await logs.send(new GetLogEventsCommand({ ...names, startFromHead: false }))
        const lines = events ?? []
        stamp = Math.max(stamp, ...lines.slice(-1).map(({ timestamp }) => timestamp ?? 0))
        return lines.map(({ message }) => message ?? "")
      } catch (error) {
        if (!isMissing(error)) throw error
        await makeStream()
        return []
      }
    },
    close: () => client?.destroy(),
  }

  async function makeStream(): Promise<void> {
    const { client: logs, CreateLogStreamCommand } = await sdk()
    await logs.send(new CreateLogStreamCommand(names)).catch((error: unknown) => {
      if (!(error instanceof Error) || error.name !== "ResourceAlreadyExistsException") throw error
    })
  }
}

class RejectedEvents extends Error {
  override readonly name = "RejectedEvents"
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === "ResourceNotFoundException"
}

/** Cut so that each call is one that the service takes. */
function* calls(lines: readonly string[]): Generator<readonly string[]> {
  let messages: string[] = []
  let bytes = 0
  for (const line of lines) {
    const more = Buffer.byteLength(line) + EVENT_OVERHEAD
    if (messages.length > 0 && (bytes + more > CALL_BYTES || messages.length === CALL_EVENTS)) {
      yield messages
      messages = []
      bytes = 0
    }
    messages.push(line)
    bytes += more
  }
  if (messages.length > 0) yield messages
}
