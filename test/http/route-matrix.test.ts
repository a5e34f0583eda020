import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { MATRIX, type RouteId, type Row } from "../../src/http/matrix.ts"
import { EXAMPLES } from "../../src/http/openapi/examples.ts"
import { type Client, clientOf, type HeaderFields, type Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { type App, appCode, enrolApp, logInHalf, STEP_MS, stepUp } from "../kit/factors.ts"
import { addProgram, PASSWORD } from "../kit/people.ts"
import { createSecret, REASON } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

/**
 * Every route and every kind of caller. The gate that stops a caller is named; `pass`: none of them does, whatever else
 * the request then lacks.
 *
 * `401` not known, `half` signing in is not finished, `403` the role, `2nd` a second factor is to be shown, `appr` an
 * approval is to be asked for.
 */
type Gate = "pass" | "401" | "half" | "403" | "2nd" | "appr"

const CALLERS = ["anonymous", "half", "wrong role", "right role", "stepped up", "program", "disabled"] as const
type Caller = (typeof CALLERS)[number]

type Gates = readonly [Gate, Gate, Gate, Gate, Gate, Gate, Gate]

const GATES: Readonly<Record<RouteId, Gates>> = {
  "GET /api/health": ["pass", "pass", "pass", "pass", "pass", "pass", "pass"],
  "GET /api/ready": ["pass", "pass", "pass", "pass", "pass", "pass", "pass"],
  "GET /metrics": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/openapi.json": ["pass", "pass", "pass", "pass", "pass", "pass", "pass"],
  "GET /api/docs": ["pass", "pass", "pass", "pass", "pass", "pass", "pass"],
  "POST /api/setup": ["pass", "pass", "pass", "pass", "pass", "pass", "pass"],
  "POST /api/auth/login": ["pass", "pass", "pass", "pass", "pass", "pass", "pass"],
  "GET /api/me": ["401", "pass", "pass", "pass", "pass", "pass", "401"],
  "PATCH /api/me": ["401", "half", "pass", "pass", "pass", "403", "401"],
  "POST /api/me/password": ["401", "403", "pass", "pass", "pass", "403", "401"],
  "GET /api/sessions": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "DELETE /api/sessions/:id": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "POST /api/auth/factor": ["401", "pass", "403", "403", "403", "403", "401"],
  "POST /api/auth/challenge": ["401", "pass", "pass", "pass", "pass", "403", "401"],
  "POST /api/auth/verify": ["401", "half", "2nd", "pass", "pass", "403", "401"],
  "GET /api/me/factors": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "POST /api/me/factors/totp": ["401", "half", "pass", "pass", "pass", "403", "401"],
  "POST /api/me/factors/totp/confirm": ["401", "half", "pass", "pass", "pass", "403", "401"],
  "POST /api/me/factors/passkey": ["401", "half", "pass", "pass", "pass", "403", "401"],
  "POST /api/me/factors/passkey/confirm": ["401", "half", "pass", "pass", "pass", "403", "401"],
  "POST /api/me/factors/recovery": ["401", "half", "2nd", "2nd", "pass", "403", "401"],
  "PATCH /api/me/factors/:id": ["401", "half", "pass", "pass", "pass", "403", "401"],
  "DELETE /api/me/factors/:id": ["401", "half", "pass", "pass", "pass", "403", "401"],
  "POST /api/access-keys": ["401", "half", "pass", "2nd", "pass", "403", "401"],
  "GET /api/access-keys": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "DELETE /api/access-keys/:id": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "POST /api/access-requests": ["401", "half", "403", "pass", "pass", "pass", "401"],
  "GET /api/access-requests": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "GET /api/access-requests/:id": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "POST /api/access-requests/:id/approve": ["401", "half", "pass", "pass", "pass", "403", "401"],
  "POST /api/access-requests/:id/deny": ["401", "half", "pass", "pass", "pass", "403", "401"],
  "POST /api/access-requests/:id/cancel": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "POST /api/access-requests/:id/review": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "GET /api/grants": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "DELETE /api/grants/:id": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "POST /api/break-glass": ["401", "half", "403", "403", "403", "403", "401"],
  "POST /api/users": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "GET /api/users": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/users/:id/sessions": ["401", "half", "403", "pass", "pass", "403", "401"],
  "DELETE /api/users/:id/sessions/:sessionId": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/roles": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "POST /api/roles": ["401", "half", "403", "pass", "pass", "403", "401"],
  "DELETE /api/roles/:name": ["401", "half", "403", "pass", "pass", "403", "401"],
  "PATCH /api/users/:id": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "POST /api/service-accounts": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/service-accounts": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/service-accounts/:id/tokens": ["401", "half", "403", "pass", "pass", "403", "401"],
  "DELETE /api/service-accounts/:id/tokens/:tokenId": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/policies": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "GET /api/policies/:id": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "POST /api/policies": ["401", "half", "403", "pass", "pass", "403", "401"],
  "PUT /api/policies/:id": ["401", "half", "403", "pass", "pass", "403", "401"],
  "DELETE /api/policies/:id": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/policies/explain": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "POST /api/policies/diff": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/policies/test": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/secrets": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "POST /api/secrets": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/secrets/access": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "POST /api/secrets/{name}/access": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "GET /api/secrets/{name}/metadata": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/secrets/{name}/versions": ["401", "half", "403", "pass", "pass", "403", "401"],
  "PUT /api/secrets/{name}": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "PATCH /api/secrets/{name}": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "POST /api/secrets/{name}/restore": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/secrets/{name}/adopt": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/secrets/{name}/rollback": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "POST /api/secrets/{name}/rotate": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "POST /api/secrets/{name}/check-rotation": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "POST /api/secrets/{name}/cancel-rotation": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "GET /api/rotations": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "GET /api/secrets/{name}/rotation": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/secrets/{name}/schedule": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "GET /api/secrets/{name}/who": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/secrets/{name}/audit": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/audit": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/audit/seen": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/audit/export": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/audit/checkpoint": ["pass", "pass", "pass", "pass", "pass", "pass", "pass"],
  "GET /api/audit/key": ["pass", "pass", "pass", "pass", "pass", "pass", "pass"],
  "GET /api/compliance": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/access-review": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/access-review": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/audit/proof": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "GET /api/keys": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/keys/rotate": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/backup": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "POST /api/keys/rotate-root": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/users/:id/data": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/users/:id/erase": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/users/:id/hold": ["401", "half", "403", "pass", "pass", "403", "401"],
  "DELETE /api/users/:id/hold": ["401", "half", "403", "pass", "pass", "403", "401"],
  "PATCH /api/service-accounts/:id": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/auth/workload": ["401", "401", "401", "401", "401", "401", "401"],
  "POST /api/auth/iam": ["pass", "pass", "pass", "pass", "pass", "pass", "pass"],
  "GET /api/iam-bindings": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/iam-bindings": ["401", "half", "403", "pass", "pass", "403", "401"],
  "DELETE /api/iam-bindings/:id": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/workload-issuers": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/workload-issuers": ["401", "half", "403", "pass", "pass", "403", "401"],
  "PUT /api/workload-issuers/:id": ["401", "half", "403", "pass", "pass", "403", "401"],
  "DELETE /api/workload-issuers/:id": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/identity-providers": ["401", "half", "403", "pass", "pass", "403", "401"],
  "POST /api/identity-providers": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "PUT /api/identity-providers/:id": ["401", "half", "403", "pass", "pass", "403", "401"],
  "DELETE /api/identity-providers/:id": ["401", "half", "403", "pass", "pass", "403", "401"],
  "GET /api/auth/providers": ["pass", "pass", "pass", "pass", "pass", "pass", "pass"],
  "GET /auth/oidc/:id/start": ["pass", "pass", "pass", "pass", "pass", "pass", "pass"],
  "GET /auth/oidc/:id/callback": ["pass", "pass", "pass", "pass", "pass", "pass", "pass"],
  "POST /api/auth/sign-on": ["401", "401", "401", "401", "401", "401", "401"],
  "GET /api/me/identities": ["401", "half", "pass", "pass", "pass", "pass", "401"],
  "POST /api/me/identities": ["401", "half", "pass", "2nd", "pass", "403", "401"],
  "DELETE /api/me/identities/:id": ["401", "half", "pass", "2nd", "pass", "403", "401"],
  "DELETE /api/secrets/{name}": ["401", "half", "403", "2nd", "pass", "403", "401"],
  "POST /api/auth/logout": ["401", "pass", "pass", "pass", "pass", "pass", "401"],
}

const NAME = "database/main"
const reason = REASON

/** What is sent so that nothing but the gates stands in the way of who may. Others send `{}` where a body can be. */
const BODIES: Readonly<Partial<Record<RouteId, object>>> = {
  "POST /api/auth/login": { username: "nobody", password: "x" },
  "PATCH /api/me": { email: null },
  "POST /api/me/password": { currentPassword: PASSWORD, newPassword: "short" },
  "POST /api/auth/factor": { code: "12345" },
  "POST /api/auth/challenge": { purpose: "sign_in" },
  "POST /api/auth/verify": { verb: "govern", code: "12345" },
  "POST /api/me/factors/totp/confirm": { enrolment: "AAAA", code: "123456", label: "phone" },
  "POST /api/me/factors/passkey/confirm": { enrolment: "AAAA", response: {}, label: "key" },
  "PATCH /api/me/factors/:id": { label: "key" },
  "POST /api/policies/diff": { policies: [] },
  "POST /api/policies/test": {
    cases: [{ principal: { roles: ["dba"] }, verb: "read", secret: NAME, expect: "permit" }],
  },
  "POST /api/access-requests": { secrets: ["config/open"], verb: "read", reason },
  "POST /api/access-requests/:id/deny": { reason },
  "POST /api/access-requests/:id/review": { reason },
  "POST /api/break-glass": { secrets: [NAME], reason, minutes: 5 },
  "POST /api/users": { username: "guarded", password: PASSWORD, roles: ["finance"] },
  "PATCH /api/users/:id": { resetFactors: true, reason },
  "POST /api/service-accounts": { name: "Not Valid", roles: [], reason },
  "POST /api/service-accounts/:id/tokens": { reason },
  "POST /api/policies": { secretPattern: "financial/ledger", allowedRoles: ["dba"], reason },
  "PUT /api/policies/:id": { secretPattern: "x/*", reason },
  "DELETE /api/policies/:id": { reason },
  "POST /api/policies/explain": { verb: "read", secret: "config/x" },
  "POST /api/secrets": { name: "config/open", value: "value" },
  "POST /api/secrets/access": { names: [NAME], reason },
  "POST /api/secrets/{name}/access": { reason },
  "PUT /api/secrets/{name}": { value: "another value", reason },
  "PATCH /api/secrets/{name}": { description: "described", reason },
  "POST /api/secrets/{name}/restore": { reason },
  "POST /api/secrets/{name}/adopt": { reason },
  "POST /api/secrets/{name}/rollback": { versionId: "0".repeat(32), reason },
  "POST /api/secrets/{name}/rotate": { reason },
  "POST /api/secrets/{name}/schedule": { expression: "rate(30 days)", strategy: "generated", enabled: true },
  "POST /api/keys/rotate": { reason },
  "POST /api/keys/rotate-root": { reason },
}

/** The verb that a step-up is shown for. */
const STEPS: Readonly<Record<string, string>> = { read: "read", write: "write", delete: "delete", rotate: "rotate" }

/** What these are sent is refused as it stands: nobody is to be set up, no program made. */
const NOT_READ: readonly RouteId[] = [
  "POST /api/setup",
  "POST /api/service-accounts",
  "POST /api/workload-issuers",
  "POST /api/iam-bindings",
  "POST /api/access-review",
  "PUT /api/workload-issuers/:id",
]

const clock = movableClock()
let stage: Stage<"wrong" | "right" | "stepped" | "halved" | "gone" | "target">
let app: App
const callers = new Map<Caller, Client>()

before(async () => {
  const all = ["admin", "dba", "developer"]
  stage = await openStage(
    { wrong: ["hr"], right: all, stepped: all, halved: all, gone: all, target: ["hr"] },
    { clock },
  )
  const { server, admin, people } = stage
  await createSecret(admin, NAME, "value")
  await createSecret(admin, "financial/ledger", "value")
  await createSecret(admin, "config/open", "value")
  app = await enrolApp(people.stepped.client, clock.now())
  for (const { client } of [people.right, people.halved]) await enrolApp(client, clock.now())
  callers.set("anonymous", clientOf(server.url, null))
  callers.set("half", await logInHalf(server.url, "halved"))
  callers.set("wrong role", people.wrong.client)
  callers.set("right role", people.right.client)
  callers.set("stepped up", people.stepped.client)
  callers.set("program", (await addProgram(admin, "robot", ["developer"])).client)
  callers.set("disabled", people.gone.client)
  const gone = await admin.patch(`/api/users/${people.gone.id}`, { disabled: true, reason })
  assert.equal(gone.status, 200, gone.text)
})
after(() => stage.close())

async function gateAt(id: RouteId, who: Caller): Promise<Gate> {
  const [method, pattern] = id.split(" ") as [string, string]
  const path = pattern
    .replace("{name}", NAME)
    .replace(":tokenId", "some-token")
    .replace("/proof", "/proof?index=0&size=1")
    .replace("/audit/seen", "/audit/seen?since=2026-01-01")
    .replace(":id", stage.people.target.id)
  const body = method === "GET" ? undefined : (BODIES[id] ?? deletion(id) ?? EXAMPLES[id]?.send ?? {})
  const client = callers.get(who) as Client
  const answer = await client.send<Problem>(method, path, body, who === "stepped up" ? await token(id) : {})
  const about = `${who} ${id}: ${answer.status} ${answer.text.slice(0, 300)}`
  assert.ok(answer.status < 500, about)
  const item = (answer.body as unknown as { items?: Problem[] } | undefined)?.items?.[0]
  const { code, requires, field } = { ...answer.body, ...(item?.code === undefined ? {} : item) } as Partial<Problem>
  assert.ok(field === undefined || NOT_READ.includes(id), about)
  if (answer.status === 401 && id !== "POST /api/auth/login") return "401"
  if (requires === "sign_in") return "half"
  if (code === "verification_required") return "2nd"
  if (code === "approval_required") return "appr"
  return code === "forbidden" ? "403" : "pass"
}

function deletion(id: RouteId): object | undefined {
  if (id !== "DELETE /api/secrets/{name}") return undefined
  return { confirmationCode: `DELETE-${NAME}-${new Date(clock.now()).toISOString().slice(0, 10)}`, reason }
}

async function token(id: RouteId): Promise<HeaderFields> {
  clock.advance(STEP_MS)
  const verb = STEPS[(MATRIX[id] as Row).verb ?? ""] ?? "govern"
  const code = appCode(app.seed, clock.now())
  return stepUp(stage.people.stepped.client, verb, verb === "govern" ? [] : [NAME], { code })
}

/** The others need the secret, and their sessions. */
const LAST: readonly RouteId[] = ["DELETE /api/secrets/{name}", "POST /api/auth/logout"]

test("every route has its row, and every row its route", () => {
  assert.deepEqual(Object.keys(GATES).toSorted(), Object.keys(MATRIX).toSorted())
})

test("every route stops every caller where it should, and lets through whom it should", async () => {
  const found: Record<string, Gate[]> = {}
  const routes = Object.keys(MATRIX) as RouteId[]
  for (const id of [...routes.filter((one) => !LAST.includes(one)), ...LAST]) {
    const gates: Gate[] = []
    for (const who of CALLERS) gates.push(await gateAt(id, who))
    found[id] = gates
  }
  assert.deepEqual(found, GATES)
})
