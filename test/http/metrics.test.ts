import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { METRICS } from "../../src/http/metrics.ts"
import { admitToMetrics } from "../../src/operations/measure.ts"
import { TylerError } from "../../src/core/errors.ts"
import { type Metric, parseExposition } from "../kit/exposition.ts"
import { addPerson, addProgram } from "../kit/people.ts"
import { sendRaw } from "../kit/raw.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const ROLES = ["auditor", "metrics", "developer", "devops"] as const
let stage: Stage<(typeof ROLES)[number]>
before(async () => {
  stage = await openStage(
    { auditor: ["auditor"], metrics: ["metrics"], developer: ["developer"], devops: ["devops"] },
    { env: { AUDIT_MIRROR_FILE: "true" } },
  )
  await createSecret(stage.admin, "config/canary-name", "v")
})
after(() => stage.close())

async function scrape(): Promise<ReadonlyMap<string, Metric>> {
  const answer = await stage.people.metrics.client.get("/metrics")
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
  assert.equal(answer.headers.get("cache-control"), "no-store")
  return parseExposition(answer.text)
}

function value(metrics: ReadonlyMap<string, Metric>, name: string, labels = ""): number {
  return metrics.get(name)?.samples.get(labels) ?? 0
}

test("who may read the metrics: admins, auditors, and an account made for it that can do nothing else", async () => {
  const scraper = await addProgram(stage.admin, "scraper", ["metrics"])
  const half = await addPerson(stage.admin, "half", ["admin"])
  await stage.admin.patch(`/api/users/${half.id}`, { mustChangePassword: true })
  for (const [who, client, status] of [
    ["nobody", stage.server.anonymous, 401],
    ["admin", stage.admin, 200],
    ["auditor", stage.people.auditor.client, 200],
    ["metrics", stage.people.metrics.client, 200],
    ["scraper", scraper.client, 200],
    ["developer", stage.people.developer.client, 403],
    ["half", half.client, 401],
  ] as const)
    assert.equal((await client.get("/metrics")).status, status, who)
  assert.equal((await stage.server.anonymous.post("/metrics")).status, 405)
  assert.equal((await read(scraper.client, "config/canary-name")).status, 403)
  assert.equal((await scraper.client.get("/api/audit")).status, 403)
  const token = `/api/service-accounts/${scraper.id}/tokens/${scraper.tokenId}`
  assert.equal((await stage.admin.delete(token)).status, 200)
  assert.equal((await scraper.client.get("/metrics")).status, 401)
})

test("while the database is gone the caller counts as last seen, and only then", async () => {
  const caller = (roles: readonly string[], code: "unavailable" | "unauthenticated") => ({
    principal: { id: "x", kind: "person", name: "x", roles, assurance: "token", epoch: 1, sessionId: "s" } as const,
    origin: { requestId: "", ip: "", userAgent: "" },
    verification: null,
    refresh: () => Promise.reject(new TylerError(code)),
  })
  await admitToMetrics(caller(["metrics"], "unavailable"))
  await assert.rejects(admitToMetrics(caller(["developer"], "unavailable")), { code: "forbidden" })
  await assert.rejects(admitToMetrics(caller(["metrics"], "unauthenticated")), { code: "unauthenticated" })
})

