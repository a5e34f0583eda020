import assert from "node:assert/strict"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { after, before, describe, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { Client as Postgres } from "pg"
import type { AccessAnswer } from "../../src/api/access.ts"
import type { VersionsAnswer } from "../../src/api/secrets.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { type Cluster, noCluster, startCluster } from "../kit/postgres-cluster.ts"
import { rotate, ROTATES_HERE, rotated, schedule, scheduled, statusOf, until } from "../kit/rotated.ts"
import { until as eventually } from "../kit/receiver.ts"
import { startRotationHook } from "../kit/rotation-hook.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

describe("rotation of a PostgreSQL user by the service", { skip: noCluster }, () => {
  let cluster: Cluster
  let stage: Stage<"dev">
  let admin: Client
  let count = 0
  before(async () => {
    cluster = await startCluster()
    stage = await openStage({ dev: ["developer"] }, { env: ROTATES_HERE })
    admin = stage.admin
  })
  after(async () => {
    await stage.close()
    await cluster[Symbol.asyncDispose]()
  })

  const place = () => ({ engine: "postgres", host: "127.0.0.1", port: cluster.port, dbname: "postgres", ssl: false })

  async function newSecret(more: object = {}): Promise<string> {
    const username = `app${++count}`
    await cluster.sql(`create role ${username} login password 'first'`)
    const name = `app/${username}`
    await createSecret(admin, name, { ...place(), username, password: "first", ...more })
    return name
  }

  async function valueOf(name: string): Promise<Record<string, string>> {
    const answer = await read(admin, name)
    assert.equal(answer.status, 200, answer.text)
    return (answer.body as AccessAnswer).value as Record<string, string>
  }

  async function logsIn({ username, password }: Record<string, string>): Promise<boolean> {
    const client = new Postgres({ ...place(), database: "postgres", user: username, password, ssl: false })
    client.on("error", () => undefined)
    try {
      await client.connect()
      return true
    } catch {
      return false
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  test("one user: the new version is current and logs in, the old one is previous and does not", async () => {
    const name = await newSecret()
    await scheduled(admin, name, { strategy: "postgres-single", days: 30 })
    const status = await rotated(admin, name)
    const value = await valueOf(name)
    assert.notEqual(value["password"], "first")
    assert.ok(await logsIn(value))
    assert.ok(!(await logsIn({ ...value, password: "first" })))
    assert.ok(status.lastRotated !== null && status.nextRotation !== null)
    const { versions } = (await admin.get<VersionsAnswer>(secretPath(name, "versions"))).body
    assert.deepEqual(
      versions.map(({ stages }) => stages),
      [["current"], ["previous"]],
    )
    const entries = (await entriesOf(admin, { resource: name })).filter(({ action }) => action?.startsWith("ROTATE"))
    assert.deepEqual(
      entries.map(
        ({ action, result, details }) => `${action} ${result} ${/step=\w+|look/.exec(details ?? "")?.[0] ?? ""}`,
      ),
      [
        "ROTATE_STEP SUCCESS look",
        "ROTATE INTENT ",
        "ROTATE_STEP INTENT step=create",
        "ROTATE_STEP INTENT step=create",
        "ROTATE_STEP SUCCESS step=create",
        "ROTATE_STEP INTENT step=set",
        "ROTATE_STEP INTENT step=set",
        "ROTATE_STEP SUCCESS step=set",
        "ROTATE_STEP INTENT step=test",
        "ROTATE_STEP SUCCESS step=test",
        "ROTATE SUCCESS step=finish",
      ],
    )
  })

  const boss = "database/boss"
  async function newAdmin(): Promise<void> {
    if ((await admin.get(secretPath(boss, "metadata"))).status === 200) return
    await createSecret(admin, boss, { ...place(), ...cluster.superuser })
  }

  test("two users: an administrator makes the change, and each use of his secret is an entry about it", async () => {
    await newAdmin()
    const name = await newSecret({ masterarn: boss })
    await scheduled(admin, name, { strategy: "postgres-alternating", expression: "rate(30 days)" })
    const first = await valueOf(name)
    await rotated(admin, name)
    const second = await valueOf(name)
    assert.equal(second["username"], `${first["username"]}_clone`)
    await rotated(admin, name)
    const third = await valueOf(name)
    assert.equal(third["username"], first["username"])
    assert.deepEqual([await logsIn(first), await logsIn(second), await logsIn(third)], [false, true, true])
    const used = await entriesOf(admin, { resource: boss, action: "ROTATE_STEP" })
    assert.ok(used.length >= 4)
    for (const { details, user_id: by } of used) {
      assert.match(details ?? "", /administrator$/)
      assert.equal(by, "rotation")
    }
  })

  test("an administrator's credentials go nowhere but where the schedule was set for", async () => {
    await newAdmin()
    const name = await newSecret({ masterarn: boss })
    await scheduled(admin, name, { strategy: "postgres-alternating" })
    const value = await valueOf(name)
    for (const moved of [{ host: "localhost" }, { port: cluster.port + 1 }, { ssl: true }]) {
      assert.equal((await admin.put(secretPath(name), { value: { ...value, ...moved }, reason: REASON })).status, 200)
      assert.equal((await rotate(admin, name)).status, 202)
      const status = await until(admin, name, ({ state }) => state !== "running")
      assert.equal(status.rotations[0]?.fault?.code, "admin_moved", JSON.stringify(moved))
    }
    const check = await admin.post<{ fault: string }>(secretPath(name, "check-rotation"), {})
    assert.deepEqual([check.status, check.body.fault], [409, "admin_moved"])
  })

  test("who may not rotate the administrator's secret may not have it used", async () => {
    await newAdmin()
    const name = await newSecret({ masterarn: boss })
    const rows = {
      allowedRoles: ["admin", "developer"],
      verbRoles: { rotate: ["admin", "developer"] },
      replacesRoles: true,
    }
    const made = await admin.post("/api/policies", { secretPattern: name, ...rows, reason: REASON })
    assert.equal(made.status, 201, made.text)
    const body = { strategy: "postgres-alternating" }
    assert.equal((await schedule(stage.people.dev.client, name, body)).body.code, "forbidden")
    const missing = await newSecret({ masterarn: "database/nobody" })
    const answer = await schedule(admin, missing, body)
    assert.deepEqual([answer.body.code, answer.body.fault], ["rotation_refused", "admin_missing"])
  })

  test("a look before the first rotation: the target is asked, nothing is changed", async () => {
    await newAdmin()
    const name = await newSecret({ masterarn: boss })
    await scheduled(admin, name, { strategy: "postgres-alternating" })
    const check = () => admin.post<{ fault: string }>(secretPath(name, "check-rotation"), {})
    assert.equal((await check()).status, 200)
    const value = await valueOf(name)
    await cluster.sql(`alter role ${value["username"] ?? ""} password 'another'`)
    const refused = await check()
    assert.deepEqual([refused.status, refused.body.fault], [409, "current_refused"])
    await cluster.sql(`alter role ${value["username"] ?? ""} password 'first'`)
    assert.ok(await logsIn(value))
  })

  test("no schedule, no rotation", async () => {
    const name = await newSecret()
    assert.equal((await rotate(admin, name)).body.code, "not_rotatable")
    assert.equal((await statusOf(admin, name)).state, "not_configured")
  })
})

test("while nothing can be recorded a rotation waits, and is done once that is over; nothing is told twice meanwhile", async () => {
  await using hook = await startRotationHook()
  const stage = await openStage({}, { env: { ...ROTATES_HERE, ROTATION_HOSTS: hook.host } })
  const database = new DatabaseSync(join(stage.server.dataFolder, "tyler.db"))
  try {
    const { admin } = stage
    const name = "app/locked"
    await createSecret(admin, name, hook.value(name))
    await scheduled(admin, name, { strategy: "webhook" })
    hook.on = ({ step }) => {
      if (step === "set" && hook.told.length === 1) database.exec("BEGIN IMMEDIATE")
      return undefined
    }
    assert.equal((await rotate(admin, name)).status, 202)
    await eventually("it is told", () => hook.told.length > 0)
    const before = process.cpuUsage()
    await pause(6000)
    assert.equal(hook.told.length, 1)
    const { user, system } = process.cpuUsage(before)
    assert.ok(user + system < 3_000_000, "it does not ask again and again")
    database.exec("ROLLBACK")
    const status = await until(admin, name, ({ state }) => state !== "running")
    assert.equal(status.rotations[0]?.state, "done")
    assert.equal(new Set(hook.told.map(({ pending }) => pending?.["password"])).size, 1)
  } finally {
    database.close()
    await stage.close()
  }
})
