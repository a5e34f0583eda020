import { TylerError } from "../core/errors.ts"
import type { Spans } from "../telemetry/spans.ts"
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

export function traced<T extends { readonly status: number }>(
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
      span.set("http.response.status_code", answer.status)
      span.set("tyler.result", "SUCCESS")
      return answer
    } catch (error) {
      const code = error instanceof TylerError ? error.code : "internal"
      span.set("http.response.status_code", STATUS[code])
      span.set("tyler.code", code)
      span.set("tyler.result", STATUS[code] >= 500 ? "FAILURE" : "DENIED")
      throw error
    }
  })
}
