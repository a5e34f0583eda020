import type { WorkloadIssuerBody, WorkloadIssuerItem, WorkloadIssuersAnswer } from "../api/workloads.ts"
import type { Caller } from "./caller.ts"
import type { Reasoned } from "./secrets.ts"

export type NewWorkloadIssuer = Omit<WorkloadIssuerBody, "reason"> & Reasoned

/** Whose tokens programs sign in with. */
export interface WorkloadIssuers {
  list(): Promise<readonly WorkloadIssuerItem[]>
  create(issuer: NewWorkloadIssuer): Promise<WorkloadIssuerItem>
  /** Every field: what is not named takes its default. */
  replace(id: string, issuer: NewWorkloadIssuer): Promise<WorkloadIssuerItem>
  remove(id: string, options?: Reasoned): Promise<void>
}

export function workloadIssuersOf(caller: Caller): WorkloadIssuers {
  const path = "/api/workload-issuers"
  const one = (id: string): string => `${path}/${encodeURIComponent(id)}`
  const body = ({ issuer, audience, jwksUri, jwks, allowPrivate, bindings, reason }: NewWorkloadIssuer): object => ({
    issuer,
    audience,
    jwksUri,
    jwks,
    allowPrivate,
    bindings,
    reason: caller.reason(reason),
  })
  return {
    list: async () => (await caller.read<WorkloadIssuersAnswer>(path)).workloadIssuers,
    create: async (issuer) => caller.send("POST", path, body(issuer)),
    replace: async (id, issuer) => caller.send("PUT", one(id), body(issuer)),
    remove: async (id, { reason } = {}) => {
      await caller.send("DELETE", one(id), { reason: caller.reason(reason) })
    },
  }
}
