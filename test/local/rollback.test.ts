import assert from "node:assert/strict"
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { test, type TestContext } from "node:test"
import { systemClock } from "../../src/core/clock.ts"
import { systemRandom } from "../../src/core/random.ts"
import { StartFault } from "../../src/core/start-fault.ts"
import { start } from "../../src/main/compose.ts"
import { parseConfig } from "../../src/main/config.ts"
import { examine } from "../../src/main/doctor/doctor.ts"
import { lineOf } from "../../src/main/doctor/finding.ts"
import { type Offline, offline } from "../../src/main/offline.ts"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import { logIn, setUpAdmin } from "../kit/people.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { serverEnvironment, startServer, temporaryFolder, type TestServer } from "../kit/server.ts"

interface Scene {
  readonly folder: string
  readonly database: string
  readonly mirror: string
  start(): Promise<TestServer>
  offline<T>(use: (on: Offline) => Promise<T>): Promise<T>
}

async function diagnosed({ folder }: Scene): Promise<readonly string[]> {
  return (await examine(configOf(folder), { clock: systemClock, random: systemRandom })).map(lineOf)
}

function sceneOf(t: TestContext): Scene {
  const folder = temporaryFolder()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return {
    folder,
    database: join(folder, "data", "tyler.db"),
    mirror: join(folder, "data-mirror", "checkpoints.jsonl"),
    async start() {
      const server = await startServer({ folder })
      t.after(() => server.close())
      return server
    },
    offline: (use) => offline(configOf(folder), systemClock, systemRandom, use),
  }
}

function configOf(folder: string) {
  const parsed = parseConfig(serverEnvironment(folder))
  assert.ok("config" in parsed)
  return parsed.config
}

/** An admin and a secret, and then the server is stopped: the folder holds one whole database. */
async function firstDay(scene: Scene): Promise<void> {
  const server = await scene.start()
  await createSecret(await setUpAdmin(server), "config/app", "first")
  await server.close()
  assert.deepEqual(readdirSync(join(scene.folder, "data")).toSorted(), ["lock.db", "root.key", "tyler.db"])
}

async function secondDay(scene: Scene): Promise<void> {
  const server = await scene.start()
  await createSecret(await logIn(server.url, "ada"), "config/later", "second")
  await server.close()
}

const REASON = "The backup of the first day was restored"

/** After two days the database of the first one is put back. */
async function putBack(scene: Scene): Promise<void> {
  await firstDay(scene)
  copyFileSync(scene.database, join(scene.folder, "backup.db"))
  await secondDay(scene)
  copyFileSync(join(scene.folder, "backup.db"), scene.database)
}

test("an older database serves nothing until the loss is accepted, and the loss is on record", async (t) => {
  const scene = sceneOf(t)
  await putBack(scene)
  const refusing = await scene.start()
  const login = await refusing.anonymous.post("/api/auth/login", { username: "ada", password: "does not matter here" })
  assert.deepEqual([login.status, login.body["code"]], [503, "rolled_back"])
  const ready = await refusing.anonymous.get<{ parts: Record<string, { reason: string }> }>("/api/ready")
  assert.deepEqual([ready.status, ready.body.parts["audit"]?.reason], [503, "rolled_back"])
  assert.equal((await refusing.anonymous.get("/api/health")).status, 200)
  await refusing.close()

  await assert.rejects(
    scene.offline((on) => on.recoverAdmin("ada")),
    /rolled back; accept that first/,
  )
  const lines = await diagnosed(scene)
  assert.ok(
    lines.some((line) => line.startsWith("FAULT: mirror: rolled back")),
    lines.join("\n"),
  )
  const { lost } = await scene.offline((on) => on.acceptRollback(REASON))
  assert.match(lost, /^stored=\d+ mirrored=\d+ cause=smaller$/)
  await assert.rejects(
    scene.offline((on) => on.acceptRollback(REASON)),
    /Nothing was rolled back/,
  )

  const server = await scene.start()
  const ada = await logIn(server.url, "ada")
  assert.equal((await read(ada, "config/app")).body.value, "first")
  assert.equal((await read(ada, "config/later")).status, 404)
  const [entry] = await entriesOf(ada, { action: "ROLLBACK_ACCEPTED" })
  assert.deepEqual([entry?.reason, entry?.details, entry?.decision], [REASON, lost, "root_key"])
  assert.equal((await verdictOn(await exportLog(ada))).ok, true)
})

test("a log of the same length or longer, but another one, is found too", async (t) => {
  const scene = sceneOf(t)
  await putBack(scene)
  const aside = readFileSync(scene.mirror)
  rmSync(scene.mirror)
  // Without its mirror nobody notices, and another second day is written.
  for (let day = 0; day < 2; day++) await secondDayNamed(scene, `config/other-${day}`)
  writeFileSync(scene.mirror, aside, { mode: 0o600 })
  const server = await scene.start()
  assert.equal((await server.anonymous.get("/api/ready")).status, 503)
  await server.close()
  const { lost } = await scene.offline((on) => on.acceptRollback(REASON))
  assert.match(lost, /cause=forked$/)
})

async function secondDayNamed(scene: Scene, name: string): Promise<void> {
  const server = await scene.start()
  await createSecret(await logIn(server.url, "ada"), name, "second")
  await server.close()
}

test("leaves that were taken away are a fork, not a crash", async (t) => {
  const scene = sceneOf(t)
  await firstDay(scene)
  const db = new DatabaseSync(scene.database)
  db.exec("DROP TRIGGER audit_keeps_every_row; DELETE FROM security_audit_log WHERE idx = 1")
  db.close()
  const server = await scene.start()
  assert.equal((await server.anonymous.get("/api/ready")).status, 503)
})

test("another log's mirror stops the start with one line, and leaves nothing open behind it", async (t) => {
  const [scene, other] = [sceneOf(t), sceneOf(t)]
  await firstDay(scene)
  await firstDay(other)
  copyFileSync(scene.mirror, join(scene.folder, "own.jsonl"))
  copyFileSync(other.mirror, scene.mirror)
  for (let tries = 0; tries < 2; tries++) {
    await assert.rejects(start(configOf(scene.folder), systemClock, systemRandom), (error) => {
      assert.ok(error instanceof StartFault)
      assert.match(error.message, /^The mirror \S+ ends with a checkpoint that this database's log has not signed; .*$/)
      return true
    })
  }
  assert.match((await diagnosed(scene)).join("\n"), /^FAULT: mirror: The mirror \S+ ends with a checkpoint/m)
  copyFileSync(join(scene.folder, "own.jsonl"), scene.mirror)
  assert.equal((await (await scene.start()).anonymous.get("/api/ready")).status, 200)
})

test("a mirror folder that cannot be used gives the data folder up again", async (t) => {
  const scene = sceneOf(t)
  await firstDay(scene)
  const parsed = parseConfig({ ...serverEnvironment(scene.folder), TYLER_MIRROR_DIR: scene.mirror })
  assert.ok("config" in parsed)
  await assert.rejects(start(parsed.config, systemClock, systemRandom), /mirror folder .* is not a folder/)
  assert.equal((await (await scene.start()).anonymous.get("/api/ready")).status, 200)
})
