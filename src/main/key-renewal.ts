import type { Logger } from "pino"
import { TylerError } from "../core/errors.ts"
import type { KeySource } from "../operations/key-source.ts"

/** How often it is looked whether keys are due; while KMS is down, how often it is asked again. */
const LOOK_MS = 10_000

export interface KeyRenewal {
  tick(): Promise<void>
  close(): void
}

/** Keeps the keys of a keyring in use while their root of trust confirms them; a root key file needs no confirming. */
export function keyRenewal(keys: Pick<KeySource, "renew" | "trouble">, log: Logger): KeyRenewal {
  let running: Promise<void> | undefined

  async function renew(): Promise<void> {
    try {
      await keys.renew()
    } catch (error) {
      if (!(error instanceof TylerError)) throw error
      const { facts, detail } = error
      log.error({ cause: facts["cause"], detail, expired: keys.trouble() !== null }, "the keys were not unwrapped anew")
    }
  }

  function tick(): Promise<void> {
    running ??= renew().finally(() => {
      running = undefined
    })
    return running
  }

  const timer = setInterval(() => void tick(), LOOK_MS)
  timer.unref()
  return { tick, close: () => clearInterval(timer) }
}
