import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { ProviderAnswer, ProviderBody, ProvidersAnswer, SignInAnswer } from "../../src/api/identity-providers.ts"
import { entriesOf, exportLog } from "../kit/audit.ts"
import { browsing } from "../kit/browsing.ts"
import type { Problem } from "../kit/client.ts"
import { type OidcServer, startOidcServer } from "../kit/oidc-server.ts"
import { REASON } from "../kit/secrets.ts"
import { addProvider, DEVELOPMENT, providerBody, refusalIn, signedIn, signOn } from "../kit/sign-on.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { runPast, type SqlValue } from "../kit/tamper.ts"

const PATH = "/api/identity-providers"
let stage: Stage<"dev">
let oidc: OidcServer

before(async () => {
  oidc = await startOidcServer()
  oidc.people["1"] = { preferred_username: "one", groups: ["engineers"] }
  stage = await openStage({ dev: ["developer"] }, { env: DEVELOPMENT })
})
after(async () => {
  await stage.close()
  await oidc.close()
})

const body = (over: Partial<Record<keyof ProviderBody, unknown>> = {}) =>
  ({ ...providerBody(oidc), issuer: "https://login.example", ...over }) as ProviderBody

async function put(id: string, over: Partial<Record<keyof ProviderBody, unknown>> = {}) {
  const { id: _id, clientSecret: _secret, ...rest } = body({ issuer: oidc.issuer, ...over })
  const secret = "clientSecret" in over ? { clientSecret: over.clientSecret } : {}
  return stage.admin.put<ProviderAnswer & Problem>(`${PATH}/${id}`, { ...rest, ...secret })
}

async function write(text: string, ...values: readonly SqlValue[]): Promise<void> {
  assert.equal((await runPast(stage.server.folder, text, ...values)).changes, 1)
}

