import type { HealthAnswer, ReadyAnswer } from "../api/health.ts"
import type { Random } from "../core/random.ts"
import { type AccessKeys, accessKeysOf } from "./access-keys.ts"
import {
  type AccessRequests,
  accessRequestsOf,
  type BreakGlass,
  breakGlassOf,
  type Grants,
  grantsOf,
} from "./access-requests.ts"
import { parseAddress } from "./address.ts"
import { type Backups, backupsOf } from "./backups.ts"
import { type IamBindings, iamBindingsOf } from "./iam.ts"
import { type AccessReview, accessReviewOf } from "./access-review.ts"
import { makeCaller } from "./caller.ts"
import { TylerApiError } from "./error.ts"
import { type Factors, factorsOf } from "./factors.ts"
import {
  type Audit,
  auditOf,
  type Compliance,
  complianceOf,
  type IdentityProviders,
  identityProvidersOf,
  type Keys,
  keysOf,
  type Policies,
  policiesOf,
} from "./governance.ts"
import {
  type Identity,
  identityOf,
  type ServiceAccounts,
  type Sessions,
  serviceAccountsOf,
  sessionsOf,
  type Users,
  usersOf,
} from "./people.ts"
import { type Rotation, rotationOf } from "./rotation.ts"
import { type Roles, rolesOf } from "./roles.ts"
import { type Secrets, secretsOf } from "./secrets.ts"
import { type WorkloadIssuers, workloadIssuersOf } from "./workloads.ts"
import { type Fetch, httpTransport, type Transport } from "./transport.ts"

export { ExactJson, type Value } from "./body.ts"
export { TylerApiError } from "./error.ts"
export { confirmationCode } from "./secrets.ts"

export interface ClientOptions {
  /** `https://tyler.example.com`; http only for a loopback host. */
  readonly url: string
  /** A session's or a service account's; without it only login, setup and health answer. */
  readonly token?: string
  /** Stands in wherever a call gives no reason of its own. Reads with a service account's token need none. */
  readonly reason?: string
  /** Milliseconds for one exchange; 10,000 by default. A try after 503 has its own. */
  readonly timeoutMs?: number
  /** Permits http:// to other machines. Everything then crosses the network in the clear. */
  readonly allowInsecureHttp?: boolean
  /** Instead of the global `fetch`. */
  readonly fetch?: Fetch
  readonly random?: Random
}

export interface TylerClient extends Secrets, Rotation, Identity, BreakGlass {
  readonly factors: Factors
  readonly accessKeys: AccessKeys
  readonly requests: AccessRequests
  readonly grants: Grants
  readonly policies: Policies
  readonly audit: Audit
  readonly compliance: Compliance
  readonly accessReview: AccessReview
  readonly keys: Keys
  readonly backups: Backups
  readonly identityProviders: IdentityProviders
  readonly users: Users
  readonly roles: Roles
  readonly serviceAccounts: ServiceAccounts
  readonly workloadIssuers: WorkloadIssuers
  readonly iamBindings: IamBindings
  readonly sessions: Sessions
  health(): Promise<HealthAnswer>
  /** Says which part is down instead of throwing. */
  ready(): Promise<ReadyAnswer>
}

/**
 * A client of one Tyler server. Nothing is sent until a method is called; no answer is cached; redirects are not
 * followed. After 503 with Retry-After (at most 10 s) reads and keyed writes are tried up to three times; nothing else
 * is ever sent twice. Every method throws TylerApiError, and this function throws one for an address it will not use.
 *
 *     const tyler = tylerClient({ url: "http://localhost:7070", token, reason: "nightly report" })
 *     const { value } = await tyler.get("database/report", { unmask: true })
 */
export function tylerClient(options: ClientOptions): TylerClient {
  const transport = httpTransport({
    address: parseAddress(options.url, options.allowInsecureHttp),
    token: options.token,
    fetch: options.fetch ?? globalThis.fetch,
    timeoutMs: options.timeoutMs ?? 10_000,
  })
  const caller = makeCaller(transport, options)
  return {
    ...secretsOf(caller),
    ...rotationOf(caller),
    ...identityOf(caller),
    ...breakGlassOf(caller),
    factors: factorsOf(caller),
    accessKeys: accessKeysOf(caller),
    requests: accessRequestsOf(caller),
    grants: grantsOf(caller),
    policies: policiesOf(caller),
    audit: auditOf(caller),
    compliance: complianceOf(caller),
    accessReview: accessReviewOf(caller),
    keys: keysOf(caller),
    backups: backupsOf(caller),
    identityProviders: identityProvidersOf(caller),
    users: usersOf(caller),
    roles: rolesOf(caller),
    serviceAccounts: serviceAccountsOf(caller),
    workloadIssuers: workloadIssuersOf(caller),
    iamBindings: iamBindingsOf(caller),
    sessions: sessionsOf(caller),
    health: () => caller.read("/api/health"),
    ready: () => readiness(transport),
  }
}

async function readiness(transport: Transport): Promise<ReadyAnswer> {
  try {
    return await transport.json<ReadyAnswer>({ method: "GET", path: "/api/ready", again: false })
  } catch (error) {
    const parts = error instanceof TylerApiError && error.status === 503 ? error.facts["parts"] : undefined
    if (typeof parts !== "object" || parts === null) throw error
    return { ready: false, parts: parts as ReadyAnswer["parts"] }
  }
}
