import type {
  AuditAnswer,
  AuditEntry,
  CheckpointAnswer,
  LogKeyAnswer,
  ProofAnswer,
  SecretAuditAnswer,
} from "../api/audit.ts"
import type { ComplianceAnswer } from "../api/compliance.ts"
import type { ProviderAnswer, ProviderBody, ProviderPut, ProvidersAnswer } from "../api/identity-providers.ts"
import type { KeysAnswer, RootRotated, RotationStarted } from "../api/keys.ts"
import type {
  ExplainAnswer,
  ExplainBody,
  PoliciesAnswer,
  PolicyAnswer,
  PolicyBody,
  PolicyDraft,
} from "../api/policies.ts"
import type { SeenAnswer, SeenVersion } from "../api/seen.ts"
import type { DiffAnswer, PolicyCase, TestAnswer } from "../api/what-if.ts"
import { queryText, secretPath } from "./address.ts"
import type { Caller } from "./caller.ts"
import { paged } from "./pages.ts"
import type { Reasoned } from "./secrets.ts"
import { orWaiting, type Waiting } from "./waiting.ts"
import { LOG_EXPORT, wholeExport } from "./whole-export.ts"

type PolicyRow = Omit<PolicyBody, "reason">

/** A change that loosens an approval takes a step-up token for `govern`, and is then `pending` until another admin approves. */
export interface Policies {
  list(): Promise<readonly PolicyAnswer[]>
  get(id: string): Promise<PolicyAnswer>
  /** 409 `policy_exists`, `policy_lockout`. */
  create(row: PolicyRow, options?: Reasoned): Promise<PolicyAnswer | Waiting>
  /** Replaces the whole row. */
  update(id: string, row: PolicyRow, options?: Reasoned): Promise<PolicyAnswer | Waiting>
  /** Answers what it waits for, if it does. */
  delete(id: string, options?: Reasoned): Promise<Waiting | undefined>
  /** What would be decided, and why; about another person only for admins and auditors. */
  explain(question: ExplainBody): Promise<ExplainAnswer>
  /** What would change for whom if these rows stood in place of the present ones; for admins and auditors. */
  diff(rows: readonly PolicyDraft[]): Promise<DiffAnswer>
  /** Decides declared cases by these rows, or by the present ones; for admins and auditors. */
  test(cases: readonly PolicyCase[], rows?: readonly PolicyDraft[]): Promise<TestAnswer>
}

export function policiesOf(caller: Caller): Policies {
  const withReason = (row: object, options: Reasoned) => ({ ...row, reason: caller.reason(options.reason) })
  const path = (id: string) => `/api/policies/${encodeURIComponent(id)}`
  return {
    list: async () => (await caller.read<PoliciesAnswer>("/api/policies")).policies,
    get: (id) => caller.read(path(id)),
    create: async (row, options = {}) =>
      orWaiting<PolicyAnswer>(await caller.send("POST", "/api/policies", withReason(row, options), options)),
    update: async (id, row, options = {}) =>
      orWaiting<PolicyAnswer>(await caller.send("PUT", path(id), withReason(row, options), options)),
    delete: async (id, options = {}) => {
      const answer = orWaiting<object>(await caller.send("DELETE", path(id), withReason({}, options), options))
      return "pending" in answer ? answer : undefined
    },
    explain: (question) => caller.ask("/api/policies/explain", question),
    diff: (rows) => caller.ask("/api/policies/diff", { policies: rows }),
    test: (cases, rows) => caller.ask("/api/policies/test", { cases, policies: rows }),
  }
}

export interface AuditOptions {
  /** A UTC day or time; `endDate` given as a day holds to its end. */
  readonly startDate?: string
  readonly endDate?: string
  readonly action?: string
  readonly result?: string
  /** Secret name and user (id or name): for the global log. */
  readonly resource?: string
  readonly user?: string
  /** 1 to 1,000. */
  readonly limit?: number
  readonly cursor?: string
}

export interface SeenOptions {
  /** A name or id of a person or program, or the id of an access key. This or `since`, or both. */
  readonly person?: string
  /** A UTC day or time. */
  readonly since?: string
  readonly cursor?: string
  /** 1 to 100. */
  readonly limit?: number
}

