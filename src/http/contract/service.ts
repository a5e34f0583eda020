import { HealthAnswer, ReadyAnswer } from "../../api/health.ts"
import type { Contract } from "../contract.ts"

export const serviceContracts = {
  "GET /api/health": { answers: { 200: HealthAnswer } },
  "GET /api/ready": { answers: { 200: ReadyAnswer, 503: ReadyAnswer } },
  "GET /metrics": {
    answers: { 200: { media: "text/plain" } },
    note: "For the roles admin, auditor and metrics. Prometheus text format 0.0.4; docs/metrics.md names every metric.",
  },
  "GET /api/openapi.json": { answers: { 200: { media: "application/json" } } },
  "GET /api/docs": { answers: { 200: { media: "text/html" } } },
} satisfies Record<string, Contract>
