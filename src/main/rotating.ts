import { setTimeout as pause } from "node:timers/promises"
import type { Logger } from "pino"
import { judgedAddress } from "../adapters/targets/address.ts"
import { stepsOf } from "../adapters/targets/open.ts"
import { systemResolve } from "../adapters/webhook/pin.ts"
import { TylerError } from "../core/errors.ts"
import { carryOn } from "../operations/rotation/carry-on.ts"
import { LEASE_MS } from "../operations/rotation/lease.ts"
import type { Rotating } from "../operations/rotation/rotator.ts"
import { startDue } from "../operations/rotation/start.ts"
import type { Service } from "../operations/service.ts"
import { isStrategy } from "../core/rotation-strategy.ts"
import type { RotationRow } from "../state/rows.ts"
import type { RotationSettings } from "./rotation-settings.ts"

/**
 * Rotations under way at once in one process. Two are enough to be done sooner than the targets alone would take, and few
 * enough for reads not to feel them (bench/rotation.ts). Those that failed before have slots of their own: their targets may
 * not answer, and hold up nobody's else.
 */
const SLOTS = { first: 2, again: 6 } as const
type Lane = keyof typeof SLOTS
const ALL_SLOTS = SLOTS.first + SLOTS.again

/** How long a stop waits for steps under way; what is not done by then another process does. */
const DRAIN_MS = 2_000

const UNRECORDED_MS = 5_000

export function rotatingOf({ reaches, hosts }: RotationSettings): Rotating {
  return {
    hosts,
    addressOf: judgedAddress(reaches, systemResolve),
    async steps(strategy) {
      if (!isStrategy(strategy)) throw new TylerError("not_rotatable", { error: "The strategy is not known here" })
      return stepsOf(strategy)
    },
  }
}

export interface Rotations {
  /** One was started: it is begun at once. */
  wake(): void
  /** Begins what is due, and carries on what another process left. */
  tick(): Promise<void>
  close(): Promise<void>
}

interface Wanted {
  readonly service: Service
  readonly rotating: Rotating
  /** No other process can hold a lease: those that are there were a dead one's. */
  readonly alone: boolean
  readonly log: Pick<Logger, "warn" | "error">
}

/** Carries rotations on, a few at once. Nothing that is asked of the service waits for them. */
export function rotations({ service, rotating, alone, log }: Wanted): Rotations {
  const stop = new AbortController()
  const underway = new Map<string, { readonly lane: Lane; readonly carried: Promise<void> }>()
  let looking = false
  let again = false

  /** One look at a time; what is asked for meanwhile is looked for once more. */
  async function look(): Promise<void> {
    again = true
    if (looking) return
    looking = true
    try {
      while (again && underway.size < ALL_SLOTS && !stop.signal.aborted) {
        again = false
        const overdue = alone ? LEASE_MS : 0
        const due = await service.reader.rotationsDue(service.clock.now() + overdue, LOOKED_AT)
        for (const row of due)
          if (!underway.has(row.id) && row.dueAt <= service.clock.now() && hasRoom(laneOf(row))) begin(row, overdue)
      }
    } finally {
      looking = false
    }
  }

  function hasRoom(lane: Lane): boolean {
    return [...underway.values()].filter((one) => one.lane === lane).length < SLOTS[lane]
  }

  function begin(row: RotationRow, overdue: number): void {
    const carried = carryOn(service, rotating, row, overdue, stop.signal)
      .then((outcome) => {
        if (typeof outcome === "object") lookAt(outcome.retryAt)
        if (outcome === "failed") log.error({ rotation: row.id }, "a rotation failed")
      })
      .catch(async (error: unknown) => {
        log.warn({ code: codeOf(error), rotation: row.id }, "a rotation waits")
        // Nothing could be recorded: it is as due as before, and must not be begun again at once.
        await pause(UNRECORDED_MS, undefined, { signal: stop.signal, ref: false }).catch(() => undefined)
      })
      .finally(() => {
        underway.delete(row.id)
        wake()
      })
    underway.set(row.id, { lane: laneOf(row), carried })
  }

  function lookAt(at: number): void {
    setTimeout(wake, Math.max(0, at - service.clock.now())).unref()
  }

  function wake(): void {
    look().catch((error: unknown) => log.warn({ code: codeOf(error) }, "rotations wait"))
  }

  return {
    wake,
    async tick() {
      await startDue(service)
      await look()
    },
    async close() {
      const late = pause(DRAIN_MS, undefined, { ref: false })
      stop.abort()
      await Promise.race([Promise.all([...underway.values()].map(({ carried }) => carried)), late])
    },
  }
}

/** Due rows looked at for one that has room: more than there are slots, for those in front may be of the other lane. */
const LOOKED_AT = 500

function laneOf({ attempts }: RotationRow): Lane {
  return attempts === 0 ? "first" : "again"
}

function codeOf(error: unknown): string {
  return error instanceof TylerError ? error.code : "internal"
}
