import assert from "node:assert/strict"
import type { MetricDatum } from "@aws-sdk/client-cloudwatch"

/** The embedded metric format that this process prints from now on; all else goes on to standard output. */
export interface EmfCapture extends Disposable {
  /** Lines since the last call. */
  take(): readonly string[]
}

const BEGINS = '{"_aws":'

export function captureEmf(): EmfCapture {
  const { stdout } = process
  const write = stdout.write.bind(stdout)
  let lines: string[] = []
  const captured = (text: unknown, done: unknown): boolean | undefined => {
    if (typeof text !== "string" || typeof done !== "function" || !text.startsWith(BEGINS)) return undefined
    lines.push(...text.split("\n").filter((line) => line !== ""))
    process.nextTick(done)
    return true
  }
  process.stdout.write = ((...args: Parameters<typeof write>) =>
    captured(...(args as unknown as [unknown, unknown])) ?? write(...args)) as typeof write
  return {
    take() {
      const taken = lines
      lines = []
      return taken
    },
    [Symbol.dispose]() {
      process.stdout.write = write
    },
  }
}

export interface Extracted {
  readonly namespace: string
  readonly data: readonly MetricDatum[]
}

/**
 * What CloudWatch extracts from one line: for each directive a point of each metric at each set of dimensions, and nothing
 * beside them. What it would drop in silence fails here: members that are missing, dimensions that are no text or too many,
 * no unit of its own, more than 100 metrics.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function extracted(line: string): readonly Extracted[] {
  const root = JSON.parse(line) as Readonly<Record<string, unknown>>
  const { Timestamp, CloudWatchMetrics } = root["_aws"] as Metadata
  assert.ok(Number.isSafeInteger(Timestamp) && Timestamp > 0, line)
  assert.ok(CloudWatchMetrics.length > 0, line)
  return CloudWatchMetrics.map(({ Namespace, Dimensions, Metrics }) => {
    assert.match(Namespace, /^[^:][0-9A-Za-z.\-_/#: ]{0,254}$/)
    assert.ok(Metrics.length > 0 && Metrics.length <= 100 && Dimensions.length > 0, line)
    const data = Metrics.flatMap(({ Name, Unit }) => {
      const Value = root[Name]
      assert.ok(typeof Value === "number" && Number.isFinite(Value), `${Name} in ${line}`)
      assert.equal(Unit, "Count")
      return Dimensions.map((set) => ({
        MetricName: Name,
        Unit,
        Value,
        Timestamp: new Date(Timestamp),
        Dimensions: dimensionsOf(root, set),
      }))
    })
    return { namespace: Namespace, data }
  })
}

interface Metadata {
  readonly Timestamp: number
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string
    readonly Dimensions: readonly (readonly string[])[]
    readonly Metrics: readonly { readonly Name: string; readonly Unit: "Count" }[]
  }[]
}

function dimensionsOf(root: Readonly<Record<string, unknown>>, set: readonly string[]) {
  assert.ok(set.length <= 30 && new Set(set).size === set.length)
  return set.map((Name) => {
    const Value = root[Name]
    assert.ok(typeof Value === "string" && Value !== "" && Value.length <= 1024, `${Name}: ${String(Value)}`)
    return { Name, Value }
  })
}
