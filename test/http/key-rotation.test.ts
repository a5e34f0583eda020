import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { test } from "node:test"
import type { KeysAnswer } from "../../src/api/keys.ts"
import { clientOf } from "../kit/client.ts"
import { dropDatabase } from "../kit/engine.ts"
import { setUpAdmin } from "../kit/people.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { startServer, temporaryFolder } from "../kit/server.ts"

test("rotations at once leave one key that seals, and the installation writes, reads and starts again", async (t) => {
  const folder = temporaryFolder()
  t.after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await dropDatabase(folder)
  })
  const server = await startServer({ folder })
  t.after(() => server.close())
  const admin = await setUpAdmin(server)
  await createSecret(admin, "config/before", "value")
  const rotations = Array.from({ length: 12 }, () => admin.post("/api/keys/rotate", { reason: REASON }))
  for (const { status, text } of await Promise.all(rotations)) assert.ok(status === 202 || status === 503, text)
  const { keys } = (await admin.get<KeysAnswer>("/api/keys")).body
  assert.equal(keys.filter(({ purpose, state }) => purpose === "kek" && state === "active").length, 1)
  await createSecret(admin, "config/after", "value")
  await server.close()

  const again = await startServer({ folder })
  t.after(() => again.close())
  for (const name of ["config/before", "config/after"])
    assert.equal((await read(clientOf(again.url, admin.token), name)).status, 200)
})
