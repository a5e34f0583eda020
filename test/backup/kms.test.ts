import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fakeKms, type KmsMood } from "../kit/fake-kms.ts"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import { takeTestCredentials } from "../kit/moto.ts"
import { MOTO_CREDENTIALS, MOTO_REGION } from "../kit/moto-process.ts"
import { logIn, setUpAdmin } from "../kit/people.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { backupKey, siteOf } from "./site.ts"

takeTestCredentials()

test("a backup of what KMS wraps needs no file: the same key restores it on an empty host, and no other, nor one that refuses", async (t) => {
  const kms = await fakeKms(MOTO_REGION)
  t.after(() => kms.close())
  const keyId = kms.createKey()
  const seal = await backupKey(t)
  const under = (id: string): Record<string, string> => ({
    ...MOTO_CREDENTIALS,
    AWS_REGION: MOTO_REGION,
    AWS_ENDPOINT_URL_KMS: kms.origin,
    KMS_KEY_ID: id,
  })
  const old = await siteOf(t, "sqlite", { ...under(keyId), TYLER_BACKUP_RECIPIENTS: seal.recipient })
  const ada = await setUpAdmin(await old.start())
  await createSecret(ada, "config/app", "kept")
  const folder = join(old.folder, "backup")
  const taken = await old.run("backup", folder)
  assert.equal(taken.code, 0, taken.err)
  assert.ok(!existsSync(old.rootKey))
  assert.match(taken.out, /see that nobody deletes the KMS key that wraps the keyring/)
  const escrow = await old.run(
    "keys",
    "escrow",
    join(folder, "root.age"),
    "--recipient",
    (await backupKey(t)).recipient,
  )
  assert.deepEqual([escrow.code, /nothing to put into escrow/.test(escrow.err)], [1, true], escrow.err)

  const fresh = await siteOf(t, "sqlite", under(keyId))
  const ask = { folder, identityFile: seal.file, check: false }
  const refusals: readonly (readonly [KmsMood, RegExp])[] = [
    ["AccessDeniedException", /KMS does not open the keys of the backup \(kms_access_denied\); nothing was touched/],
    ["DisabledException", /KMS does not open the keys of the backup \(kms_disabled\); nothing was touched/],
  ]
  for (const [mood, says] of refusals) {
    kms.mood(keyId, mood)
    const refused = await fresh.run("restore", folder, "--identity", seal.file)
    assert.equal(refused.code, 1)
    assert.match(refused.err, says)
    assert.match(refused.err, /^[^\n]*\n$/)
    assert.ok(!existsSync(join(fresh.data, "tyler.db")))
  }
  kms.mood(keyId, undefined)

  const elsewhere = await siteOf(t, "sqlite", under(kms.createKey()))
  const other = await elsewhere.restore(ask)
  assert.match(
    other.err,
    /made under the root key [0-9a-f]{8}, and that is not here; .* or name it in KMS_KEY_ID if it is in KMS/,
  )
  const without = await siteOf(t, "sqlite")
  assert.match((await without.restore(ask)).err, /that is not here; .* or set KMS_KEY_ID if it is in KMS/)

  const restored = await fresh.restore(ask)
  assert.equal(restored.code, 0, restored.err)
  const session = await logIn((await fresh.start()).url, "ada")
  assert.equal((await read(session, "config/app")).body.value, "kept")
  assert.equal((await verdictOn(await exportLog(session))).ok, true)
  assert.equal((await entriesOf(session, { action: "BACKUP_RESTORED" })).length, 1)
})
