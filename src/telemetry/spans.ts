/**
 * What a span may say. A closed list of closed sets: no name of a secret, no value, no person, no address. Whoever
 * watches traces is not who may read the audit log.
 */
export type SpanAttribute =
  | "http.request.method"
  | "http.response.status_code"
  | "http.route"
  | "tyler.action"
  | "tyler.backend"
  | "tyler.code"
  | "tyler.result"

/** `route`: one request in its handler; `decide` holds `open`; `record` is the wait for the shared transaction. */
export type SpanName = "route" | "decide" | "open" | "record"

export interface Span {
  set(attribute: SpanAttribute, value: string | number): void
}

export interface Spans {
  /** Runs `work` in a span, a child of the one it is called in. */
  span<T>(name: SpanName, work: (span: Span) => Promise<T>): Promise<T>
  /** The same, as the first span of this process. @param traceparent as the caller sent it, if that was one */
  begin<T>(name: SpanName, traceparent: unknown, work: (span: Span) => Promise<T>): Promise<T>
}

const UNSEEN: Span = { set: () => undefined }

/** Nobody asked for traces: `work` runs, and nothing else. */
export const NO_SPANS: Spans = {
  span: (_name, work) => work(UNSEEN),
  begin: (_name, _traceparent, work) => work(UNSEEN),
}
