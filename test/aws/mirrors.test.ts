import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { describe, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { HeadObjectCommand } from "@aws-sdk/client-s3"
import { PASSWORD_COST } from "../../src/identity/password.ts"
import { verifyExport } from "../../src/audit/verify.ts"
import { ADMIN_NAME, logIn, setUpAdmin } from "../kit/people.ts"
import { keysOf, MIRROR_KINDS, s3Client } from "../kit/mirrors.ts"
import { noMoto, takeTestCredentials } from "../kit/moto.ts"
import { startProcess } from "../kit/process.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { startServer, temporaryFolder } from "../kit/server.ts"
import type { Client } from "../kit/client.ts"

takeTestCredentials()

/** No daily limit counts these. */
const MASKED = { unmask: false }
const VALUE = "canary-of-values"
const name = (id: string): string => id.slice(0, 8)

/** Judged as an auditor would, with nothing but what landed and the log's key. */
async function judge(text: string, admin: Client): Promise<readonly number[]> {
  const { text: key } = await admin.get("/api/audit/key")
  const lines = text.split("\n").slice(0, -1)
  const verdict = await verifyExport(lines, { key: (JSON.parse(key) as { key: string }).key })
  assert.ok(verdict.ok, JSON.stringify(verdict))
  assert.doesNotMatch(text, new RegExp(VALUE))
  return lines
    .filter((line) => line.startsWith('{"index":'))
    .map((line) => (JSON.parse(line) as { index: number }).index)
}

for (const kind of MIRROR_KINDS)
  describe(`the mirror of entries: ${kind.name}`, { skip: kind.skip }, () => {
    test("every entry lands once, in order, and verifies; a restart goes on where the mirror ends", async (t) => {
      const id = name(randomUUID())
      const env = await kind.place(id)
      const folder = temporaryFolder()
      t.after(() => rmSync(folder, { recursive: true, force: true }))
      const first = await startServer({ folder, env })
      t.after(() => first.close())
      let admin = await setUpAdmin(first)
      await createSecret(admin, "config/mirrored", VALUE)
      await Promise.all(Array.from({ length: 40 }, () => read(admin, "config/mirrored", MASKED)))
      await first.runJobs()
      const landed = await judge(await kind.landed(id, first.mirrorFolder), admin)
      assert.deepEqual(landed, [...landed.keys()])
      assert.ok(landed.length > 40)
      await read(admin, "config/mirrored", MASKED)
      await first.close()
      const again = await startServer({ folder, env })
      t.after(() => again.close())
      admin = await logIn(again.url, ADMIN_NAME)
      await again.runJobs()
      const whole = await judge(await kind.landed(id, again.mirrorFolder), admin)
      assert.deepEqual(whole, [...whole.keys()])
      assert.ok(whole.length > landed.length + 1)
      const parts = (await again.anonymous.get<Ready>("/api/ready")).body.parts
      assert.deepEqual(parts[`mirror_${kind.name}`], { up: true, reason: null })
      const { text } = await admin.get("/metrics")
      assert.match(text, new RegExp(`^tyler_mirror_entries_waiting\\{mirror="${kind.name}"\\} [0-2]$`, "m"))
      await again.close()
    })

    test("killed in the middle of copying, twice: the whole log is there in order after the next start", async (t) => {
      const id = name(randomUUID())
      const credentials = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "x".repeat(40) }
      const often = kind.name === "s3" ? { AUDIT_MIRROR_S3_SECONDS: "1" } : {}
      const env = { ...(await kind.place(id)), ...credentials, ...often }
      const folder = temporaryFolder()
      t.after(() => rmSync(folder, { recursive: true, force: true }))
      for (const ms of [30, 300]) {
        const server = await startProcess({ folder, env })
        t.after(() => server.close())
        const client = server.setupToken === null ? await logIn(server.url, ADMIN_NAME) : await setUpAdmin(server)
        if (server.setupToken !== null) await createSecret(client, "config/mirrored", VALUE)
        const killed = new AbortController()
        const readers = Array.from({ length: 8 }, async () => {
          while (!killed.signal.aborted) await read(client, "config/mirrored", MASKED).catch(() => undefined)
        })
        // Until it has begun to copy, and then some.
        await pause(kind.name === "file" ? ms : ms + 1200)
        const ended = server.stop("SIGKILL")
        killed.abort()
        await Promise.all([ended, ...readers])
      }
      const last = await startServer({ folder, env, passwordCost: PASSWORD_COST })
      t.after(() => last.close())
      const admin = await logIn(last.url, ADMIN_NAME)
      await last.runJobs()
      const text = await kind.landed(id, last.mirrorFolder)
      // Logs take a call twice whose answer was lost; it is then the same line twice.
      const lines = kind.name === "logs" ? [...new Set(text.split("\n").slice(0, -1)), ""].join("\n") : text
      const whole = await judge(lines, admin)
      assert.deepEqual(whole, [...whole.keys()])
      assert.ok(whole.length > 10, `${whole.length} entries`)
      await last.close()
    })

    test("a place that cannot be reached holds nobody up: the cause and the backlog are told, and it heals", async (t) => {
      if (kind.name === "file") return
      const id = name(randomUUID())
      const env = await kind.place(id)
      const folder = temporaryFolder()
      t.after(() => rmSync(folder, { recursive: true, force: true }))
      const down = await startServer({ folder, env: { ...env, ...kind.unreachable } })
      t.after(() => down.close())
      let admin = await setUpAdmin(down)
      await createSecret(admin, "config/mirrored", VALUE)
      for (let n = 0; n < 20; n++) assert.equal((await read(admin, "config/mirrored", MASKED)).status, 200)
      await down.runJobs()
      const { status, body } = await down.anonymous.get<Ready>("/api/ready")
      assert.deepEqual([status, body.ready, body.parts[`mirror_${kind.name}`]?.reason], [200, true, "unreachable"])
      const { text } = await admin.get("/metrics")
      const waiting = Number(new RegExp(`entries_waiting\\{mirror="${kind.name}"\\} (\\d+)`).exec(text)?.[1])
      assert.ok(waiting > 20, text)
      await down.close()
      const up = await startServer({ folder, env })
      t.after(() => up.close())
      admin = await logIn(up.url, ADMIN_NAME)
      await up.runJobs()
      const whole = await judge(await kind.landed(id, up.mirrorFolder), admin)
      assert.deepEqual(whole, [...whole.keys()])
      await up.close()
    })

    test("another log's mirror is not written on", async (t) => {
      const id = name(randomUUID())
      const env = await kind.place(id)
      const first = await startServer({ env })
      t.after(() => first.close())
      const mirrorFolder = first.mirrorFolder
      const admin = await setUpAdmin(first)
      await createSecret(admin, "config/mirrored", VALUE)
      await first.runJobs()
      const before = await kind.landed(id, mirrorFolder)
      const entries = kind.name === "file" ? readFileSync(join(mirrorFolder, "entries.ndjson")) : null
      await first.close()
      if (entries !== null) return
      const other = await startServer({ env })
      t.after(() => other.close())
      await other.runJobs()
      const reason = (await other.anonymous.get<Ready>("/api/ready")).body.parts[`mirror_${kind.name}`]?.reason
      assert.match(String(reason), /^(ahead|forked)$/)
      const stranger = await setUpAdmin(other)
      for (let n = 0; n < 10; n++) await stranger.put(secretPath("config/none"), { value: "v", reason: REASON })
      await other.runJobs()
      const after = await kind.landed(id, mirrorFolder)
      assert.ok(after.startsWith(before.slice(0, before.lastIndexOf('{"checkpoint"'))))
      await other.close()
    })
  })