test("rows are made, listed, replaced and removed by admins, each with an entry that holds old and new", async () => {
  const made = await addProvider(stage.admin, oidc)
  assert.equal(made.hasClientSecret, true)
  assert.equal(made.redirectUri, `${stage.server.publicUrl}/auth/oidc/acme/callback`)
  assert.deepEqual([made.scopes, made.enabled, made.mfaAcr, made.mfaAmr], [["openid", "profile"], true, [], []])
  const changed = await put("acme", { label: "Acme, Inc.", mfaAmr: ["mfa"], enabled: false })
  assert.deepEqual([changed.body.label, changed.body.mfaAmr, changed.body.enabled], ["Acme, Inc.", ["mfa"], false])
  const listed = (await stage.admin.get<ProvidersAnswer>(PATH)).body.identityProviders
  assert.deepEqual(listed, [changed.body])
  assert.deepEqual((await stage.server.anonymous.get<SignInAnswer>("/api/auth/providers")).body.providers, [])
  await put("acme")
  const offered = (await stage.server.anonymous.get<SignInAnswer>("/api/auth/providers")).body
  assert.deepEqual(offered, { providers: [{ id: "acme", label: "Acme" }], localLogin: "everyone" })
  const [entry] = await entriesOf(stage.admin, { action: "PROVIDER_CHANGE" })
  assert.match(entry?.details ?? "", /^old=\{.*"enabled":true.*\} new=\{.*"enabled":false.*"mfaAmr":\["mfa"\]/)
  const other = await stage.admin.post(PATH, body({ id: "other", clientSecret: null }))
  assert.equal(other.status, 201, other.text)
  assert.equal((await stage.admin.delete(`${PATH}/other`, { reason: REASON })).status, 200)
  assert.equal((await stage.admin.delete(`${PATH}/other`, { reason: REASON })).status, 404)
  assert.equal((await put("other")).status, 404)
})

test("nobody but an admin may", async () => {
  const { client } = stage.people.dev
  for (const answer of [
    await client.get(PATH),
    await client.post(PATH, body({ id: "mine" })),
    await client.put(`${PATH}/acme`, { ...body(), id: undefined }),
    await client.delete(`${PATH}/acme`, { reason: REASON }),
  ])
    assert.equal(answer.status, 403, answer.text)
})

test("an id and an issuer are taken once", async () => {
  for (const over of [{}, { id: "acme" }, { id: "second", issuer: oidc.issuer }]) {
    const answer = await stage.admin.post(PATH, body(over))
    assert.deepEqual([answer.status, answer.body["code"]], [409, "provider_exists"], JSON.stringify(over))
  }
})

test("limits hold: one less and the limit are taken, one more and odd ones are refused by field", async () => {
  const rule = (over: object = {}) => ({ claim: "groups", value: "x", role: "developer", ...over })
  const rules = (count: number) => Array.from({ length: count }, (_, at) => rule({ value: String(at) }))
  const scopes = (count: number) => ["openid", ...Array.from({ length: count - 1 }, (_, at) => `s${at}`)]
  const values = (count: number) => Array.from({ length: count }, (_, at) => String(at))
  const text = (count: number) => "x".repeat(count)
  const url = (count: number) => `https://login.example/${text(count - 22)}`
  const cases: readonly (readonly [string, readonly unknown[], readonly unknown[]])[] = [
    ["id", [text(31), text(32), "a", "a-1"], [text(33), "", "A", "1a", "a_b", "a/b"]],
    [
      "issuer",
      [
        url(511),
        url(512),
        "https://login.example",
        "https://login.example/",
        "http://localhost:1",
        "https://a.b:8443/x",
      ],
      [
        url(513),
        "",
        "login.example",
        "http://login.example",
        "ftp://login.example",
        "https://LOGIN.example",
        "https://user@login.example",
        "https://login.example?x",
        "https://login.example/#x",
        "https://login.example:443",
        "https://login.example/a/../b",
        " https://login.example",
      ],
    ],
    ["clientId", [text(255), text(256), "a b"], [text(257), "", "é", "a\n"]],
    ["clientSecret", [text(1023), text(1024), null], [text(1025), "", "é", undefined]],
    [
      "scopes",
      [scopes(15), scopes(16), ["openid"]],
      [scopes(17), [], ["profile"], ["openid", "a b"], ["openid", "openid"]],
    ],
    ["label", [text(63), text(64), "Ünï, Inc."], [text(65), "", " x", "a\u202eb", "a\nb"]],
    ["roleRules", [rules(199), rules(200), []], [rules(201), [rule(), rule()], [{ claim: "groups", value: "x" }]]],
    ["mfaAcr", [values(15), values(16)], [values(17), [""], ["x", "x"], "x"]],
    ["mfaAmr", [values(15), values(16)], [values(17)]],
  ]
  for (const [field, right, wrong] of cases) {
    for (const value of right) {
      const given = body({ [field]: value })
      const id = field === "id" ? String(value) : "limits"
      const answer = await stage.admin.post(PATH, { ...given, id })
      assert.equal(answer.status, 201, `${field} ${JSON.stringify(value)?.slice(0, 80)}: ${answer.text}`)
      assert.equal((await stage.admin.delete(`${PATH}/${id}`, { reason: REASON })).status, 200)
    }
    for (const value of wrong) {
      const answer = await stage.admin.post<Problem>(PATH, { ...body({ id: "limits" }), [field]: value })
      assert.equal(
        answer.body.code,
        "invalid_request",
        `${field} ${JSON.stringify(value)?.slice(0, 80)}: ${answer.text}`,
      )
      assert.ok(String(answer.body["field"]).startsWith(`/${field}`), answer.text)
    }
  }
  for (const [part, limit] of [
    ["claim", 128],
    ["value", 256],
  ] as const)
    for (const [length, status] of [
      [limit - 1, 201],
      [limit, 201],
      [limit + 1, 400],
      [0, 400],
    ] as const) {
      const answer = await stage.admin.post(PATH, body({ id: "limits", roleRules: [rule({ [part]: text(length) })] }))
      assert.equal(answer.status, status, `${part} of ${length}: ${answer.text}`)
      if (status === 201) await stage.admin.delete(`${PATH}/limits`, { reason: REASON })
    }
})

test("32 providers, and no more", async () => {
  const ids = Array.from({ length: 31 }, (_, at) => `many-${at}`)
  for (const id of ids) {
    const answer = await stage.admin.post(PATH, body({ id, issuer: `https://login.example/${id}` }))
    assert.equal(answer.status, 201, answer.text)
  }
  const more = await stage.admin.post<Problem>(PATH, body({ id: "more", issuer: "https://login.example/more" }))
  assert.deepEqual([more.status, more.body.error], [400, "There are 32 identity providers already"])
  for (const id of ids) assert.equal((await stage.admin.delete(`${PATH}/${id}`, { reason: REASON })).status, 200)
})

test("another issuer or client id needs the secret anew: it was given for the first", async () => {
  for (const over of [{ issuer: "https://elsewhere.example" }, { clientId: "another" }]) {
    const answer = await put("acme", over)
    assert.deepEqual([answer.status, answer.body["field"]], [400, "/clientSecret"])
  }
  assert.equal((await put("acme", { clientId: "another", clientSecret: "its own" })).status, 200)
  assert.equal((await put("acme", { clientSecret: oidc.clientSecret })).status, 200)
  signedIn(stage.server, await signOn(stage.server, "1"))
})

test("the client secret is in no answer, no entry and no column, and a key rotation leaves it usable", async () => {
  const secret = oidc.clientSecret
  const answers = [
    await stage.admin.get(PATH),
    await put("acme"),
    await stage.server.anonymous.get("/api/auth/providers"),
  ]
  for (const { text } of answers) assert.ok(!text.includes(secret))
  assert.ok(!(await exportLog(stage.admin)).text.includes(secret))
  const { rows } = await runPast(stage.server.folder, "SELECT * FROM identity_provider")
  const bytes = rows
    .flatMap((row) => Object.values(row))
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value)))
  assert.ok(!bytes.join().includes(secret))
  const keyOf = async () =>
    (await runPast(stage.server.folder, "SELECT secret_key_id FROM identity_provider WHERE id = 'acme'")).rows[0]?.[
      "secret_key_id"
    ]
  const first = await keyOf()
  assert.equal((await stage.admin.post("/api/keys/rotate", { reason: REASON, retire: true })).status, 202)
  const rotated = async () => {
    const { keys, progress } = (await stage.admin.get<{ keys: { id: string }[]; progress: unknown }>("/api/keys")).body
    return progress === null && !keys.some(({ id }) => id === first)
  }
  for (let round = 0; !(await rotated()); round++) {
    assert.ok(round < 500, "the rotation does not end")
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.notEqual(await keyOf(), first)
  signedIn(stage.server, await signOn(stage.server, "1"))
})

