import type { Handler } from "./handlers.ts"

export const healthRoutes = {
  "GET /api/health": async () => ({ status: 200, body: { status: "ok" } }),

  "GET /api/ready": async ({ wiring }) => {
    const faults = [...wiring.readiness()]
    try {
      await wiring.service.reader.head()
    } catch {
      faults.push({ part: "database", cause: "unavailable" })
    }
    return faults.length === 0
      ? { status: 200, body: { status: "ready" } }
      : { status: 503, body: { status: "not_ready", faults } }
  },
} satisfies Record<string, Handler>
