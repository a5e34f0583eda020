import assert from "node:assert/strict"
import { join } from "node:path"
import { after, test } from "node:test"
import { deadApi } from "../kit/rotated.ts"
import { createSecret, REASON, secretPath } from "../kit/secrets.ts"
import { createNextRootKey } from "../../src/adapters/local/root-key-files.ts"
import { newIdentity } from "../../src/backup/age.ts"
import { systemRandom } from "../../src/core/random.ts"
import { CONTRACTS } from "../../src/http/contract.ts"
import { MATRIX, type RouteId } from "../../src/http/matrix.ts"
import { EXAMPLES } from "../../src/http/openapi/examples.ts"
import { type Client, clientOf, type HeaderFields, type Loose } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { appCode, enrolApp, logInHalf, passkeyShown, STEP_MS, stepUp } from "../kit/factors.ts"
import { SoftwarePasskey } from "../kit/passkey.ts"
import { addPerson, addRoles, logIn } from "../kit/people.ts"
import { startServer } from "../kit/server.ts"

const NAME = "config/app"

/** Ids and such, which differ from server to server; the rest of each body is the document's own example. */
type Real = Readonly<Record<string, unknown>>

const SIGNING_ON = [
  "GET /auth/oidc/:id/start",
  "GET /auth/oidc/:id/callback",
  "POST /api/auth/sign-on",
  "POST /api/me/identities",
  "DELETE /api/me/identities/:id",
] as const

