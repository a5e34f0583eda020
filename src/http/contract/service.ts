import { HealthAnswer, ReadyAnswer } from "../../api/health.ts"
import type { Contract } from "../contract.ts"

export const serviceContracts = {
  "GET /api/health": { answers: { 200: HealthAnswer } },
  "GET /api/ready": { answers: { 200: ReadyAnswer, 503: ReadyAnswer } },
  "GET /api/openapi.json": { answers: { 200: { media: "application/json" } } },
  "GET /api/docs": { answers: { 200: { media: "text/html" } } },
} satisfies Record<string, Contract>
