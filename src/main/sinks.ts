import type { Clock } from "../core/clock.ts"
import type { MetricSink } from "../telemetry/sink.ts"
import type { Config } from "./config.ts"
import { stdoutSink } from "./stdout-sink.ts"

/** The sink of metrics that the configuration asks for; null: Prometheus only. */
export async function sinkFor({ metrics, aws }: Config, clock: Clock): Promise<MetricSink | null> {
  if (metrics === null) return null
  if (metrics.by === "stdout") return stdoutSink(metrics.namespace)
  if (aws === null) return null
  if (metrics.by === "put")
    return (await import("../adapters/aws/put-metrics.ts")).putMetricsSink(aws.place, metrics.namespace)
  return (await import("../adapters/aws/emf-sink.ts")).emfSink(aws.place, metrics.namespace, metrics.group, clock)
}
