import assert from "node:assert/strict"
import { test } from "node:test"
import { imitation, refusal } from "./imitation.ts"
import { newHome } from "./kit.ts"

// To be moved to the real server as it gains these routes: PUT, DELETE, restore, versions, rollback, keys and
// service accounts.

const REASON = "checking the command line"
const VERSION = "0f8fad5b-d9cb-469f-a165-70867728950e"
const WRITTEN = { message: "ok", arn: "arn:x", name: "config/app", versionId: VERSION }

function homeAt(url: string) {
  return newHome({ TYLER_URL: url, TYLER_TOKEN: "tok", TYLER_REASON: REASON })
}

test("set writes a new version, and creates what is not there", async () => {
  using server = await imitation({
    "PUT /api/secrets/config/app": [[200, WRITTEN]],
    "PUT /api/secrets/config/new": [refusal(404, "not_found")],
    "POST /api/secrets": [[201, { ...WRITTEN, name: "config/new" }]],
  })
  using home = homeAt(server.url)
  const updated = await home.tyler(["set", "config/app", "--expect", VERSION], { input: "v" })
  assert.deepEqual([updated.code, updated.out], [0, `updated config/app ${VERSION}\n`])
  assert.deepEqual(server.asked[0]?.body, { value: "v", reason: REASON, expectedVersion: VERSION })
  assert.match(server.asked[0]?.key ?? "", /^[\w-]{36}$/)
  const created = await home.tyler(["set", "config/new", "--description", "d"], { input: "v" })
  assert.equal(created.out, `created config/new ${VERSION}\n`)
  assert.deepEqual(server.asked.at(-1)?.body, { name: "config/new", value: "v", description: "d" })
})

test("with --expect, set never creates", async () => {
  using server = await imitation({})
  using home = homeAt(server.url)
  assert.equal((await home.tyler(["set", "config/app", "--expect", VERSION], { input: "v" })).code, 4)
  assert.equal(server.asked.length, 1)
})

test("rm asks on a terminal; without one it needs --yes and sends the code of the day", async () => {
  const deletionDate = "2999-01-01T00:00:00.000Z"
  using server = await imitation({ "DELETE /api/secrets/config/app": [[200, { ...WRITTEN, deletionDate }]] })
  using home = homeAt(server.url)
  const asked = await home.tyler(["rm", "config/app"])
  assert.equal(asked.code, 2)
  assert.match(asked.err, /--yes/)
  assert.equal(server.asked.length, 0)
  const done = await home.tyler(["rm", "config/app", "--yes", "--days", "7"])
  assert.equal(done.code, 0, done.err)
  const { confirmationCode, ...body } = server.asked[0]?.body ?? {}
  assert.match(String(confirmationCode), /^DELETE-config\/app-\d{4}-\d{2}-\d{2}$/)
  assert.deepEqual(body, { reason: REASON, recoveryDays: 7 })
  for (const days of ["6", "31", "7.5", "x"])
    assert.equal((await home.tyler(["rm", "config/app", "--yes", "--days", days])).code, 2)
})

test("restore, versions and rollback", async () => {
  const item = { versionId: VERSION, stages: ["current"], createdAt: "2026-01-01T00:00:00.000Z", createdBy: "ada" }
  using server = await imitation({
    "POST /api/secrets/config/app/restore": [[200, WRITTEN]],
    "GET /api/secrets/config/app/versions": [[200, { versions: [item] }]],
    "POST /api/secrets/config/app/rollback": [[200, WRITTEN]],
  })
  using home = homeAt(server.url)
  assert.equal((await home.tyler(["restore", "config/app"])).out, "restored config/app\n")
  assert.match((await home.tyler(["versions", "config/app"])).out, new RegExp(`\n${VERSION} +current +.* +ada\n$`))
  assert.equal((await home.tyler(["rollback", "config/app", VERSION])).code, 0)
  assert.deepEqual(server.asked.at(-1)?.body, { versionId: VERSION, reason: REASON })
})

test("a refusal that asks for more leaves with 5, a used-up limit with 6, a server that is down with 7", async () => {
  const resetsAt = "2026-11-25T00:00:00.000Z"
  using server = await imitation({
    "POST /api/secrets/a/one/access": [refusal(403, "approval_required", { requiresApproval: true })],
    "POST /api/secrets/a/two/access": [refusal(403, "verification_required", { requiresToken: true })],
    "POST /api/secrets/a/three/access": [refusal(429, "quota_exceeded", { limit: 10, scope: "secret", resetsAt })],
    "POST /api/secrets/a/four/access": [refusal(503, "unavailable")],
  })
  using home = homeAt(server.url)
  const codes: (number | null)[] = []
  for (const name of ["one", "two", "three", "four"]) codes.push((await home.tyler(["get", `a/${name}`])).code)
  assert.deepEqual(codes, [5, 5, 6, 7])
})

test("keys rotate waits until nothing remains", async () => {
  const key = { id: "k1", purpose: "kek", state: "active", createdAt: "2026-01-01T00:00:00.000Z", versions: 3 }
  using server = await imitation({
    "POST /api/keys/rotate": [[202, { message: "started", keyId: "k2" }]],
    "GET /api/keys": [
      [200, { keys: [key], progress: { rewrapped: 1, remaining: 2 } }],
      [200, { keys: [key], progress: null }],
    ],
  })
  using home = homeAt(server.url)
  const { code, out } = await home.tyler(["keys", "rotate", "--retire"])
  assert.deepEqual([code, out], [0, "everything is sealed under k2\n"])
  assert.deepEqual(server.asked[0]?.body, { reason: REASON, retire: true })
  assert.equal(server.asked.length, 3)
  assert.match((await home.tyler(["keys", "status"])).out, /\nk1 +kek +active +.* +3\n$/)
})

test("a program's token stands alone on standard output", async () => {
  const issued = { id: "p1", tokenId: "t1", token: "tok-once", expiresAt: "2999-01-01T00:00:00.000Z" }
  using server = await imitation({
    "POST /api/service-accounts": [[201, issued]],
    "POST /api/service-accounts/p1/tokens": [[201, issued]],
  })
  using home = homeAt(server.url)
  const add = await home.tyler(["service-accounts", "add", "ci", "--roles", "deploy", "--days", "30"])
  assert.deepEqual([add.code, add.out], [0, "tok-once\n"])
  assert.deepEqual(server.asked[0]?.body, { name: "ci", roles: ["deploy"], reason: REASON, expiresInDays: 30 })
  assert.equal((await home.tyler(["service-accounts", "token", "p1"])).out, "tok-once\n")
  assert.equal((await home.tyler(["service-accounts", "add", "ci", "--roles", "Deploy"])).code, 2)
})