test("answers and refusals are counted, each once", async () => {
  const earlier = await scrape()
  const { client } = stage.people.developer
  for (let at = 0; at < 3; at++) assert.equal((await read(client, "config/canary-name")).status, 200)
  assert.equal((await read(client, "database/canary-name")).status, 403)
  assert.equal((await read(client, "config/canary-name", { reason: "short" })).status, 400)
  assert.equal((await stage.server.anonymous.get("/api/me")).status, 401)
  assert.equal((await stage.server.anonymous.get("/api/nowhere/canary-name")).status, 404)
  assert.equal((await sendRaw(stage.server.port, "canary-name\r\n\r\n")).status, 400)
  const batch = { names: ["config/canary-name", "database/x", "config/none"], reason: REASON, unmask: true }
  assert.equal((await client.post("/api/secrets/access", batch)).status, 200)
  const later = await scrape()
  const grown = (name: string, labels = "") => value(later, name, labels) - value(earlier, name, labels)
  const access = (status: number) => `{method="POST",route="/api/secrets/{name}/access",status="${status}"}`
  for (const [name, labels, expected] of [
    ["tyler_http_answers_total", access(200), 3],
    ["tyler_http_answers_total", access(403), 1],
    ["tyler_http_answers_total", access(400), 1],
    ["tyler_http_answers_total", '{method="POST",route="/api/secrets/access",status="200"}', 1],
    ["tyler_http_answers_total", '{method="GET",route="/api/me",status="401"}', 1],
    ["tyler_http_answers_total", '{method="GET",route="/metrics",status="200"}', 1],
    ["tyler_http_answers_total", '{method="any",route="none",status="404"}', 1],
    ["tyler_http_answers_total", '{method="any",route="none",status="400"}', 1],
    ["tyler_refusals_total", '{code="forbidden"}', 2],
    ["tyler_refusals_total", '{code="not_found"}', 2],
    ["tyler_refusals_total", '{code="invalid_reason"}', 1],
    ["tyler_refusals_total", '{code="unauthenticated"}', 1],
    ["tyler_audit_entries", "", 8],
    ["tyler_ledger_acts_total", "", 8],
  ] as const)
    assert.equal(grown(name, labels), expected, `${name}${labels}`)
})

test("daily limits that refuse are counted by whose limit it is, alone and in a batch", async () => {
  const row = { secretPattern: "once/*", allowedRoles: ["admin"], maxAccessPerDay: 1, reason: REASON }
  assert.equal((await stage.admin.post("/api/policies", row)).status, 201)
  await createSecret(stage.admin, "once/x", "v")
  const earlier = await scrape()
  assert.equal((await read(stage.admin, "once/x")).status, 200)
  assert.equal((await read(stage.admin, "once/x")).status, 429)
  await stage.admin.post("/api/secrets/access", { names: ["once/x"], reason: REASON, unmask: true })
  const later = await scrape()
  const labels = '{scope="secret"}'
  const name = "tyler_quota_refusals_total"
  assert.equal(value(later, name, labels) - value(earlier, name, labels), 2)
})

test("every metric of the table is there once it is known, and its labels are the table's", async () => {
  await read(stage.admin, "config/canary-name")
  const metrics = await scrape()
  // These need a fault, a write that is still under way, CloudWatch or Redis.
  const later = [
    "tyler_metrics_waiting",
    "tyler_metrics_dropped_total",
    "tyler_unavailable_total",
    "tyler_shared_cache_looks_total",
    "tyler_mirror_checkpoint_timestamp_seconds",
  ]
  const expected = Object.keys(METRICS).filter((name) => metrics.has(name) || !later.includes(name))
  assert.deepEqual([...metrics.keys()], expected)
  for (const [name, { samples, type }] of metrics) {
    const row = METRICS[name as keyof typeof METRICS]
    assert.equal(type, row.type)
    for (const labels of samples.keys())
      assert.deepEqual(
        [...labels.matchAll(/([a-z_]+)="/g)].map(([, label]) => label),
        [...row.labels],
        name,
      )
  }
  assert.deepEqual(Object.fromEntries(metrics.get("tyler_part_up")?.samples ?? []), {
    '{part="server"}': 1,
    '{part="keys"}': 1,
    '{part="audit"}': 1,
    '{part="mirror_file"}': 1,
    '{part="ledger"}': 1,
    '{part="mirror"}': 1,
    '{part="database"}': 1,
  })
  const now = Date.now() / 1000
  for (const name of ["tyler_audit_last_entry_timestamp_seconds", "tyler_audit_checkpoint_timestamp_seconds"])
    assert.ok(Math.abs(value(metrics, name) - now) < 60, name)
  assert.ok(value(metrics, "process_resident_memory_bytes") > 10_000_000)
})

test("no name of a secret, a person or a caller stands in them", async () => {
  const { text } = await stage.admin.get("/metrics")
  for (const name of ["canary", "ada", "scraper", "developer", stage.people.developer.id])
    assert.ok(!new RegExp(`\\b${name}\\b`).test(text), name)
})
