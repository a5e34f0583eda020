import assert from "node:assert/strict"
import { join } from "node:path"
import { after, test } from "node:test"
import { createNextRootKey } from "../../src/adapters/local/root-key-files.ts"
import { systemRandom } from "../../src/core/random.ts"
import { CONTRACTS } from "../../src/http/contract.ts"
import { MATRIX, type RouteId } from "../../src/http/matrix.ts"
import { EXAMPLES } from "../../src/http/openapi/examples.ts"
import { type Client, clientOf, type Loose } from "../kit/client.ts"
import { logIn } from "../kit/people.ts"
import { startServer } from "../kit/server.ts"

const NAME = "config/app"

/** Ids and such, which differ from server to server; the rest of each body is the document's own example. */
type Real = Readonly<Record<string, unknown>>

test("every route answers its own example as it is described", async () => {
  const server = await startServer()
  after(() => server.close())
  let client: Client = server.anonymous
  const seen = new Set<RouteId>()

  /** Sends a route's example. The client judges the answer by the description of its status. */
  async function ask(id: RouteId, parameters: Real = {}, real: Real = {}, query = ""): Promise<Loose> {
    const [method = "", path = ""] = id.split(" ")
    const filled = path.replaceAll(/:(\w+)|\{(\w+)\}/g, (_, id: string, name: string) => String(parameters[id ?? name]))
    const example = EXAMPLES[id]?.send
    const body = example === undefined ? undefined : { ...(example as Loose), ...real }
    const answer = await client.send(method, filled + query, body)
    const [success] = Object.keys(CONTRACTS[id].answers)
    assert.equal(String(answer.status), success ?? "409", `${id}: ${answer.text.slice(0, 300)}`)
    if (success === undefined) assert.equal(answer.body["code"], "not_rotatable", id)
    seen.add(id)
    return answer.body
  }

  for (const id of ["GET /api/health", "GET /api/ready", "GET /api/openapi.json", "GET /api/docs"] as const)
    await ask(id)
  const { token } = await ask("POST /api/setup", {}, { token: server.setupToken })
  client = clientOf(server.url, String(token))
  await ask("POST /api/auth/login")

  const grace = await ask("POST /api/users")
  await ask("GET /api/users", {}, {}, "?limit=1")
  await ask("PATCH /api/users/:id", grace)
  const account = await ask("POST /api/service-accounts")
  await ask("GET /api/service-accounts", {}, {}, "?limit=1")
  await ask("POST /api/service-accounts/:id/tokens", account)
  await ask("DELETE /api/service-accounts/:id/tokens/:tokenId", account)

  const policy = await ask("POST /api/policies")
  await ask("GET /api/policies")
  await ask("GET /api/policies/:id", policy)
  await ask("PUT /api/policies/:id", policy)
  await ask("POST /api/policies/explain")
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
  await ask("POST /api/secrets/{name}/rotate", name)
  await ask("POST /api/secrets/{name}/schedule", name)
  await ask("GET /api/secrets/{name}/rotation", name)
  const day = new Date().toISOString().slice(0, 10)
  await ask("DELETE /api/secrets/{name}", name, { confirmationCode: `DELETE-${NAME}-${day}` })
  await ask("POST /api/secrets/{name}/restore", name)
  await ask("GET /api/secrets/{name}/audit", name, {}, "?limit=5&startDate=2026-01-01")

  await ask("GET /api/audit", {}, {}, "?action=GET&result=SUCCESS&resource=config/app&user=ada")
  await ask("GET /api/audit/export")
  await ask("GET /api/audit/checkpoint")
  await ask("GET /api/audit/key")
  await ask("GET /api/audit/proof", {}, {}, "?index=1&size=5")
  await ask("POST /api/keys/rotate")
  createNextRootKey(join(server.dataFolder, "root.key"), systemRandom)
  await ask("POST /api/keys/rotate-root")
  await ask("GET /api/keys")

  await ask("GET /metrics")
  await ask("GET /api/me")
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
