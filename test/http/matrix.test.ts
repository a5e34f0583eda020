import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { ListAnswer, VersionsAnswer } from "../../src/api/secrets.ts"
import type { Answer, Client, Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { createSecret, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

/** The shipped rows, written out a second time: who may read, and what is asked besides. */
const CATEGORIES = {
  database: { roles: ["admin", "dba"], mfa: true, approval: false },
  "api-keys": { roles: ["admin", "developer"], mfa: false, approval: false },
  employee: { roles: ["admin", "hr"], mfa: true, approval: true },
  financial: { roles: ["admin", "finance"], mfa: true, approval: true },
  config: { roles: ["admin", "developer", "devops"], mfa: false, approval: false },
  elsewhere: { roles: ["admin"], mfa: false, approval: false },
} as const
type Category = keyof typeof CATEGORIES

const ROLES = ["admin", "dba", "developer", "hr", "finance", "devops", "auditor", "visitor"] as const

type Gate = "mfa" | "approval"
interface Route {
  readonly verb: string
  /** Null: as the category's row says. */
  readonly roles: readonly string[] | null
  readonly gates: readonly Gate[]
  /** A status of success, or the code that shows policy let it pass. */
  readonly passes: number | string
  ask(client: Client, name: string): Promise<Answer<Problem>>
}

const OWN = null
const ADMIN = ["admin"]
const BOTH = ["mfa", "approval"] as const

/** In an order in which each leaves the secret as the next needs it. */
const ROUTES: readonly Route[] = [
  get("list", "metadata", OWN),
  get("list", "versions", OWN),
  get("list", "rotation", OWN),
  get("audit", "audit", ["admin", "auditor"]),
  post("read", "access", OWN, BOTH, { reason: REASON }),
  post("reveal", "access", OWN, BOTH, { reason: REASON, unmask: true }),
  send("write", "PUT", OWN, ["mfa"], () => ({ value: "another value", reason: REASON })),
  send("write", "PATCH", OWN, ["mfa"], () => ({ description: "described", reason: REASON })),
  {
    verb: "write",
    roles: OWN,
    gates: ["mfa"],
    passes: 200,
    ask: async (client, name) => {
      const found = await stage.admin.get<Partial<VersionsAnswer>>(secretPath(name, "versions"))
      const versionId = found.body.versions?.[0]?.versionId ?? "0".repeat(32)
      return client.post(secretPath(name, "rollback"), { versionId, reason: REASON })
    },
  },
  { ...post("rotate", "rotate", ADMIN, ["mfa"], { reason: REASON }), passes: "not_rotatable" },
  {
    ...post("rotate", "schedule", ADMIN, ["mfa"], {
      expression: "rate(30 days)",
      strategy: "generated",
      enabled: true,
    }),
    passes: "rotation_refused",
  },
  send("delete", "DELETE", ADMIN, ["mfa"], (name) => ({ confirmationCode: code(name), reason: REASON })),
  { ...post("restore", "restore", ADMIN, [], { reason: REASON }), passes: 200 },
]

function get(verb: string, last: string, roles: Route["roles"]): Route {
  return { verb, roles, gates: [], passes: 200, ask: (client, name) => client.get(secretPath(name, last)) }
}

function post(verb: string, last: string, roles: Route["roles"], gates: readonly Gate[], body: object): Route {
  return { verb, roles, gates, passes: 200, ask: (client, name) => client.post(secretPath(name, last), body) }
}

function send(
  verb: string,
  method: string,
  roles: Route["roles"],
  gates: readonly Gate[],
  body: (name: string) => object,
): Route {
  return { verb, roles, gates, passes: 200, ask: (client, name) => client.send(method, secretPath(name), body(name)) }
}

const clock = movableClock()
let stage: Stage<(typeof ROLES)[number] | "several">
const categories = Object.keys(CATEGORIES) as Category[]

function code(name: string): string {
  return `DELETE-${name}-${new Date(clock.now()).toISOString().slice(0, 10)}`
}

before(async () => {
  const people: Record<string, string[]> = { several: ["hr", "dba"] }
  for (const role of ROLES) people[role] = [role]
  stage = await openStage(people, { clock })
  for (const category of categories) await createSecret(stage.admin, `${category}/there`, "value")
})
after(() => stage.close())

function mayUse(role: string, category: Category, route: Route): boolean {
  const roles: readonly string[] = route.roles ?? CATEGORIES[category].roles
  return roles.includes(role)
}

/** What stands in the way once the role is right; undefined: nothing. */
function gateOf(category: Category, { gates }: Route): string | undefined {
  const row = CATEGORIES[category]
  if (row.approval && gates.includes("approval")) return "approval_required"
  return row.mfa && gates.includes("mfa") ? "verification_required" : undefined
}

function withoutId({ status, body: { requestId: _requestId, ...body } }: Answer<Problem>): object {
  return { status, body }
}

async function forbidden(client: Client, category: Category, route: Route, about: string): Promise<void> {
  const there = await route.ask(client, `${category}/there`)
  const missing = await route.ask(client, `${category}/missing`)
  assert.equal(there.status, 403, `${about}: ${there.text}`)
  assert.equal(there.body.code, "forbidden", about)
  assert.deepEqual(withoutId(there), withoutId(missing), `${about}: whether it exists shows`)
}

/** Where a deletion takes a second factor nothing could be deleted, so there is nothing to restore. */
function passes(category: Category, route: Route): number | string {
  return route.verb === "restore" && CATEGORIES[category].mfa ? "secret_not_deleted" : route.passes
}

async function allowed(client: Client, category: Category, route: Route, about: string): Promise<void> {
  const missing = await route.ask(client, `${category}/missing`)
  // An audit query is about the log: what it finds of a name that never was is nothing.
  assert.equal(missing.status, route.verb === "audit" ? 200 : 404, `${about}, missing: ${missing.text}`)
  const there = await route.ask(client, `${category}/there`)
  const expected = gateOf(category, route) ?? passes(category, route)
  assert.equal(typeof expected === "number" ? there.status : there.body.code, expected, `${about}: ${there.text}`)
}

describe("every role, every verb's route, every category", () => {
  for (const role of ROLES) {
    test(`as ${role}`, async () => {
      const { client } = stage.people[role]
      for (const category of categories) {
        clock.advance(60_000)
        for (const route of ROUTES) {
          if (route.verb === "restore") await prepareRestore(category)
          const about = `${role} ${route.verb} ${category}`
          if (mayUse(role, category, route)) await allowed(client, category, route, about)
          else await forbidden(client, category, route, about)
        }
        await putBack(category)
      }
    })
  }
})

async function prepareRestore(category: Category): Promise<void> {
  if (CATEGORIES[category].mfa) return
  const name = `${category}/there`
  await stage.admin.delete(secretPath(name), { confirmationCode: code(name), reason: REASON })
}

async function putBack(category: Category): Promise<void> {
  if (CATEGORIES[category].mfa) return
  await stage.admin.post(secretPath(`${category}/there`, "restore"), { reason: REASON })
}

test("only admins create, in every category", async () => {
  for (const role of ROLES) {
    clock.advance(60_000)
    for (const category of categories) {
      for (const name of [`${category}/made-by-${role}`, `${category}/there`]) {
        const answer = await stage.people[role].client.post<Problem>("/api/secrets", { name, value: "value" })
        const expected = role !== "admin" ? 403 : name.endsWith("there") ? 409 : 201
        assert.equal(answer.status, expected, `${role} ${name}: ${answer.text}`)
      }
    }
  }
})

test("a purge at once is refused to everybody: no second person can be asked yet", async () => {
  for (const category of categories) {
    const name = `${category}/there`
    const body = { confirmationCode: code(name), reason: REASON, forceDelete: true }
    const answer = await stage.admin.delete<Problem>(secretPath(name), body)
    assert.equal(answer.body.code, "approval_required", category)
    assert.deepEqual(answer.body["missing"], ["approval", "verification"])
    const other = await stage.people.auditor.client.delete<Problem>(secretPath(name), body)
    assert.equal(other.body.code, "forbidden", category)
  }
})

test("a list shows what the caller may list and nothing else", async () => {
  for (const [role, { client }] of Object.entries(stage.people)) {
    const mine = role === "several" ? ["hr", "dba"] : [role]
    const expected = categories.filter((one) => CATEGORIES[one].roles.some((name) => mine.includes(name)))
    const { body, status } = await client.get<ListAnswer>("/api/secrets")
    assert.equal(status, 200)
    const shown = new Set(body.secrets.map(({ name }) => name.split("/")[0]))
    assert.deepEqual(
      [...shown].toSorted((a = "", b = "") => (a < b ? -1 : 1)),
      expected.toSorted(),
      role,
    )
    assert.equal(body.total, body.secrets.length)
    assert.deepEqual(body.userRoles, mine.toSorted())
    assert.equal(body.userRole, mine.toSorted()[0])
    for (const category of categories) {
      const part = await client.get<ListAnswer>(`/api/secrets?category=${category}`)
      assert.equal(part.body.total > 0, expected.includes(category), `${role} ${category}`)
      const found = await client.get<ListAnswer>(`/api/secrets?q=there&prefix=${category}`)
      assert.equal(found.body.total, expected.includes(category) ? 1 : 0)
    }
  }
})

test("paging shows each once, and a cursor opens nothing", async () => {
  for (const role of ["admin", "developer", "visitor"] as const) {
    const { client } = stage.people[role]
    const whole = (await client.get<ListAnswer>("/api/secrets")).body.secrets.map(({ name }) => name)
    const paged: string[] = []
    let cursor: string | null = ""
    while (cursor !== null) {
      const page: ListAnswer = (await client.get<ListAnswer>(`/api/secrets?limit=1${cursor}`)).body
      assert.ok(page.secrets.length <= 1)
      paged.push(...page.secrets.map(({ name }) => name))
      cursor = page.nextCursor === null ? null : `&cursor=${page.nextCursor}`
    }
    assert.deepEqual(paged, whole, role)
  }
  const forged = Buffer.from("database/").toString("base64url")
  const { secrets } = (await stage.people.developer.client.get<ListAnswer>(`/api/secrets?cursor=${forged}`)).body
  assert.ok(secrets.every(({ name }) => /^(config|api-keys)\//.test(name)))
  for (const cursor of ["", "%", "a b", "!!!!", "x".repeat(2000)]) {
    const answer = await stage.admin.get(`/api/secrets?cursor=${encodeURIComponent(cursor)}`)
    assert.equal(answer.status, 400, cursor)
  }
})

const ISSUER = {
  issuer: "https://issuer.example",
  audience: "tyler",
  bindings: [{ subject: "a", accountId: "nobody" }],
  reason: REASON,
}

test("people, programs, policies, keys and the log are governed by role", async () => {
  const id = stage.people.visitor.id
  const account = "some-account"
  const routes: readonly (readonly [readonly string[], string, string, object?])[] = [
    [ADMIN, "GET", "/api/users"],
    [ADMIN, "POST", "/api/users", { username: "x y", password: "x", roles: [] }],
    [ADMIN, "PATCH", `/api/users/${id}`, { reason: REASON, password: "short" }],
    [ADMIN, "GET", `/api/users/${id}/sessions`],
    [ADMIN, "DELETE", `/api/users/${id}/sessions/none`],
    [ROLES, "GET", "/api/roles"],
    [ADMIN, "POST", "/api/roles", { name: "admin", description: "Another", reason: REASON }],
    [ADMIN, "DELETE", "/api/roles/admin", { reason: REASON }],
    [ADMIN, "GET", "/api/service-accounts"],
    [ADMIN, "POST", "/api/service-accounts", { name: "Not Valid", roles: [], reason: REASON }],
    [ADMIN, "PATCH", `/api/service-accounts/${account}`, { ownerId: "nobody", reason: REASON }],
    [ADMIN, "POST", `/api/service-accounts/${account}/tokens`, { reason: REASON }],
    [ADMIN, "DELETE", `/api/service-accounts/${account}/tokens/none`],
    [ADMIN, "GET", "/api/iam-bindings"],
    [ADMIN, "POST", "/api/iam-bindings", { arn: "arn:aws:iam::123456789012:root", accountId: "x", reason: REASON }],
    [ADMIN, "DELETE", "/api/iam-bindings/none", { reason: REASON }],
    [ADMIN, "GET", "/api/workload-issuers"],
    [ADMIN, "POST", "/api/workload-issuers", ISSUER],
    [ADMIN, "PUT", "/api/workload-issuers/none", ISSUER],
    [ADMIN, "DELETE", "/api/workload-issuers/none", { reason: REASON }],
    [ADMIN, "POST", "/api/policies", { secretPattern: "config/*", reason: REASON }],
    [ADMIN, "PUT", "/api/policies/none", { secretPattern: "x/*", reason: REASON }],
    [ADMIN, "DELETE", "/api/policies/none", { reason: REASON }],
    [ADMIN, "GET", "/api/keys"],
    [ADMIN, "POST", "/api/keys/rotate", { reason: REASON }],
    [ADMIN, "POST", "/api/keys/rotate-root", { reason: REASON }],
    [["admin", "auditor"], "GET", "/api/audit"],
    [["admin", "auditor"], "GET", "/api/audit/export"],
    [["admin", "auditor"], "POST", "/api/policies/explain", { principal: "dba", verb: "read", secret: "config/x" }],
    [ROLES, "GET", "/api/policies"],
    [ROLES, "GET", "/api/me"],
    [ROLES, "GET", "/api/sessions"],
    [ROLES, "POST", "/api/policies/explain", { verb: "read", secret: "config/x" }],
  ]
  for (const role of ROLES) {
    clock.advance(60_000)
    for (const [roles, method, path, body] of routes) {
      const answer = await stage.people[role].client.send<Problem>(method, path, body)
      const about = `${role} ${method} ${path}: ${answer.text.slice(0, 200)}`
      if (roles.includes(role)) assert.ok(answer.status !== 403 && answer.status !== 401 && answer.status < 500, about)
      else assert.equal(answer.status, 403, about)
    }
  }
})
