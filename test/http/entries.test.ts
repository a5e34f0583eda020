import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, before, test } from "node:test"
import type { AuditEntry } from "../../src/api/audit.ts"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import type { Answer } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { addPerson, logIn } from "../kit/people.ts"
import { jsonOf, sendRequest } from "../kit/raw.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { startServer, temporaryFolder } from "../kit/server.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const clock = movableClock()
let stage: Stage<"dev">

before(async () => {
  stage = await openStage({ dev: ["developer"] }, { clock })
  for (const name of ["config/plain", "database/main"]) await createSecret(stage.admin, name, "value")
})
after(() => stage.close())

/** What is asked, and what its entry must say: action, result, decision, secret. */
type Asked = readonly [() => Promise<Answer<unknown>>, number, string, string, string, string]

test("every answer on a secret's route has its entry, in the order of the answers", async () => {
  const one = await addPerson(stage.admin, "writer", ["developer"])
  const { client } = one
  const at = (verb?: string, name = "config/plain"): string => secretPath(name, verb)
  const plain = "config/plain"
  const asked: readonly Asked[] = [
    [() => client.get("/api/secrets"), 200, "LIST", "SUCCESS", "filtered", "ALL"],
    [() => client.get("/api/secrets?limit=0"), 400, "LIST", "DENIED", "invalid_request", "ALL"],
    [() => client.get(at("metadata")), 200, "DESCRIBE", "SUCCESS", "permit", plain],
    [() => client.get(at("metadata", "config/no")), 404, "DESCRIBE", "DENIED", "not_found", "config/no"],
    [() => client.get(at("versions")), 200, "LIST_VERSIONS", "SUCCESS", "permit", plain],
    [() => client.get(at("audit")), 403, "AUDIT_READ", "DENIED", "forbidden", plain],
    [() => read(client, plain, { unmask: false }), 200, "GET", "SUCCESS", "permit", plain],
    [() => read(client, plain), 200, "GET", "SUCCESS", "permit", plain],
    [() => read(client, plain, { reason: "short" }), 400, "GET", "DENIED", "invalid_reason", plain],
    [() => client.post(at("access"), "{"), 400, "GET", "DENIED", "invalid_json", plain],
    [
      () => client.post(at("access"), "x", { "content-type": "text/plain" }),
      415,
      "GET",
      "DENIED",
      "unsupported_media_type",
      plain,
    ],
    [() => read(client, "config/a b"), 400, "GET", "DENIED", "invalid_name", "config/a%20b"],
    [() => read(client, "database/main"), 403, "GET", "DENIED", "forbidden", "database/main"],
    [() => read(client, "config/no"), 404, "GET", "DENIED", "not_found", "config/no"],
    [
      () => client.post("/api/secrets", { name: "config/x", value: "v" }),
      403,
      "CREATE",
      "DENIED",
      "forbidden",
      "config/x",
    ],
    [() => client.put(at(), { value: "v", reason: REASON }), 200, "UPDATE", "SUCCESS", "permit", plain],
    [() => client.put(at(), { value: "", reason: REASON }), 400, "UPDATE", "DENIED", "value_not_exact", plain],
    [() => client.patch(at(), { description: "d", reason: REASON }), 200, "PATCH", "SUCCESS", "permit", plain],
    [
      () => client.delete(at(), { confirmationCode: "x", reason: REASON }),
      400,
      "DELETE",
      "DENIED",
      "invalid_confirmation",
      plain,
    ],
    [() => client.post(at("restore"), { reason: REASON }), 403, "RESTORE", "DENIED", "forbidden", plain],
    [() => client.post(at("rotate"), { reason: REASON }), 403, "ROTATE", "DENIED", "forbidden", plain],
  ]
  for (const [ask, status, , , decision] of asked) {
    const answer = await ask()
    assert.equal(answer.status, status, `${decision}: ${answer.text}`)
  }
  const entries = (await entriesOf(stage.admin, { user: one.id })).filter(({ action }) => action !== "LOGIN")
  assert.deepEqual(
    entries.map(({ action, result, decision, resource_name }) => [action, result, decision, resource_name]),
    asked.map(([, , action, result, decision, name]) => [action, result, decision, name]),
  )
  for (const entry of entries) {
    assert.equal(entry.user_id, one.id)
    assert.equal(entry.username, "writer")
    assert.equal(entry.principalKind, "person")
    assert.deepEqual(entry.roles, ["developer"])
    assert.equal(entry.resource_type, "secret")
    assert.equal(entry.ip_address, "127.0.0.1")
    assert.ok(Math.abs(Date.parse(entry.timestamp ?? "") - clock.now()) < 60_000)
    assert.match(entry.requestId ?? "", /^[0-9a-f-]{36}$/)
  }
  const [masked, open] = entries.filter(({ action, result }) => action === "GET" && result === "SUCCESS") as [
    AuditEntry,
    AuditEntry,
  ]
  assert.deepEqual([masked.details, masked.quotaUse, open.details, open.quotaUse], ["masked", null, "unmasked", 1])
  assert.equal(open.reason, REASON)
  assert.deepEqual(open.policyIds, ["config"])
  assert.match(open.versionId ?? "", /^[0-9a-f-]{36}$/)
  assert.equal(new Set(entries.map(({ requestId }) => requestId)).size, entries.length)
})

