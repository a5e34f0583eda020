import type { TylerClient } from "../../client/client.ts"
import { TylerApiError } from "../../client/error.ts"
import type { RotateOptions } from "../../client/rotation.ts"
import { exitOf, UNAVAILABLE } from "../exit.ts"
import { Interrupted } from "../prompt.ts"
import type { Patience } from "../transfer/patience.ts"
import { begin } from "./begin.ts"
import type { Ended } from "./outcome.ts"
import { changes, type RotationItem } from "./watch.ts"

export interface Rotator {
  readonly client: TylerClient
  readonly patience: Patience
  readonly ask: RotateOptions
  /** Milliseconds for which one secret is watched; null: not at all. */
  readonly watchMs: number | null
}

/** One that is under way may have begun before the version was seen: once it has ended, another is begun. */
const TRIES = 3

/**
 * Rotates one secret and watches it. A refusal of it alone is its outcome.
 * @throws Interrupted, and what concerns all: no session, no server
 */
export async function rotateSeen(on: Rotator, name: string): Promise<Ended> {
  for (let left = TRIES; left > 0; left--) {
    const begun = await begunOr(on, name)
    if ("did" in begun) return begun
    const { rotationId, already } = begun
    if (on.watchMs === null && !already) return { did: "started", rotationId }
    const last = await endOf(on, name, rotationId)
    if (last === undefined || last.state === "running") return unfinished(rotationId, last)
    if (!already) return endedAs(last)
  }
  return { did: "unfinished", code: "rotation_running", why: "others keep rotating it" }
}

async function begunOr({ client, patience, ask }: Rotator, name: string) {
  // One key for all tries: what was begun and not answered is not begun twice.
  const options = { ...ask, idempotencyKey: crypto.randomUUID() }
  try {
    return await patience.through(() => begin(client, name, options))
  } catch (error) {
    if (!isRefusal(error)) throw error
    return { did: "cannot" as const, code: error.code, why: error.message }
  }
}

/** Of this secret alone. */
function isRefusal(error: unknown): error is TylerApiError {
  if (!(error instanceof TylerApiError)) return false
  const { status, code } = error
  return status >= 400 && status < 500 && status !== 401 && status !== 429 && exitOf(status, code) !== UNAVAILABLE
}

async function endOf(on: Rotator, name: string, rotationId: string): Promise<RotationItem | undefined> {
  const { client, patience, watchMs } = on
  const signal = AbortSignal.any([patience.signal, AbortSignal.timeout(watchMs ?? 0)])
  let last: RotationItem | undefined
  for await (const row of changes(client, { name, rotationId, signal })) last = row
  if (patience.stopped) throw new Interrupted()
  return last
}

function unfinished(rotationId: string, last: RotationItem | undefined): Ended {
  const fault = last?.fault ?? null
  const why = fault === null ? "it takes longer than was waited for" : fault.text
  return { did: "unfinished", rotationId, code: fault?.code ?? "rotation_running", why }
}

function endedAs({ state, rotationId, fault, step }: RotationItem): Ended {
  if (state === "done") return { did: "rotated", rotationId }
  const why = state === "cancelled" ? "somebody cancelled it" : `at ${step}: ${fault?.text ?? "it failed"}`
  return { did: "failed", rotationId, code: fault?.code ?? state, why }
}
