import type { LedgerWriter } from "../audit/ledger.ts"
import type { Clock } from "../core/clock.ts"
import type { Random } from "../core/random.ts"
import { NO_SPANS, type Spans } from "../telemetry/spans.ts"
import type { Config } from "./config.ts"
import { VERSION } from "./version.ts"

export interface Tracing {
  readonly spans: Spans
  flush(): Promise<void>
  close(): Promise<void>
}

/** Nothing of it is loaded unless somebody takes traces. */
export async function tracingFor({ otlpUrl }: Config, clock: Clock, random: Random): Promise<Tracing> {
  if (otlpUrl === null) return { spans: NO_SPANS, flush: async () => undefined, close: async () => undefined }
  const { otlpExporter } = await import("../adapters/otlp/exporter.ts")
  const { tracer } = await import("../telemetry/tracer.ts")
  const exporter = otlpExporter(otlpUrl, VERSION)
  const spans = tracer(clock, random, (span) => exporter.add(span))
  return { spans, flush: () => exporter.flush(), close: () => exporter.close() }
}

/** The wait for the transaction that many share, as a span of each that waits. */
export function tracedLedger(ledger: LedgerWriter, spans: Spans): LedgerWriter {
  if (spans === NO_SPANS) return ledger
  return {
    recordAll: (acts) => spans.span("record", () => ledger.recordAll(acts)),
    close: () => ledger.close(),
  }
}
