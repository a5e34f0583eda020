import assert from "node:assert/strict"
import { copyFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { runSql } from "../conformance/postgres-database.ts"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import { logIn, setUpAdmin } from "../kit/people.ts"
import { backupKey, type EngineName, siteOf, skipped } from "./site.ts"

const DETAILS = /^sealed=recipients=1 id=[0-9a-f-]{36} at=\S+Z$/

async function sceneOf(t: Parameters<typeof siteOf>[0], engine: EngineName) {
  const site = await siteOf(t, engine, { TYLER_BACKUP_RECIPIENTS: (await backupKey(t)).recipient })
  const server = await site.start()
  const admin = await setUpAdmin(server)
  return {
    site,
    server,
    admin,
    take: async () => {
      const said = await site.run("backup", join(site.folder, "backup"))
      assert.equal(said.code, 0, said.err)
      return said.out
    },
    notes: () => readdirSync(site.data).filter((name) => name.startsWith("backup-note-")),
  }
}

test("a backup on the host is on record: beside a server of SQLite, and without it from the next start on", async (t) => {
  const { site, server, admin, take, notes } = await sceneOf(t, "sqlite")
  assert.match(await take(), /The server puts it on record within ten seconds, or at its next start\./)
  const [note = "", ...more] = notes()
  assert.deepEqual(more, [])
  copyFileSync(join(site.data, note), join(site.folder, "kept"))
  await server.runJobs()
  const [entry, ...others] = await entriesOf(admin, { action: "BACKUP" })
  assert.deepEqual([others, notes()], [[], []])
  assert.deepEqual([entry?.result, entry?.user_id, entry?.decision], ["SUCCESS", "operator", "root_key"])
  assert.match(entry?.details ?? "", DETAILS)

  // The same once more, and what nobody with the root key has written.
  const place = (name: string): string => join(site.data, `backup-note-${name.repeat(36)}.json`)
  copyFileSync(join(site.folder, "kept"), join(site.data, note))
  writeFileSync(place("a"), '{"id":"1","at":1,"sealed":"x"}\nAAAA\n')
  writeFileSync(place("b"), "x".repeat(100_000))
  symlinkSync(join(site.folder, "kept"), place("c"))
  await server.runJobs()
  assert.deepEqual([notes(), (await entriesOf(admin, { action: "BACKUP" })).length], [[], 1])

  await server.close()
  await take()
  const again = await site.start()
  await again.runJobs()
  const ada = await logIn(again.url, "ada")
  assert.equal((await entriesOf(ada, { action: "BACKUP" })).length, 2)
  assert.equal((await verdictOn(await exportLog(ada))).ok, true)
})

test("on PostgreSQL it is on record at once; a database that takes no entry is backed up all the same, and that is said", {
  skip: skipped("postgres"),
}, async (t) => {
  const { site, admin, take } = await sceneOf(t, "postgres")
  const known = async (): Promise<number> => (await entriesOf(admin, { action: "BACKUP" })).length
  assert.match(await take(), /On record\./)
  const [entry] = await entriesOf(admin, { action: "BACKUP" })
  assert.match(entry?.details ?? "", DETAILS)
  assert.equal(entry?.user_id, "operator")

  const url = site.env["DATABASE_MIGRATION_URL"] as string
  await runSql(url, "ALTER FUNCTION record_acts RENAME TO record_acts_away")
  assert.match(await take(), /NOT on record: the database takes no entries \(\w+\)\./)
  await runSql(url, "ALTER FUNCTION record_acts_away RENAME TO record_acts")
  assert.equal(await known(), 1)
  await take()
  assert.equal(await known(), 2)
})
