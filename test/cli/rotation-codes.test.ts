import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { movableClock } from "../kit/clock.ts"
import { type App, appCode, enrolApp, STEP_MS } from "../kit/factors.ts"
import { type Cluster, noCluster, startCluster } from "../kit/postgres-cluster.ts"
import { statusOf } from "../kit/rotated.ts"
import { createSecret } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { type Home, newHome } from "./kit.ts"
import { onTerminal, SKIP } from "./on-terminal.ts"
import { loginOf } from "./rotated.ts"

describe("rotation where policy asks for a second factor", { skip: noCluster }, () => {
  const clock = movableClock()
  let cluster: Cluster
  let stage: Stage<never>
  let home: Home
  let app: App
  let env: Record<string, string>
  before(async () => {
    cluster = await startCluster()
    stage = await openStage({}, { clock, env: { TYLER_ENVIRONMENT: "development" } })
    home = newHome()
    app = await enrolApp(stage.admin, clock.now())
    const TYLER_REASON = "the yearly change of passwords"
    env = { HOME: home.path, TYLER_URL: stage.server.publicUrl, TYLER_TOKEN: stage.admin.token ?? "", TYLER_REASON }
  })
  after(async () => {
    home[Symbol.dispose]()
    await stage.close()
    await cluster[Symbol.asyncDispose]()
  })

  function code(): string {
    clock.advance(STEP_MS)
    return appCode(app.seed, clock.now())
  }

  test("one code for both secrets sets a schedule, one rotates; without, it is said what is missing", async () => {
    await cluster.sql("create role app login password 'first'")
    const boss = "database/boss"
    const name = "database/app"
    await createSecret(stage.admin, boss, loginOf(cluster, cluster.superuser))
    const value = { ...loginOf(cluster, { username: "app", password: "first" }), masterarn: boss }
    await createSecret(stage.admin, name, value)
    const set = ["rotation", "set", name, "--strategy", "postgres-alternating", "--code-file", "-"]
    const alone = await home.tyler(set, { env, input: code() })
    assert.equal(alone.code, 5, alone.err)
    assert.match(alone.err, /the administrator's secret takes a second factor too; name it with --admin NAME\n$/)
    const both = await home.tyler([...set, "--admin", boss], { env, input: code() })
    assert.equal(both.code, 0, both.err)

    const missing = await home.tyler(["rotate", name], { env })
    assert.equal(missing.code, 5)
    assert.match(missing.err, /^tyler: verification_required: /)
    const rotated = await home.tyler(["rotate", name, "--code-file", "-"], { env, input: code() })
    assert.equal(rotated.code, 0, rotated.err)
    const checked = await home.tyler(["rotate", name, "--check", "--code-file", "-"], { env, input: code() })
    assert.equal(checked.code, 0, checked.err)
    const paused = await home.tyler(["rotation", "pause", name, "--code-file", "-"], { env, input: code() })
    assert.equal(paused.code, 0, paused.err)
    const resume = ["rotation", "resume", name, "--admin", boss, "--code-file", "-"]
    const resumed = await home.tyler(resume, { env, input: code() })
    assert.equal(resumed.code, 0, resumed.err)
    assert.equal((await statusOf(stage.admin, name)).enabled, true)
  })

  test("on a terminal a code is asked for, for one secret and for all that somebody has seen", {
    skip: SKIP,
  }, async () => {
    const names = ["database/one", "database/two"]
    for (const [at, name] of names.entries()) {
      const login = { username: `other${at}`, password: "first" }
      await cluster.sql(`create role ${login.username} login password 'first'`)
      await createSecret(stage.admin, name, loginOf(cluster, login))
      const set = ["rotation", "set", name, "--strategy", "postgres-single", "--code-file", "-"]
      assert.equal((await home.tyler(set, { env, input: code() })).code, 0)
      const read = await home.tyler(["get", name, "--reveal", "--code-file", "-"], { env, input: code() })
      assert.equal(read.code, 0, read.err)
    }
    const ask: [RegExp, () => string] = [/recovery code: /, () => `${code()}\r`]
    const all = await onTerminal(["rotate", "--all-seen-by", "ada"], env, [ask])
    assert.equal(all.code, 0, all.shown)
    assert.match(all.shown, /rotated 2 of 2/)
    assert.match(all.shown, /\n2 replaced now\r\n$/)
    for (const name of names) assert.equal((await statusOf(stage.admin, name)).rotations[0]?.state, "done")
    const one = await onTerminal(["rotate", names[0] ?? ""], env, [ask])
    assert.equal(one.code, 0, one.shown)
    assert.match(one.shown, /\n {2}create +[^\n]+ s\r\n[^]*\n {2}finish +[^\n]+ s\r\n[^]*is current\r\n$/)
  })
})
