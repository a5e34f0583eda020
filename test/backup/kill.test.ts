import assert from "node:assert/strict"
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { newIdentity } from "../../src/backup/age.ts"
import { runSql } from "../conformance/postgres-database.ts"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import { growLog } from "../kit/long-log.ts"
import { offlineService } from "../kit/offline.ts"
import { logIn, setUpAdmin } from "../kit/people.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { startServer, temporaryFolder } from "../kit/server.ts"
import { giveRootKey, type Site, siteOf, skipped } from "./site.ts"

/** More than one part, so that there is something to go on from. */
const ENTRIES = 40_000
const PART = 16_384
const folder = temporaryFolder()
const keyFile = join(folder, "backup.key")
const backup = join(folder, "backup")
let recipient = ""

before(async () => {
  const server = await startServer({ folder, env: { DATABASE_URL: undefined } })
  await createSecret(await setUpAdmin(server), "config/app", "kept")
  await server.close()
  await offlineService(folder, {}, (on) => growLog(on, ENTRIES))
  const pair = await newIdentity()
  recipient = pair.recipient
  writeFileSync(keyFile, pair.identity, { mode: 0o600 })
})
after(() => rmSync(folder, { recursive: true, force: true }))

const until = async (so: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await so())) await pause(2)
}

/** The machine that the log above was made on. */
async function oldSite(t: Parameters<typeof siteOf>[0]): Promise<Site> {
  const site = await siteOf(t, "sqlite", {
    TYLER_DATA_DIR: join(folder, "data"),
    TYLER_MIRROR_DIR: join(folder, "data-mirror"),
    TYLER_BACKUP_RECIPIENTS: recipient,
  })
  return { ...site, data: join(folder, "data"), rootKey: join(folder, "data", "root.key") }
}

test("a backup that is killed goes on where it was, and never looks whole before it is", async (t) => {
  const old = await oldSite(t)
  const names = (): string[] => (existsSync(backup) ? readdirSync(backup) : [])
  const first = old.beginBackup(backup, PART)
  await until(() => names().some((name) => /^entries-16384-.*\.part$/.test(name)))
  first.child.kill("SIGKILL")
  assert.equal((await first.said).code, "SIGKILL")
  assert.equal(names().includes("manifest.json.age"), false)
  const refused = await old.run("restore", backup, "--identity", keyFile, "--check")
  assert.match(refused.err, /holds no finished backup/)

  const done = names().filter((name) => /^entries-0-.*\.age$/.test(name))
  assert.equal(done.length, 1)
  const before = statSync(join(backup, done[0] as string), { bigint: true })
  const second = await old.beginBackup(backup, PART).said
  assert.equal(second.code, 0, second.err)
  const stands = statSync(join(backup, done[0] as string), { bigint: true })
  assert.deepEqual([stands.ino, stands.mtimeNs], [before.ino, before.mtimeNs], "it was not made again")
  assert.match(
    names().toSorted().join(" "),
    /^entries-0-16384-0-0\S+ entries-16384-32768-0-0\S+ entries-32768-(\d+)-0-0\S+ manifest\.json\.age state-\1-[0-9a-f]{16}\.ndjson\.gz\.age$/,
  )
  const looked = await old.run("restore", backup, "--identity", keyFile, "--check")
  assert.equal(looked.code, 0, looked.err)
})

test("a restore that is killed leaves no database, and no server starts an empty one in its place", async (t) => {
  const old = await oldSite(t)
  const fresh = await siteOf(t, "sqlite")
  giveRootKey(old, fresh)
  const first = fresh.begin("restore", backup, "--identity", keyFile)
  const draft = join(fresh.data, "tyler.db.restoring")
  await until(() => existsSync(draft) && statSync(draft).size > 2_000_000)
  first.child.kill("SIGKILL")
  assert.equal((await first.said).code, "SIGKILL")
  assert.equal(existsSync(join(fresh.data, "tyler.db")), false)
  await assert.rejects(fresh.start(), /A restore into .* did not end; run it again, or remove/)
  const second = await fresh.run("restore", backup, "--identity", keyFile)
  assert.equal(second.code, 0, second.err)
  assert.equal(existsSync(draft), false)
  await serves(fresh)
})

test("the same on PostgreSQL", { skip: skipped("postgres") }, async (t) => {
  const old = await oldSite(t)
  const fresh = await siteOf(t, "postgres")
  giveRootKey(old, fresh)
  const url = fresh.env["DATABASE_MIGRATION_URL"] as string
  const first = fresh.begin("restore", backup, "--identity", keyFile)
  const restoring = async (): Promise<boolean> => {
    const found = await runSql(
      url,
      "SELECT 1 FROM pg_stat_activity WHERE application_name = 'tyler-restore' AND query LIKE 'INSERT INTO security_audit_log%' AND datname = current_database()",
    )
    return found.length > 0
  }
  await until(restoring)
  first.child.kill("SIGSTOP")
  await assert.rejects(fresh.start(), /recover-admin or restore is at work/)
  const meanwhile = await fresh.run("restore", backup, "--identity", keyFile)
  assert.match(meanwhile.err, /recover-admin or another restore is at work on the database \S+; wait until it is done/)
  first.child.kill("SIGKILL")
  assert.equal((await first.said).code, "SIGKILL")
  await until(async () => !(await restoring()))
  assert.deepEqual(await runSql(url, "SELECT count(*) AS n FROM security_audit_log"), [{ n: "0" }])
  const unfinished =
    /A restore into the database \S+ did not end, and nothing of it is there; run it again, or use a new/
  await assert.rejects(fresh.start(), unfinished)
  assert.match((await fresh.run("recover-admin", "ada")).err, unfinished)
  assert.deepEqual(await runSql(url, "SELECT key FROM meta"), [{ key: "restoring" }])
  const second = await fresh.run("restore", backup, "--identity", keyFile)
  assert.equal(second.code, 0, second.err)
  assert.deepEqual(await runSql(url, "SELECT key FROM meta WHERE key = 'restoring'"), [])
  await serves(fresh)
  const third = await fresh.run("restore", backup, "--identity", keyFile)
  assert.match(third.err, /A server is serving from the database \S+; stop all of them first/)
})

async function serves(site: Site): Promise<void> {
  const server = await site.start()
  const ada = await logIn(server.url, "ada")
  assert.equal((await read(ada, "config/app")).body.value, "kept")
  assert.equal((await verdictOn(await exportLog(ada))).ok, true)
  assert.equal((await entriesOf(ada, { action: "BACKUP_RESTORED" })).length, 1)
}
