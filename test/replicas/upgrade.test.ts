import assert from "node:assert/strict"
import { test } from "node:test"
import { postgresAnswers, runSql } from "../conformance/postgres-database.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { logIn, setUpAdmin } from "../kit/people.ts"
import { replicaSet } from "../kit/replicas.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { clientOf } from "../kit/client.ts"

const skip = (await postgresAnswers()) ? false : "postgres"

/**
 * What a newer version's start does to the database of a replica that is running: a migration more. Migrations only add,
 * so this one does: a table, a column that may be null, a column with a default, an index.
 */
const NEWER = [
  "BEGIN",
  "CREATE TABLE something_new (id TEXT PRIMARY KEY)",
  "ALTER TABLE principal ADD COLUMN something TEXT",
  "ALTER TABLE secret ADD COLUMN something_else BOOLEAN NOT NULL DEFAULT true",
  "CREATE INDEX something_faster ON secret (created_by)",
  "INSERT INTO tyler_migration (version) SELECT max(version) + 1 FROM tyler_migration",
  "COMMIT",
]

test("a replica goes on through the migration of a newer version, and is not started on what that left", {
  skip,
}, async () => {
  await using replicas = await replicaSet()
  const running = await replicas.start(0)
  const ada = await setUpAdmin(running)
  await createSecret(ada, "config/app", "kept")
  const stop = new AbortController()
  const reads = (async () => {
    let count = 0
    for (; !stop.signal.aborted; count++) {
      // Masked, which no daily limit counts.
      const answer = await ada.post("/api/secrets/config/app/access", { reason: REASON })
      assert.equal(answer.status, 200, answer.text)
    }
    return count
  })()
  for (let before = 0; before < 3; before++) await createSecret(ada, `config/before-${before}`, "x")
  await runSql(replicas.database.url, ...NEWER)
  for (let after = 0; after < 3; after++) await createSecret(ada, `config/after-${after}`, "x")
  await logIn(running.url, "ada")
  assert.equal((await read(ada, "config/app")).body.value, "kept")
  stop.abort()
  assert.ok((await reads) > 6)
  await assert.rejects(
    replicas.start(1),
    /^StartFault: The PostgreSQL database was made by a newer version of Tyler Setup; start that version$/,
  )
  assert.equal((await clientOf(running.url, ada.token).get("/api/ready")).status, 200, "the one that runs is not hurt")
  assert.equal((await verdictOn(await exportLog(ada))).ok, true)
})
