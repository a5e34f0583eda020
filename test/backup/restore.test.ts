import assert from "node:assert/strict"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { addPerson, logIn, setUpAdmin } from "../kit/people.ts"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import { clientOf } from "../kit/client.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { backupKey, ENGINES, giveRootKey, siteOf, skipped } from "./site.ts"

for (const from of ENGINES)
  for (const to of ENGINES)
    test(`a backup taken beside a serving ${from} restores on an empty host with ${to}`, {
      skip: skipped(from, to),
    }, async (t) => {
      const key = await backupKey(t)
      const old = await siteOf(t, from, { TYLER_BACKUP_RECIPIENTS: key.recipient })
      const server = await old.start()
      const ada = await setUpAdmin(server)
      await addPerson(ada, "bob", ["developer"])
      await createSecret(ada, "config/app", "kept")
      const folder = join(old.folder, "backup")

      const done = new AbortController()
      const writes = (async () => {
        let at = 0
        for (; !done.signal.aborted; at++) await createSecret(ada, `config/during-${at}`, "x")
        return at
      })()
      const taken = await old.run("backup", folder)
      done.abort()
      assert.equal(taken.code, 0, taken.err)
      assert.match(taken.out, /It is of no use without the root key/)
      assert.ok((await writes) > 1, "the server went on meanwhile")
      await createSecret(ada, "config/after", "not in it")

      const fresh = await siteOf(t, to)
      giveRootKey(old, fresh)
      const restored = await fresh.run("restore", folder, "--identity", key.file)
      assert.equal(restored.code, 0, restored.err)
      const again = await fresh.start()
      assert.equal((await again.anonymous.get("/api/ready")).status, 200)
      assert.equal((await clientOf(again.url, ada.token).get("/api/me")).status, 401, "sessions are not restored")
      const session = await logIn(again.url, "ada")
      assert.equal((await read(session, "config/app")).body.value, "kept")
      assert.equal((await read(session, "config/after")).status, 404)
      assert.equal((await verdictOn(await exportLog(session))).ok, true)
      const [entry] = await entriesOf(session, { action: "BACKUP_RESTORED" })
      assert.match(entry?.details ?? "", /^alarm backup=[0-9a-f]{16} size=\d+ made=\S+Z$/)
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.endsWith(".part")),
        [],
      )
    })
