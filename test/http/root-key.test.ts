import assert from "node:assert/strict"
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { KeysAnswer, RootRotated } from "../../src/api/keys.ts"
import { createNextRootKey } from "../../src/adapters/local/root-key-files.ts"
import { systemRandom } from "../../src/core/random.ts"
import type { Client } from "../kit/client.ts"
import { dropDatabase, ENGINE, engineEnvironment } from "../kit/engine.ts"
import { logIn, setUpAdmin } from "../kit/people.ts"
import { createSecret, REASON, read } from "../kit/secrets.ts"
import { startServer, temporaryFolder, type TestServer } from "../kit/server.ts"

interface Scene {
  readonly server: TestServer
  readonly admin: Client
  /** The root key file. */
  readonly key: string
}

async function sceneOf(t: TestContext): Promise<Scene> {
  const folder = temporaryFolder()
  t.after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await dropDatabase(folder)
  })
  const server = await startServer({ folder })
  t.after(() => server.close())
  const admin = await setUpAdmin(server)
  await createSecret(admin, "config/app", "the value")
  return { server, admin, key: join(server.dataFolder, "root.key") }
}

const rotate = (admin: Client) =>
  admin.post<RootRotated & { code?: string }>("/api/keys/rotate-root", { reason: REASON })

async function opens(admin: Client): Promise<void> {
  const answer = await read(admin, "config/app", { skipCache: true })
  assert.equal(answer.body.value, "the value", answer.text)
}

/** Rotates the key-encryption key, which the root key in use has to wrap, and waits for the end. */
async function sealAnew(admin: Client): Promise<void> {
  assert.equal((await admin.post("/api/keys/rotate", { reason: REASON, retire: true })).status, 202)
  for (;;) if ((await admin.get<KeysAnswer>("/api/keys")).body.progress === null) return
}

test("without a new key there is nothing to rotate to, and the refusal is an entry", async (t) => {
  const { admin } = await sceneOf(t)
  const refused = await rotate(admin)
  assert.deepEqual([refused.status, refused.body.code], [409, "root_key_not_prepared"])
  const { auditLogs } = (await admin.get<{ auditLogs: object[] }>("/api/audit?action=ROOT_KEY_ROTATE")).body
  assert.equal(auditLogs.length, 1)
  await opens(admin)
})

test("a new key that others may read is not rotated to, and the caller learns no path", async (t) => {
  const { admin, key } = await sceneOf(t)
  chmodSync(createNextRootKey(key, systemRandom), 0o444)
  const refused = await rotate(admin)
  assert.equal(refused.body.code, "root_key_not_prepared")
  assert.ok(!refused.text.includes(key))
  await opens(admin)
})

test("the root key is rotated while secrets are read; the old file is kept, and alone it opens nothing", async (t) => {
  const { server, admin, key } = await sceneOf(t)
  const old = readFileSync(key)
  const next = readFileSync(createNextRootKey(key, systemRandom))
  const reads = Array.from({ length: 40 }, () => read(admin, "config/app", { skipCache: true, unmask: false }))
  const rotated = await rotate(admin)
  assert.deepEqual([rotated.status, rotated.body], [200, { message: "Root key rotated", keys: 3 }])
  for (const answer of await Promise.all(reads)) assert.equal(answer.status, 200, answer.text)

  assert.deepEqual(readFileSync(key), next)
  const kept = readdirSync(server.dataFolder).filter((file) => /^root\.key\.[0-9a-f]{8}$/.test(file))
  assert.deepEqual(
    kept.map((file) => readFileSync(join(server.dataFolder, file))),
    [old],
  )
  assert.equal((await rotate(admin)).body.code, "root_key_not_prepared")
  await sealAnew(admin)
  await opens(admin)

  await server.close()
  const again = await startServer({ folder: server.folder })
  t.after(() => again.close())
  await opens(await logIn(again.url, "ada"))
  await again.close()
  rmSync(key)
  copyFileSync(join(server.dataFolder, kept[0] ?? ""), key)
  await assert.rejects(startServer({ folder: server.folder }), /is not the one the database .* last rotated to/)
})

test("killed between the act and the files: the next start finds the key in its waiting place and goes on", async (t) => {
  const { server, admin, key } = await sceneOf(t)
  const old = readFileSync(key)
  const next = readFileSync(createNextRootKey(key, systemRandom))
  assert.equal((await rotate(admin)).status, 200)
  await server.close()
  const kept = readdirSync(server.dataFolder).find((file) => /^root\.key\.[0-9a-f]{8}$/.test(file)) ?? ""
  renameSync(key, `${key}.next`)
  renameSync(join(server.dataFolder, kept), key)

  const again = await startServer({ folder: server.folder })
  t.after(() => again.close())
  await opens(await logIn(again.url, "ada"))
  assert.deepEqual(readFileSync(key), next)
  assert.deepEqual(readFileSync(join(server.dataFolder, kept)), old)
  assert.ok(!existsSync(`${key}.next`))
})

/** There are no replicas on SQLite. */
if (ENGINE === "postgres")
  test("another replica goes on, and needs the new file once a key needs it", async (t) => {
    const { server, admin, key } = await sceneOf(t)
    const folder = temporaryFolder()
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const ownKey = join(folder, "root.key")
    copyFileSync(key, ownKey)
    chmodSync(ownKey, 0o400)
    const env = { ...(await engineEnvironment(server.folder)), TYLER_ROOT_KEY_FILE: ownKey }
    const other = await startServer({ folder, env })
    t.after(() => other.close())
    const there = await logIn(other.url, "ada")
    await opens(there)

    const next = createNextRootKey(key, systemRandom)
    copyFileSync(next, join(folder, "waits"))
    assert.equal((await rotate(admin)).status, 200)
    await opens(there)
    await sealAnew(admin)
    const lost = await read(there, "config/app", { skipCache: true })
    assert.deepEqual([lost.status, lost.body.code], [503, "unavailable"])
    assert.equal((await there.post("/api/keys/rotate", { reason: REASON })).status, 503)
    renameSync(join(folder, "waits"), `${ownKey}.next`)
    await opens(there)
    assert.deepEqual(readFileSync(ownKey), readFileSync(key))
    await sealAnew(there)
    await opens(admin)
  })
