/**
 * Every route, one row each: who may call it, which verb policy is asked for, what its refusals are called in the audit
 * log, and its limits. `app.ts` registers exactly these; what travels on them is `contract.ts`.
 */
export interface Row {
  /** `session`: a person's session or a program's token. */
  readonly auth: "none" | "session"
  /** Open to a half session too: what it takes to finish signing in. */
  readonly half?: true
  /** Open to a token with a scope too: its verb is held to the scope by policy, or it concerns the token itself. */
  readonly scoped?: true
  /** The verb asked of policy; for other resources the gate is a role, named in the summary. */
  readonly verb: string | null
  /** Audit action; null for routes that leave no entry. */
  readonly action: string | null
  readonly resource: "secret" | "user" | "policy" | "request" | "audit" | "key" | "identity_provider" | "service"
  /** `read`: counts against SECRETS_RATE_LIMIT_*. */
  readonly counts: "read" | null
  /** Bytes; only rows that differ from the usual 65,536. */
  readonly bodyLimit?: number
  readonly summary: string
}

/** 65,536 bytes of value can take six times that as JSON escapes, and the rest of the body some more. */
const VALUE_BODY = 524_288
/** 2,000 policy rows of some 500 bytes, or 1,000 cases beside them. */
const ROWS_BODY = 1_048_576

/** 5,000 decisions of some 120 bytes. */
const DECISIONS_BODY = 1_048_576

/** 4,096 parts of some 200 bytes. */
const PARTS_BODY = 1_048_576

const open = { auth: "none", verb: null, action: null, resource: "service", counts: null } as const
const self = { auth: "session", scoped: true, verb: null, action: null, resource: "user", counts: null } as const
const admin = { auth: "session", verb: null, resource: "user", counts: null } as const
const secret = { auth: "session", scoped: true, resource: "secret", counts: null } as const
const policy = { auth: "session", verb: null, resource: "policy", counts: null } as const
const request = { auth: "session", verb: null, resource: "request", counts: null } as const
const key = { auth: "session", verb: null, resource: "key", counts: null } as const
const anybody = { auth: "none", verb: null, resource: "user", counts: null } as const
const provider = { auth: "session", verb: null, resource: "identity_provider", counts: null } as const
const audit = { auth: "session", verb: null, resource: "audit", counts: null } as const

