import { type ErrorCode, TylerError } from "../core/errors.ts"
import { MATRIX, type RouteId } from "./matrix.ts"
import { STATUS } from "./problem.ts"

/** Answers of one route. Plain numbers, because every request passes here. */
export class RouteCounter {
  /** Answers of success. */
  done = 0
  /** Answers that say a part is down (`/api/ready`). */
  down = 0
  /** Refusals by status. */
  readonly refused = new Map<number, number>()
}

/** What HTTP has answered since the start. */
export class Counters {
  readonly routes: ReadonlyMap<RouteId, RouteCounter>
  /** The AWS-compatible endpoint. */
  readonly aws = new RouteCounter()
  /** Requests that reached no route. */
  readonly unrouted = new RouteCounter()
  readonly refusals = new Map<ErrorCode, number>()
  /** `quota_exceeded` by scope. */
  readonly quota = new Map<string, number>()
  /** `unavailable` by cause. */
  readonly unavailable = new Map<string, number>()

  constructor() {
    this.routes = new Map((Object.keys(MATRIX) as RouteId[]).map((id) => [id, new RouteCounter()]))
  }

  answered(counter: RouteCounter, status: number): void {
    if (status === 503) counter.down++
    else counter.done++
  }

  /** A refusal that was the whole answer. @param status where it is not the code's own */
  refused(counter: RouteCounter, error: TylerError, status: number = STATUS[error.code]): void {
    add(counter.refused, status)
    this.refusal(error)
  }

  /** A refusal, also of one item among others; with what the caller is not told, if there is more to it. */
  refusal({ code, facts, cause: untold }: TylerError): void {
    add(this.refusals, code)
    if (untold instanceof TylerError) add(this.refusals, untold.code)
    const { scope, cause } = facts
    if (code === "quota_exceeded" && typeof scope === "string") add(this.quota, scope)
    if (code === "unavailable") add(this.unavailable, typeof cause === "string" ? cause : "unknown")
  }
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
