import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { RotationAnswer, SchedulesAnswer } from "../../src/api/rotation.ts"
import { STRATEGIES } from "../../src/core/rotation-strategy.ts"
import { freePort } from "../kit/free-port.ts"
import { type Cluster, noCluster, startCluster } from "../kit/postgres-cluster.ts"
import { ROTATES_HERE } from "../kit/rotated.ts"
import { onTerminal, SKIP } from "./on-terminal.ts"
import { forwards, type Login, loginOf, logsIn, runs } from "./rotated.ts"
import { REASON, type Team, team, tokenIn } from "./server.ts"

describe("tyler rotate against a PostgreSQL", { skip: noCluster }, () => {
  let cluster: Cluster
  let on: Team
  let env: Record<string, string>
  let dead: number
  let count = 0
  before(async () => {
    cluster = await startCluster()
    dead = await freePort()
    on = await team({ ...ROTATES_HERE, ROTATION_HOSTS: `127.0.0.1:${dead}` })
    env = { HOME: on.ada.path, TYLER_URL: on.url, TYLER_TOKEN: tokenIn(on.ada), TYLER_REASON: REASON }
  })
  after(async () => {
    await on.stop()
    await cluster[Symbol.asyncDispose]()
  })

  async function done(...args: string[]): Promise<string> {
    const { code, out, err } = await on.ada.tyler(args)
    assert.equal(code, 0, `${args.join(" ")}: ${err}`)
    return out
  }

  /** A role of the cluster, its secret, and a schedule. @param more over what its secret says */
  async function newSecret(more: object = {}, strategy = "postgres-single"): Promise<string> {
    const username = `app${++count}`
    await cluster.sql(`create role ${username} login password 'first'`)
    const name = `database/${username}`
    await on.admin.create(name, { ...loginOf(cluster, { username, password: "first" }), ...more })
    await done("rotation", "set", name, "--strategy", strategy)
    return name
  }

  /** An API that nobody answers at: its key is made in the first step, before which a rotation can be cancelled. */
  async function newKey(): Promise<string> {
    const url = `http://127.0.0.1:${dead}/keys`
    const create = { method: "POST", url, headers: {}, body: { name: "tyler-{{token}}" }, id: "/id", secret: "/key" }
    const list = { url, headers: {}, items: "/keys", id: "/id", name: "/name" }
    const http = { create, list, test: { url, headers: {} }, revoke: { method: "DELETE", url, headers: {} } }
    const name = `api-keys/k${++count}`
    await on.admin.create(name, { engine: "http-key", ssl: false, apiKey: "first-key", keyId: "1", http })
    await done("rotation", "set", name, "--strategy", "http-key")
    return name
  }

  async function valueOf(name: string): Promise<Login> {
    return (await on.admin.get(name, { unmask: true, skipCache: true })).value as unknown as Login
  }

  test("four steps are told with their times, and then the new version is current and logs in", async () => {
    const name = await newSecret()
    const old = await valueOf(name)
    assert.equal(await done("rotate", name, "--check"), `${name} can be rotated: postgres-single\n`)
    assert.deepEqual(await valueOf(name), old)
    const { code, out, err } = await on.ada.tyler(["rotate", name])
    assert.equal(code, 0, err)
    const { versionId } = await on.admin.metadata(name).then(({ versions }) => versions[0] ?? { versionId: "" })
    assert.equal(out, `rotated ${name}: version ${versionId} is current\n`)
    const lines = err.split("\n")
    assert.match(lines[0] ?? "", new RegExp(`^tyler: ${name} is being rotated: rotation [\\w-]{36}$`))
    assert.deepEqual(
      lines.slice(1, -1).map((line) => /^ {2}(\w+) +(?:within )?\d+\.\d s$/.exec(line)?.[1]),
      ["create", "set", "test", "finish"],
    )
    const now = await valueOf(name)
    assert.notEqual(now.password, old.password)
    assert.ok(await logsIn(cluster, now))
    assert.ok(!(await logsIn(cluster, old)))
    assert.match(await done("rotation", "history", name), /^STARTED[^\n]*\n\S[^\n]* done +finish +\d+\.\d s +asked /)
  })

  test("--json answers the rotation and nothing else; --no-wait its start", async () => {
    const name = await newSecret()
    const ended = await on.ada.tyler(["rotate", name, "--json", "--revoke-previous"])
    const row = JSON.parse(ended.out) as RotationAnswer["rotations"][number]
    assert.deepEqual([ended.code, ended.err, row.state, row.step, row.revokePrevious], [0, "", "done", "revoke", true])
    const started = JSON.parse(await done("rotate", name, "--json", "--no-wait")) as { rotationId: string }
    assert.notEqual(started.rotationId, row.rotationId)
    const history = JSON.parse(await done("rotation", "history", name, "--json")) as RotationAnswer["rotations"]
    assert.equal(history[0]?.rotationId, started.rotationId)
  })

  test("an attempt that fails is told in words; Ctrl-C leaves it running, and another watches it to its end", async () => {
    const port = await freePort()
    const name = await newSecret({ port })
    const first = runs(["rotate", name], env)
    await first.says(/\n {2}create +\d+\.\d s\n/)
    await first.says(/\n {2}set +attempt 1 failed: target_unreachable: [^\n]+; again in \d s\n/)
    await first.says(/\n {2}set +attempt 2 failed: /)
    first.interrupt()
    const left = await first.ended
    assert.deepEqual([left.code, left.out], [130, ""])
    assert.match(left.err, new RegExp(`tyler: the rotation goes on without you; how it went: .*history ${name}\n$`))
    const cancelled = await on.ada.tyler(["rotation", "cancel", name])
    assert.equal(cancelled.code, 3)
    assert.match(cancelled.err, /^tyler: rotation_begun: /)
    const second = runs(["rotate", name, "--revoke-previous"], env)
    await second.says(new RegExp(`^tyler: ${name} is being rotated already: rotation[^]*\n {2}create +done before\n`))
    await second.says(/attempt \d failed/)
    await using _ = await forwards(port, cluster.port)
    const ended = await second.ended
    assert.equal(ended.code, 0, ended.err)
    assert.match(ended.out, /is current\n$/)
    assert.match(ended.err, /was not asked to end the version before; run this again/)
    assert.ok(await logsIn(cluster, await valueOf(name)))
  })

  test("one that has not reached its target is cancelled, and who watches it is told", async () => {
    const name = await newKey()
    const watch = runs(["rotate", name], env)
    await watch.says(/\n {2}create +attempt \d failed: target_unreachable/)
    assert.equal(await done("rotation", "cancel", name), `cancelled the rotation of ${name}\n`)
    const ended = await watch.ended
    assert.deepEqual([ended.code, ended.out], [3, ""])
    assert.match(ended.err, /tyler: the rotation of \S+ was cancelled; nothing was changed\n$/)
    const again = await on.ada.tyler(["rotation", "cancel", name])
    assert.deepEqual([again.code, again.err.split(":")[1]], [3, " rotation_not_running"])
  })

  test("one that fails for good says why and what it leaves, and leaves with 3", async () => {
    const name = await newSecret({ password: "not the password" })
    const { code, out, err } = await on.ada.tyler(["rotate", name])
    assert.deepEqual([code, out], [3, ""])
    assert.match(
      err,
      /failed at set: current_refused: [^\n]+; the next rotation goes on with the version that is pending\n$/,
    )
    assert.doesNotMatch(err, /not the password/)
    const checked = await on.ada.tyler(["rotate", name, "--check"])
    assert.equal(checked.code, 3)
    assert.match(checked.err, /^tyler: rotation_refused: .*does not let the current version in/)
    const json = await on.ada.tyler(["rotate", name, "--json"])
    assert.deepEqual([json.code, (JSON.parse(json.out) as { state: string }).state], [3, "failed"])
    assert.match(await done("rotation", "history", name), / failed +set .* current_refused: /)
  })

  test("on a terminal a line says what is under way", { skip: SKIP }, async () => {
    const name = await newKey()
    const shown = await onTerminal(["rotate", name], env, [
      [/create +next attempt in \d s \(1 of 4; Ctrl-C leaves it running\)/, "\u0003"],
    ])
    assert.equal(shown.code, 130, shown.shown)
    assert.match(shown.shown, /the rotation goes on without you/)
    await done("rotation", "cancel", name)
  })

  test("a schedule is set, listed, paused and resumed; what is set takes the place of what was", async () => {
    const name = await newSecret()
    const set = ["rotation", "set", name, "--strategy", "postgres-single"]
    assert.match(await done(...set, "--days", "30", "--window", "4"), /next: in 29 days|next: in 30 days/)
    const row = async () => {
      const rows = JSON.parse(await done("rotation", "ls", "--json")) as SchedulesAnswer["schedules"]
      const found = rows.find((one) => one.name === name)
      assert.ok(found !== undefined)
      return found
    }
    assert.deepEqual([(await row()).days, (await row()).windowHours, (await row()).enabled], [30, 4, true])
    assert.match(
      await done("rotation", "ls"),
      new RegExp(`\n${name} +postgres-single +30 days +never +in (?:29|30) days`),
    )
    assert.equal(await done("rotation", "pause", name), `${name} waits; tyler rotate still rotates it\n`)
    assert.deepEqual([(await row()).days, (await row()).enabled, (await row()).nextRotation], [30, false, null])
    assert.match(await done("rotation", "ls"), new RegExp(`\n${name} .*paused`))
    assert.match(await done("rotate", name), /is current/)
    assert.match(
      await done("rotation", "resume", name),
      new RegExp(`^${name} is rotated again, next: in (?:29|30) days\n`),
    )
    assert.deepEqual([(await row()).days, (await row()).windowHours, (await row()).enabled], [30, 4, true])
    assert.match(await done(...set, "--expression", "cron(0 3 * * ? *)"), /next: in/)
    assert.deepEqual([(await row()).days, (await row()).expression], [null, "cron(0 3 * * ? *)"])
    assert.match(await done(...set), /next: when somebody asks\n$/)
    assert.match(await done("rotation", "ls"), new RegExp(`\n${name} +postgres-single +when asked `))
  })

  test("two users take turns, and the one before stays good", async () => {
    const boss = "database/boss"
    await on.admin.create(boss, loginOf(cluster, cluster.superuser))
    const name = await newSecret({ masterarn: boss }, "postgres-alternating")
    const old = await valueOf(name)
    assert.match(await done("rotate", name), /is current; the one before stays good until the next rotation\n$/)
    assert.ok(await logsIn(cluster, old))
    assert.ok(await logsIn(cluster, await valueOf(name)))
  })

  test("what cannot be is refused before anything is asked", async () => {
    const name = "database/none"
    for (const args of [
      ["rotate"],
      ["rotate", name, "--all-seen-by", "grace"],
      ["rotate", name, "--dry-run"],
      ["rotate", name, "--wait", "5"],
      ["rotate", name, "--check", "--no-wait"],
      ["rotate", "--all-seen-by", "grace", "--check"],
      ["rotate", "--all-seen-by", "grace", "--wait", "0"],
      ["rotate", "--all-seen-by", "grace", "--wait", "86401"],
      ["rotation", "set", name],
      ["rotation", "set", name, "--strategy", "mysql-dual"],
      ["rotation", "set", name, "--strategy", "redis", "--days", "0"],
      ["rotation", "set", name, "--strategy", "redis", "--days", "1001"],
      ["rotation", "set", name, "--strategy", "redis", "--days", "1", "--window", "25"],
      ["rotation", "set", name, "--strategy", "redis", "--window", "2"],
      ["rotation", "set", name, "--strategy", "redis", "--days", "1", "--expression", "rate(1 day)"],
    ]) {
      const { code, err } = await on.ada.tyler(args, { env: { TYLER_URL: "http://127.0.0.1:9" } })
      assert.equal(code, 2, `${args.join(" ")}: ${err}`)
    }
    assert.equal((await on.ada.tyler(["rotate", name])).code, 4)
    const plain = "config/plain"
    await on.admin.create(plain, "text")
    for (const args of [
      ["rotate", plain],
      ["rotation", "pause", plain],
      ["rotate", plain, "--check"],
    ]) {
      const { code, err } = await on.ada.tyler(args)
      assert.deepEqual([code, /^tyler: (?:not_rotatable: |no schedule is set)/.test(err)], [3, true], err)
    }
    const form = await on.ada.tyler(["rotation", "set", plain, "--strategy", "redis"])
    assert.equal(form.code, 3)
    assert.match(form.err, /^tyler: rotation_refused: /)
  })

  test("strategies are told without a server, and in the help", async () => {
    const options = { env: { TYLER_URL: "http://127.0.0.1:9" } }
    const { code, out } = await on.ada.tyler(["rotation", "strategies"], options)
    const help = (await on.ada.tyler(["help", "rotation", "set"], options)).out
    assert.equal(code, 0)
    for (const { name, label } of STRATEGIES) {
      assert.ok(out.includes(`\n${name} `), name)
      assert.ok(help.includes(label), label)
    }
  })
})
