import assert from "node:assert/strict"
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { after, before, test, type TestContext } from "node:test"
import type { KeysAnswer, RootRotated } from "../../src/api/keys.ts"
import { KMS_KEYS_MS } from "../../src/adapters/aws/kms.ts"
import { createNextRootKey } from "../../src/adapters/local/root-key-files.ts"
import { systemRandom } from "../../src/core/random.ts"
import type { Client } from "../kit/client.ts"
import { type MovableClock, movableClock } from "../kit/clock.ts"
import { dropDatabase, ENGINE, engineEnvironment } from "../kit/engine.ts"
import { type FakeKms, fakeKms } from "../kit/fake-kms.ts"
import { MOTO_REGION, takeTestCredentials } from "../kit/moto.ts"
import { logIn, setUpAdmin } from "../kit/people.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { startServer, temporaryFolder, type TestServer } from "../kit/server.ts"

takeTestCredentials()

let kms: FakeKms
before(async () => {
  kms = await fakeKms(MOTO_REGION)
})
after(() => kms.close())

type Env = Readonly<Record<string, string | undefined>>

interface Scene {
  readonly folder: string
  readonly clock: MovableClock
  /** Starts on what the folder holds, as often as wanted, one at a time. */
  start(env: Env): Promise<TestServer>
}

function sceneOf(t: TestContext): Scene {
  const folder = temporaryFolder()
  const clock = movableClock()
  let running: TestServer | undefined
  t.after(async () => {
    await running?.close()
    rmSync(folder, { recursive: true, force: true })
    await dropDatabase(folder)
  })
  return {
    folder,
    clock,
    async start(env) {
      await running?.close()
      return (running = await startServer({ folder, clock, env }))
    },
  }
}

const under = (keyId: string, nextKeyId?: string): Env => ({
  AWS_REGION: MOTO_REGION,
  AWS_ENDPOINT_URL_KMS: kms.origin,
  KMS_KEY_ID: keyId,
  KMS_NEXT_KEY_ID: nextKeyId,
})

async function begin(scene: Scene, env: Env): Promise<{ server: TestServer; admin: Client }> {
  const server = await scene.start(env)
  const admin = await setUpAdmin(server)
  await createSecret(admin, "config/app", "the value")
  return { server, admin }
}

const rotate = (admin: Client) =>
  admin.post<RootRotated & { code?: string; cause?: string }>("/api/keys/rotate-root", { reason: REASON })

const rootOf = async (admin: Client) => (await admin.get<KeysAnswer>("/api/keys")).body.root

async function opens(admin: Client): Promise<void> {
  const answer = await read(admin, "config/app", { skipCache: true })
  assert.equal(answer.body.value, "the value", answer.text)
}

const keyFile = (folder: string): string => join(folder, "data", "root.key")

test("born under KMS: no root key file, the status names the key, and it starts again", async (t) => {
  const scene = sceneOf(t)
  const key = kms.createKey()
  kms.alias("alias/born", key)
  const { admin } = await begin(scene, under("alias/born"))
  assert.deepEqual(await rootOf(admin), { kind: "kms", keyArn: key })
  assert.equal(existsSync(keyFile(scene.folder)), false)
  const again = await scene.start(under(key))
  await opens(await logIn(again.url, "ada"))
})

test("another key, no key, another environment: the start stops and says which", async (t) => {
  const scene = sceneOf(t)
  const key = kms.createKey()
  await begin(scene, under(key))
  await assert.rejects(scene.start(under(kms.createKey())), /wrapped neither by KMS_KEY_ID/)
  await assert.rejects(scene.start({}), /root key .* is missing; .* or set KMS_KEY_ID if it was rotated to KMS/)
  await assert.rejects(scene.start(under("alias/nobody")), /There is no such KMS key/)
  const elsewhere = { ...under(key), TYLER_ENVIRONMENT: "development" }
  await assert.rejects(scene.start(elsewhere), /wrapped in another TYLER_ENVIRONMENT/)
  kms.mood(key, "DisabledException")
  await assert.rejects(scene.start(under(key)), /The KMS key is disabled; enable it/)
  kms.mood(key, "wrong")
  await assert.rejects(scene.start(under(key)), /something else than was wrapped/)
  kms.mood(key, undefined)
  await opens(await logIn((await scene.start(under(key))).url, "ada"))
})

