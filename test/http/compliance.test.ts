import assert from "node:assert/strict"
import { once } from "node:events"
import { renameSync, rmSync, writeFileSync } from "node:fs"
import type { IncomingMessage } from "node:http"
import { request } from "node:https"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { after, before, test } from "node:test"
import type { ComplianceAnswer } from "../../src/api/compliance.ts"
import { openCheckpoint } from "../../src/audit/checkpoint.ts"
import { CHECKS } from "../../src/compliance/table.ts"
import { DAY_MS } from "../../src/core/clock.ts"
import { entriesOf, exportLog } from "../kit/audit.ts"
import { noOpenssl, selfSigned } from "../kit/certificate.ts"
import type { Client } from "../kit/client.ts"
import { type Equipped, type Governed, governed } from "../kit/governed.ts"
import { ADMIN_NAME, addProgram, PASSWORD } from "../kit/people.ts"
import { until } from "../kit/receiver.ts"
import { scheduled } from "../kit/rotated.ts"
import { createSecret, REASON, secretPath } from "../kit/secrets.ts"
import { startServer, temporaryFolder } from "../kit/server.ts"
import { openStage } from "../kit/stage.ts"
import { runPast } from "../kit/tamper.ts"

/** A production server is weakened in one place after the other, and each time the report has to name the place. */

let scene: Governed<"aud" | "dev" | "bela">
let aud: Equipped
before(async () => {
  scene = await governed(
    { aud: ["auditor"], dev: ["developer"], bela: ["admin"] },
    { env: { AUDIT_KEEP_READS_DAYS: "31", SECRETS_RATE_LIMIT_MAX: "500" } },
  )
})
after(() => scene.stage.close())

