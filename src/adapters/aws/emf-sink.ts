import type { Clock } from "../../core/clock.ts"
import { emfLines, type MetricSink, SinkFault } from "../../telemetry/sink.ts"
import type { AwsPlace } from "./client.ts"
import { logStream } from "./log-stream.ts"
import { serviceCause } from "./service-fault.ts"

/** One stream for all replicas: their lines are added up anyway. */
export const EMF_STREAM = "tyler-metrics"

/** EMF lines into a log group. */
export function emfSink(place: AwsPlace, namespace: string, group: string, clock: Clock): MetricSink {
  const stream = logStream(place, { group, stream: EMF_STREAM }, clock)
  return {
    send: (reading) =>
      stream.put(emfLines(namespace, reading)).catch((error: unknown) => {
        throw new SinkFault(serviceCause(error))
      }),
    close: () => stream.close(),
  }
}
