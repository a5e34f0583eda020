import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { MeAnswer } from "../../src/api/auth.ts"
import { entriesOf } from "../kit/audit.ts"
import { browsing } from "../kit/browsing.ts"
import { type OidcServer, startOidcServer } from "../kit/oidc-server.ts"
import { addProvider, DEVELOPMENT, refusalIn, signedIn, signOn } from "../kit/sign-on.ts"
import { openStage, type Stage } from "../kit/stage.ts"

let stage: Stage<"local">
let oidc: OidcServer

before(async () => {
  oidc = await startOidcServer()
  stage = await openStage({ local: ["developer"] }, { env: DEVELOPMENT })
  await addProvider(stage.admin, oidc, { mfaAmr: ["mfa"], mfaAcr: ["urn:test:strong"] })
})
after(async () => {
  await stage.close()
  await oidc.close()
})

test("the first sign-on makes a person of issuer and subject, the second finds it", async () => {
  oidc.people["1"] = { preferred_username: "Zoe.Adams@Acme.Example", groups: ["engineers", "others"] }
  const first = signedIn(stage.server, await signOn(stage.server, "1"))
  const me = (await first.get<MeAnswer>("/api/me")).body
  assert.deepEqual(
    [me.username, me.roles, me.assurance, me.kind],
    ["zoe.adams@acme.example", ["developer"], "password", "person"],
  )
  const second = signedIn(stage.server, await signOn(stage.server, "1"))
  assert.equal((await second.get<MeAnswer>("/api/me")).body.id, me.id)
  const entries = await entriesOf(stage.admin, { action: "LOGIN" })
  const made = entries.filter(({ user_id }) => user_id === me.id)
  assert.deepEqual(
    made.map(({ result, decision, details }) => [result, decision, details]),
    [
      ["SUCCESS", "sign_on", "provider=acme second_factor=none created roles=developer"],
      ["SUCCESS", "sign_on", "provider=acme second_factor=none roles=same"],
    ],
  )
})

test("roles are what the provider says now: one taken back is gone, and so is every earlier session", async () => {
  oidc.people["2"] = { preferred_username: "two", groups: ["engineers", "tyler-admins"], department: "Finance" }
  const before_ = signedIn(stage.server, await signOn(stage.server, "2"))
  assert.deepEqual((await before_.get<MeAnswer>("/api/me")).body.roles, ["admin", "developer", "finance"])
  oidc.people["2"] = { preferred_username: "two", groups: "engineers" }
  const after_ = signedIn(stage.server, await signOn(stage.server, "2"))
  assert.deepEqual((await after_.get<MeAnswer>("/api/me")).body.roles, ["developer"])
  assert.equal((await before_.get("/api/me")).status, 401)
  assert.equal((await after_.get("/api/users")).status, 403)
})

test("equality is exact: other spellings, other types and parts of a value give no role", async () => {
  const odd: readonly Record<string, unknown>[] = [
    {},
    { groups: "Engineers" },
    { groups: ["engineers "] },
    { groups: ["tyler-admins,engineers"] },
    { groups: "engineers tyler-admins" },
    { groups: [["engineers"]] },
    { groups: { engineers: true } },
    { groups: [{ name: "engineers" }] },
    { groups: 1, department: ["finance", "FINANCE"] },
  ]
  for (const [at, claims] of odd.entries()) {
    oidc.people[`odd-${at}`] = { preferred_username: `odd-${at}`, ...claims }
    assert.equal(refusalIn(await signOn(stage.server, `odd-${at}`)), "no_mapped_role", JSON.stringify(claims))
  }
  const refused = await entriesOf(stage.admin, { action: "LOGIN", result: "DENIED" })
  assert.equal(refused.filter(({ decision }) => decision === "no_mapped_role").length, odd.length)
})

test("a user name that is taken, missing or none of ours is refused; nobody is found by name or e-mail", async () => {
  const groups = ["engineers"]
  oidc.people["3"] = { preferred_username: "LOCAL", groups, email: "local@example.com" }
  assert.equal(refusalIn(await signOn(stage.server, "3")), "sign_on_name_taken")
  for (const [at, preferred_username] of [undefined, "", " ", "no spaces", "-x", "a".repeat(129), 7].entries()) {
    oidc.people[`name-${at}`] = { preferred_username, groups, email: "local@example.com" }
    assert.equal(refusalIn(await signOn(stage.server, `name-${at}`)), "sign_on_name", String(preferred_username))
  }
  oidc.people["edge"] = { preferred_username: "a".repeat(128), groups }
  signedIn(stage.server, await signOn(stage.server, "edge"))
})

test("whoever is disabled here does not come in, whatever the provider says", async () => {
  oidc.people["4"] = { preferred_username: "four", groups: ["engineers"] }
  const client = signedIn(stage.server, await signOn(stage.server, "4"))
  const { id } = (await client.get<MeAnswer>("/api/me")).body
  assert.equal((await stage.admin.patch(`/api/users/${id}`, { disabled: true })).status, 200)
  assert.equal(refusalIn(await signOn(stage.server, "4")), "account_disabled")
  assert.equal((await client.get("/api/me")).status, 401)
})

test("a second factor counts only if the provider's row says which value proves it and the token has it", async () => {
  oidc.people["5"] = { preferred_username: "five", groups: ["engineers"] }
  const proofs = [
    [{}, "password"],
    [{ amr: ["pwd"] }, "password"],
    [{ amr: ["pwd", "mfa"] }, "mfa"],
    [{ amr: ["MFA"] }, "password"],
    [{ acr: "urn:test:strong" }, "mfa"],
    [{ acr: "urn:test:other" }, "password"],
  ] as const
  for (const [proof, assurance] of proofs) {
    oidc.proof = proof as OidcServer["proof"]
    const client = signedIn(stage.server, await signOn(stage.server, "5"))
    assert.equal((await client.get<MeAnswer>("/api/me")).body.assurance, assurance, JSON.stringify(proof))
  }
  oidc.proof = {}
})

test("who says no at the provider is told so, and it is an entry", async () => {
  const browser = browsing()
  const page = await browser.go(`${stage.server.publicUrl}/auth/oidc/acme/start`)
  const said = await browser.go(page.url, { form: { no: "1" }, stop: (at) => at.includes("/login#") })
  assert.equal(refusalIn(said), "sign_on_cancelled")
  const [newest] = (await entriesOf(stage.admin, { action: "LOGIN", result: "DENIED" })).toReversed()
  assert.equal(newest?.decision, "sign_on_cancelled")
})
