import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch"
import { dataOf, type MetricSink, type Reading, SinkFault } from "../../telemetry/sink.ts"
import { type AwsPlace, clientSettings } from "./client.ts"
import { serviceCause } from "./service-fault.ts"

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html: also 1 MB, of which this is a third. */
export const DATA_PER_CALL = 1000

/** PutMetricData. The SDK is imported with the first reading: 30 MB that nobody else pays. */
export function putMetricsSink(place: AwsPlace, namespace: string): MetricSink {
  let client: CloudWatchClient | undefined
  return {
    async send(reading: Reading): Promise<void> {
      try {
        const sdk = await import("@aws-sdk/client-cloudwatch")
        client ??= new sdk.CloudWatchClient(clientSettings(place, "monitoring"))
        const data = dataOf(reading).map(({ name, unit, dimensions, value }) => ({
          MetricName: name,
          Unit: unit,
          Value: value,
          Timestamp: new Date(reading.at),
          Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })),
        }))
        for (let at = 0; at < data.length; at += DATA_PER_CALL) {
          const MetricData = data.slice(at, at + DATA_PER_CALL)
          await client.send(new sdk.PutMetricDataCommand({ Namespace: namespace, MetricData }))
        }
      } catch (error) {
        throw new SinkFault(serviceCause(error))
      }
    },
    close: () => client?.destroy(),
  }
}
