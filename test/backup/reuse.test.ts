import assert from "node:assert/strict"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { test } from "node:test"
import { runSql } from "../conformance/postgres-database.ts"
import { setUpAdmin } from "../kit/people.ts"
import { backupKey, ENGINES, type Site, siteOf, skipped } from "./site.ts"

const ERASE = `UPDATE security_audit_log SET salt = NULL, username = NULL, user_agent = NULL, reason = NULL, erased_by = 2`

/** What an erasure does to an entry, without the entries that it makes: the log stays as long as it was. */
async function erase(site: Site): Promise<void> {
  const url = site.env["DATABASE_MIGRATION_URL"]
  if (url !== undefined) {
    await runSql(url, `${ERASE}, ip_text = NULL, commitment = sha256('') WHERE idx = 1`)
    return
  }
  const db = new DatabaseSync(join(site.data, "tyler.db"))
  db.exec(`${ERASE}, ip_address = NULL, commitment = zeroblob(32) WHERE idx = 1`)
  db.close()
}

for (const engine of ENGINES)
  test(`a part is used again as long as nothing was taken from its entries, and made again after that (${engine})`, {
    skip: skipped(engine),
  }, async (t) => {
    const key = await backupKey(t)
    const site = await siteOf(t, engine, { TYLER_BACKUP_RECIPIENTS: key.recipient })
    const server = await site.start()
    await setUpAdmin(server)
    await server.close()
    const folder = join(site.folder, "backup")
    const taken = async (): Promise<readonly string[]> => {
      const said = await site.run("backup", folder)
      assert.equal(said.code, 0, said.err)
      return readdirSync(folder).filter((name) => name.startsWith("entries"))
    }
    // Each backup is an entry, at once where PostgreSQL keeps them. Here the log is to stay as long as it is.
    const url = site.env["DATABASE_MIGRATION_URL"]
    if (url !== undefined) await runSql(url, "ALTER FUNCTION record_acts RENAME TO record_acts_away")
    const first = await taken()
    assert.deepEqual(await taken(), first)
    await erase(site)
    const [name, ...more] = await taken()
    assert.deepEqual([name?.replace("-1-2.", "-0-0."), more], [first[0], []])
    assert.notEqual(name, first[0])
  })
