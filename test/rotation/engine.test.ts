import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Client as Postgres } from "pg"
import type { AccessAnswer } from "../../src/api/access.ts"
import type { VersionsAnswer } from "../../src/api/secrets.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { type Cluster, noCluster, startCluster } from "../kit/postgres-cluster.ts"
import { rotate, ROTATES_HERE, rotated, scheduled, statusOf } from "../kit/rotated.ts"
import { createSecret, read, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

describe("rotation of a PostgreSQL user by the service", { skip: noCluster }, () => {
  let cluster: Cluster
  let stage: Stage<never>
  let admin: Client
  let count = 0
  before(async () => {
    cluster = await startCluster()
    stage = await openStage({}, { env: ROTATES_HERE })
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
    const name = `database/${username}`
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

  test("no schedule, no rotation", async () => {
    const name = await newSecret()
    assert.equal((await rotate(admin, name)).body.code, "not_rotatable")
    assert.equal((await statusOf(admin, name)).state, "not_configured")
  })
})
