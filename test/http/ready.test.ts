import assert from "node:assert/strict"
import { renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { after, before, test } from "node:test"
import type { ReadyAnswer } from "../../src/api/health.ts"
import { movableClock } from "../kit/clock.ts"
import { parseExposition } from "../kit/exposition.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const clock = movableClock()
let stage: Stage<never>
before(async () => {
  stage = await openStage({}, { clock })
  await createSecret(stage.admin, "config/plain", "the value itself")
})
after(() => stage.close())

async function ready(): Promise<{ status: number; down: Record<string, string | null> }> {
  const { status, body } = await stage.server.anonymous.get<ReadyAnswer>("/api/ready")
  const down = Object.entries(body.parts).filter(([, { up }]) => !up)
  assert.equal(body.ready, status === 200)
  return { status, down: Object.fromEntries(down.map(([part, { reason }]) => [part, reason])) }
}

async function metric(name: string, labels: string): Promise<number | undefined> {
  return parseExposition((await stage.admin.get("/metrics")).text)
    .get(name)
    ?.samples.get(labels)
}

/** Holds the database's write lock from outside while `use` runs. */
async function locked(use: () => Promise<void>): Promise<void> {
  const other = new DatabaseSync(join(stage.server.dataFolder, "tyler.db"))
  other.exec("BEGIN IMMEDIATE")
  try {
    await use()
  } finally {
    other.exec("ROLLBACK")
    other.close()
  }
}

test("a database that cannot be written: nothing leaves, readiness and metrics say why, it heals by itself", async () => {
  assert.deepEqual(await ready(), { status: 200, down: {} })
  await locked(async () => {
    const refused = await read(stage.admin, "config/plain")
    assert.deepEqual([refused.status, refused.body.code, refused.body["cause"]], [503, "unavailable", "locked"])
    assert.equal(refused.headers.get("retry-after"), "1")
    assert.ok(!refused.text.includes("the value itself"))
    assert.deepEqual(await ready(), { status: 503, down: { ledger: "locked" } })
    assert.equal((await stage.server.anonymous.get("/api/health")).status, 200)
    assert.equal(await metric("tyler_part_up", '{part="ledger"}'), 0)
    assert.equal(await metric("tyler_unavailable_total", '{cause="locked"}'), 1)
    assert.equal(await metric("tyler_ledger_failures_total", ""), 1)
  })
  assert.equal((await read(stage.admin, "config/plain")).body.value, "the value itself")
  assert.deepEqual(await ready(), { status: 200, down: {} })
  assert.equal(await metric("tyler_part_up", '{part="ledger"}'), 1)
})

test("a server that nobody asks any more is ready again after ten seconds: only an attempt can tell", async () => {
  await locked(async () => {
    assert.equal((await read(stage.admin, "config/plain")).status, 503)
  })
  clock.advance(9_000)
  assert.deepEqual(await ready(), { status: 503, down: { ledger: "locked" } })
  clock.advance(1_001)
  const { status, down } = await ready()
  // The mirror tries again at a time of its own: it is copied to with what the lock kept.
  assert.deepEqual([status, "ledger" in down], [200, false])
})

test("without its mirror the server goes on, and says so", async () => {
  const { mirrorFolder } = stage.server
  renameSync(mirrorFolder, `${mirrorFolder}-away`)
  writeFileSync(mirrorFolder, "in the way")
  for (let down: object = {}; !("mirror" in down); { down } = await ready()) {
    assert.equal((await read(stage.admin, "config/plain", { unmask: false })).status, 200)
    clock.advance(1_000)
  }
  assert.deepEqual(await ready(), { status: 200, down: { mirror: "unwritable" } })
  assert.equal(await metric("tyler_part_up", '{part="mirror"}'), 0)
  rmSync(mirrorFolder)
  renameSync(`${mirrorFolder}-away`, mirrorFolder)
  for (let down: object = { mirror: "" }; "mirror" in down; { down } = await ready()) clock.advance(1_000)
  assert.ok(((await metric("tyler_mirror_checkpoint_timestamp_seconds", "")) ?? 0) > 0)
})
