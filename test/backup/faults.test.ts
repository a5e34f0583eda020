import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { gunzipSync, gzipSync } from "node:zlib"
import { newIdentity } from "../../src/backup/age.ts"
import { setUpAdmin } from "../kit/people.ts"
import { createSecret } from "../kit/secrets.ts"
import { temporaryFolder } from "../kit/server.ts"
import { type BackupKey, backupKey, ENGINES, giveRootKey, type Said, type Site, siteOf, skipped } from "./site.ts"

interface Scene {
  readonly key: BackupKey
  readonly old: Site
  readonly folder: string
  readonly names: readonly string[]
  part(kind: "manifest" | "state" | "entries"): string
}

async function sceneOf(t: TestContext): Promise<Scene> {
  const key = await backupKey(t)
  const old = await siteOf(t, "sqlite", { TYLER_BACKUP_RECIPIENTS: key.recipient })
  const server = await old.start()
  await createSecret(await setUpAdmin(server), "config/app", "kept")
  await server.close()
  const folder = join(old.folder, "backup")
  const taken = await old.run("backup", folder)
  assert.equal(taken.code, 0, taken.err)
  const names = readdirSync(folder)
  const part = (kind: string) => join(folder, names.find((name) => name.startsWith(kind)) ?? "")
  return { key, old, folder, names, part }
}

const oneLine = (said: Said, what: RegExp): void => {
  assert.equal(said.code, 1, said.out + said.err)
  assert.match(said.err, what)
  assert.equal(said.err.trimEnd().split("\n").length, 1, said.err)
}

/** Nothing of a restore, not even an empty database. */
const untouched = (site: Site): void =>
  assert.deepEqual(
    readdirSync(site.data).filter((name) => name !== "lock.db"),
    ["root.key"],
  )

test("whatever byte of whichever file is changed, cut or added, it is found before anything is touched", async (t) => {
  const scene = await sceneOf(t)
  const fresh = await siteOf(t, "sqlite")
  giveRootKey(scene.old, fresh)
  const attempt = () => fresh.restore({ folder: scene.folder, identityFile: scene.key.file, check: false })
  for (const kind of ["manifest", "state", "entries"] as const) {
    const file = scene.part(kind)
    const whole = readFileSync(file)
    const header = whole.indexOf("\n---")
    // The version, the recipient, the header's code, the nonce, the first and the last bytes of the sealed text.
    for (const at of [3, 30, header + 10, header + 60, header + 80, whole.length - 1]) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 1
      writeFileSync(file, changed)
      oneLine(await attempt(), /was changed|is not sealed to any key/)
    }
    for (const length of [0, 1, header, whole.length - 1]) {
      truncateSync(file, length)
      oneLine(await attempt(), /was cut or changed|is not whole or was changed|is not sealed/)
      writeFileSync(file, whole)
    }
    writeFileSync(file, Buffer.concat([whole, Buffer.alloc(1)]))
    oneLine(await attempt(), /was cut or changed|is not whole or was changed/)
    rmSync(file)
    oneLine(await attempt(), kind === "manifest" ? /holds no finished backup/ : /is missing/)
    writeFileSync(file, whole)
  }
  untouched(fresh)
  const looked = await fresh.run("restore", scene.folder, "--identity", scene.key.file, "--check")
  assert.equal(looked.code, 0, looked.err)
  assert.match(looked.out, /nothing was restored/)
  untouched(fresh)
})

