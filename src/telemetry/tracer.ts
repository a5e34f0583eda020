import { AsyncLocalStorage } from "node:async_hooks"
import type { Clock } from "../core/clock.ts"
import type { Random } from "../core/random.ts"
import type { Span, SpanAttribute, SpanName, Spans } from "./spans.ts"

/** A span that has ended. Times in ms since 1970 UTC, with fractions. */
export interface EndedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Null: the first of its trace. */
  readonly parentId: string | null
  readonly name: SpanName
  /** The first span of this process: what a caller waited for. */
  readonly server: boolean
  readonly start: number
  readonly end: number
  readonly failed: boolean
  readonly attributes: ReadonlyMap<SpanAttribute, string | number>
}

interface Place {
  readonly traceId: string
  readonly spanId: string
  readonly sampled: boolean
}

/** Every trace is kept, unless its caller has said that this one is not (the OpenTelemetry default, parentbased_always_on). */
export function tracer(clock: Clock, random: Random, ended: (span: EndedSpan) => void): Spans {
  const places = new AsyncLocalStorage<Place>()

  async function run<T>(
    name: SpanName,
    parent: Place | undefined,
    server: boolean,
    work: (span: Span) => Promise<T>,
  ): Promise<T> {
    const place = {
      traceId: parent?.traceId ?? hex(random.bytes(16)),
      spanId: hex(random.bytes(8)),
      sampled: parent?.sampled ?? true,
    }
    const attributes = new Map<SpanAttribute, string | number>()
    const began = clock.monotonic()
    const start = clock.now()
    let failed = true
    try {
      const value = await places.run(place, () =>
        work({ set: (attribute, text) => void attributes.set(attribute, text) }),
      )
      failed = false
      return value
    } finally {
      const end = start + (clock.monotonic() - began)
      const { traceId, spanId } = place
      if (place.sampled)
        ended({ traceId, spanId, parentId: parent?.spanId ?? null, name, server, start, end, failed, attributes })
    }
  }

  return {
    span: (name, work) => {
      const around = places.getStore()
      // Outside of any request, such as a job's: nobody asked for a trace of it.
      return around === undefined ? work({ set: () => undefined }) : run(name, around, false, work)
    },
    begin: (name, traceparent, work) => run(name, parseTraceparent(traceparent), true, work),
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex")
}

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** https://www.w3.org/TR/trace-context/#traceparent-header: version 00 exactly, later ones by what they begin with. */
export function parseTraceparent(header: unknown): Place | undefined {
  if (typeof header !== "string" || header.length > 512) return undefined
  const [, version, traceId = "", spanId = "", flags = "", more] = TRACEPARENT.exec(header) ?? []
  if (version === undefined || (version === "00" && more !== undefined)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}
