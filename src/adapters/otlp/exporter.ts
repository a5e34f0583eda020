import type { EndedSpan } from "../../telemetry/tracer.ts"

/** Spans that may wait; what exceeds it is left out, and counted. */
export const QUEUE_SPANS = 2048
/** Of one request. */
const BATCH_SPANS = 512
const EVERY_MS = 5_000
const ANSWER_MS = 5_000

export interface SpanExporter {
  /** Returns at once. */
  add(span: EndedSpan): void
  /** Spans that never arrived. */
  dropped(): number
  /** Sends what waits. Never rejects. */
  flush(): Promise<void>
  close(): Promise<void>
}

/**
 * OTLP over HTTP, as JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp). A batch that is not taken is left out:
 * traces are no evidence, and a receiver that is down is not to cost memory.
 * @param endpoint without a slash at the end
 */
export function otlpExporter(endpoint: string, version: string): SpanExporter {
  let queue: EndedSpan[] = []
  let dropped = 0
  let sending: Promise<void> | undefined

  async function send(spans: readonly EndedSpan[]): Promise<void> {
    try {
      const answer = await fetch(`${endpoint}/v1/traces`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(otlpBody(spans, version)),
        redirect: "error",
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      await answer.body?.cancel()
      if (!answer.ok) dropped += spans.length
    } catch {
      dropped += spans.length
    }
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) await send(queue.splice(0, BATCH_SPANS))
  }

  function flush(): Promise<void> {
    sending ??= drain().finally(() => {
      sending = undefined
    })
    return sending
  }

  const timer = setInterval(() => void flush(), EVERY_MS)
  timer.unref()
  return {
    add(span) {
      if (queue.length >= QUEUE_SPANS) dropped++
      else queue.push(span)
      if (queue.length >= BATCH_SPANS) void flush()
    },
    dropped: () => dropped,
    flush,
    async close() {
      clearInterval(timer)
      await sending
      await send(queue.splice(0, BATCH_SPANS))
      queue = []
    },
  }
}

const KIND_INTERNAL = 1
const KIND_SERVER = 2
const STATUS_ERROR = 2

/** https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto, in its JSON mapping */
function otlpBody(spans: readonly EndedSpan[], version: string): object {
  const resource = { attributes: [attribute("service.name", "tyler"), attribute("service.version", version)] }
  const scope = { name: "tyler-setup", version }
  return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(otlpSpan) }] }] }
}

function otlpSpan(span: EndedSpan): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentId === null ? {} : { parentSpanId: span.parentId }),
    name: span.name,
    kind: span.server ? KIND_SERVER : KIND_INTERNAL,
    startTimeUnixNano: nanoseconds(span.start),
    endTimeUnixNano: nanoseconds(span.end),
    attributes: [...span.attributes].map(([name, value]) => attribute(name, value)),
    ...(span.failed ? { status: { code: STATUS_ERROR } } : {}),
  }
}

function attribute(key: string, value: string | number): object {
  return { key, value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value } }
}

function nanoseconds(ms: number): string {
  const whole = Math.floor(ms)
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1_000_000)))
}
