import { setTimeout as sleep } from "node:timers/promises"
import type { RotationAnswer } from "../../api/rotation.ts"
import type { TylerClient } from "../../client/client.ts"
import { TylerApiError } from "../../client/error.ts"
import { Unmet } from "../command.ts"
import { exitOf, NOT_FOUND, UNAVAILABLE } from "../exit.ts"

export type RotationItem = RotationAnswer["rotations"][number]

/** Seconds for which the server may hold an answer: less than proxies wait. */
const HOLD_SECONDS = 15
/** Between two tries to reach a server that is gone. */
const SILENT_MS = 1_000

export interface Watched {
  readonly name: string
  readonly rotationId: string
  /** Ends the watching, not the rotation. */
  readonly signal: AbortSignal
  /** The server did not answer; it is asked again. */
  readonly silent?: () => void
}

/** A rotation as it is now, and whenever something of it has changed, to its end. Ends early when the signal says so. */
export async function* changes(client: TylerClient, on: Watched): AsyncGenerator<RotationItem, void, undefined> {
  const { name, rotationId, signal } = on
  for (let seen: string | undefined; !signal.aborted; ) {
    const status = await looked(client, on, seen)
    if (status === undefined) continue
    seen = status.seen
    const row = status.rotations.find((one) => one.rotationId === rotationId)
    if (row === undefined)
      throw new Unmet(NOT_FOUND, "not_found", `rotation ${rotationId} of ${name} is not among the last ones any more`)
    yield row
    if (row.state !== "running") return
  }
}

/** @returns undefined where there was no answer */
async function looked(
  client: TylerClient,
  { name, signal, silent }: Watched,
  seen: string | undefined,
): Promise<RotationAnswer | undefined> {
  try {
    return await client.rotation(name, { signal, ...(seen === undefined ? {} : { seen, wait: HOLD_SECONDS }) })
  } catch (error) {
    if (signal.aborted) return undefined
    if (!(error instanceof TylerApiError) || exitOf(error.status, error.code) !== UNAVAILABLE) throw error
    silent?.()
    await sleep(SILENT_MS, undefined, { signal }).catch(() => undefined)
    return undefined
  }
}
