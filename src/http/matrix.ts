/**
 * Every route, one row each: who may call it, which verb policy is asked for, what its refusals are called in the audit
 * log, and its limits. `app.ts` registers exactly these; `openapi.ts` describes exactly these.
 */
export interface Row {
  /** `session`: a person's session or a program's token. */
  readonly auth: "none" | "session"
  /** The verb asked of policy; for other resources the gate is a role, named in the summary. */
  readonly verb: string | null
  /** Audit action; null for routes that leave no entry. */
  readonly action: string | null
  readonly resource: "secret" | "user" | "policy" | "audit" | "key" | "service"
  /** `read`: counts against SECRETS_RATE_LIMIT_*. */
  readonly counts: "read" | null
  /** Bytes; only rows that differ from the usual 65,536. */
  readonly bodyLimit?: number
  readonly summary: string
}

/** 65,536 bytes of value can take six times that as JSON escapes, and the rest of the body some more. */
const VALUE_BODY = 524_288

const open = { auth: "none", verb: null, action: null, resource: "service", counts: null } as const
const self = { auth: "session", verb: null, action: null, resource: "user", counts: null } as const
const admin = { auth: "session", verb: null, resource: "user", counts: null } as const
const secret = { auth: "session", resource: "secret", counts: null } as const
const audit = { auth: "session", verb: null, resource: "audit", counts: null } as const

export const MATRIX = {
  "GET /api/health": { ...open, summary: "Liveness: the process answers" },
  "GET /api/ready": { ...open, summary: "Readiness: says which part is down" },

  "POST /api/setup": { ...open, summary: "First start only: makes the first admin" },
  "POST /api/auth/login": { ...open, summary: "Opens a session" },
  "POST /api/auth/logout": { ...self, action: "LOGOUT", summary: "Ends the session in use" },
  "GET /api/me": { ...self, summary: "Who the token belongs to" },

  "POST /api/users": { ...admin, action: "USER_CREATE", summary: "Makes a person (role admin)" },
  "GET /api/users": { ...admin, action: "USER_LIST", summary: "Lists people (role admin)" },

  "GET /api/policies": { ...self, resource: "policy", action: "POLICY_LIST", summary: "Lists the policy rows" },
  "POST /api/policies/explain": {
    ...self,
    resource: "policy",
    action: "POLICY_EXPLAIN",
    summary: "Explains a decision",
  },

  "GET /api/secrets": { ...secret, verb: "list", action: "LIST", summary: "Lists what the caller may list" },
  "POST /api/secrets": {
    ...secret,
    verb: "create",
    action: "CREATE",
    bodyLimit: VALUE_BODY,
    summary: "Creates a secret",
  },
  "POST /api/secrets/{name}/access": {
    ...secret,
    verb: "read",
    action: "GET",
    counts: "read",
    summary: "Reads a value, masked unless `unmask` is true",
  },
  "GET /api/secrets/{name}/audit": {
    ...secret,
    verb: "audit",
    action: "AUDIT_READ",
    summary: "Entries about a secret",
  },

  "GET /api/audit": { ...audit, action: "AUDIT_READ", summary: "Entries about anything (role admin or auditor)" },
  "GET /api/audit/export": {
    ...audit,
    action: "AUDIT_EXPORT",
    summary: "The whole log as NDJSON (role admin or auditor)",
  },
  "GET /api/audit/checkpoint": { ...open, summary: "The signed tree head" },
  "GET /api/audit/key": { ...open, summary: "The key that checkpoints are verified with" },
} as const satisfies Readonly<Record<string, Row>>

export type RouteId = keyof typeof MATRIX