export interface Audit {
  /** Newest first. */
  page(options?: AuditOptions): Promise<AuditAnswer>
  /** Newest first, page by page. */
  entries(options?: AuditOptions): AsyncGenerator<AuditEntry, void, undefined>
  /**
   * Versions that somebody was shown unmasked, and what a rotation now would do about each, page by page; for admins and
   * auditors. One may come on several pages, each time with the reads of that page. 404 where nobody is meant.
   */
  seen(options: SeenOptions): AsyncGenerator<SeenVersion, void, undefined>
  seenPage(options: SeenOptions): Promise<SeenAnswer>
  ofSecret(name: string, options?: Omit<AuditOptions, "resource" | "user">): Promise<SecretAuditAnswer>
  /** The whole log as NDJSON, in pieces as they come, and whole; `tyler audit verify` reads it. */
  export(): AsyncGenerator<Uint8Array, void, undefined>
  checkpoint(): Promise<string>
  /** The log's verifier key. Keep it where the log's writer cannot change it. */
  key(): Promise<string>
  proof(index: number, size: number): Promise<ProofAnswer>
}

export function auditOf(caller: Caller): Audit {
  const page = (options: AuditOptions = {}) => caller.read<AuditAnswer>(`/api/audit${queryText({ ...options })}`)
  const seenPage = (options: SeenOptions) => caller.read<SeenAnswer>(`/api/audit/seen${queryText({ ...options })}`)
  return {
    page,
    seenPage,
    seen: (options) =>
      paged<"seen", SeenVersion>(
        options.cursor,
        (cursor) => seenPage(cursor === undefined ? options : { ...options, cursor }),
        "seen",
      ),
    entries: (options = {}) =>
      paged(options.cursor, (cursor) => page(cursor === undefined ? options : { ...options, cursor }), "auditLogs"),
    ofSecret: async (name, options = {}) => caller.read(`${secretPath(name)}/audit${queryText({ ...options })}`),
    export: () => wholeExport(LOG_EXPORT, caller.stream("/api/audit/export")),
    checkpoint: async () => (await caller.read<CheckpointAnswer>("/api/audit/checkpoint")).checkpoint,
    key: async () => (await caller.read<LogKeyAnswer>("/api/audit/key")).key,
    proof: (index, size) => caller.read(`/api/audit/proof${queryText({ index, size })}`),
  }
}

export interface Compliance {
  /** The guide's claims, and what was found for each; for admins and auditors. */
  report(): Promise<ComplianceAnswer>
}

export function complianceOf(caller: Caller): Compliance {
  return { report: () => caller.read("/api/compliance") }
}

export interface Keys {
  status(): Promise<KeysAnswer>
  /** Starts a rotation; `status` shows its progress. */
  rotate(options?: Reasoned & { retire?: boolean }): Promise<RotationStarted>
  /** To the root key that was put beside the one in use. @throws TylerApiError `root_key_not_prepared` */
  rotateRoot(options?: Reasoned): Promise<RootRotated>
}

export function keysOf(caller: Caller): Keys {
  return {
    status: () => caller.read("/api/keys"),
    rotate: async (options = {}) =>
      caller.send("POST", "/api/keys/rotate", { reason: caller.reason(options.reason), retire: options.retire }),
    rotateRoot: async (options = {}) =>
      caller.send("POST", "/api/keys/rotate-root", { reason: caller.reason(options.reason) }),
  }
}

type NewProvider = Omit<ProviderBody, "reason"> & Reasoned
type ChangedProvider = Omit<ProviderPut, "reason"> & Reasoned

/** Who vouches for people. A client secret goes in and never comes out. */
export interface IdentityProviders {
  list(): Promise<readonly ProviderAnswer[]>
  /** 409 `provider_exists`. */
  create(provider: NewProvider): Promise<ProviderAnswer>
  /** Replaces the whole row; a client secret that is not given stays. */
  replace(id: string, provider: ChangedProvider): Promise<ProviderAnswer>
  remove(id: string, options?: Reasoned): Promise<void>
}

export function identityProvidersOf(caller: Caller): IdentityProviders {
  const path = "/api/identity-providers"
  const one = (id: string) => `${path}/${encodeURIComponent(id)}`
  return {
    list: async () => (await caller.read<ProvidersAnswer>(path)).identityProviders,
    create: async ({ reason, ...row }) => caller.send("POST", path, { ...row, reason: caller.reason(reason) }),
    replace: async (id, { reason, ...row }) => caller.send("PUT", one(id), { ...row, reason: caller.reason(reason) }),
    remove: async (id, { reason } = {}) => {
      await caller.send("DELETE", one(id), { reason: caller.reason(reason) })
    },
  }
}