export const MATRIX = {
  "GET /api/health": { ...open, summary: "Liveness: the process answers" },
  "GET /api/ready": { ...open, summary: "Readiness: says which part is down; 503 where one is needed" },

  "GET /metrics": { ...open, auth: "session", summary: "Numbers for Prometheus (role admin, auditor or metrics)" },
  "GET /api/openapi.json": { ...open, summary: "This API as OpenAPI 3.1" },
  "GET /api/docs": { ...open, summary: "This API as a page to read" },

  "POST /api/setup": { ...anybody, action: "SETUP", summary: "First start only: makes the first admin" },
  "POST /api/auth/login": { ...anybody, action: "LOGIN", summary: "Opens a session" },
  "POST /api/auth/logout": { ...self, half: true, action: "LOGOUT", summary: "Ends the session in use" },
  "GET /api/me": { ...self, half: true, summary: "Who the token belongs to" },
  "PATCH /api/me": { ...self, action: "EMAIL_CHANGE", summary: "Sets or removes one's own mail address" },
  "POST /api/me/password": { ...self, half: true, action: "PASSWORD_CHANGE", summary: "Changes one's own password" },
  "GET /api/sessions": { ...self, summary: "The caller's own sessions" },
  "DELETE /api/sessions/:id": { ...self, action: "SESSION_END", summary: "Ends one of the caller's own sessions" },

  "POST /api/auth/factor": {
    ...self,
    half: true,
    action: "LOGIN_FACTOR",
    summary: "Finishes signing in with a second factor",
  },
  "POST /api/auth/challenge": { ...self, half: true, summary: "A challenge for the caller's passkeys" },
  "POST /api/auth/verify": {
    ...self,
    action: "STEP_UP",
    summary: "Shows a second factor for certain secrets and a verb",
  },
  "GET /api/me/factors": { ...self, summary: "The caller's own second factors" },
  "POST /api/me/factors/totp": { ...self, summary: "Begins to enrol an app for one-time codes" },
  "POST /api/me/factors/totp/confirm": { ...self, action: "FACTOR_ADDED", summary: "Enrols the app by a code of it" },
  "POST /api/me/factors/passkey": { ...self, summary: "Begins to enrol a passkey" },
  "POST /api/me/factors/passkey/confirm": {
    ...self,
    action: "FACTOR_ADDED",
    summary: "Enrols the passkey",
  },
  "POST /api/me/factors/recovery": { ...self, action: "FACTOR_ADDED", summary: "Ten new recovery codes, shown once" },
  "PATCH /api/me/factors/:id": {
    ...self,
    action: "FACTOR_RENAMED",
    summary: "Renames one of the caller's own factors",
  },
  "DELETE /api/me/factors/:id": {
    ...self,
    action: "FACTOR_REMOVED",
    summary: "Removes one of the caller's own factors",
  },

  "POST /api/access-keys": {
    ...admin,
    action: "ACCESS_KEY_ISSUE",
    summary: "Issues an access key, for AWS's clients: one's own, or a service account's (role admin)",
  },
  "GET /api/access-keys": {
    ...admin,
    action: "ACCESS_KEY_LIST",
    summary: "The caller's own access keys, or somebody's (role admin)",
  },
  "DELETE /api/access-keys/:id": {
    ...admin,
    action: "ACCESS_KEY_REVOKE",
    summary: "Revokes one's own access key, or anybody's (role admin)",
  },

  "POST /api/access-requests": { ...request, action: "ACCESS_REQUEST", summary: "Asks for an approval" },
  "GET /api/access-requests": {
    ...request,
    action: "REQUEST_LIST",
    summary: "The caller's own requests, those to decide, or all (role admin or auditor)",
  },
  "GET /api/access-requests/:id": {
    ...request,
    action: "REQUEST_READ",
    summary: "One request and what was said of it",
  },
  "POST /api/access-requests/:id/approve": {
    ...request,
    action: "ACCESS_APPROVE",
    summary: "Approves, signed where the approver has a passkey (roles that policy names)",
  },
  "POST /api/access-requests/:id/deny": {
    ...request,
    action: "ACCESS_DENY",
    summary: "Denies (roles that policy names)",
  },
  "POST /api/access-requests/:id/cancel": {
    ...request,
    action: "ACCESS_CANCEL",
    summary: "Takes a request back; a change also by any admin",
  },
  "POST /api/access-requests/:id/review": {
    ...request,
    action: "BREAK_GLASS_REVIEW",
    summary: "Reviews a break-glass window (roles that policy names, or auditor)",
  },
  "GET /api/grants": { ...request, action: null, summary: "The caller's own live grants" },
  "DELETE /api/grants/:id": {
    ...request,
    action: "GRANT_REVOKE",
    summary: "Revokes a grant: its holder, who may decide such requests, or an admin",
  },
  "POST /api/break-glass": {
    ...request,
    action: "BREAK_GLASS",
    summary: "Opens secrets in an emergency, alarmed and reviewed (named people)",
  },

  "POST /api/users": { ...admin, action: "USER_CREATE", summary: "Makes a person (role admin)" },
  "GET /api/users": { ...admin, action: "USER_LIST", summary: "Lists people (role admin)" },
  "PATCH /api/users/:id": { ...admin, action: "USER_CHANGE", summary: "Changes a person (role admin)" },
  "GET /api/users/:id/data": {
    ...self,
    action: "PERSON_EXPORT",
    summary: "All that is kept about a person, as NDJSON (oneself, or role admin or auditor)",
  },
  "POST /api/users/:id/erase": {
    ...admin,
    action: "ERASE",
    summary: "Asks for a person's erasure, to which another admin has to agree (role admin)",
  },
  "POST /api/users/:id/hold": {
    ...admin,
    action: "PERSON_HOLD",
    summary: "Keeps a person from being erased (role admin)",
  },
  "DELETE /api/users/:id/hold": {
    ...admin,
    action: "PERSON_RELEASE",
    summary: "Lets a person be erased again (role admin)",
  },
  "GET /api/users/:id/sessions": {
    ...admin,
    action: "SESSION_LIST",
    summary: "Lists a person's sessions (role admin)",
  },
  "DELETE /api/users/:id/sessions/:sessionId": {
    ...admin,
    action: "SESSION_END",
    summary: "Ends a session of a person (role admin)",
  },
  "GET /api/roles": { ...admin, action: null, summary: "Lists the roles" },
  "POST /api/roles": { ...admin, action: "ROLE_CREATE", summary: "Adds a role (role admin)" },
  "DELETE /api/roles/:name": {
    ...admin,
    action: "ROLE_DELETE",
    summary: "Deletes a role that nothing names (role admin)",
  },
  "POST /api/service-accounts": {
    ...admin,
    action: "SERVICE_ACCOUNT_CREATE",
    summary: "Makes a service account and its first token (role admin)",
  },
  "GET /api/service-accounts": {
    ...admin,
    action: "SERVICE_ACCOUNT_LIST",
    summary: "Lists service accounts (role admin)",
  },
  "PATCH /api/service-accounts/:id": {
    ...admin,
    action: "SERVICE_ACCOUNT_CHANGE",
    summary: "Gives a service account another owner or standing reason (role admin)",
  },
  "POST /api/service-accounts/:id/tokens": { ...admin, action: "TOKEN_ISSUE", summary: "Issues a token (role admin)" },
  "DELETE /api/service-accounts/:id/tokens/:tokenId": {
    ...admin,
    action: "TOKEN_REVOKE",
    summary: "Revokes a token (role admin)",
  },

  "POST /api/auth/workload": {
    ...anybody,
    action: "WORKLOAD_LOGIN",
    summary: "Opens a program's session for a token of a known issuer",
  },
  "GET /api/workload-issuers": {
    ...admin,
    action: "WORKLOAD_ISSUER_LIST",
    summary: "Lists the issuers whose tokens programs sign in with (role admin)",
  },
  "POST /api/workload-issuers": {
    ...admin,
    action: "WORKLOAD_ISSUER_CREATE",
    summary: "Adds an issuer (role admin)",
  },
  "PUT /api/workload-issuers/:id": {
    ...admin,
    action: "WORKLOAD_ISSUER_CHANGE",
    summary: "Replaces an issuer (role admin)",
  },
  "DELETE /api/workload-issuers/:id": {
    ...admin,
    action: "WORKLOAD_ISSUER_DELETE",
    summary: "Removes an issuer (role admin)",
  },

  "POST /api/auth/iam": {
    ...anybody,
    action: "IAM_LOGIN",
    summary: "Opens a program's session for a request that was signed with AWS credentials",
  },
  "GET /api/iam-bindings": {
    ...admin,
    action: "IAM_BINDING_LIST",
    summary: "Lists whose AWS credentials programs sign in with (role admin)",
  },
  "POST /api/iam-bindings": {
    ...admin,
    action: "IAM_BINDING_CREATE",
    summary: "Binds an IAM role or user to a service account (role admin)",
  },
  "DELETE /api/iam-bindings/:id": {
    ...admin,
    action: "IAM_BINDING_DELETE",
    summary: "Removes such a binding (role admin)",
  },

  "GET /api/policies": { ...policy, action: "POLICY_LIST", summary: "Lists the policy rows" },
  "GET /api/policies/:id": { ...policy, action: "POLICY_LIST", summary: "One policy row" },
  "POST /api/policies": { ...policy, action: "POLICY_CREATE", summary: "Adds a policy row (role admin)" },
  "PUT /api/policies/:id": { ...policy, action: "POLICY_CHANGE", summary: "Replaces a policy row (role admin)" },
  "DELETE /api/policies/:id": { ...policy, action: "POLICY_DELETE", summary: "Removes a policy row (role admin)" },
  "POST /api/policies/explain": { ...policy, action: "POLICY_EXPLAIN", summary: "Explains a decision" },
  "POST /api/policies/diff": {
    ...policy,
    action: "POLICY_DIFF",
    bodyLimit: ROWS_BODY,
    summary: "What other rows would change for whom (role admin or auditor)",
  },
  "POST /api/policies/test": {
    ...policy,
    action: "POLICY_TEST",
    bodyLimit: ROWS_BODY,
    summary: "Decides declared cases (role admin or auditor)",
  },

  "GET /api/identity-providers": {
    ...provider,
    action: "PROVIDER_LIST",
    summary: "Lists the identity providers (role admin)",
  },
  "POST /api/identity-providers": {
    ...provider,
    action: "PROVIDER_CREATE",
    summary: "Adds an identity provider (role admin)",
  },
  "PUT /api/identity-providers/:id": {
    ...provider,
    action: "PROVIDER_CHANGE",
    summary: "Replaces an identity provider (role admin)",
  },
  "DELETE /api/identity-providers/:id": {
    ...provider,
    action: "PROVIDER_DELETE",
    summary: "Removes an identity provider (role admin)",
  },
  "GET /api/auth/providers": { ...open, resource: "identity_provider", summary: "What the sign-in page offers" },
  "GET /auth/oidc/:id/start": {
    ...open,
    resource: "identity_provider",
    summary: "Sends a browser to an identity provider",
  },
  "GET /auth/oidc/:id/callback": {
    ...open,
    resource: "identity_provider",
    action: "LOGIN",
    summary: "Where an identity provider sends a browser back to",
  },
  "POST /api/auth/sign-on": { ...anybody, action: "LOGIN", summary: "Opens a session with a sign-on code" },
  "GET /api/me/identities": { ...self, summary: "The caller's own linked sign-ons" },
  "POST /api/me/identities": {
    ...self,
    action: "IDENTITY_LINK_START",
    summary: "Starts to link a sign-on to the caller's own account",
  },
  "DELETE /api/me/identities/:id": {
    ...self,
    action: "IDENTITY_UNLINK",
    summary: "Unlinks a sign-on from the caller's own account",
  },

  "GET /api/secrets": { ...secret, verb: "list", action: "LIST", summary: "Lists what the caller may list" },
  "POST /api/secrets": {
    ...secret,
    verb: "create",
    action: "CREATE",
    bodyLimit: VALUE_BODY,
    summary: "Creates a secret",
  },
  "POST /api/secrets/access": {
    ...secret,
    verb: "read",
    action: "GET",
    counts: "read",
    summary: "Reads up to 50 values, item by item, in one durable act",
  },
  "POST /api/secrets/{name}/access": {
    ...secret,
    verb: "read",
    action: "GET",
    counts: "read",
    summary: "Reads a value, masked unless `unmask` is true",
  },
  "GET /api/secrets/{name}/metadata": {
    ...secret,
    verb: "list",
    action: "DESCRIBE",
    summary: "Everything but the value",
  },
  "GET /api/secrets/{name}/versions": { ...secret, verb: "list", action: "LIST_VERSIONS", summary: "Lists versions" },
  "PUT /api/secrets/{name}": {
    ...secret,
    verb: "write",
    action: "UPDATE",
    bodyLimit: VALUE_BODY,
    summary: "Stores a new version, which becomes current",
  },
  "PATCH /api/secrets/{name}": { ...secret, verb: "write", action: "PATCH", summary: "Changes description or tags" },
  "DELETE /api/secrets/{name}": {
    ...secret,
    verb: "delete",
    action: "DELETE",
    summary: "Schedules deletion, or purges with `forceDelete`",
  },
  "POST /api/secrets/{name}/restore": {
    ...secret,
    verb: "restore",
    action: "RESTORE",
    summary: "Takes a scheduled deletion back",
  },
  "POST /api/secrets/{name}/adopt": {
    ...secret,
    verb: "create",
    action: "ADOPT",
    summary: "Puts a secret that is in AWS already under our rule",
  },
  "POST /api/secrets/{name}/rollback": {
    ...secret,
    verb: "write",
    action: "ROLLBACK",
    summary: "Makes an earlier version current",
  },
  "POST /api/secrets/{name}/rotate": { ...secret, verb: "rotate", action: "ROTATE", summary: "Rotates a secret" },
  "POST /api/secrets/{name}/check-rotation": {
    ...secret,
    verb: "rotate",
    action: "ROTATE_CHECK",
    summary: "Tries whether a rotation could begin",
  },
  "POST /api/secrets/{name}/cancel-rotation": {
    ...secret,
    verb: "rotate",
    action: "ROTATE_CANCEL",
    summary: "Ends a rotation that has not reached its target",
  },
  "GET /api/secrets/{name}/rotation": {
    ...secret,
    verb: "list",
    action: "ROTATION_STATUS",
    summary: "Rotation schedule, and the last rotations",
  },
  "POST /api/secrets/{name}/schedule": {
    ...secret,
    verb: "rotate",
    action: "SCHEDULE",
    summary: "Says how and when a secret is rotated",
  },
  "GET /api/rotations": { ...secret, verb: "list", action: "ROTATION_LIST", summary: "All rotation schedules" },
  "GET /api/secrets/{name}/who": {
    ...secret,
    verb: "list",
    action: "WHO",
    summary: "Who could do what with it; for owners, who has read it",
  },
  "GET /api/secrets/{name}/audit": {
    ...secret,
    verb: "audit",
    action: "AUDIT_READ",
    summary: "Entries about a secret",
  },

  "GET /api/audit": { ...audit, action: "AUDIT_READ", summary: "Entries about anything (role admin or auditor)" },
  "GET /api/audit/seen": {
    ...audit,
    action: "AUDIT_SEEN",
    summary: "Versions that somebody was shown, and what a rotation now would do about them (role admin or auditor)",
  },
  "GET /api/audit/export": {
    ...audit,
    action: "AUDIT_EXPORT",
    summary: "The whole log as NDJSON (role admin or auditor)",
  },
  "GET /api/audit/checkpoint": { ...open, resource: "audit", summary: "The signed tree head" },
  "GET /api/audit/key": { ...open, resource: "audit", summary: "The key that checkpoints are verified with" },
  "GET /api/compliance": {
    ...audit,
    action: "COMPLIANCE_REPORT",
    summary: "The guide's thirteen claims: what was checked, and what it shows (role admin or auditor)",
  },
  "GET /api/access-review": {
    ...audit,
    action: "REVIEW_LIST",
    summary: "Who could read what, by which rows, and whether they have (role admin or auditor)",
  },
  "POST /api/access-review": {
    ...audit,
    action: "REVIEW",
    bodyLimit: DECISIONS_BODY,
    summary: "Records that access was reviewed, and what was decided (role admin or auditor)",
  },
  "GET /api/audit/proof": { ...audit, action: null, summary: "Inclusion proof of an entry" },

  "GET /api/keys": { ...key, action: "KEY_STATUS", summary: "Keys and the progress of a rotation (role admin)" },
  "POST /api/keys/rotate": { ...key, action: "KEY_ROTATE", summary: "Rotates the key-encryption key (role admin)" },
  "POST /api/backup": {
    ...open,
    auth: "session",
    action: "BACKUP",
    bodyLimit: PARTS_BODY,
    summary: "A sealed backup of everything but the root key (role admin)",
  },
  "POST /api/keys/rotate-root": { ...key, action: "ROOT_KEY_ROTATE", summary: "Rotates the root key (role admin)" },
} as const satisfies Readonly<Record<string, Row>>

export type RouteId = keyof typeof MATRIX
