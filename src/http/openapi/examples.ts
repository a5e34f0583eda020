import type { RouteId } from "../matrix.ts"
import type { Json } from "./schemas.ts"

/** What is sent and what comes back, told as one story. A test sends each body to a live server. */
export interface Example {
  readonly send?: Json
  readonly answer?: Json
}

const AT = "2026-11-24T09:30:00.000Z"
const NEXT_DAY = "2026-11-25T09:30:00.000Z"
const TOKEN = "2rJ8sQ0x7m5kD3vN1bZ6yT4wU9cF2hLpR7gXeA0iKoM"
const PASSWORD = "several unrelated harbour words"
const NAME = "config/app"
const ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:tyler-setup/config/app-a1B2c3"
const VERSION = "6f1f3c6e-0d7a-4c55-9c0e-0b8f2f9d3a11"
const OLD_VERSION = "0b8f2f9d-3a11-4c55-9c0e-6f1f3c6e0d7a"
const PERSON = "5d0c2a9e-3f0b-4c3d-8a57-1e2f3a4b5c6d"
const OWNER = "0f6a4f0c-8b1e-4a52-9d3e-7c2b1a0d9e8f"
const SCOPE = { secrets: ["config/*"], verbs: ["list", "read", "reveal"] }
const HASH = "3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
const CHECKPOINT = `tyler-setup/audit\n42\n${HASH}\n\n— tyler-setup/audit 3q2+7w==\n`
const ACCESS_KEY = "TYAK5Q7XR2MWJ4ZB6LNC"
const REASON = "Deploying release 42 to staging"