test("a sealed secret put into another provider's row does not open there", async () => {
  const other = body({ id: "thief", issuer: "https://thief.example", clientSecret: "of the thief" })
  assert.equal((await stage.admin.post(PATH, other)).status, 201)
  const take =
    "UPDATE identity_provider SET (secret_version, secret_key_id, secret_sealed) = (SELECT secret_version, secret_key_id, secret_sealed FROM identity_provider WHERE id = 'acme') WHERE id = 'thief'"
  await write(take)
  const { body: answer } = await stage.admin.put<Problem>(`${PATH}/thief`, {
    ...other,
    id: undefined,
    clientSecret: undefined,
  })
  assert.equal(answer.code, "row_tampered")
  assert.equal((await stage.admin.delete(`${PATH}/thief`, { reason: REASON })).status, 200, "it can be removed")
})

test("a row that was tampered with lets nobody in, is not offered, and is an alarm", async () => {
  const rules = '[{"claim":"sub","value":"1","role":"admin"}]'
  const kept = (await runPast(stage.server.folder, "SELECT role_rules FROM identity_provider WHERE id = 'acme'"))
    .rows[0]?.["role_rules"]
  const text = typeof kept === "string" ? kept : JSON.stringify(kept)
  await write("UPDATE identity_provider SET role_rules = ?1 WHERE id = 'acme'", rules)
  const visited = await browsing().go(`${stage.server.publicUrl}/auth/oidc/acme/start`, {
    stop: (url) => url.includes("/login#"),
  })
  assert.equal(refusalIn(visited), "row_tampered")
  assert.deepEqual((await stage.server.anonymous.get<SignInAnswer>("/api/auth/providers")).body.providers, [])
  const alarms = await entriesOf(stage.admin, { action: "ROW_TAMPERED" })
  assert.ok(
    alarms.some(({ resource_type, resource_name }) => `${resource_type} ${resource_name}` === "identity_provider acme"),
  )
  await write("UPDATE identity_provider SET role_rules = ?1 WHERE id = 'acme'", text)
  signedIn(stage.server, await signOn(stage.server, "1"))
})

test("an identity given to somebody else in the database is nobody's", async () => {
  await write("UPDATE external_identity SET principal_id = ?1 WHERE subject = '1'", stage.people.dev.id)
  assert.equal(refusalIn(await signOn(stage.server, "1")), "row_tampered")
  const alarms = await entriesOf(stage.admin, { action: "ROW_TAMPERED" })
  assert.ok(alarms.some(({ resource_type }) => resource_type === "external_identity"))
  await runPast(stage.server.folder, "DELETE FROM external_identity WHERE subject = '1'")
  oidc.people["1"] = { preferred_username: "one-again", groups: ["engineers"] }
})

test("off or removed while somebody is at the provider: that sign-on opens nothing", async () => {
  for (const change of [
    () => put("acme", { enabled: false }),
    () => stage.admin.delete(`${PATH}/acme`, { reason: REASON }),
  ]) {
    const browser = browsing()
    const page = await browser.go(`${stage.server.publicUrl}/auth/oidc/acme/start`)
    assert.ok(page.url.startsWith(oidc.issuer))
    assert.equal((await change()).status, 200)
    const visited = await browser.go(page.url, { form: { sub: "1" }, stop: (url) => url.includes("/login#") })
    assert.equal(refusalIn(visited), "not_found")
    if ((await stage.admin.get<ProvidersAnswer>(PATH)).body.identityProviders.length > 0) await put("acme")
  }
})
