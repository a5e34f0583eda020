import { TylerError } from "../core/errors.ts"

/**
 * Lets `atOnce` jobs run and `waiting` more stand in line, first come, first served. A slot goes straight to the next in
 * line, so a newcomer cannot slip in between. Beyond both bounds: TylerError `rate_limited`, at once.
 */
export function gate(atOnce: number, waiting: number): <T>(job: () => Promise<T>) => Promise<T> {
  let running = 0
  const line: (() => void)[] = []

  return async (job) => {
    if (running < atOnce) running++
    else if (line.length < waiting) await new Promise<void>((takeSlot) => line.push(takeSlot))
    else throw new TylerError("rate_limited", { scope: "passwords", limit: atOnce + waiting, retryAfter: 1 })
    try {
      return await job()
    } finally {
      const next = line.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
