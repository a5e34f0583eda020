import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { createNextRootKey } from "../../src/adapters/local/root-key-files.ts"
import { unsealed } from "../../src/backup/age.ts"
import { systemRandom } from "../../src/core/random.ts"
import { entriesOf } from "../kit/audit.ts"
import { logIn, setUpAdmin } from "../kit/people.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { backupKey, ENGINES, type Said, type Site, siteOf, skipped } from "./site.ts"

const refused = (said: Said, code: number, why: RegExp): void => {
  assert.equal(said.code, code, said.out + said.err)
  assert.match(said.err, why)
}

/** The doctor's line, and whether all is well. */
async function doctor(site: Site): Promise<readonly [unknown, string]> {
  const said = await site.run("doctor")
  return [said.code, said.out.split("\n").find((line) => /escrow/.test(line)) ?? ""]
}

for (const engine of ENGINES)
  test(`the root key's escrow: red until somebody has opened it, and again after a rotation (${engine})`, {
    skip: skipped(engine),
  }, async (t) => {
    const keeper = await backupKey(t)
    const site = await siteOf(t, engine)
    const server = await site.start()
    await createSecret(await setUpAdmin(server), "config/app", "kept")
    const file = join(site.folder, "escrow.age")
    const exported = await site.run("keys", "escrow", file, "--recipient", keeper.recipient)
    assert.equal(exported.code, 0, exported.err)
    assert.match(exported.out, /age -d -i .* \| sha256sum/)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    refused(await site.run("keys", "escrow", file, "--recipient", keeper.recipient), 1, /something is already there/)
    await server.close()

    const missing = /^FAULT: nobody has confirmed that the root key can be had back; run tyler-server keys escrow$/
    const [code, line] = await doctor(site)
    assert.equal(code, 1)
    assert.match(line, missing)

    const opened = await openedBy(file, keeper.file)
    assert.deepEqual(opened, readFileSync(site.rootKey), "the escrow is the key's file, whole")
    const digest = createHash("sha256").update(opened).digest("hex")
    refused(await site.run("keys", "escrow", "--confirm", "0".repeat(64)), 1, /not the digest of the root key in use/)
    refused(await site.run("keys", "escrow", "--confirm", "0".repeat(63)), 2, /64 hex digits/)
    const confirmed = await site.run("keys", "escrow", "--confirm", digest)
    assert.equal(confirmed.code, 0, confirmed.err)
    const [well, good] = await doctor(site)
    assert.deepEqual([well, good.startsWith("ok: the root key's escrow was opened and confirmed 20")], [0, true], good)

    // Lost, and had back from its escrow alone.
    rmSync(site.rootKey)
    await assert.rejects(site.start(), /root key .* is missing/)
    writeFileSync(site.rootKey, opened, { mode: 0o400 })
    const again = await site.start()
    const ada = await logIn(again.url, "ada")
    assert.equal((await read(ada, "config/app")).body.value, "kept")
    const [entry, ...more] = await entriesOf(ada, { action: "KEY_ESCROW_CONFIRMED" })
    assert.deepEqual([entry?.decision, more.length], ["root_key", 0])
    assert.match(entry?.details ?? "", /^check=[0-9a-f]{8}$/)

    createNextRootKey(site.rootKey, systemRandom)
    assert.equal((await ada.post("/api/keys/rotate-root", { reason: REASON })).status, 200)
    await again.close()
    assert.match((await doctor(site))[1], missing)
    refused(await site.run("keys", "escrow", "--confirm", digest), 1, /not the digest of the root key in use/)
  })

async function openedBy(file: string, identityFile: string): Promise<Buffer> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield readFileSync(file)
  }
  const [, identity = ""] = readFileSync(identityFile, "utf8").split("\n")
  const pieces: Uint8Array[] = []
  for await (const piece of unsealed({ identities: [identity] }, bytes())) pieces.push(piece)
  return Buffer.concat(pieces)
}

test("what opens the backups does not open the root key too, and no odd recipient is taken", async (t) => {
  const key = await backupKey(t)
  const site = await siteOf(t, "sqlite", { TYLER_BACKUP_RECIPIENTS: key.recipient })
  await (await site.start()).close()
  const file = join(site.folder, "escrow.age")
  refused(await site.run("keys", "escrow", file, "--recipient", key.recipient), 1, /one key would open both/)
  const mistyped = key.recipient.replace(/.$/, (last) => (last === "q" ? "p" : "q"))
  refused(await site.run("keys", "escrow", file, "--recipient", mistyped), 1, /no X25519 recipient/)
  for (const args of [
    ["escrow", file],
    ["escrow"],
    ["show"],
    ["escrow", "--confirm"],
    ["escrow", file, "--confirm", "0".repeat(64)],
  ])
    refused(await site.run("keys", ...args), 2, /keys escrow takes FILE and --recipient AGE, or --confirm DIGEST/)
})

test("in development the missing escrow is a note", async (t) => {
  const site = await siteOf(t, "sqlite", { TYLER_ENVIRONMENT: "development" })
  await (await site.start()).close()
  const [code, line] = await doctor(site)
  assert.deepEqual([code, line.startsWith("note: nobody has confirmed")], [0, true], line)
})

test("a new key pair for backups is as age-keygen makes one", async (t) => {
  const site = await siteOf(t, "sqlite")
  const file = join(site.folder, "new.key")
  const made = await site.run("new-backup-key", file)
  assert.equal(made.code, 0, made.err)
  const recipient = /^Public key: (age1[0-9a-z]{58})$/m.exec(made.out)?.[1]
  assert.match(readFileSync(file, "utf8"), /^# public key: age1[0-9a-z]{58}\nAGE-SECRET-KEY-1[0-9A-Z]{58}\n$/)
  const sealed = await siteOf(t, "sqlite", { TYLER_BACKUP_RECIPIENTS: recipient ?? "" })
  await (await sealed.start()).close()
  assert.equal((await sealed.run("backup", join(sealed.folder, "backup"))).code, 0)
  const opened = await sealed.run("restore", join(sealed.folder, "backup"), "--identity", file, "--check")
  assert.equal(opened.code, 0, opened.err)
  refused(await site.run("new-backup-key", file), 1, /something is already there/)
})
