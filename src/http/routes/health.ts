import { TylerError } from "../../core/errors.ts"
import type { Wiring } from "../wiring.ts"
import type { Handler } from "./handlers.ts"

export const healthRoutes = {
  "GET /api/health": async () => ({ status: 200, body: { status: "ok" } }),

  "GET /api/ready": async ({ wiring }) => {
    const parts: Record<string, { up: boolean; reason: string | null }> = {}
    for (const { part, cause } of wiring.readiness()) parts[part] = { up: cause === null, reason: cause }
    parts["database"] = await databasePart(wiring)
    const ready = Object.values(parts).every((part) => part.up)
    return { status: ready ? 200 : 503, body: { ready, parts } }
  },
} satisfies Record<string, Handler>

async function databasePart(wiring: Wiring): Promise<{ up: boolean; reason: string | null }> {
  try {
    await wiring.service.reader.head()
    return { up: true, reason: null }
  } catch (error) {
    return {
      up: false,
      reason: causeOf(error),
    }
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof TylerError ? error.facts["cause"] : undefined
  return typeof cause === "string" ? cause : "unavailable"
}
