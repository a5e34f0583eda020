import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, before, test } from "node:test"
import type { Problem } from "../kit/client.ts"
import { type OidcServer, startOidcServer } from "../kit/oidc-server.ts"
import { ADMIN_NAME, addPerson, logIn, PASSWORD, setUpAdmin } from "../kit/people.ts"
import { REASON } from "../kit/secrets.ts"
import { startServer, temporaryFolder, type TestServer } from "../kit/server.ts"
import { addProvider, DEVELOPMENT, providerBody, signedIn, signOn } from "../kit/sign-on.ts"

const folder = temporaryFolder()
const CLOSED = { ...DEVELOPMENT, LOCAL_LOGIN: "break-glass", LOCAL_LOGIN_ADMINS: `${ADMIN_NAME},other` }
let oidc: OidcServer

before(async () => {
  oidc = await startOidcServer()
})
after(async () => {
  await oidc.close()
  rmSync(folder, { recursive: true, force: true })
})

async function serving(env: Record<string, string>, run: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await startServer({ env, folder })
  try {
    await run(server)
  } finally {
    await server.close()
  }
}

const tryLogin = (server: TestServer, username: string, password = PASSWORD) =>
  server.anonymous.post<Problem>("/api/auth/login", { username, password })

test("it is refused at start while no provider is enabled or nobody named can come in", async () => {
  const none = /needs an identity provider that is enabled/
  await assert.rejects(startServer({ env: CLOSED, folder }), none)
  await serving(DEVELOPMENT, async (server) => {
    const admin = await setUpAdmin(server)
    for (const [name, roles] of [
      ["dev", ["developer"]],
      ["second", ["admin"]],
    ] as const)
      await addPerson(admin, name, roles)
    const made = await admin.post("/api/identity-providers", providerBody(oidc, { enabled: false }))
    assert.equal(made.status, 201)
  })
  await assert.rejects(startServer({ env: CLOSED, folder }), none)
  await serving(DEVELOPMENT, async (server) => {
    const admin = await logIn(server.url, ADMIN_NAME)
    assert.equal((await admin.delete("/api/identity-providers/acme", { reason: REASON })).status, 200)
    await addProvider(admin, oidc)
  })
  for (const names of ["nobody", "dev"])
    await assert.rejects(
      startServer({ env: { ...CLOSED, LOCAL_LOGIN_ADMINS: names }, folder }),
      /names no enabled admin who has a password/,
    )
})

test("then passwords open sessions for the named admins only, and only who has the right one is told", async () => {
  await serving(CLOSED, async (server) => {
    assert.equal((await tryLogin(server, ADMIN_NAME)).status, 200)
    for (const name of ["dev", "second"]) {
      const right = await tryLogin(server, name)
      assert.deepEqual([right.status, right.body.code], [403, "local_login_closed"])
      assert.match(right.body.error, /sign in with your identity provider/)
      assert.equal((await tryLogin(server, name, "not the password at all")).status, 401)
    }
    const offered = await server.anonymous.get("/api/auth/providers")
    assert.equal(offered.body["localLogin"], "break-glass")
    const admin = await logIn(server.url, ADMIN_NAME)
    const rows = (await admin.get<{ identityProviders: { redirectUri: string }[] }>("/api/identity-providers")).body
    oidc.allow(rows.identityProviders[0]?.redirectUri ?? "")
    oidc.people["1"] = { preferred_username: "one", groups: ["engineers"] }
    signedIn(server, await signOn(server, "1"))
    assert.equal((await admin.delete("/api/identity-providers/acme", { reason: REASON })).status, 200)
    const stuck = await tryLogin(server, "dev")
    assert.match(stuck.body.error, /no identity provider is enabled/)
    assert.equal((await tryLogin(server, ADMIN_NAME)).status, 200, "who is named still comes in")
  })
})