interface Ready {
  readonly ready: boolean
  readonly parts: Readonly<Record<string, { readonly up: boolean; readonly reason: string | null }>>
}

test("objects in S3 are locked, full, and named by their first entry", { skip: noMoto }, async (t) => {
  const id = name(randomUUID())
  const kind = MIRROR_KINDS.find((one) => one.name === "s3")
  assert.ok(kind !== undefined)
  const server = await startServer({ env: await kind.place(id) })
  t.after(() => server.close())
  const admin = await setUpAdmin(server)
  await createSecret(admin, "config/mirrored", VALUE)
  for (let n = 0; n < 20; n++) await read(admin, "config/mirrored", MASKED)
  await server.runJobs()
  const keys = await keysOf(`audit-${id}`, "tyler-audit/entries/")
  assert.equal(keys[0], "tyler-audit/entries/0000000000000000.ndjson")
  const client = await s3Client()
  const object = { Bucket: `audit-${id}`, Key: keys[0] ?? "" }
  const { ObjectLockMode, ObjectLockRetainUntilDate } = await client.send(new HeadObjectCommand(object))
  assert.equal(ObjectLockMode, "COMPLIANCE")
  const days = ((ObjectLockRetainUntilDate?.getTime() ?? 0) - Date.now()) / 86_400_000
  assert.ok(days > 29.9 && days <= 30, String(days))
  const firsts = keys.map((key) => Number(/(\d+)\.ndjson/.exec(key)?.[1]))
  assert.ok(
    firsts.every((first, at) => at === 0 || first - (firsts[at - 1] ?? 0) <= 7),
    "seven entries at most",
  )
  await server.close()
})

test("where so configured nothing is recorded, and nothing leaves, while too much waits", {
  skip: noMoto,
}, async (t) => {
  const id = name(randomUUID())
  const kind = MIRROR_KINDS.find((one) => one.name === "s3")
  assert.ok(kind !== undefined)
  const env = await kind.place(id)
  const folder = temporaryFolder()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const free = await startServer({ folder, env })
  t.after(() => free.close())
  const admin = await setUpAdmin(free)
  await createSecret(admin, "config/mirrored", VALUE)
  await free.close()
  const down = await startServer({ folder, env: { ...env, ...kind.unreachable, AUDIT_MIRROR_MAX_WAITING: "12" } })
  t.after(() => down.close())
  const client = await logIn(down.url, ADMIN_NAME)
  // The start and the login are entries, too.
  const { text } = await client.get("/metrics")
  const waiting = Number(/entries_waiting\{mirror="s3"\} (\d+)/.exec(text)?.[1])
  for (let n = waiting; n < 12; n++)
    assert.equal((await read(client, "config/mirrored", MASKED)).status, 200, `entry ${n}`)
  const refused = await read(client, "config/mirrored", MASKED)
  assert.deepEqual([refused.status, refused.body.code, refused.body["cause"]], [503, "unavailable", "mirror_behind"])
  assert.doesNotMatch(refused.text, new RegExp(VALUE))
  const { status, body } = await down.anonymous.get<Ready>("/api/ready")
  assert.deepEqual([status, body.parts["audit"]?.reason], [503, "mirror_behind"])
  await down.close()
  const up = await startServer({ folder, env: { ...env, AUDIT_MIRROR_MAX_WAITING: "12" } })
  t.after(() => up.close())
  await up.runJobs()
  const back = await logIn(up.url, ADMIN_NAME)
  for (let n = 0; n < 30; n++) {
    const answer = await read(back, "config/mirrored", MASKED)
    if (answer.status !== 200) await up.runJobs()
  }
  await up.runJobs()
  assert.equal((await read(back, "config/mirrored", MASKED)).status, 200)
  await up.close()
})
