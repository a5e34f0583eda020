import type { Logger } from "pino"
import { recordStart, recordSummaries } from "../operations/service-entries.ts"
import type { Service } from "../operations/service.ts"

export interface Jobs {
  close(): Promise<void>
}

const MINUTE_MS = 60_000

/** What happens by itself: the start entry, and each minute the refusals that were only counted. */
export async function startJobs(service: Service, log: Logger): Promise<Jobs> {
  await recordStart(service)
  const timer = setInterval(() => {
    recordSummaries(service).catch((error: unknown) => log.warn({ error: String(error) }, "refusals not yet recorded"))
  }, MINUTE_MS)
  timer.unref()
  return {
    async close() {
      clearInterval(timer)
      await recordSummaries(service).catch(() => undefined)
    },
  }
}
