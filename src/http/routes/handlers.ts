import type { Readable } from "node:stream"
import type { FastifyRequest } from "fastify"
import type { Origin } from "../../core/principal.ts"
import type { Caller } from "../../operations/service.ts"
import type { RouteId } from "../matrix.ts"
import type { Wiring } from "../wiring.ts"
import { accessKeyRoutes } from "./access-keys.ts"
import { accessRequestRoutes } from "./access-requests.ts"
import { auditRoutes } from "./audit.ts"
import { authRoutes } from "./auth.ts"
import { backupRoutes } from "./backup.ts"
import { describeRoutes } from "./describe.ts"
import { factorRoutes } from "./factors.ts"
import { healthRoutes } from "./health.ts"
import { providerRoutes } from "./identity-providers.ts"
import { iamRoutes } from "./iam.ts"
import { keyRoutes } from "./keys.ts"
import { lifecycleRoutes } from "./lifecycle.ts"
import { rotationRoutes } from "./rotation.ts"
import { metricsRoutes } from "./metrics.ts"
import { policyRoutes } from "./policies.ts"
import { roleRoutes } from "./roles.ts"
import { secretRoutes } from "./secrets.ts"
import { signOnRoutes } from "./sign-on.ts"
import { userRoutes } from "./users.ts"
import { whatIfRoutes } from "./what-if.ts"
import { workloadRoutes } from "./workloads.ts"

export interface Call {
  readonly wiring: Wiring
  readonly request: FastifyRequest
  /** Present on every route whose row asks for a session. */
  readonly caller: Caller
  readonly origin: Origin
  /** Strict JSON, not yet checked against the route's schema. */
  readonly body: unknown
  /** Path parameters other than secret names. */
  readonly params: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly body?: object
  readonly text?: string
  readonly stream?: Readable
  readonly headers?: Readonly<Record<string, string | string[]>>
}

export type Handler = (call: Call) => Promise<Answer>

export const HANDLERS: Readonly<Record<RouteId, Handler>> = {
  ...healthRoutes,
  ...metricsRoutes,
  ...describeRoutes,
  ...authRoutes,
  ...factorRoutes,
  ...accessRequestRoutes,
  ...accessKeyRoutes,
  ...userRoutes,
  ...roleRoutes,
  ...workloadRoutes,
  ...iamRoutes,
  ...policyRoutes,
  ...secretRoutes,
  ...lifecycleRoutes,
  ...rotationRoutes,
  ...keyRoutes,
  ...backupRoutes,
  ...providerRoutes,
  ...signOnRoutes,
  ...auditRoutes,
  ...whatIfRoutes,
}
