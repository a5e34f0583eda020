import { TylerError } from "../../core/errors.ts"
import type { Wiring } from "../wiring.ts"
import type { Handler } from "./handlers.ts"

export const healthRoutes = {
  "GET /api/health": async () => ({ status: 200, body: { status: "ok" } }),

  "GET /api/ready": async ({ wiring }) => {
    const causes = await partsOf(wiring)
    const ready = [...causes].every(([part, cause]) => cause === null || !NEEDED.has(part))
    const parts = Object.fromEntries([...causes].map(([part, reason]) => [part, { up: reason === null, reason }]))
    return { status: ready ? 200 : 503, body: { ready, parts } }
  },
} satisfies Record<string, Handler>

/** Without these nothing is served. Without the mirror everything is: it catches up, and an alarm says so. */
const NEEDED: ReadonlySet<string> = new Set(["server", "audit", "keys", "ledger", "database"])

/** What is wrong with each part; null: nothing. */
export async function partsOf(wiring: Wiring): Promise<ReadonlyMap<string, string | null>> {
  const parts = new Map(wiring.readiness().map(({ part, cause }) => [part, cause]))
  return parts.set("database", await databaseCause(wiring))
}

async function databaseCause(wiring: Wiring): Promise<string | null> {
  try {
    await wiring.service.reader.head()
    return null
  } catch (error) {
    const cause = error instanceof TylerError ? error.facts["cause"] : undefined
    return typeof cause === "string" ? cause : "unavailable"
  }
}
