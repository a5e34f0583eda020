import { setTimeout as pause } from "node:timers/promises"
import type { Logger } from "pino"
import { TylerError } from "../core/errors.ts"
import type { Rewrapping } from "../http/wiring.ts"
import { remainingToRewrap, retireKeys, rewrapSome } from "../operations/keys.ts"
import type { Service } from "../operations/service.ts"

const RETRY_MS = 2_000

/** Runs a key rotation to its end in small steps between requests; after a crash `resume` goes on where it stopped. */
export function rewrapping(service: Service, log: Logger): Rewrapping & { close(): Promise<void> } {
  let progress: { rewrapped: number; remaining: number } | null = null
  let running: Promise<void> | undefined
  let retire = false
  const stop = new AbortController()

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const done = await rewrapSome(service)
        progress = { rewrapped: (progress?.rewrapped ?? 0) + done, remaining: await remainingToRewrap(service) }
        if (done > 0) continue
        if (retire) await retireKeys(service)
        progress = null
        return
      } catch (error) {
        log.warn({ code: error instanceof TylerError ? error.code : "internal" }, "key rotation waits")
        await pause(RETRY_MS, undefined, { signal: stop.signal }).catch(() => undefined)
      }
    }
  }

  function resume(): void {
    running ??= run().finally(() => {
      running = undefined
      retire = false
    })
  }

  return {
    progress: () => progress,
    async start(andRetire) {
      await service.keys.reload()
      retire ||= andRetire
      progress ??= { rewrapped: 0, remaining: await remainingToRewrap(service) }
      resume()
    },
    async resume() {
      if ((await remainingToRewrap(service)) > 0) resume()
    },
    async close() {
      stop.abort()
      await running
    },
  }
}
