import type { TObject, TSchema } from "../api/fields.ts"
import type { ErrorCode } from "../core/errors.ts"
import { accessKeyContracts } from "./contract/access-keys.ts"
import { accessRequestContracts } from "./contract/access-requests.ts"
import { auditContracts } from "./contract/audit.ts"
import { authContracts } from "./contract/auth.ts"
import { backupContracts } from "./contract/backup.ts"
import { factorContracts } from "./contract/factors.ts"
import { providerContracts } from "./contract/identity-providers.ts"
import { iamContracts } from "./contract/iam.ts"
import { keyContracts } from "./contract/keys.ts"
import { lifecycleContracts } from "./contract/lifecycle.ts"
import { rotationContracts } from "./contract/rotation.ts"
import { policyContracts } from "./contract/policies.ts"
import { roleContracts } from "./contract/roles.ts"
import { secretContracts } from "./contract/secrets.ts"
import { serviceContracts } from "./contract/service.ts"
import { userContracts } from "./contract/users.ts"
import { whatIfContracts } from "./contract/what-if.ts"
import { workloadContracts } from "./contract/workloads.ts"
import type { RouteId } from "./matrix.ts"

/** What travels on a route; the matrix says who may, this says what. Both together are `/api/openapi.json`. */
export interface Contract {
  /** Absent: the route takes no field; no body and `{}` are the same to it. */
  readonly body?: TSchema
  /** No body at all counts as `{}`. */
  readonly bodyOptional?: true
  /** Absent: no query field is accepted. */
  readonly query?: TObject
  /** Takes Idempotency-Key. */
  readonly keyed?: true
  /** Sets or clears the session cookie, for a browser on the server's own pages. */
  readonly cookie?: true
  /** Answers 303: a browser goes on at Location, which for a refusal is the sign-in page with one of these codes. */
  readonly redirects?: readonly ErrorCode[]
  /** By status; 503 only where it is no problem. Empty: refused in every case, as `note` says. */
  readonly answers: Readonly<Partial<Record<200 | 201 | 202 | 503, TSchema | Media>>>
  /** Refusals of its own, beside those that its row and its body imply (`openapi/refusals.ts`). */
  readonly refuses?: readonly ErrorCode[]
  readonly note?: string
}

/** An answer that is no JSON object of ours. */
export interface Media {
  readonly media: string
}

export function isMedia(answer: TSchema | Media): answer is Media {
  return "media" in answer
}

export const CONTRACTS: Readonly<Record<RouteId, Contract>> = {
  ...serviceContracts,
  ...authContracts,
  ...factorContracts,
  ...accessRequestContracts,
  ...accessKeyContracts,
  ...userContracts,
  ...roleContracts,
  ...workloadContracts,
  ...iamContracts,
  ...policyContracts,
  ...secretContracts,
  ...lifecycleContracts,
  ...rotationContracts,
  ...auditContracts,
  ...keyContracts,
  ...backupContracts,
  ...whatIfContracts,
  ...providerContracts,
}