test("file to KMS, KMS to another key, and back to a file, while secrets are read", async (t) => {
  const scene = sceneOf(t)
  const [one, two] = [kms.createKey(), kms.createKey()]
  const { admin } = await begin(scene, {})
  const local = await rootOf(admin)
  assert.equal(local.kind, "local")
  const without = await rotate(admin)
  assert.equal(without.body.code, "root_key_not_prepared")

  let ada = await logIn((await scene.start(under(one))).url, "ada")
  assert.deepEqual(await rootOf(ada), local)
  const reads = Array.from({ length: 30 }, () => read(ada, "config/app", { skipCache: true, unmask: false }))
  assert.deepEqual((await rotate(ada)).body, { message: "Root key rotated", keys: 3 })
  for (const answer of await Promise.all(reads)) assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(await rootOf(ada), { kind: "kms", keyArn: one })
  assert.equal((await rotate(ada)).body.code, "root_key_not_prepared")
  rmSync(keyFile(scene.folder))
  await opens(ada)

  ada = await logIn((await scene.start(under(one, two))).url, "ada")
  assert.equal((await rotate(ada)).status, 200)
  assert.deepEqual(await rootOf(ada), { kind: "kms", keyArn: two })
  assert.equal((await rotate(ada)).body.code, "root_key_not_prepared", "it does not go back")
  await opens(ada)
  kms.mood(one, "KMSInvalidStateException")
  await opens(await logIn((await scene.start(under(one, two))).url, "ada"))
  ada = await logIn((await scene.start(under(two))).url, "ada")

  createNextRootKey(keyFile(scene.folder), systemRandom)
  assert.equal((await rotate(ada)).status, 200)
  assert.equal((await rootOf(ada)).kind, "local")
  await opens(await logIn((await scene.start({})).url, "ada"))
})

test("a key that cannot wrap is not rotated to: nothing changes, and the refusal says why", async (t) => {
  const scene = sceneOf(t)
  const key = kms.createKey()
  const { admin } = await begin(scene, {})
  const local = await rootOf(admin)
  const ada = await logIn((await scene.start(under(key))).url, "ada")
  kms.mood(key, "AccessDeniedException")
  const refused = await rotate(ada)
  assert.deepEqual([refused.status, refused.body.code, refused.body.cause], [503, "unavailable", "kms_access_denied"])
  assert.doesNotMatch(refused.text, /arn:|canary/)
  assert.deepEqual(await rootOf(ada), local)
  await opens(ada)
  kms.mood(key, undefined)
  assert.equal((await rotate(ada)).status, 200)
  await opens(ada)
})

interface Ready {
  readonly ready: boolean
  readonly parts: { readonly keys: { readonly up: boolean; readonly reason: string | null } }
}

test("unwrapped keys are good for 300 seconds; KMS down at their end is 503, and heals without a restart", async (t) => {
  const scene = sceneOf(t)
  const key = kms.createKey()
  const { server, admin } = await begin(scene, under(key))
  const ready = async () => (await server.anonymous.get<Ready>("/api/ready")).body

  kms.mood(key, "KeyUnavailableException")
  scene.clock.advance(KMS_KEYS_MS - 60_000)
  await server.runJobs()
  assert.deepEqual((await ready()).parts.keys, { up: true, reason: null })
  await opens(admin)

  scene.clock.advance(60_000)
  for (const answer of [await read(admin, "config/app"), await admin.get("/api/keys")]) {
    assert.deepEqual([answer.status, answer.body["code"]], [503, "unavailable"], answer.text)
    assert.equal(answer.body["cause"], "kms_key_unavailable")
    assert.ok(answer.headers.get("retry-after"))
  }
  assert.equal((await server.anonymous.get("/api/health")).status, 200)
  const down = await ready()
  assert.deepEqual([down.ready, down.parts.keys], [false, { up: false, reason: "kms_key_unavailable" }])
  await server.runJobs()
  assert.equal((await read(admin, "config/app")).status, 503)

  kms.mood(key, undefined)
  await server.runJobs()
  await opens(admin)
  assert.equal((await ready()).ready, true)
})

test("keys are unwrapped anew after half their time and not before, however much is written", async (t) => {
  const scene = sceneOf(t)
  const key = kms.createKey()
  const { server, admin } = await begin(scene, under(key))
  await admin.get("/api/keys")
  const asked = (): number => kms.calls.get("Decrypt") ?? 0
  const start = asked()
  await Promise.all(Array.from({ length: 20 }, (_, at) => createSecret(admin, `config/many-${at}`, "v")))
  await admin.get("/api/keys")
  scene.clock.advance(KMS_KEYS_MS / 2 - 60_000)
  await server.runJobs()
  assert.equal(asked(), start)
  scene.clock.advance(60_000)
  await server.runJobs()
  assert.equal(asked(), start + 3)
  scene.clock.advance(KMS_KEYS_MS / 2)
  await server.runJobs()
  scene.clock.advance(KMS_KEYS_MS / 2)
  await opens(admin)
})

/** There are no replicas on SQLite. */
if (ENGINE === "postgres")
  test("another replica follows to the KMS key, if it knows it", async (t) => {
    const scene = sceneOf(t)
    const [one, two] = [kms.createKey(), kms.createKey()]
    const { server } = await begin(scene, under(one, two))
    const folder = temporaryFolder()
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const env = { ...(await engineEnvironment(server.folder)), ...under(one, two) }
    const other = await startServer({ folder, env })
    t.after(() => other.close())
    const there = await logIn(other.url, "ada")
    assert.equal((await rotate(await logIn(server.url, "ada"))).status, 200)
    assert.deepEqual(await rootOf(there), { kind: "kms", keyArn: two })
    await opens(there)
  })