async function report(client: Client): Promise<ComplianceAnswer> {
  const answer = await client.get<ComplianceAnswer>("/api/compliance")
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

function check({ claims }: ComplianceAnswer, name: string): ComplianceAnswer["claims"][number]["checks"][number] {
  const found = claims.flatMap(({ checks }) => checks).find((one) => one.name === name)
  assert.ok(found, name)
  return found
}

async function stateOf(name: string): Promise<string> {
  return check(await report(aud.client), name).state
}

test("admins and auditors get it, others do not; asking is on record, and the checkpoint covers the entry", async () => {
  const { people, ada } = scene
  assert.equal((await people.dev.get("/api/compliance")).status, 403)
  const first = await report(people.aud)
  assert.equal(first.claims.length, 13)
  assert.deepEqual(
    first.claims.map(({ number }) => number),
    Array.from({ length: 13 }, (_, at) => at + 1),
  )
  assert.equal(new Set(first.claims.flatMap(({ checks }) => checks.map(({ name }) => name))).size, CHECKS.length)
  const [entry] = (await entriesOf(ada.client, { action: "COMPLIANCE_REPORT", result: "SUCCESS" })).slice(-1)
  assert.equal(entry?.id, first.entry)
  assert.match(entry?.details ?? "", /^claims=13 ok=\d+ unused=\d+ warn=\d+ fault=\d+$/)
  const { key } = await exportLog(ada.client)
  assert.ok(openCheckpoint(first.checkpoint, key).size > first.entry)
})

test("an auditor without a second factor is named, and no more once there is one", async () => {
  const bare = check(await report(scene.people.aud), "factors-of-admins")
  assert.equal(bare.state, "fault")
  assert.match(bare.figure, /: aud, bela$/)
  aud = await scene.equip("aud")
  await scene.equip("bela")
  assert.equal(await stateOf("factors-of-admins"), "ok")
})

test("a policy without MFA on database/* is named with its row, and so is one without approval", async () => {
  const { ada } = scene
  assert.equal(await stateOf("factor-rows"), "ok")
  const row = { secretPattern: "database/*", allowedRoles: ["admin", "dba"], maxAccessPerDay: 10, reason: REASON }
  const put = async (path: string, body: object): Promise<void> => {
    const answer = await ada.client.put(path, body)
    assert.equal(answer.status, 200, answer.text)
  }
  await put("/api/policies/database", { ...row, requiresMfa: false })
  const weak = await report(aud.client)
  const found = check(weak, "factor-rows")
  assert.equal(found.state, "fault")
  assert.match(found.figure, /database\/any \(rows database\)$/)
  assert.equal(weak.claims[8]?.state, "fault")
  assert.equal(weak.items.find(({ item }) => item === "CC6.3")?.state, "fault")

  // A narrower row that asks for it leaves the rest of the names without.
  const narrow = { secretPattern: "database/main/*", requiresMfa: true, reason: REASON }
  const made = await ada.client.post<{ id: string }>("/api/policies", narrow)
  assert.equal(made.status, 201, made.text)
  assert.equal(await stateOf("factor-rows"), "fault")
  assert.equal((await ada.client.delete(`/api/policies/${made.body.id}`, { reason: REASON })).status, 200)

  // A row without roles that asks for it everywhere closes the gap.
  const wide = await ada.client.post<{ id: string }>("/api/policies", { ...narrow, secretPattern: "*" })
  assert.equal(wide.status, 201, wide.text)
  assert.equal(await stateOf("factor-rows"), "ok")
  await put("/api/policies/database", { ...row, requiresMfa: true })
  assert.equal((await ada.client.delete(`/api/policies/${wide.body.id}`, { reason: REASON })).status, 200)
  assert.equal(await stateOf("factor-rows"), "ok")
  await put("/api/policies/database", { ...row, requiresMfa: true, maxAccessPerDay: 500 })
  assert.equal(await stateOf("daily-limits"), "warn")
  await put("/api/policies/database", { ...row, requiresMfa: true })
  assert.equal(await stateOf("daily-limits"), "ok")
  assert.equal(await stateOf("approval-rows"), "ok")
})

test("the copy of the log's checkpoints that cannot be written is named, and heals", async () => {
  const { stage } = scene
  const folder = stage.server.mirrorFolder
  renameSync(folder, `${folder}-away`)
  writeFileSync(folder, "in the way")
  try {
    await until("the mirror is missed", async () => (await stateOf("log-mirrored")) === "fault")
    assert.match(check(await report(aud.client), "log-mirrored").figure, /folder \(checkpoints\): unwritable/)
  } finally {
    rmSync(folder)
    renameSync(`${folder}-away`, folder)
  }
  await until("the mirror is back", async () => (await stateOf("log-mirrored")) === "warn")
})

test("settings that are weaker than they could be are named: retention, plain port, no channel, no backup", async () => {
  const now = await report(aud.client)
  assert.match(check(now, "log-kept").figure, /reads 31 days, .*: entries of reads lose/)
  assert.equal(check(now, "transport").state, "fault")
  assert.equal(check(now, "alarms").state, "fault")
  assert.equal(check(now, "backups").state, "warn")
  assert.equal(check(now, "root-key").state, "fault")
  assert.match(check(now, "root-key").fix ?? "", /keys escrow/)
  assert.equal(check(now, "read-limits").state, "ok")
  assert.match(check(now, "read-limits").figure, /500 in 900 s/)
  assert.equal(check(now, "endpoints").state, "unused")
  assert.equal(now.claims[11]?.state, "unused")
  for (const name of ["values-sealed", "log-whole", "policies", "rows-genuine", "versions", "factors-enforced"])
    assert.equal(check(now, name).state, "ok", check(now, name).figure)
})

test("an overdue rotation, an account that sleeps, and a program whose owner has gone", async () => {
  const { ada, clock, stage } = scene
  const name = "config/rotated"
  await createSecret(ada.client, name, { password: "first", generate: { kind: "password" } })
  await scheduled(ada.client, name, { days: 1, strategy: "generated" })
  const put = await ada.client.put(secretPath(name), { value: { password: "by hand" }, reason: REASON })
  assert.equal(put.status, 200, put.text)
  assert.equal(await stateOf("schedules"), "ok")
  await addProgram(ada.client, "robot", ["developer"])
  clock.advance(2 * DAY_MS)
  aud = { ...aud, client: await scene.signIn("aud", aud.app) }
  const late = check(await report(aud.client), "schedules")
  assert.equal(late.state, "fault")
  assert.match(late.figure, /overdue: config\/rotated$/)
  assert.equal(await stateOf("accounts-awake"), "ok")

  clock.advance(91 * DAY_MS)
  aud = { ...aud, client: await scene.signIn("aud", aud.app) }
  const asleep = check(await report(aud.client), "accounts-awake")
  assert.equal(asleep.state, "warn")
  assert.match(asleep.figure, /ada, bela, dev, robot$/)
  const admin = await scene.signIn("ada", ada.app)
  const gone = await admin.patch(`/api/users/${stage.people.dev.id}`, { disabled: true, reason: REASON })
  assert.equal(gone.status, 200, gone.text)
  assert.match(check(await report(aud.client), "accounts-awake").figure, /bela, robot$/)
})

test("a row that was written past the service, and an entry that is not what its hash says", async () => {
  const { folder } = scene.stage.server
  const flip = "UPDATE principal SET break_glass = NOT break_glass WHERE name = ?1"
  await runPast(folder, flip, "bela")
  assert.match(check(await report(aud.client), "rows-genuine").figure, /past the service: bela$/)
  await runPast(folder, flip, "bela")
  const now = await report(aud.client)
  assert.equal(check(now, "rows-genuine").state, "ok")
  assert.equal(check(now, "log-whole").state, "ok")
})

test("the words are that it supports, and that nobody is anything", async () => {
  const answer = await aud.client.get("/api/compliance")
  assert.doesNotMatch(answer.text, /compliant|certif(?:ied|ies)|guarantee/i)
  const { items } = await report(aud.client)
  for (const one of items) assert.ok(one.duty.length > 0 && one.checks.length > 0 === (one.state !== null), one.item)
})

test("in development: a demand for a second factor that is switched off, reads without limit, one admin alone", async () => {
  const env = {
    TYLER_ENVIRONMENT: "development",
    ENABLE_MFA_FOR_SECRETS: "false",
    SECRETS_RATE_LIMIT_MAX: undefined,
    MAX_SECRET_ACCESS_PER_USER: undefined,
  }
  const stage = await openStage({}, { env })
  try {
    const now = await report(stage.admin)
    for (const name of ["factors-enforced", "read-limits", "daily-limits"])
      assert.equal(check(now, name).state, "fault")
    assert.match(check(now, "factors-enforced").figure, /^ENABLE_MFA_FOR_SECRETS=false/)
    for (const name of ["second-person", "recovery-window"]) assert.equal(check(now, name).state, "warn")
  } finally {
    await stage.close()
  }
})

for (const [version, state, figure] of [
  ["1.3", "ok", /^negotiated: TLSv1\.3 \([A-Z0-9_, ]+\)$/],
  ["1.2", "warn", /TLSv1\.2 \(ECDHE-[A-Z0-9, -]+\)$/],
] as const)
  test(`what was negotiated with the own port is told: TLS ${version} and newer`, { skip: noOpenssl }, async () => {
    const files = certificateFiles()
    const env = { TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.key, TLS_MIN_VERSION: version }
    const server = await startServer({ env })
    try {
      const body = { token: server.setupToken, username: ADMIN_NAME, password: PASSWORD }
      const { token } = await overTls<{ token: string }>(server.port, "POST", "/api/setup", {}, body)
      const bearer = { authorization: `Bearer ${token}` }
      const found = check(await overTls<ComplianceAnswer>(server.port, "GET", "/api/compliance", bearer), "transport")
      assert.equal(found.state, state, found.figure)
      assert.match(found.figure, figure)
    } finally {
      await server.close()
      rmSync(files.folder, { recursive: true })
    }
  })

function certificateFiles(): { readonly folder: string; readonly cert: string; readonly key: string } {
  const folder = temporaryFolder()
  const files = { folder, cert: join(folder, "tls.crt"), key: join(folder, "tls.key") }
  const { cert, key } = selfSigned("localhost")
  writeFileSync(files.cert, cert)
  writeFileSync(files.key, key, { mode: 0o600 })
  return files
}

/** The other clients verify certificates, and nobody vouches for this one. */
async function overTls<T>(port: number, method: string, path: string, headers: object, body?: object): Promise<T> {
  const json = body === undefined ? {} : { "content-type": "application/json" }
  const options = { host: "127.0.0.1", port, method, path, headers: { host: `localhost:${port}`, ...headers, ...json } }
  const asked = request({ ...options, rejectUnauthorized: false })
  asked.end(body === undefined ? "" : JSON.stringify(body))
  const [answer] = (await once(asked, "response")) as [IncomingMessage]
  return JSON.parse(await text(answer)) as T
}
