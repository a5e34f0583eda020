import assert from "node:assert/strict"
import { copyFileSync, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { backup, DatabaseSync } from "node:sqlite"
import { test } from "node:test"
import { StartFault } from "../../src/core/start-fault.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { logIn, setUpAdmin } from "../kit/people.ts"
import { startProcess } from "../kit/process.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { PASSWORD_COST } from "../../src/identity/password.ts"
import { startServer, temporaryFolder } from "../kit/server.ts"

test("SQLite's own backup, taken beside a serving process, restores to a whole server with the root key's copy", async (t) => {
  const server = await startProcess()
  t.after(() => server.close())
  const folder = temporaryFolder()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const ada = await setUpAdmin(server)
  await createSecret(ada, "config/app", "kept")

  mkdirSync(join(folder, "data"), { mode: 0o700 })
  const done = new AbortController()
  const writes = (async () => {
    for (let at = 0; !done.signal.aborted; at++) await createSecret(ada, `config/during-${at}`, "x")
  })()
  const live = new DatabaseSync(join(server.folder, "data", "tyler.db"), { readOnly: true })
  await backup(live, join(folder, "data", "tyler.db"))
  live.close()
  done.abort()
  await writes
  copyFileSync(join(server.folder, "data", "root.key"), join(folder, "data", "root.key"))
  assert.equal((await ada.get("/api/health")).status, 200)
  await createSecret(ada, "config/after", "the server goes on")

  const restored = await startServer({ folder, passwordCost: PASSWORD_COST })
  t.after(() => restored.close())
  const again = await logIn(restored.url, "ada")
  assert.equal((await read(again, "config/app")).body.value, "kept")
  assert.equal((await verdictOn(await exportLog(again))).ok, true)
})

test("a database that a newer version has written is refused with one line", async (t) => {
  const folder = temporaryFolder()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  await (await startServer({ folder })).close()
  const db = new DatabaseSync(join(folder, "data", "tyler.db"))
  db.exec("PRAGMA user_version = 1000")
  db.close()
  await assert.rejects(startServer({ folder }), (error) => {
    assert.ok(error instanceof StartFault)
    assert.equal(error.message, "The database was made by a newer version of Tyler Setup; start that version")
    return true
  })
})