const written = (message: string) => ({ message, arn: ARN, name: NAME, versionId: VERSION })
const disclosed = {
  name: NAME,
  value: { user: "app", password: "s3cr3t-value" },
  masked: false,
  accessTime: AT,
  versionId: VERSION,
  receipt: { index: 41, leafHash: HASH, checkpoint: CHECKPOINT },
  remainingToday: 9,
}
const versions = [{ versionId: VERSION, stages: ["current"], createdAt: AT, createdBy: PERSON }]
const effective = {
  patterns: ["config/*"],
  allowedRoles: ["admin", "developer", "devops"],
  requiresMfa: false,
  requiresApproval: false,
  maxAccessPerDay: 10,
}
const policy = {
  secretPattern: "config/payments/*",
  allowedRoles: ["admin", "developer"],
  requiresMfa: true,
  requiresApproval: false,
  maxAccessPerDay: 5,
}
const policyRow = {
  id: "payments",
  ...policy,
  approverRoles: null,
  minApprovals: 1,
  grantMinutes: 60,
  allowedWorkloads: null,
  workloadMaxAccessPerDay: null,
  verbRoles: {},
  replacesRoles: false,
  createdAt: AT,
  updatedAt: AT,
}
const listed = {
  name: NAME,
  arn: ARN,
  description: "The application's database login",
  tags: [{ Key: "team", Value: "payments" }],
  lastChanged: AT,
  lastAccessed: "2026-11-24",
  adopted: true,
}
const entry = {
  id: 41,
  user_id: PERSON,
  resource_type: "secret",
  resource_name: NAME,
  action: "GET",
  result: "SUCCESS",
  reason: REASON,
  details: "unmasked",
  ip_address: "192.0.2.7",
  user_agent: "curl/8.5.0",
  timestamp: AT,
  requestId: "c56ae7d1-4f0e-4b57-8a49-6f1df6f6ad42",
  username: "grace",
  principalKind: "person",
  roles: ["developer"],
  policyIds: ["config"],
  decision: "permit",
  versionId: VERSION,
  grantId: null,
  quotaUse: 1,
  leafHash: HASH,
  erasedBy: null,
}
const TICKET = "AAABm4bXcAB4Vx3Wn2mPZr8qL5tKc0uYb7dEfGh1iJ"
const REQUEST = "0d9a3b54-6a6f-4c51-8f0e-9d1f6f1c2b3a"
const DIGEST = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"
const CREDENTIAL = "3q2-7wECAwQFBgcICQoLDA"
const shown = {
  challenge: TICKET,
  response: {
    id: CREDENTIAL,
    rawId: CREDENTIAL,
    type: "public-key",
    response: { clientDataJSON: "eyJ0eXBl", authenticatorData: "SZYN5Q", signature: "MEUCIQ" },
  },
}
const factor = { id: PERSON, kind: "totp", label: "phone", createdAt: AT }
const request = {
  id: REQUEST,
  kind: "access",
  requester: "grace",
  requesterId: PERSON,
  verb: "read",
  secrets: ["financial/ledger"],
  change: null,
  reason: "Closing the books of November",
  minutes: 60,
  uses: 1,
  steppedUp: false,
  needed: 1,
  state: "pending",
  createdAt: AT,
  expiresAt: NEXT_DAY,
  effectiveAt: null,
  digest: DIGEST,
  decisions: [],
}
const grant = {
  id: VERSION,
  requestId: REQUEST,
  secretId: PERSON,
  verb: "read",
  approvals: 1,
  steppedUp: false,
  usesLeft: 1,
  createdAt: AT,
  expiresAt: NEXT_DAY,
}
const session = {
  id: VERSION,
  kind: "session",
  label: "curl/8.5.0",
  createdAt: AT,
  expiresAt: NEXT_DAY,
  current: false,
}
const role = { name: "treasury", description: "Moves money", builtIn: false, createdBy: OWNER, createdAt: AT }
const adminRole = {
  name: "admin",
  description: "Administers people, programs, policies and keys",
  builtIn: true,
  createdBy: null,
  createdAt: null,
}
const terms = {
  roles: ["admin", "developer"],
  programs: null,
  secondFactor: false,
  approval: null,
  perDay: 10,
  programPerDay: 10,
}
const issued = { id: PERSON, tokenId: VERSION, token: TOKEN, expiresAt: NEXT_DAY }
const issuer = {
  issuer: "https://token.actions.githubusercontent.com",
  audience: "https://tyler.example.com",
  bindings: [
    { subject: "repo:acme/shop:environment:production", claims: { repository_owner_id: "1234567" }, accountId: PERSON },
  ],
}
const iamBinding = {
  id: VERSION,
  arn: "arn:aws:iam::123456789012:role/deployer",
  accountId: PERSON,
  createdAt: AT,
}
const issuerItem = {
  id: VERSION,
  ...issuer,
  jwksUri: null,
  jwks: null,
  allowPrivate: false,
  createdAt: AT,
  updatedAt: AT,
}
const providerFields = {
  issuer: "https://login.acme.example",
  clientId: "tyler",
  label: "Acme",
  roleRules: [
    { claim: "groups", value: "Platform engineers", role: "developer" },
    { claim: "groups", value: "Tyler admins", role: "admin" },
  ],
  mfaAmr: ["mfa"],
}
const provider = {
  id: "acme",
  ...providerFields,
  hasClientSecret: true,
  redirectUri: "https://tyler.example.com/auth/oidc/acme/callback",
  scopes: ["openid", "profile"],
  enabled: true,
  mfaAcr: [],
  createdAt: AT,
  updatedAt: AT,
}
const said = (message: string) => ({ message })

/** What a change answers that waits for a second person, on every route. */
export const PENDING: Json = {
  message: "Waiting for another admin's approval",
  requestId: REQUEST,
  state: "pending",
  effectiveAt: null,
}

const rotationSchedule = {
  strategy: "postgres-single",
  lambdaArn: null,
  enabled: true,
  days: 30,
  expression: null,
  windowHours: null,
  lastRotated: null,
  nextRotation: "2026-12-24T09:30:00.000Z",
  overdueSince: null,
}