test("the log of a secret shows its entries to auditors, newest first, page by page", async () => {
  await createSecret(stage.admin, "config/seen", "v")
  for (let at = 0; at < 5; at++) await read(stage.people.dev.client, "config/seen")
  const path = secretPath("config/seen", "audit")
  const whole = await stage.admin.get<{ secretName: string; auditLogs: AuditEntry[]; total: number }>(path)
  assert.equal(whole.body.secretName, "config/seen")
  assert.equal(whole.body.total, whole.body.auditLogs.length)
  const ids = whole.body.auditLogs.map(({ id }) => id)
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => b - a),
  )
  assert.ok(whole.body.auditLogs.every(({ resource_name }) => resource_name === "config/seen"))
  const page = await stage.admin.get<{ auditLogs: AuditEntry[]; nextCursor: string }>(`${path}?limit=2&action=GET`)
  const next = await stage.admin.get<{ auditLogs: AuditEntry[] }>(
    `${path}?limit=2&action=GET&cursor=${page.body.nextCursor}`,
  )
  const gets = whole.body.auditLogs.filter(({ action }) => action === "GET").map(({ id }) => id)
  assert.deepEqual(
    [...page.body.auditLogs, ...next.body.auditLogs].map(({ id }) => id),
    gets.slice(0, 4),
  )
  const day = new Date(clock.now()).toISOString().slice(0, 10)
  const today = await stage.admin.get<{ total: number }>(`${path}?startDate=${day}&endDate=${day}`)
  assert.ok(today.body.total >= gets.length)
  const past = await stage.admin.get<{ total: number }>(`${path}?endDate=2020-01-01`)
  assert.equal(past.body.total, 0)
  for (const query of [
    "startDate=yesterday",
    "limit=0",
    "limit=1001",
    "limit=x",
    "cursor=-1",
    "nosuch=1",
    "limit=1&limit=2",
  ])
    assert.equal((await stage.admin.get(`${path}?${query}`)).status, 400, query)
})

