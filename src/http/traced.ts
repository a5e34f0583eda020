import { type ErrorCode, TylerError } from "../core/errors.ts"
import type { Span, Spans } from "../telemetry/spans.ts"
import type { Row } from "./matrix.ts"
import { STATUS } from "./problem.ts"

/** The span of one request: which route, which action, and what came of it; nothing of what was sent. */
export interface Routed {
  readonly method: string
  /** The route's pattern, not the path. */
  readonly route: string
  readonly action: Row["action"]
  readonly backend: string
}

/** `refusal`: where a refusal is an answer and not thrown. */
interface Answered {
  readonly status: number
  readonly refusal?: TylerError | undefined
}

export function traced<T extends Answered>(
  spans: Spans,
  routed: Routed,
  traceparent: unknown,
  work: () => Promise<T>,
): Promise<T> {
  return spans.begin("route", traceparent, async (span) => {
    span.set("http.request.method", routed.method)
    span.set("http.route", routed.route)
    span.set("tyler.backend", routed.backend)
    if (routed.action !== null) span.set("tyler.action", routed.action)
    try {
      const answer = await work()
      conclude(span, answer.status, answer.refusal?.code)
      return answer
    } catch (error) {
      const code = error instanceof TylerError ? error.code : "internal"
      conclude(span, STATUS[code], code)
      throw error
    }
  })
}

function conclude(span: Span, status: number, code: ErrorCode | undefined): void {
  span.set("http.response.status_code", status)
  if (code !== undefined) span.set("tyler.code", code)
  span.set("tyler.result", code === undefined ? "SUCCESS" : STATUS[code] >= 500 ? "FAILURE" : "DENIED")
}
