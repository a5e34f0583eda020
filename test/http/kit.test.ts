import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { after, test } from "node:test"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import { movableClock } from "../kit/clock.ts"
import { logIn, setUpAdmin } from "../kit/people.ts"
import { startProcess } from "../kit/process.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { startServer } from "../kit/server.ts"
import { openStage } from "../kit/stage.ts"

test("a server starts on a free port with people in it, and leaves nothing behind", async () => {
  const stage = await openStage({ dev: ["developer"] })
  await createSecret(stage.admin, "config/kit", "a value")
  const { status, body } = await read(stage.people.dev.client, "config/kit")
  assert.equal(status, 200)
  assert.equal(body.value, "a value")
  const [entry] = await entriesOf(stage.admin, { action: "GET" })
  assert.equal(entry?.username, "dev")
  assert.equal((await verdictOn(await exportLog(stage.admin))).ok, true)
  await stage.close()
  assert.equal(existsSync(stage.server.folder), false)
})

test("time can be moved", async () => {
  const clock = movableClock()
  const server = await startServer({ clock })
  after(() => server.close())
  const admin = await setUpAdmin(server)
  clock.advance(13 * 3_600_000)
  const { status } = await admin.get("/api/me")
  assert.equal(status, 401, "the session has ended by then")
  await logIn(server.url, "ada")
})

test("a server of its own process can be stopped, killed and started again on its data", async () => {
  const first = await startProcess()
  after(() => first.close())
  const admin = await setUpAdmin(first)
  await createSecret(admin, "config/kit", "kept")
  assert.equal(await first.stop("SIGKILL"), "SIGKILL")
  const second = await startProcess({ folder: first.folder })
  after(() => second.close())
  assert.equal(second.setupToken, null)
  const again = await logIn(second.url, "ada")
  assert.equal((await read(again, "config/kit")).body.value, "kept")
  assert.equal(await second.stop("SIGTERM"), 0)
})