test("another's backup, sealed to our recipient, is not taken for ours; nor is it opened with another root key", async (t) => {
  const ours = await sceneOf(t)
  const fresh = await siteOf(t, "sqlite")
  const attempt = (folder: string) => fresh.run("restore", folder, "--identity", ours.key.file)
  oneLine(await attempt(ours.folder), /made under the root key [0-9a-f]{8}, and that is not here/)
  assert.equal(existsSync(fresh.data), false, "a restore makes no root key")
  giveRootKey(ours.old, fresh)

  const theirs = await siteOf(t, "sqlite", { TYLER_BACKUP_RECIPIENTS: ours.key.recipient })
  await (await theirs.start()).close()
  const folder = join(theirs.folder, "backup")
  assert.equal((await theirs.run("backup", folder)).code, 0)
  oneLine(await attempt(folder), /made under the root key/)

  // Who had the backup's key once puts other rows, well sealed, in the place of a part.
  const state = ours.part("state")
  const genuine = readFileSync(state)
  const opened = spawnSync("age", ["-d", "-i", ours.key.file, state])
  if (opened.error !== undefined) return t.skip("age")
  const rows = gunzipSync(opened.stdout).toString("utf8").replaceAll('"developer"', '"superuser"')
  rmSync(state)
  spawnSync("age", ["-r", ours.key.recipient, "-o", state], { input: gzipSync(rows) })
  oneLine(await attempt(ours.folder), /state-\S+ (was changed|is \d+ bytes long and was \d+)/)
  writeFileSync(state, genuine)

  // Who knows the recipient and the wrapped keys writes a manifest of their own.
  const manifest = ours.part("manifest")
  const [line = "", mac = ""] = spawnSync("age", ["-d", "-i", ours.key.file, manifest], {
    encoding: "utf8",
  }).stdout.split("\n")
  if (line === "") return t.skip("age")
  const forged = `${line.replace(/"size":\d+/, '"size":1')}\n${mac}\n`
  const made = spawnSync("age", ["-r", ours.key.recipient, "-o", `${manifest}.new`], { input: forged })
  assert.equal(made.status, 0)
  writeFileSync(manifest, readFileSync(`${manifest}.new`))
  rmSync(`${manifest}.new`)
  oneLine(await attempt(ours.folder), /was not made by this installation, or was changed/)
  untouched(fresh)
})

test("a wrong key, a wrong passphrase and none at all are told apart in one line each", async (t) => {
  const passphrases = temporaryFolder()
  t.after(() => rmSync(passphrases, { recursive: true, force: true }))
  const file = (name: string, text: string): string => {
    writeFileSync(join(passphrases, name), text, { mode: 0o600 })
    return join(passphrases, name)
  }
  const right = file("right", "a passphrase of some length\n")
  const old = await siteOf(t, "sqlite", { TYLER_BACKUP_PASSPHRASE_FILE: right })
  await (await old.start()).close()
  const folder = join(old.folder, "backup")
  const taken = await old.run("backup", folder)
  assert.equal(taken.code, 0, taken.err)

  const wrong = await siteOf(t, "sqlite", {
    TYLER_BACKUP_PASSPHRASE_FILE: file("wrong", "another passphrase entirely"),
  })
  giveRootKey(old, wrong)
  oneLine(await wrong.run("restore", folder), /is not sealed to this passphrase$/m)
  const other = await newIdentity()
  oneLine(
    await wrong.run("restore", folder, "--identity", file("key", other.identity)),
    /is not sealed to any key of this identity file$/m,
  )
  oneLine(await wrong.run("restore", folder, "--identity", right), /holds no X25519 identities of age/)
  const bare = await siteOf(t, "sqlite")
  oneLine(await bare.run("restore", folder), /Give --identity FILE, or set TYLER_BACKUP_PASSPHRASE_FILE/)
  for (const [text, why] of [
    ["x".repeat(19), /holds fewer than 20 characters/],
    [`${"x".repeat(30)}\n${"y".repeat(30)}`, /more than one line/],
  ] as const) {
    const site = await siteOf(t, "sqlite", { TYLER_BACKUP_PASSPHRASE_FILE: file("odd", text) })
    giveRootKey(old, site)
    oneLine(await site.run("restore", folder), why)
  }
  const twenty = await siteOf(t, "sqlite", { TYLER_BACKUP_PASSPHRASE_FILE: file("twenty", "x".repeat(20)) })
  giveRootKey(old, twenty)
  oneLine(await twenty.run("restore", folder), /is not sealed to this passphrase/)

  const restored = await siteOf(t, "sqlite", { TYLER_BACKUP_PASSPHRASE_FILE: right })
  giveRootKey(old, restored)
  const done = await restored.run("restore", folder)
  assert.equal(done.code, 0, done.err)
})

