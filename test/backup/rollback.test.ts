import assert from "node:assert/strict"
import { chmodSync, cpSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import { orderErasure } from "../kit/erasure.ts"
import { offlineService } from "../kit/offline.ts"
import { addPerson, logIn, setUpAdmin } from "../kit/people.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { backupKey, ENGINES, giveRootKey, siteOf, skipped } from "./site.ts"

for (const engine of ENGINES)
  test(`an older backup restored beside a newer mirror serves nothing until that is accepted (${engine})`, {
    skip: skipped(engine),
  }, async (t) => {
    const key = await backupKey(t)
    const old = await siteOf(t, engine, { TYLER_BACKUP_RECIPIENTS: key.recipient })
    const server = await old.start()
    const ada = await setUpAdmin(server)
    await createSecret(ada, "config/app", "first")
    const folder = join(old.folder, "backup")
    assert.equal((await old.run("backup", folder)).code, 0)
    for (let at = 0; at < 3; at++) await createSecret(ada, `config/later-${at}`, "second")
    await server.close()

    const fresh = await siteOf(t, engine)
    giveRootKey(old, fresh)
    cpSync(`${old.data}-mirror`, `${fresh.data}-mirror`, { recursive: true })
    chmodSync(`${fresh.data}-mirror`, 0o700)
    const restored = await fresh.run("restore", folder, "--identity", key.file)
    assert.equal(restored.code, 0, restored.err)
    assert.match(restored.out, /accept-rollback/)
    const refusing = await fresh.start()
    const ready = await refusing.anonymous.get<{ parts: Record<string, { reason: string }> }>("/api/ready")
    assert.deepEqual([ready.status, ready.body.parts["audit"]?.reason], [503, "rolled_back"])
    await refusing.close()
    const accepted = await fresh.run("accept-rollback", "--reason", REASON)
    assert.equal(accepted.code, 0, accepted.err)
    const again = await fresh.start()
    const there = await logIn(again.url, "ada")
    assert.equal((await read(there, "config/app")).body.value, "first")
    const order = (await entriesOf(there)).map(({ action }) => action)
    assert.ok(order.indexOf("BACKUP_RESTORED") < order.indexOf("ROLLBACK_ACCEPTED"))
    assert.equal((await verdictOn(await exportLog(there))).ok, true)
  })

test("a person who was erased since is in no part of the next backup into the same folder", async (t) => {
  const key = await backupKey(t)
  const site = await siteOf(t, "sqlite", { TYLER_BACKUP_RECIPIENTS: key.recipient })
  const server = await site.start()
  const ada = await setUpAdmin(server)
  const maria = await addPerson(ada, "maria", ["developer"])
  await createSecret(ada, "config/app", "kept")
  await read(maria.client, "config/app")
  await ada.patch(`/api/users/${maria.id}`, { disabled: true, reason: REASON })
  await server.close()
  const folder = join(site.folder, "backup")
  assert.equal((await site.run("backup", folder)).code, 0)
  const before = readdirSync(folder)
  assert.equal((await site.run("backup", folder)).code, 0)
  const same = (names: string[]) => names.filter((name) => name.startsWith("entries"))
  assert.deepEqual(same(readdirSync(folder)), same(before), "nothing has changed, so the part stays")

  await offlineService(site.folder, {}, (on) => orderErasure(on, maria.id))
  const erasing = await site.start()
  await erasing.runJobs()
  await erasing.close()
  assert.equal((await site.run("backup", folder)).code, 0)
  assert.equal(
    same(readdirSync(folder)).some((name) => same(before).includes(name)),
    false,
  )

  const fresh = await siteOf(t, "sqlite")
  giveRootKey(site, fresh)
  assert.equal((await fresh.run("restore", folder, "--identity", key.file)).code, 0)
  const there = await fresh.start()
  const log = await exportLog(await logIn(there.url, "ada"))
  assert.equal(log.text.includes('"maria"'), false)
  assert.equal((await verdictOn(log)).ok, true)
  rmSync(folder, { recursive: true })
})
