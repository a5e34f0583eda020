import assert from "node:assert/strict"
import { once } from "node:events"
import { readdirSync, writeFileSync } from "node:fs"
import { type IncomingMessage, request } from "node:http"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { partsIn, storeBackup } from "../../src/backup/folder.ts"
import { FrameError, unframed } from "../../src/backup/frames.ts"
import { newHome } from "../cli/kit.ts"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { type MovableClock, movableClock } from "../kit/clock.ts"
import { appCode, enrolApp, STEP_MS, stepUp } from "../kit/factors.ts"
import { growLog } from "../kit/long-log.ts"
import { offlineService } from "../kit/offline.ts"
import { addPerson, logIn, setUpAdmin } from "../kit/people.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { backupKey, ENGINES, giveRootKey, siteOf, skipped } from "./site.ts"

const WHY = ["--reason", REASON]

for (const engine of ENGINES)
  test(`tyler backup takes one over HTTP, with a second factor and on record (${engine})`, {
    skip: skipped(engine),
  }, async (t) => {
    const key = await backupKey(t)
    const clock = movableClock()
    const site = await siteOf(t, engine, { TYLER_BACKUP_RECIPIENTS: key.recipient })
    const server = await site.start(clock)
    const ada = await setUpAdmin(server)
    const { client: dev } = await addPerson(ada, "dev", ["developer", "auditor"])
    await createSecret(ada, "config/app", "kept")
    const app = await enrolApp(ada, clock.now())
    using home = newHome()
    const folder = join(home.path, "backup")
    const as = (client: Client) => ({ env: { TYLER_URL: server.publicUrl, TYLER_TOKEN: client.token ?? "" } })

    const refused = await home.tyler(["backup", folder, ...WHY], as(dev))
    assert.equal(refused.code, 3, refused.err)
    const bare = await home.tyler(["backup", folder, ...WHY], as(ada))
    assert.equal(bare.code, 5, bare.err)
    assert.deepEqual(readdirSync(folder), [], "a folder and nothing in it")

    const shown = async (): Promise<string[]> => {
      clock.advance(STEP_MS)
      writeFileSync(join(home.path, "code"), appCode(app.seed, clock.now()))
      return ["--code-file", join(home.path, "code")]
    }
    const taken = await home.tyler(["backup", folder, ...WHY, ...(await shown())], as(ada))
    assert.equal(taken.code, 0, taken.err)
    assert.match(taken.out, /of no use without the root key/)
    const again = await home.tyler(["backup", folder, ...WHY, ...(await shown()), "--json"], as(ada))
    assert.equal(again.code, 0, again.err)
    const entries = await entriesOf(dev, { action: "BACKUP" })
    // The command asks first without a factor, and then with one.
    assert.deepEqual(
      entries.map(({ result, decision, details }) => [result, decision, details]),
      [
        ["DENIED", "forbidden", null],
        ["DENIED", "verification_required", null],
        ["DENIED", "verification_required", null],
        ["SUCCESS", "role admin", "sealed=recipients=1 step_up"],
        ["DENIED", "verification_required", null],
        ["SUCCESS", "role admin", "sealed=recipients=1 step_up"],
      ],
    )
    assert.equal(entries.at(-1)?.reason, REASON)

    const fresh = await siteOf(t, "sqlite")
    giveRootKey(site, fresh)
    const restored = await fresh.run("restore", folder, "--identity", key.file)
    assert.equal(restored.code, 0, restored.err)
    const moved = await fresh.start(clock)
    const there = await logIn(moved.url, "dev")
    assert.equal((await read(there, "config/app")).body.value, "kept")
    assert.equal((await entriesOf(there, { action: "BACKUP" })).length, 6)
    assert.equal((await verdictOn(await exportLog(there))).ok, true)
  })

test("without a seal in the configuration there is no backup, and the refusal says what is missing", async (t) => {
  const clock = movableClock()
  const server = await (await siteOf(t, "sqlite")).start(clock)
  const ada = await setUpAdmin(server)
  const app = await enrolApp(ada, clock.now())
  const answer = await ada.send("POST", "/api/backup", { reason: REASON }, await shownBy(ada, app.seed, clock))
  assert.deepEqual([answer.status, answer.body["code"]], [409, "backup_off"])
  assert.match(answer.text, /TYLER_BACKUP_RECIPIENTS/)
})

async function shownBy(client: Client, seed: string, clock: MovableClock) {
  clock.advance(STEP_MS)
  return stepUp(client, "govern", [], { code: appCode(seed, clock.now()) })
}

test("one at a time; whoever hangs up frees it, and what came looks like no backup", async (t) => {
  const key = await backupKey(t)
  const clock = movableClock()
  const site = await siteOf(t, "sqlite", { TYLER_BACKUP_RECIPIENTS: key.recipient })
  await (await site.start(clock)).close()
  // More than the sockets between hold.
  await offlineService(site.folder, {}, (on) => growLog(on, 60_000), clock)
  const server = await site.start(clock)
  const ada = await setUpAdmin(server)
  const app = await enrolApp(ada, clock.now())
  const ask = async (): Promise<IncomingMessage> => {
    const headers = {
      ...(await shownBy(ada, app.seed, clock)),
      authorization: `Bearer ${ada.token}`,
      "content-type": "application/json",
    }
    const asked = request(`${server.url}/api/backup`, { method: "POST", headers })
    asked.end(JSON.stringify({ reason: REASON }))
    const [answer] = (await once(asked, "response")) as [IncomingMessage]
    return answer
  }
  const first = await ask()
  assert.equal(first.statusCode, 200)
  const second = await ask()
  assert.equal(second.statusCode, 409)
  second.destroy()
  assert.equal((await ada.get("/api/ready")).status, 200, "others are answered meanwhile")

  const folder = join(site.folder, "backup")
  assert.deepEqual(await partsIn(folder), [])
  await assert.rejects(
    storeBackup(folder, unframed(partOf(first, 4_000_000)), () => undefined),
    FrameError,
  )
  assert.equal(readdirSync(folder).includes("manifest.json.age"), false)
  first.destroy()
  let third = await ask()
  for (let tries = 0; third.statusCode === 409 && tries < 100; tries++) {
    third.destroy()
    await pause(20)
    third = await ask()
  }
  assert.equal(third.statusCode, 200)
  let bytes = 0
  for await (const chunk of third as AsyncIterable<Buffer>) bytes += chunk.byteLength
  assert.ok(bytes > 4_000_000)
})

async function* partOf(answer: IncomingMessage, most: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    yield chunk
    bytes += chunk.byteLength
    if (bytes >= most) return
  }
}
