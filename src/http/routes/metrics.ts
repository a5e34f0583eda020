import { admitToMetrics } from "../../operations/measure.ts"
import type { Counters, RouteCounter } from "../counters.ts"
import { CONTRACTS } from "../contract.ts"
import { EXPOSITION_TYPE, exposition, type Sample, type Samples } from "../metrics.ts"
import type { Wiring } from "../wiring.ts"
import type { Handler } from "./handlers.ts"
import { partsOf } from "./health.ts"

export const metricsRoutes = {
  "GET /metrics": async ({ wiring, caller }) => {
    await admitToMetrics(caller)
    return {
      status: 200,
      headers: { "content-type": EXPOSITION_TYPE, "cache-control": "no-store" },
      text: exposition(await samplesOf(wiring)),
    }
  },
} satisfies Record<string, Handler>

async function samplesOf(wiring: Wiring): Promise<Samples> {
  const { counters } = wiring
  const parts = await partsOf(wiring)
  const head = await wiring.service.reader.head().catch(() => undefined)
  return {
    ...wiring.measure(),
    tyler_build_info: [{ labels: [wiring.version], value: 1 }],
    tyler_http_answers_total: answers(counters),
    tyler_refusals_total: samples(counters.refusals),
    tyler_quota_refusals_total: samples(counters.quota),
    tyler_unavailable_total: samples(counters.unavailable),
    tyler_part_up: [...parts].map(([part, cause]) => ({ labels: [part], value: cause === null ? 1 : 0 })),
    tyler_audit_entries: head?.size ?? null,
    tyler_audit_last_entry_timestamp_seconds: head === undefined || head.size === 0 ? null : head.lastTime / 1000,
  }
}

function answers(counters: Counters): readonly Sample[] {
  const routed = [...counters.routes].flatMap(([id, counter]) => {
    const [method = "", path = ""] = id.split(" ")
    const [success] = Object.keys(CONTRACTS[id].answers)
    return byStatus(counter, method, path.replaceAll(/:(\w+)/g, "{$1}"), success)
  })
  const aws = byStatus(counters.aws, "POST", "/", "200")
  return [...routed, ...aws, ...byStatus(counters.unrouted, "any", "none", undefined)]
}

/** Zero is told for success only: otherwise a scrape would hold every status that never was. */
function byStatus(counter: RouteCounter, method: string, route: string, success: string | undefined): Sample[] {
  const counts = new Map<string, number>([...counter.refused].map(([status, count]) => [String(status), count]))
  if (success !== undefined) counts.set(success, counter.done)
  if (counter.down > 0) counts.set("503", (counts.get("503") ?? 0) + counter.down)
  return [...counts].map(([status, value]) => ({ labels: [method, route, status], value }))
}

function samples(counts: ReadonlyMap<string, number>): readonly Sample[] {
  return [...counts].map(([label, value]) => ({ labels: [label], value }))
}
