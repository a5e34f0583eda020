import assert from "node:assert/strict"
import { test } from "node:test"
import type { KeysAnswer } from "../../src/api/keys.ts"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { type Client, clientOf } from "../kit/client.ts"
import { setUpAdmin } from "../kit/people.ts"
import { startProcess } from "../kit/process.ts"
import { replicaSet } from "../kit/replicas.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"

const skip = (await postgresAnswers()) ? false : "postgres"

/** More than one step of a rotation. */
const SECRETS = 250

const nameOf = (at: number): string => `production/rotated-${String(at).padStart(3, "0")}`

async function fill(admin: Client): Promise<void> {
  for (let from = 0; from < SECRETS; from += 50)
    await Promise.all(
      Array.from({ length: 50 }, (_, at) => createSecret(admin, nameOf(from + at), `value-${from + at}`)),
    )
}

async function rotate(admin: Client, retire: boolean): Promise<void> {
  const answer = await admin.post("/api/keys/rotate", { reason: REASON, retire })
  assert.equal(answer.status, 202, answer.text)
}

/** Waits until nothing hangs on an old key. @returns the keys that seal values */
async function settled(admin: Client): Promise<KeysAnswer["keys"]> {
  for (const until = Date.now() + 20_000; ; ) {
    const { keys, progress } = (await admin.get<KeysAnswer>("/api/keys")).body
    const left = keys.some(({ state, versions }) => state === "retiring" && versions > 0)
    if (progress === null && !left) break
    assert.ok(Date.now() < until, "the rotation does not end")
  }
  return (await admin.get<KeysAnswer>("/api/keys")).body.keys.filter(({ purpose }) => purpose === "kek")
}

test("while one replica rotates the key the other reads and writes, and everything ends under the new key", {
  skip,
}, async () => {
  await using replicas = await replicaSet()
  const first = await replicas.start(0)
  const second = await replicas.start(1)
  const admin = await setUpAdmin(first)
  const other = clientOf(second.url, admin.token)
  await admin.post("/api/policies", {
    secretPattern: "production/*",
    allowedRoles: ["admin"],
    reason: REASON,
    replacesRoles: true,
  })
  await fill(admin)
  // Held by both from before, sealed under the key that goes.
  const held = Array.from({ length: 20 }, (_, at) => nameOf(SECRETS - 1 - at))
  const readHeld = async (): Promise<void> => {
    for (const client of [admin, other])
      for (const name of held) {
        const answer = await read(client, name, { unmask: false })
        assert.equal(answer.status, 200, `${name}: ${answer.text}`)
      }
  }
  await readHeld()
  await rotate(admin, true)
  const work = async (at: number): Promise<void> => {
    const name = nameOf(at % SECRETS)
    const written = await other.put(secretPath(name), { value: `again-${at}`, reason: REASON })
    assert.equal(written.status, 200, written.text)
    const made = await other.post("/api/secrets", { name: `config/made-${at}`, value: `made-${at}` })
    assert.equal(made.status, 201, made.text)
    for (const client of [other, admin]) {
      const answer = await read(client, `config/made-${at}`)
      assert.deepEqual([answer.status, answer.body.value], [200, `made-${at}`], answer.text)
    }
  }
  for (let at = 0; at < 40; at++) await Promise.all([work(at), readHeld()])
  const keys = await settled(admin)
  // What the second replica wrote last was written after the old key was gone.
  await work(40)
  await readHeld()
  assert.equal(keys.length, 1, "the old key is destroyed")
  await second.close()
  await first.close()
  const third = await replicas.start(0)
  const again = clientOf(third.url, admin.token)
  const names = [
    ...Array.from({ length: SECRETS }, (_, at) => nameOf(at)),
    ...Array.from({ length: 41 }, (_, at) => `config/made-${at}`),
  ]
  for (const name of names) assert.equal((await read(again, name, { unmask: false })).status, 200, name)
  assert.equal((await verdictOn(await exportLog(again))).ok, true)
})

test("a rotation that kill -9 cut short goes on at the next start", { skip }, async () => {
  await using replicas = await replicaSet()
  const first = await startProcess({ folder: replicas.folder, env: replicas.env(0) })
  try {
    const admin = await setUpAdmin(first)
    await fill(admin)
    await rotate(admin, false)
    await first.stop("SIGKILL")
    const second = await replicas.start(0)
    const again = clientOf(second.url, admin.token)
    const keys = await settled(again)
    assert.deepEqual(
      keys.map(({ state, versions }) => [state, versions]),
      [
        ["retiring", 0],
        ["active", SECRETS],
      ],
    )
    assert.equal((await read(again, nameOf(0), { unmask: false })).status, 200)
  } finally {
    await first.close()
  }
})
