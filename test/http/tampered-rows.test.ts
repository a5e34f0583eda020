import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { hashToken } from "../../src/identity/credential.ts"
import { entriesOf } from "../kit/audit.ts"
import { addPerson, logIn } from "../kit/people.ts"
import { createSecret, read, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { runPast, type SqlValue } from "../kit/tamper.ts"

let stage: Stage<"dev">

before(async () => {
  stage = await openStage({ dev: ["developer"] })
})
after(() => stage.close())

/** What somebody who can write the database, and has no key, may try. */
async function writeDatabase(text: string, ...values: readonly SqlValue[]): Promise<void> {
  assert.equal((await runPast(stage.server.folder, text, ...values)).changes, 1)
}

test("a guarded secret's row that was given a name people may read does not open", async () => {
  const guarded = "production/payments"
  await createSecret(stage.admin, guarded, "the guarded value")
  assert.equal((await read(stage.people.dev.client, guarded)).status, 403)
  await writeDatabase("UPDATE secret SET name = ?1, folded_name = ?1 WHERE name = ?2", "config/innocent", guarded)
  for (const unmask of [true, false]) {
    const answer = await read(stage.people.dev.client, "config/innocent", { unmask })
    assert.equal(answer.status, 500)
    assert.equal(answer.body.code, "internal")
    assert.ok(!answer.text.includes("guarded"))
  }
})

test("a version that was put under another secret does not open", async () => {
  const { dev } = stage.people
  await createSecret(stage.admin, "production/other", "the other value")
  await createSecret(stage.admin, "config/mine", "mine")
  await writeDatabase(
    `UPDATE secret_version SET sealed = (SELECT v.sealed FROM secret_version v JOIN secret s ON s.id = v.secret_id
       WHERE s.name = ?1) WHERE secret_id = (SELECT id FROM secret WHERE name = ?2)`,
    "production/other",
    "config/mine",
  )
  const answer = await read(dev.client, "config/mine", { skipCache: true })
  assert.equal(answer.status, 500)
  assert.ok(!answer.text.includes("other value"))
  assert.equal((await stage.admin.get(secretPath("config/mine", "metadata"))).status, 200)
})

test("a session's row put back after its end opens nothing; the person's other sessions go on", async () => {
  await addPerson(stage.admin, "twice", ["developer"])
  const [ends, stays] = [await logIn(stage.server.url, "twice"), await logIn(stage.server.url, "twice")]
  const tokenHash = hashToken(ends.token ?? "")
  await runPast(stage.server.folder, "CREATE TABLE kept AS SELECT * FROM credential WHERE token_hash = ?1", tokenHash)
  assert.equal((await ends.get("/api/me")).status, 200)
  assert.equal((await ends.post("/api/auth/logout")).status, 200)
  await writeDatabase("INSERT INTO credential SELECT * FROM kept")
  assert.equal((await ends.get("/api/me")).status, 401)
  assert.equal((await stays.get("/api/me")).status, 200)
  assert.ok((await entriesOf(stage.admin, { action: "ROW_TAMPERED" })).length > 0, "and it is an entry")
  assert.equal((await stays.post("/api/auth/logout")).status, 200, "what is not genuine goes with it")
  assert.equal((await ends.get("/api/me")).status, 401)
})