test("no backup without a seal, none of nothing, and none into a folder of something else", async (t) => {
  const key = await backupKey(t)
  const site = await siteOf(t, "sqlite", { TYLER_BACKUP_RECIPIENTS: key.recipient })
  const folder = join(site.folder, "backup")
  oneLine(await site.run("backup", folder), /There is no database .*; start the server first/)
  await (await site.start()).close()
  mkdirSync(join(site.folder, "other"))
  writeFileSync(join(site.folder, "other", "letter.txt"), "mine")
  oneLine(await site.run("backup", join(site.folder, "other")), /"letter.txt", which is no part of a backup/)
  const unset = await siteOf(t, "sqlite")
  await (await unset.start()).close()
  oneLine(await unset.run("backup", folder), /a backup is always sealed/)
  const mistyped = key.recipient.replace(/.$/, (last) => (last === "q" ? "p" : "q"))
  const odd = await siteOf(t, "sqlite", { TYLER_BACKUP_RECIPIENTS: mistyped })
  await (await odd.start()).close()
  oneLine(await odd.run("backup", folder), /is mistyped/)
})

for (const engine of ENGINES)
  test(`nothing is restored over somebody's data, nor beside a server (${engine})`, {
    skip: skipped(engine),
  }, async (t) => {
    const scene = await sceneOf(t)
    const taken = await siteOf(t, engine)
    giveRootKey(scene.old, taken)
    const server = await taken.start()
    const attempt = () => taken.run("restore", scene.folder, "--identity", scene.key.file)
    oneLine(await attempt(), /in use by another process|A server is serving|is not empty/)
    await server.close()
    oneLine(await attempt(), /There is a database .* already|is not empty; restore into a new one/)
  })

test("a disk that is full stops a backup with one line, and the next run ends it", async (t) => {
  const mounted = mount(t, 4)
  if (mounted === undefined) return t.skip("mount")
  const key = await backupKey(t)
  const site = await siteOf(t, "sqlite", { TYLER_BACKUP_RECIPIENTS: key.recipient })
  await (await site.start()).close()
  const folder = join(mounted, "backup")
  oneLine(await site.run("backup", folder), /The backup in .* stopped; run it again to go on \(ENOSPC\)/)
  assert.equal(existsSync(join(folder, "manifest.json.age")), false)
  spawnSync("mount", ["-o", "remount,size=16m", mounted])
  const again = await site.run("backup", folder)
  assert.equal(again.code, 0, again.err)
})

test("a disk that is full stops a restore with one line, and leaves the place empty", async (t) => {
  const scene = await sceneOf(t)
  // Full before there are tables, and full at the end.
  for (const kib of [128, 300]) {
    const mounted = mount(t, kib)
    if (mounted === undefined) return t.skip("mount")
    const small = await siteOf(t, "sqlite", { TYLER_DATA_DIR: mounted })
    cpSync(scene.old.rootKey, join(mounted, "root.key"))
    const said = await small.run("restore", scene.folder, "--identity", scene.key.file)
    oneLine(said, /The restore stopped, .* \((disk_full|ENOSPC)\)/)
    assert.deepEqual(
      readdirSync(mounted).filter((name) => name.startsWith("tyler.db")),
      [],
    )
  }
})

/** A file system of so many KiB; undefined where we may not make one. */
function mount(t: TestContext, kib: number): string | undefined {
  const folder = temporaryFolder()
  const done = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kib}k,mode=700`, "tmpfs", folder])
  t.after(() => {
    if (done.status === 0) spawnSync("umount", [folder])
    rmSync(folder, { recursive: true, force: true })
  })
  return done.status === 0 ? folder : undefined
}

test("what is in a backup opens with age's own program, and the root key is nowhere in it", async (t) => {
  const scene = await sceneOf(t)
  const rootKey = readFileSync(scene.old.rootKey)
  for (const name of scene.names) {
    const opened = spawnSync("age", ["-d", "-i", scene.key.file, join(scene.folder, name)])
    if (opened.error !== undefined) return t.skip("age")
    assert.equal(opened.status, 0, opened.stderr.toString())
    const text = name.endsWith(".gz.age") ? gunzipSync(opened.stdout) : opened.stdout
    assert.ok(text.length > 0)
    for (const form of [rootKey.toString("base64"), rootKey.toString("hex"), rootKey.toString("latin1")])
      assert.equal(text.includes(form, 0, "latin1"), false, name)
  }
  const sealed = scene.names.map((name) => readFileSync(join(scene.folder, name), "latin1")).join("")
  assert.equal(sealed.includes("config/app"), false)
})
