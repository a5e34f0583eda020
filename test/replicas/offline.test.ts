import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { test } from "node:test"
import { serveAlone } from "../../src/adapters/postgres/presence.ts"
import type { LoginAnswer } from "../../src/api/auth.ts"
import { systemClock } from "../../src/core/clock.ts"
import { systemRandom } from "../../src/core/random.ts"
import { PASSWORD_COST } from "../../src/identity/password.ts"
import { StartFault } from "../../src/core/start-fault.ts"
import { parseConfig } from "../../src/main/config.ts"
import { type Offline, offline } from "../../src/main/offline.ts"
import { postgresAnswers, runSql } from "../conformance/postgres-database.ts"
import { ADMIN_NAME, setUpAdmin } from "../kit/people.ts"
import { type ReplicaSet, replicaSet } from "../kit/replicas.ts"

const skip = (await postgresAnswers()) ? false : "postgres"

/** What `tyler-server` does with one of its commands on the first machine. */
function command<T>(replicas: ReplicaSet, use: (on: Offline) => Promise<T>): Promise<T> {
  const parsed = parseConfig(replicas.env(0))
  assert.ok("config" in parsed)
  return offline(parsed.config, systemClock, systemRandom, use)
}

const doctor = (replicas: ReplicaSet): Promise<readonly string[]> => command(replicas, (on) => on.diagnose())

/** One clear line. */
const stops = (what: Promise<unknown>, why: RegExp): Promise<void> =>
  assert.rejects(what, (error: unknown) => {
    assert.ok(error instanceof StartFault, String(error))
    assert.match(error.message, why)
    return !error.message.includes("\n")
  })

const tables = async (replicas: ReplicaSet): Promise<number> =>
  Number(
    (await runSql(replicas.database.url, "SELECT count(*) AS n FROM pg_tables WHERE schemaname = 'public'"))[0]?.["n"],
  )

test("doctor makes nothing: no schema, no rows, no root key, no folder", { skip }, async () => {
  await using replicas = await replicaSet()
  await stops(doctor(replicas), /was never served from; start the server first/)
  assert.equal(await tables(replicas), 0)
  for (const variable of ["TYLER_ROOT_KEY_FILE", "TYLER_DATA_DIR"])
    assert.equal(existsSync(replicas.env(0)[variable] ?? ""), false)
})

test("doctor and recover-admin leave an older version's schema as it is", { skip }, async () => {
  await using replicas = await replicaSet()
  await (await replicas.start(0)).close()
  const { url } = replicas.database
  await runSql(url, "DROP FUNCTION record_acts", "DELETE FROM tyler_migration WHERE version >= 3")
  await stops(doctor(replicas), /is an older version's; start the server/)
  await stops(
    command(replicas, (on) => on.recoverAdmin(ADMIN_NAME)),
    /is an older version's/,
  )
  assert.deepEqual(await runSql(url, "SELECT max(version) AS newest FROM tyler_migration"), [{ newest: 2 }])
})

test("doctor looks beside the servers and changes nothing", { skip }, async () => {
  await using replicas = await replicaSet()
  const first = await replicas.start(0)
  await replicas.start(1)
  await setUpAdmin(first)
  const state = (): Promise<unknown> =>
    runSql(replicas.database.url, "SELECT size, root, (SELECT count(*) FROM keyring_key) AS keys FROM log_head")
  const before = await state()
  const lines = await doctor(replicas)
  assert.match(lines[0] ?? "", /^ok: database \S+, from which 2 servers serve now$/)
  assert.deepEqual(
    lines.filter((line) => !line.startsWith("ok: ")).map((line) => /escrow/.test(line)),
    [true],
  )
  assert.deepEqual(await state(), before)
})

test("recover-admin waits for nobody: it is refused while a server serves, and a start is refused meanwhile", {
  skip,
}, async () => {
  await using replicas = await replicaSet()
  const first = await replicas.start(0)
  const second = await replicas.start(1)
  await setUpAdmin(first)
  await first.close()
  await stops(
    command(replicas, (on) => on.recoverAdmin(ADMIN_NAME)),
    /A server is serving from the database \S+; stop all/,
  )
  await second.close()
  const { password } = await command(replicas, (on) => on.recoverAdmin(ADMIN_NAME))

  const alone = await serveAlone(replicas.database.servingUrl, "this")
  await stops(replicas.start(1), /recover-admin or restore is at work on the database/)
  await alone[Symbol.asyncDispose]()

  const third = await replicas.start(1, { passwordCost: PASSWORD_COST })
  const half = await third.anonymous.post<LoginAnswer>("/api/auth/login", { username: ADMIN_NAME, password })
  assert.deepEqual([half.status, half.body.assurance], [200, "half"], half.text)
})