export const EXAMPLES: Readonly<Partial<Record<RouteId, Example>>> = {
  "GET /api/health": { answer: { status: "ok" } },
  "GET /api/ready": {
    answer: {
      ready: true,
      parts: { database: { up: true, reason: null }, shared_cache: { up: false, reason: "unreachable" } },
    },
  },
  "POST /api/setup": { send: { token: TOKEN, username: "ada", password: PASSWORD }, answer: { token: TOKEN } },
  "POST /api/auth/login": {
    send: { username: "ada", password: PASSWORD },
    answer: { token: TOKEN, expiresAt: NEXT_DAY, assurance: "password", mustChangePassword: false, factorDue: false },
  },
  "POST /api/auth/factor": {
    send: { code: "492039" },
    answer: { token: TOKEN, expiresAt: NEXT_DAY, assurance: "mfa", mustChangePassword: false, factorDue: false },
  },
  "POST /api/auth/challenge": {
    send: { purpose: "verify" },
    answer: { challenge: TICKET, expiresAt: NEXT_DAY, publicKey: { rpId: "tyler.example.com", challenge: DIGEST } },
  },
  "POST /api/auth/verify": {
    send: { verb: "read", secrets: ["financial/ledger"], code: "492039" },
    answer: { token: `tyv_${TICKET}`, expiresAt: NEXT_DAY },
  },
  "GET /api/me/factors": { answer: { factors: [factor] } },
  "POST /api/me/factors/totp": {
    answer: {
      enrolment: TICKET,
      secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
      uri: "otpauth://totp/Tyler%20Setup:grace?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tyler%20Setup",
      expiresAt: NEXT_DAY,
    },
  },
  "POST /api/me/factors/totp/confirm": {
    send: { enrolment: TICKET, code: "492039", label: "phone", password: PASSWORD },
    answer: factor,
  },
  "POST /api/me/factors/passkey": {
    answer: {
      enrolment: TICKET,
      publicKey: { rp: { id: "tyler.example.com", name: "Tyler Setup" }, challenge: DIGEST },
      expiresAt: NEXT_DAY,
    },
  },
  "POST /api/me/factors/passkey/confirm": {
    send: { enrolment: TICKET, response: shown.response, label: "key on the ring", password: PASSWORD },
    answer: { ...factor, kind: "passkey", label: "key on the ring" },
  },
  "POST /api/me/factors/recovery": {
    send: { password: PASSWORD },
    answer: { codes: Array.from({ length: 10 }, (_, at) => `7Q4M-${at}C0D-ERES-C0DE`) },
  },
  "PATCH /api/me/factors/:id": { send: { label: "old phone" }, answer: { ...factor, label: "old phone" } },
  "DELETE /api/me/factors/:id": { answer: said("Second factor removed") },
  "POST /api/access-keys": {
    send: { label: "laptop", reason: REASON, expiresInDays: 30, password: PASSWORD },
    answer: {
      accessKeyId: ACCESS_KEY,
      secretAccessKey: `tya_${TOKEN}`,
      region: "us-east-1",
      endpointUrl: "https://tyler.example.com",
      expiresAt: NEXT_DAY,
    },
  },
  "GET /api/access-keys": {
    answer: {
      accessKeys: [
        { accessKeyId: ACCESS_KEY, label: "laptop", reason: REASON, scope: null, createdAt: AT, expiresAt: NEXT_DAY },
      ],
    },
  },
  "DELETE /api/access-keys/:id": { answer: said("Access key revoked") },
  "POST /api/access-requests": {
    send: {
      secrets: ["financial/ledger"],
      verb: "read",
      reason: "Closing the books of November",
      minutes: 60,
      uses: 1,
    },
    answer: request,
  },
  "GET /api/access-requests": { answer: { requests: [request], nextCursor: null } },
  "GET /api/access-requests/:id": { answer: request },
  "POST /api/access-requests/:id/approve": {
    send: { passkey: shown },
    answer: { id: REQUEST, state: "approved", approvals: 1, needed: 1, grants: [grant] },
  },
  "POST /api/access-requests/:id/deny": {
    send: { reason: "The books are closed already" },
    answer: { id: REQUEST, state: "denied", approvals: 0, needed: 1, grants: [] },
  },
  "POST /api/access-requests/:id/cancel": { answer: { ...request, state: "cancelled" } },
  "POST /api/access-requests/:id/review": {
    send: { reason: "Talked it through: the payment run had failed" },
    answer: {
      ...request,
      kind: "break_glass",
      state: "reviewed",
      effectiveAt: AT,
      decisions: [{ by: "ada", byId: VERSION, verdict: "review", at: NEXT_DAY }],
    },
  },
  "GET /api/grants": { answer: { grants: [grant] } },
  "DELETE /api/grants/:id": { answer: said("Grant revoked") },
  "POST /api/break-glass": {
    send: { secrets: ["financial/ledger"], reason: "The payment run failed and nobody else is awake", minutes: 30 },
    answer: { id: REQUEST, state: "pending", approvals: 0, needed: 1, grants: [{ ...grant, usesLeft: null }] },
  },
  "POST /api/auth/logout": { answer: said("Logged out") },
  "GET /api/me": {
    answer: {
      id: PERSON,
      username: "ada",
      kind: "person",
      roles: ["admin"],
      assurance: "password",
      mustChangePassword: false,
      factorDue: false,
    },
  },
  "PATCH /api/me": { send: { email: "ada@example.com" }, answer: said("Mail address set") },
  "POST /api/me/password": {
    send: { currentPassword: PASSWORD, newPassword: "other unrelated mountain words" },
    answer: said("Password changed; sign in again"),
  },
  "GET /api/sessions": { answer: { sessions: [{ ...session, current: true }] } },
  "DELETE /api/sessions/:id": { answer: said("Session ended") },
  "POST /api/users": {
    send: { username: "grace", password: PASSWORD, roles: ["developer"], mustChangePassword: true },
    answer: { id: PERSON },
  },
  "GET /api/users": {
    answer: {
      users: [
        {
          id: PERSON,
          username: "grace",
          roles: ["developer"],
          disabled: false,
          mustChangePassword: true,
          breakGlass: false,
          mustEnrol: false,
          createdAt: AT,
        },
      ],
      nextCursor: null,
    },
  },
  "PATCH /api/users/:id": {
    send: { disabled: true, reason: "Has left the company" },
    answer: {
      id: PERSON,
      username: "grace",
      roles: ["developer"],
      disabled: true,
      mustChangePassword: false,
      breakGlass: false,
      mustEnrol: false,
      createdAt: AT,
    },
  },
  "POST /api/users/:id/erase": { send: { reason: "Has left the company and has asked for it" }, answer: PENDING },
  "POST /api/users/:id/hold": {
    send: { reason: "A court has asked for these records" },
    answer: said("The person is held"),
  },
  "DELETE /api/users/:id/hold": {
    send: { reason: "The court has closed the case" },
    answer: said("The person is no longer held"),
  },
  "GET /api/users/:id/sessions": { answer: { sessions: [session] } },
  "DELETE /api/users/:id/sessions/:sessionId": { answer: said("Session ended") },
  "GET /api/roles": { answer: { roles: [adminRole, role] } },
  "POST /api/roles": {
    send: { name: role.name, description: role.description, reason: "The new treasury department" },
    answer: role,
  },
  "DELETE /api/roles/:name": { send: { reason: "Merged into finance" }, answer: said("Role deleted") },
  "POST /api/service-accounts": {
    send: {
      name: "deployer",
      roles: ["devops"],
      reason: "Deploys the staging cluster",
      expiresInDays: 90,
      scope: SCOPE,
    },
    answer: issued,
  },
  "GET /api/service-accounts": {
    answer: {
      serviceAccounts: [
        {
          id: PERSON,
          name: "deployer",
          roles: ["devops"],
          disabled: false,
          ownerId: OWNER,
          standingReason: "Deploys the staging cluster",
          createdAt: AT,
          tokens: [
            { id: VERSION, label: "Deploys the staging cluster", scope: SCOPE, createdAt: AT, expiresAt: NEXT_DAY },
          ],
        },
      ],
      nextCursor: null,
    },
  },
  "PATCH /api/service-accounts/:id": {
    send: { standingReason: "Deploys staging and production", reason: "It now deploys both clusters" },
    answer: {
      id: PERSON,
      name: "deployer",
      roles: ["devops"],
      disabled: false,
      ownerId: OWNER,
      standingReason: "Deploys staging and production",
      createdAt: AT,
      tokens: [],
    },
  },
  "POST /api/service-accounts/:id/tokens": {
    send: { reason: "The first token runs out", expiresInDays: 90 },
    answer: issued,
  },
  "DELETE /api/service-accounts/:id/tokens/:tokenId": { answer: said("Token revoked") },
  "POST /api/auth/workload": {
    send: { token: "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ0In0.c2lnbmF0dXJl" },
    answer: { token: TOKEN, expiresAt: NEXT_DAY, assurance: "token" },
  },
  "GET /api/workload-issuers": { answer: { workloadIssuers: [issuerItem] } },
  "POST /api/workload-issuers": { send: { ...issuer, reason: "Deploys from GitHub" }, answer: issuerItem },
  "PUT /api/workload-issuers/:id": { send: { ...issuer, reason: "Deploys from GitHub" }, answer: issuerItem },
  "DELETE /api/workload-issuers/:id": {
    send: { reason: "Deploys from elsewhere now" },
    answer: said("Issuer removed"),
  },
  "POST /api/auth/iam": {
    send: {
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261124/eu-central-1/sts/aws4_request, " +
        "SignedHeaders=content-type;host;x-amz-date;x-tyler-server-id, " +
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
      amzDate: "20261124T120000Z",
      serverId: "tyler.example.com",
    },
    answer: { token: TOKEN, expiresAt: NEXT_DAY, assurance: "token" },
  },
  "GET /api/iam-bindings": { answer: { iamBindings: [iamBinding] } },
  "POST /api/iam-bindings": {
    send: { arn: iamBinding.arn, accountId: PERSON, reason: "Deploys from AWS" },
    answer: iamBinding,
  },
  "DELETE /api/iam-bindings/:id": { send: { reason: "Deploys from elsewhere now" }, answer: said("Binding removed") },
  "GET /api/policies": { answer: { policies: [policyRow], epoch: 3 } },
  "GET /api/policies/:id": { answer: policyRow },
  "POST /api/policies": { send: { ...policy, reason: "Payments need a second factor" }, answer: policyRow },
  "PUT /api/policies/:id": { send: { ...policy, reason: "Payments need a second factor" }, answer: policyRow },
  "DELETE /api/policies/:id": { send: { reason: "Payments have moved elsewhere" }, answer: said("Policy deleted") },
  "POST /api/policies/explain": {
    send: { verb: "read", secret: NAME },
    answer: {
      principal: "ada",
      verb: "read",
      secret: NAME,
      effect: "permit",
      reasons: [
        { code: "allowed", rule: "config", pattern: "config/*", says: "allows read to admin, developer, devops" },
      ],
      policy: effective,
    },
  },
  "POST /api/policies/diff": {
    send: {
      policies: [
        { ...policy, secretPattern: "config/*" },
        { secretPattern: "**", allowedRoles: ["admin"], maxAccessPerDay: null },
      ],
    },
    answer: {
      epoch: 3,
      changes: [
        {
          verbs: ["reveal"],
          patterns: ["config/*"],
          examples: ["config/any"],
          before: { ...terms, roles: ["admin", "developer", "devops"] },
          after: { ...terms, secondFactor: true, perDay: 5, programPerDay: 5 },
          looser: [],
          stricter: ["roles", "second_factor", "per_day", "program_per_day"],
          gains: { count: 0, names: [] },
          losses: { count: 1, names: ["grace"] },
        },
      ],
      complete: true,
      loosensApproval: false,
      reads: {
        entries: 42,
        since: "2026-10-25T09:30:00.000Z",
        cut: false,
        refused: 3,
        groups: [
          {
            userId: PERSON,
            username: "grace",
            secret: NAME,
            code: "forbidden",
            missing: [],
            reasons: [
              {
                code: "forbidden",
                rule: "row-0",
                pattern: "config/*",
                says: "allows reveal to admin, developer",
                change: "one of the roles admin, developer",
              },
            ],
            reads: 3,
            lastRead: AT,
          },
        ],
      },
    },
  },
  "POST /api/policies/test": {
    send: {
      cases: [
        { principal: { roles: ["developer"] }, verb: "reveal", secret: NAME, expect: "permit" },
        { principal: { roles: ["hr"] }, verb: "reveal", secret: NAME, expect: "refuse", code: "forbidden" },
      ],
    },
    answer: {
      cases: [
        {
          passed: true,
          effect: "permit",
          code: null,
          missing: [],
          reasons: [
            { code: "allowed", rule: "config", pattern: "config/*", says: "allows reveal to admin, developer, devops" },
          ],
        },
        {
          passed: true,
          effect: "refuse",
          code: "forbidden",
          missing: [],
          reasons: [
            {
              code: "forbidden",
              rule: "config",
              pattern: "config/*",
              says: "allows reveal to admin, developer, devops",
              change: "one of the roles admin, developer, devops",
            },
          ],
        },
      ],
      failed: 0,
    },
  },
  "GET /api/secrets": {
    answer: { secrets: [listed], total: 1, userRole: "developer", userRoles: ["developer"], nextCursor: null },
  },
  "POST /api/secrets": {
    send: {
      name: "app",
      category: "config",
      value: disclosed.value,
      description: listed.description,
      tags: listed.tags,
    },
    answer: written("Secret created successfully"),
  },
  "POST /api/secrets/access": {
    send: { names: [NAME, "database/main"], reason: REASON, unmask: true },
    answer: {
      items: [
        disclosed,
        {
          name: "database/main",
          error: "Access denied",
          code: "forbidden",
          reasons: [
            {
              code: "forbidden",
              rule: "database",
              pattern: "database/*",
              says: "allows reveal to admin, dba",
              change: "one of the roles admin, dba",
            },
          ],
        },
      ],
    },
  },
  "POST /api/secrets/{name}/access": { send: { reason: REASON, unmask: true }, answer: disclosed },
  "GET /api/secrets/{name}/metadata": {
    answer: { ...listed, createdAt: AT, deletionDate: null, rotationDueSince: null, versions, policy: effective },
  },
  "GET /api/secrets/{name}/versions": { answer: { versions } },
  "PUT /api/secrets/{name}": {
    send: {
      value: { user: "app", password: "an0ther-value" },
      reason: "The old password leaked",
      expectedVersion: VERSION,
    },
    answer: written("Secret updated successfully"),
  },
  "PATCH /api/secrets/{name}": {
    send: { description: "Login of the payments service", reason: "The name had become misleading" },
    answer: written("Secret updated successfully"),
  },
  "DELETE /api/secrets/{name}": {
    send: {
      confirmationCode: "DELETE-config/app-2026-11-24",
      reason: "The application was switched off",
      recoveryDays: 7,
    },
    answer: {
      message: "Secret scheduled for deletion (7-day recovery window)",
      arn: ARN,
      name: NAME,
      deletionDate: "2026-12-01T09:30:00.000Z",
    },
  },
  "POST /api/secrets/{name}/restore": {
    send: { reason: "It is still needed after all" },
    answer: written("Secret restored successfully"),
  },
  "POST /api/secrets/{name}/adopt": {
    send: { reason: "It moves under the new rules" },
    answer: written("Secret adopted successfully"),
  },
  "POST /api/secrets/{name}/rollback": {
    send: { versionId: OLD_VERSION, reason: "The new password does not work", expectedVersion: VERSION },
    answer: written("Secret rolled back successfully"),
  },
  "POST /api/secrets/{name}/rotate": {
    send: { reason: "The old password leaked", revokePrevious: true },
    answer: { ...written("Rotation started"), rotationId: VERSION },
  },
  "POST /api/secrets/{name}/check-rotation": {
    answer: { message: "The secret can be rotated", arn: ARN, name: NAME, strategy: "postgres-single" },
  },
  "POST /api/secrets/{name}/cancel-rotation": {
    send: { reason: "The maintenance window is over" },
    answer: { message: "Rotation cancelled", arn: ARN, name: NAME, rotationId: VERSION },
  },
  "GET /api/secrets/{name}/rotation": {
    answer: {
      name: NAME,
      ...rotationSchedule,
      state: "running",
      seen: `${VERSION}.4`,
      rotations: [
        {
          rotationId: VERSION,
          versionId: VERSION,
          strategy: "postgres-single",
          lambdaArn: null,
          cause: "asked",
          startedBy: PERSON,
          revokePrevious: false,
          state: "running",
          step: "set",
          attempts: 1,
          startedAt: AT,
          dueAt: AT,
          finishedAt: null,
          fault: {
            code: "target_unreachable",
            text: "The target cannot be reached, or did not answer in time (code ECONNREFUSED)",
          },
        },
      ],
    },
  },
  "POST /api/secrets/{name}/schedule": {
    send: { days: 30, strategy: "postgres-single", enabled: true },
    answer: { message: "Rotation scheduled", arn: ARN, name: NAME, nextRotation: "2026-12-24T09:30:00.000Z" },
  },
  "GET /api/rotations": {
    answer: { schedules: [{ name: NAME, ...rotationSchedule, running: false }], nextCursor: null },
  },
  "GET /api/secrets/{name}/who": {
    answer: {
      name: NAME,
      owner: true,
      verbs: [{ verb: "reveal", ...terms, policyIds: ["config"] }],
      users: [{ id: PERSON, name: "grace", kind: "person", roles: ["developer"], verbs: ["list", "read", "reveal"] }],
      nextCursor: null,
      readers: {
        readers: [{ userId: PERSON, username: "grace", lastRead: AT, reads: 4, unmasked: 3 }],
        cut: false,
      },
    },
  },
  "GET /api/secrets/{name}/audit": { answer: { secretName: NAME, auditLogs: [entry], total: 1, nextCursor: null } },
  "GET /api/audit": { answer: { auditLogs: [entry], total: 1, nextCursor: null } },
  "GET /api/audit/seen": {
    answer: {
      person: { id: PERSON, name: "grace" },
      since: AT,
      seen: [
        {
          name: "database/main",
          versionId: VERSION,
          stage: "current",
          userId: PERSON,
          username: "grace",
          reads: 3,
          lastRead: AT,
          outlook: "rotatable",
          strategy: "postgres-alternating",
        },
      ],
      nextCursor: null,
    },
  },
  "GET /api/compliance": {
    answer: {
      at: AT,
      version: "0.1.0",
      environment: "production",
      looked: { since: "2026-08-26T09:30:00.000Z", entries: 4120, cut: false },
      entry: 4120,
      checkpoint: CHECKPOINT,
      claims: [
        {
          number: 9,
          text: "MFA support for sensitive secrets",
          state: "fault",
          duty: "Mark what is sensitive: put it under rows that ask for a second factor.",
          checks: [
            {
              name: "factors-of-admins",
              asks: "that admins and auditors have a second factor",
              state: "fault",
              figure: "admins and auditors who sign in with a password alone: grace",
              fix: "have them enrol an app or a passkey on /factors",
              entries: [4012],
              supports: ["CC6.1"],
            },
          ],
        },
      ],
      items: [
        {
          framework: "SOC 2",
          item: "CC6.1",
          about: "logical access to protected information",
          state: "fault",
          checks: ["factors-of-admins"],
          duty: "An inventory of what has to be protected, and who owns it.",
        },
      ],
    },
  },
  "GET /api/access-review": {
    answer: {
      days: 90,
      looked: { since: "2026-08-26T09:30:00.000Z", entries: 4120, cut: false },
      secrets: { count: 12, cut: false },
      subjects: [
        {
          id: PERSON,
          name: "grace",
          kind: "person",
          roles: ["developer"],
          ownerId: null,
          breakGlass: false,
          createdAt: "2026-01-12T09:30:00.000Z",
          lastSeen: AT,
          rights: [
            {
              patterns: ["config/*"],
              policyIds: ["config"],
              roles: ["developer"],
              verbs: ["read", "reveal"],
              secrets: 3,
              examples: [NAME],
              secondFactor: false,
              approval: false,
              lastUse: AT,
              uses: 4,
              dormant: false,
            },
          ],
        },
      ],
      nextCursor: null,
    },
  },
  "POST /api/access-review": {
    send: { reason: "The review of the third quarter", days: 90, decisions: [{ id: PERSON, decision: "keep" }] },
    answer: { entry: 4121, kept: 1, rolesRemoved: 0, disabled: 0, waiting: 0 },
  },
  "GET /api/audit/checkpoint": { answer: { checkpoint: CHECKPOINT } },
  "GET /api/audit/key": { answer: { key: `tyler-setup/audit+deadbeef+${HASH}` } },
  "GET /api/audit/proof": { answer: { index: 41, size: 42, leafHash: HASH, proof: [HASH] } },
  "GET /api/keys": {
    answer: {
      root: { kind: "local", check: "5f2e91c0" },
      keys: [{ id: VERSION, purpose: "kek", state: "active", createdAt: AT, versions: 12 }],
      progress: null,
    },
  },
  "POST /api/keys/rotate": {
    send: { reason: "The yearly rotation", retire: false },
    answer: { message: "Key rotation started", keyId: VERSION },
  },
  "POST /api/backup": { send: { reason: "The nightly backup", have: [] } },
  "POST /api/keys/rotate-root": {
    send: { reason: "The yearly rotation" },
    answer: { message: "Root key rotated", keys: 3 },
  },
  "GET /api/identity-providers": { answer: { identityProviders: [provider] } },
  "POST /api/identity-providers": {
    send: {
      id: "acme",
      clientSecret: "as the provider shows it once",
      ...providerFields,
      reason: "People sign in here",
    },
    answer: provider,
  },
  "PUT /api/identity-providers/:id": {
    send: { ...providerFields, enabled: false, reason: "The contract has ended" },
    answer: { ...provider, enabled: false },
  },
  "DELETE /api/identity-providers/:id": {
    send: { reason: "The contract has ended" },
    answer: said("Identity provider removed"),
  },
  "GET /api/auth/providers": { answer: { providers: [{ id: "acme", label: "Acme" }], localLogin: "everyone" } },
  "POST /api/auth/sign-on": {
    send: { code: "eyJpZCI6InMzQ3IzVCJ9", verifier: TOKEN },
    answer: { token: TOKEN, expiresAt: NEXT_DAY, assurance: "password", mustChangePassword: false },
  },
  "GET /api/me/identities": {
    answer: {
      identities: [{ id: VERSION, issuer: "https://login.acme.example", subject: "248289761001", createdAt: AT }],
    },
  },
  "POST /api/me/identities": {
    send: { provider: "acme", password: PASSWORD },
    answer: { location: "https://login.acme.example/authorize?client_id=tyler&response_type=code" },
  },
  "DELETE /api/me/identities/:id": {
    send: { password: PASSWORD },
    answer: said("Sign-on unlinked; all other sessions have ended"),
  },
}