test("no user agent and no forwarded address loses an entry or gets into it raw", async () => {
  clock.advance(60_000)
  const odd = [
    "",
    " ",
    "\u00ff\u00fe\u0080",
    "x".repeat(3_000),
    "\\u{0}",
    "'; DROP TABLE security_audit_log; --",
    '{"index":0}',
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "\tTabs\tinside",
    Buffer.from("Grüße \u{1f511} \u202e", "utf8").toString("latin1"),
    "%00%0a%0d",
  ]
  for (const text of odd) {
    const answer = await sendRequest(stage.server.port, {
      method: "POST",
      path: secretPath("config/plain", "access"),
      token: stage.people.dev.client.token,
      lines: [`User-Agent: ${text}`, `X-Forwarded-For: ${text}`, `X-Real-IP: ${text}`, `Forwarded: for=${text}`],
      body: JSON.stringify({ reason: REASON }),
    })
    assert.equal(answer.status, 200, JSON.stringify(text))
    const { index } = (jsonOf(answer) ?? {})["receipt"] as { index: number }
    const page = await stage.admin.get<{ auditLogs: AuditEntry[] }>(`/api/audit?limit=1&cursor=${index + 1}`)
    const entry = page.body.auditLogs[0] as AuditEntry
    assert.equal(entry.id, index)
    assert.equal(entry.ip_address, "127.0.0.1", "nobody is trusted to say another")
    assert.match(entry.user_agent ?? "", /^[\x20-\x7e]{0,260}$/)
  }
  assert.equal((await verdictOn(await exportLog(stage.admin))).ok, true)
})

test("behind a trusted proxy the caller's address is the proxy's word, and nobody else's", async () => {
  const env = { TRUSTED_PROXIES: "127.0.0.1/32" }
  const proxied = await openStage({ dev: ["developer"] }, { env })
  after(() => proxied.close())
  await createSecret(proxied.admin, "config/plain", "value")
  for (const [chain, address] of [
    ["192.0.2.7", "192.0.2.7"],
    ["6.6.6.6, 192.0.2.7", "192.0.2.7"],
    ["2001:DB8::7", "2001:db8::7"],
    ["::ffff:192.0.2.9", "192.0.2.9"],
    ["192.0.2.7, unknown", "127.0.0.1"],
    ["192.0.2.7:443", "127.0.0.1"],
    [`${"1.1.1.1,".repeat(500)}192.0.2.8`, "192.0.2.8"],
    ["'; DROP TABLE x", "127.0.0.1"],
  ] as const) {
    const { body } = await read(
      proxied.people.dev.client,
      "config/plain",
      { unmask: false },
      { "x-forwarded-for": chain },
    )
    const page = await proxied.admin.get<{ auditLogs: AuditEntry[] }>(
      `/api/audit?limit=1&cursor=${(body.receipt?.index ?? 0) + 1}`,
    )
    assert.equal(page.body.auditLogs[0]?.ip_address, address, chain.slice(0, 40))
  }
})

test("a flood of refusals becomes 60 entries and one exact count", async () => {
  const folder = temporaryFolder()
  after(() => rmSync(folder, { recursive: true, force: true }))
  const time = movableClock()
  // Well inside a minute: the count starts anew with each.
  time.advance(60_000 - (time.now() % 60_000) + 1_000)
  const first = await openStage({ dev: ["developer"] }, { folder, clock: time })
  after(() => first.close())
  const { id, client } = first.people.dev
  const flood = await Promise.all(Array.from({ length: 150 }, () => read(client, "database/none")))
  assert.ok(flood.every(({ status }) => status === 403))
  for (let at = 0; at < 30; at++) assert.equal((await first.server.anonymous.get("/api/secrets")).status, 401)
  await first.close()
  const second = await startServer({ folder })
  after(() => second.close())
  const admin = await logIn(second.url, "ada")
  const denied = await entriesOf(admin, { action: "GET", result: "DENIED" })
  assert.equal(denied.length, 60)
  const summaries = await entriesOf(admin, { action: "REFUSED_SUMMARY" })
  assert.deepEqual(
    new Map(summaries.map(({ resource_name, details }) => [resource_name, details])),
    new Map([
      [id, "count=90"],
      ["address 127.0.0.0/24", "count=30"],
    ]),
  )
  assert.equal(summaries.length, 2)
  assert.equal((await verdictOn(await exportLog(admin))).ok, true)
})