test("every route answers its own example as it is described", async () => {
  const clock = movableClock()
  const { recipient } = await newIdentity()
  const env = { ROTATION_HOSTS: "127.0.0.1:1", ROTATION_NETWORKS: "loopback", TYLER_BACKUP_RECIPIENTS: recipient }
  const server = await startServer({ clock, env })
  after(() => server.close())
  let client: Client = server.anonymous
  const seen = new Set<RouteId>()

  /** Sends a route's example. The client judges the answer by the description of its status. */
  async function ask(
    id: RouteId,
    parameters: Real = {},
    real: Real = {},
    query = "",
    headers: HeaderFields = {},
  ): Promise<Loose> {
    const [method = "", path = ""] = id.split(" ")
    const filled = path.replaceAll(/:(\w+)|\{(\w+)\}/g, (_, id: string, name: string) => String(parameters[id ?? name]))
    const example = EXAMPLES[id]?.send
    const body = example === undefined ? undefined : { ...(example as Loose), ...real }
    const answer = await client.send(method, filled + query, body, headers)
    const described = Object.keys(CONTRACTS[id].answers)
    const success = described.includes(String(answer.status)) ? String(answer.status) : described[0]
    assert.equal(String(answer.status), success, `${id}: ${answer.text.slice(0, 300)}`)
    seen.add(id)
    return answer.body
  }

  /** A key whose API does not answer: its rotation waits, and can be cancelled. */
  async function rotationStory(): Promise<void> {
    const name = { name: "config/rotating" }
    await createSecret(client, name.name, deadApi)
    await ask("POST /api/secrets/{name}/schedule", name, { strategy: "http-key" })
    await ask("GET /api/rotations")
    await ask("POST /api/secrets/{name}/rotate", name)
    await ask("GET /api/secrets/{name}/rotation", name, {}, "?seen=none&wait=1")
    await ask("POST /api/secrets/{name}/cancel-rotation", name)
    await client.put(secretPath(name.name), { value: { generate: { kind: "token" } }, reason: REASON })
    await ask("POST /api/secrets/{name}/schedule", name, { strategy: "generated" })
    await ask("POST /api/secrets/{name}/check-rotation", name)
  }

  /** People who ask and decide: the admin steps aside, and comes back with an app. */
  async function approvalStory(): Promise<void> {
    const admin = client
    await createSecret(admin, "financial/ledger", "the books")
    const [finn, gail] = [await logIn(server.url, "finn"), await logIn(server.url, "gail")]

    client = gail
    const begun = await ask("POST /api/me/factors/passkey")
    const passkey = new SoftwarePasskey({ origin: server.publicUrl })
    const response = passkey.register(begun["publicKey"] as Parameters<SoftwarePasskey["register"]>[0])
    await ask("POST /api/me/factors/passkey/confirm", {}, { enrolment: begun["enrolment"], response })
    await ask("POST /api/auth/challenge")

    client = finn
    const app = await ask("POST /api/me/factors/totp")
    const code = (): Real => ({ code: appCode(String(app["secret"]), clock.now()) })
    const tick = (): void => clock.advance(STEP_MS)
    const govern = async (): Promise<HeaderFields> => {
      tick()
      return stepUp(finn, "govern", [], code())
    }
    const factor = await ask("POST /api/me/factors/totp/confirm", {}, { enrolment: app["enrolment"], ...code() })
    await ask("GET /api/me/factors")
    await ask("PATCH /api/me/factors/:id", factor)
    await ask("POST /api/me/factors/recovery", {}, {}, "", await govern())
    tick()
    await ask("POST /api/auth/verify", {}, code())

    const first = await ask("POST /api/access-requests")
    await ask("GET /api/access-requests", {}, {}, "?of=own&state=pending&limit=10")
    await ask("GET /api/access-requests/:id", first)
    client = gail
    await ask("POST /api/access-requests/:id/approve", first, {
      ...(await passkeyShown(gail, passkey, "approve", String(first["id"]))),
    })
    client = finn
    const { grants } = await ask("GET /api/grants")
    await ask("DELETE /api/grants/:id", (grants as Loose[])[0])
    const second = await ask("POST /api/access-requests")
    client = gail
    await ask("POST /api/access-requests/:id/deny", second)
    client = finn
    const third = await ask("POST /api/access-requests")
    await ask("POST /api/access-requests/:id/cancel", third)

    const glass = await ask("POST /api/break-glass", {}, {}, "", await govern())
    clock.advance(31 * 60_000)
    await server.runJobs()
    client = gail
    await ask("POST /api/access-requests/:id/review", glass)

    client = await logInHalf(server.url, "finn")
    await ask("POST /api/auth/factor", {}, code())
    client = finn
    await ask("DELETE /api/me/factors/:id", factor, {}, "", await govern())
    client = admin
  }

  for (const id of ["GET /api/health", "GET /api/ready", "GET /api/openapi.json", "GET /api/docs"] as const)
    await ask(id)
  const { token } = await ask("POST /api/setup", {}, { token: server.setupToken })
  client = clientOf(server.url, String(token))
  await ask("POST /api/auth/login")

  const grace = await ask("POST /api/users")
  await ask("GET /api/users", {}, {}, "?limit=1")
  const [finn] = [await addPerson(client, "finn", ["finance"]), await addPerson(client, "gail", ["finance"])]
  const { sessions: theirs } = await ask("GET /api/users/:id/sessions", { id: finn.id })
  const [oldest] = theirs as { id: string }[]
  await ask("DELETE /api/users/:id/sessions/:sessionId", { id: finn.id, sessionId: oldest?.id })
  assert.equal((await client.patch(`/api/users/${finn.id}`, { breakGlass: true })).status, 200)
  await ask("PATCH /api/users/:id", grace)
  await ask("GET /api/users/:id/data", grace)
  const helen = (await addPerson(client, "helen", ["admin"])).client
  const phone = await enrolApp(helen, clock.now())
  clock.advance(STEP_MS)
  const admin = client
  client = helen
  const steppedUp = await stepUp(helen, "govern", [], { code: appCode(phone.seed, clock.now()) })
  await ask("POST /api/users/:id/erase", grace, {}, "", steppedUp)
  clock.advance(STEP_MS)
  const once = await stepUp(helen, "govern", [], { code: appCode(phone.seed, clock.now()) })
  await ask("POST /api/backup", {}, {}, "", once)
  client = admin
  await ask("POST /api/users/:id/hold", grace)
  await ask("DELETE /api/users/:id/hold", grace)
  await ask("GET /api/roles")
  const role = await ask("POST /api/roles")
  await ask("DELETE /api/roles/:name", role)
  const key = await ask("POST /api/access-keys")
  await ask("GET /api/access-keys")
  await ask("DELETE /api/access-keys/:id", { id: key["accessKeyId"] })
  const account = await ask("POST /api/service-accounts")
  await ask("GET /api/service-accounts", {}, {}, "?limit=1")
  await ask("PATCH /api/service-accounts/:id", account)
  await ask("POST /api/service-accounts/:id/tokens", account)
  await ask("DELETE /api/service-accounts/:id/tokens/:tokenId", account)

  const bound = await ask("POST /api/iam-bindings", {}, { accountId: account["id"] })
  await ask("GET /api/iam-bindings")
  await ask("DELETE /api/iam-bindings/:id", bound)
  const unsigned = await client.post("/api/auth/iam", EXAMPLES["POST /api/auth/iam"]?.send)
  assert.equal(unsigned.status, 409, "no Region is set")
  seen.add("POST /api/auth/iam")

  const bindings = [{ subject: "repo:acme/shop:environment:production", accountId: account["id"] }]
  const issuer = await ask("POST /api/workload-issuers", {}, { bindings })
  await ask("GET /api/workload-issuers")
  await ask("PUT /api/workload-issuers/:id", issuer, { bindings })
  await ask("DELETE /api/workload-issuers/:id", issuer)
  const refused = await client.post("/api/auth/workload", EXAMPLES["POST /api/auth/workload"]?.send)
  assert.equal(refused.status, 401, "a token of nobody we know")
  seen.add("POST /api/auth/workload")

  const policy = await ask("POST /api/policies")
  await ask("GET /api/policies")
  await ask("GET /api/policies/:id", policy)
  await ask("PUT /api/policies/:id", policy)
  await ask("POST /api/policies/explain")
  await ask("POST /api/policies/diff")
  await ask("POST /api/policies/test")
  await ask("DELETE /api/policies/:id", policy)

  const first = await ask("POST /api/secrets")
  const name = { name: NAME }
  await ask("GET /api/secrets", {}, {}, "?prefix=config&q=app&limit=10")
  await ask("POST /api/secrets/access")
  await ask("POST /api/secrets/{name}/access", { name: "config%2Fapp" })
  await ask("PATCH /api/secrets/{name}", name)
  const second = await ask("PUT /api/secrets/{name}", name, { expectedVersion: first["versionId"] })
  const versions = { versionId: first["versionId"], expectedVersion: second["versionId"] }
  await ask("POST /api/secrets/{name}/rollback", name, versions)
  await ask("GET /api/secrets/{name}/metadata", name)
  await ask("GET /api/secrets/{name}/versions", name)
  await rotationStory()
  const day = new Date().toISOString().slice(0, 10)
  await ask("DELETE /api/secrets/{name}", name, { confirmationCode: `DELETE-${NAME}-${day}` })
  await ask("POST /api/secrets/{name}/restore", name)
  await ask("POST /api/secrets/{name}/adopt", name)
  await ask("GET /api/secrets/{name}/who", name, {}, "?limit=5")
  await ask("GET /api/secrets/{name}/audit", name, {}, "?limit=5&startDate=2026-01-01")

  await ask("GET /api/audit", {}, {}, "?action=GET&result=SUCCESS&resource=config/app&user=ada")
  await ask("GET /api/audit/seen", {}, {}, "?person=ada&since=2026-01-01")
  await ask("GET /api/audit/export")
  await ask("GET /api/audit/checkpoint")
  await ask("GET /api/audit/key")
  await ask("GET /api/audit/proof", {}, {}, "?index=1&size=5")
  await ask("GET /api/compliance")
  await ask("GET /api/access-review")
  await ask("POST /api/access-review", {}, { decisions: [{ id: grace["id"], decision: "keep" }] })
  await ask("POST /api/keys/rotate")
  createNextRootKey(join(server.dataFolder, "root.key"), systemRandom)
  await ask("POST /api/keys/rotate-root")
  await ask("GET /api/keys")

  await approvalStory()

  // A role that passes no approval: another would take a second person.
  const roleRules = [{ claim: "groups", value: "Visitors", role: "visitor" }]
  await addRoles(client, ["visitor"])
  const provider = { id: "acme", issuer: "https://login.acme.example" }
  await ask("POST /api/identity-providers", {}, { ...provider, roleRules })
  await ask("GET /api/identity-providers")
  await ask("GET /api/auth/providers")
  await ask("GET /api/me/identities")
  await ask("PUT /api/identity-providers/:id", provider, { roleRules })
  await ask("DELETE /api/identity-providers/:id", provider)
  // What takes a provider that answers is asked by the tests of signing on.
  for (const id of SIGNING_ON) seen.add(id)

  await ask("GET /metrics")
  await ask("GET /api/me")
  await ask("PATCH /api/me")
  await ask("GET /api/sessions")
  await ask("POST /api/me/password")
  const change = EXAMPLES["POST /api/me/password"]?.send ?? {}
  const { newPassword: other } = change as { newPassword: string }
  client = await logIn(server.url, "ada", other)
  await logIn(server.url, "ada", other)
  const { sessions } = (await client.get<{ sessions: { id: string; current: boolean }[] }>("/api/sessions")).body
  await ask("DELETE /api/sessions/:id", { ...sessions.find(({ current }) => !current) })
  await ask("POST /api/auth/logout")

  assert.deepEqual([...seen].toSorted(), Object.keys(MATRIX).toSorted())
})
