import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { leader } from "../../src/adapters/postgres/leader.ts"
import { verifyExport } from "../../src/audit/verify.ts"
import { PASSWORD_COST } from "../../src/identity/password.ts"
import { newDatabase, postgresAnswers } from "../conformance/postgres-database.ts"
import { MIRROR_KINDS } from "../kit/mirrors.ts"
import { noMoto, takeTestCredentials } from "../kit/moto.ts"
import { ADMIN_NAME, logIn, setUpAdmin } from "../kit/people.ts"
import { startProcess } from "../kit/process.ts"
import { replicaSet } from "../kit/replicas.ts"
import { createSecret, read } from "../kit/secrets.ts"

takeTestCredentials()

const skip = (await postgresAnswers()) ? false : "postgres"
const CREDENTIALS = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "x".repeat(40) }

test("one leads, until its connection ends; while the database is gone nobody does", { skip }, async (t) => {
  const database = await newDatabase()
  const [one, two] = [leader(database.url), leader(database.url)]
  t.after(async () => {
    one.close()
    two.close()
    await database[Symbol.asyncDispose]()
  })
  assert.deepEqual([await one.leads(), await two.leads(), await one.leads()], [true, false, true])
  one.close()
  let led = await two.leads()
  for (let tries = 0; !led && tries < 50; tries++) {
    await pause(20)
    led = await two.leads()
  }
  assert.equal(led, true)
  assert.equal(await one.leads(), false)
  const nowhere = leader("postgres://root@127.0.0.1:9/none")
  assert.equal(await nowhere.leads(), false)
})

describe("two replicas and one mirror", { skip: skip || noMoto }, () => {
  for (const kind of MIRROR_KINDS.filter(({ name }) => name !== "file"))
    test(`${kind.name}: the one that copies is killed, the other goes on; every entry is there, in order`, async (t) => {
      const id = randomUUID().slice(0, 8)
      const often = kind.name === "s3" ? { AUDIT_MIRROR_S3_SECONDS: "1" } : {}
      const place = { ...(await kind.place(id)), ...often, ...CREDENTIALS }
      const set = await replicaSet()
      t.after(() => set[Symbol.asyncDispose]())
      const first = await startProcess({ folder: set.folder, env: { ...set.env(0), ...place } })
      t.after(() => first.close())
      const admin = await setUpAdmin(first)
      await createSecret(admin, "config/mirrored", "canary-of-values")
      const second = await set.start(1, { env: place, passwordCost: PASSWORD_COST })
      const other = await logIn(second.url, ADMIN_NAME)
      const killed = new AbortController()
      const readers = [admin, other].map(async (client) => {
        while (!killed.signal.aborted) await read(client, "config/mirrored", { unmask: false }).catch(() => undefined)
      })
      await pause(2000)
      await first.stop("SIGKILL")
      killed.abort()
      await Promise.all(readers)
      // Freed with the connection, a moment after the kill.
      const whole = async (): Promise<readonly string[] | undefined> => {
        await second.runJobs()
        const lines = (await kind.landed(id, "")).split("\n").slice(0, -1)
        const { key } = (await other.get<{ key: string }>("/api/audit/key")).body
        const once = kind.name === "logs" ? [...new Set(lines)] : lines
        return (await verifyExport(once, { key })).ok ? once : undefined
      }
      let lines = await whole()
      for (let tries = 0; lines === undefined && tries < 20; tries++) {
        await pause(200)
        lines = await whole()
      }
      assert.ok(lines !== undefined && lines.length > 20, `${lines?.length}`)
      const { body } = await second.anonymous.get<{ parts: Readonly<Record<string, { reason: string | null }>> }>(
        "/api/ready",
      )
      assert.equal(body.parts[`mirror_${kind.name}`]?.reason, null)
    })
})
