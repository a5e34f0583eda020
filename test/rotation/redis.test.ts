import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { after, before, describe, test } from "node:test"
import { stepsOf } from "../../src/adapters/targets/open.ts"
import { RedisError, RedisSession } from "../../src/adapters/targets/resp.ts"
import type { Login } from "../../src/rotation/login.ts"
import type { Steps } from "../../src/rotation/steps.ts"
import { noOpenssl, selfSigned } from "../kit/certificate.ts"
import { noRedis, type RedisServer, startRedis } from "../kit/redis-server.ts"
import { Rehearsal, refuses, whileUsed } from "../kit/rehearsal.ts"

const sha = (text: string): string => createHash("sha256").update(text).digest("hex")
const LINES = [
  "user default off",
  `user boss on #${sha("boss")} ~* &* +@all`,
  `user app on #${sha("first")} ~app:* &* +@all -@admin -@dangerous`,
  `user bück"é on #${sha("first")} ~* +@read`,
  `user own on #${sha("first")} ~* +@all`,
  `user weak on #${sha("weak")} ~* +@read`,
  "user open on nopass ~* +@all",
]

describe("Redis", { skip: noRedis }, () => {
  let nodes: RedisServer[]
  let steps: Steps
  before(async () => {
    nodes = await Promise.all([startRedis(LINES), startRedis(LINES)])
    steps = await stepsOf("redis")
  })
  after(() => Promise.all(nodes.map((node) => node[Symbol.asyncDispose]())))

  const secretOf = (username: string, password: string): Record<string, unknown> => ({
    engine: "redis",
    host: "127.0.0.1",
    port: nodes[0]?.port,
    nodes: [`127.0.0.1:${nodes[1]?.port}`],
    username,
    password,
    ssl: false,
  })
  const boss = (): object => secretOf("boss", "boss")

  async function open(value: string, node = 0): Promise<RedisSession> {
    const { username, password } = JSON.parse(value) as { username: string; password: string }
    const login = { host: "127.0.0.1", port: nodes[node]?.port, tls: false, ca: undefined } as unknown as Login
    const session = await RedisSession.connect(login, new Rehearsal(steps, {}).context)
    const answer = await session.ask("AUTH", username, password)
    if (answer === "OK") return session
    await session[Symbol.asyncDispose]()
    throw new Error("refused")
  }

  async function logsIn(value: string, node = 0): Promise<boolean> {
    try {
      await (await open(value, node))[Symbol.asyncDispose]()
      return true
    } catch {
      return false
    }
  }

  test("no login ever fails, on any node, and a restart forgets nothing", async () => {
    for (const name of ["app", 'bück"é']) {
      const rehearsal = new Rehearsal(steps, { ...secretOf(name, "first"), masterarn: "x" }, boss())
      let node = 0
      const seen = await whileUsed(
        rehearsal,
        (value) => logsIn(value, node++ % 2),
        async () => {
          for (let round = 0; round < 8; round++) {
            await rehearsal.rotate()
            assert.ok(await logsIn(rehearsal.previous ?? ""))
          }
        },
      )
      assert.deepEqual([seen.failedInside, seen.failedOutside], [0, 0])
      assert.ok(seen.logins > 4)
      const kept = rehearsal.value().password ?? ""
      for (const [at, server] of nodes.entries()) {
        await server.restart()
        assert.ok(await logsIn(rehearsal.current, at))
        assert.match(server.file(), new RegExp(sha(kept)))
        assert.equal(server.file().split(`user ${name} `)[1]?.split("\n")[0]?.match(/#/g)?.length, 2)
      }
    }
  })

  test("killed at every point, with and without an administrator", async () => {
    for (const [name, admin] of [
      ["app", boss()],
      ["own", undefined],
    ] as const) {
      const rehearsal = new Rehearsal(steps, secretOf(name, "first"), admin)
      if (name === "app") rehearsal.current = JSON.stringify(await reset("app"))
      for (let round = 0; round < 2; round++) {
        const deaths = await rehearsal.dying(
          () => rehearsal.rotate(),
          async () => assert.ok(await logsIn(rehearsal.current)),
        )
        assert.ok(deaths >= 6, String(deaths))
      }
    }
  })

  /** Back to the first password. */
  async function reset(name: string): Promise<Record<string, unknown>> {
    for (const node of nodes.keys()) {
      await using session = await open(JSON.stringify(boss()), node)
      await session.ask("ACL", "SETUSER", name, "resetpass", `#${sha("first")}`)
    }
    return secretOf(name, "first")
  }

  test("revoked: the previous password and all sessions of the user end", async () => {
    const rehearsal = new Rehearsal(steps, await reset("app"), boss())
    const session = await open(rehearsal.current)
    await rehearsal.rotate()
    assert.equal(await session.ask("EXISTS", "app:1"), 0)
    await rehearsal.dying(
      () => rehearsal.revoke(),
      async () => assert.ok(await logsIn(rehearsal.current)),
    )
    await assert.rejects(session.ask("EXISTS", "app:1"))
    assert.equal(await logsIn(rehearsal.previous ?? ""), false)
    assert.equal(await logsIn(rehearsal.previous ?? "", 1), false)
  })

  test("whom one node does not let in is changed on none", async () => {
    const admin = JSON.stringify({ username: "boss", password: "boss" })
    await using second = await open(admin, 1)
    await using first = await open(admin)
    const good = await reset("own")
    assert.equal(await second.ask("ACL", "SETUSER", "own", "resetpass", ">other"), "OK")
    const before = JSON.stringify(await first.ask("ACL", "GETUSER", "own"))
    await refuses("current_refused", () => new Rehearsal(steps, good).rotate(), "first")
    assert.equal(JSON.stringify(await first.ask("ACL", "GETUSER", "own")), before)
    assert.equal(await second.ask("ACL", "SETUSER", "own", "resetpass", ">first"), "OK")
  })

  test("refusals", async () => {
    const good = await reset("app")
    await refuses("not_permitted", () => new Rehearsal(steps, good).rotate(), "first")
    await refuses(
      "current_refused",
      () => new Rehearsal(steps, { ...good, password: "guess" }, boss()).rotate(),
      "guess",
    )
    await refuses("no_password_asked", () => new Rehearsal(steps, secretOf("open", "any"), boss()).rotate())
    await refuses("current_refused", () => new Rehearsal(steps, secretOf("gone", "any"), boss()).rotate())
    await refuses("admin_refused", () => new Rehearsal(steps, good, secretOf("boss", "wrong")).rotate(), "wrong")
    await refuses("admin_not_permitted", () => new Rehearsal(steps, good, secretOf("weak", "weak")).rotate())
    await refuses(
      "target_unreachable",
      () => new Rehearsal(steps, { ...good, nodes: ["127.0.0.1:1"] }, boss()).rotate(),
      "first",
    )
    await refuses("secret_invalid", () => new Rehearsal(steps, { ...good, nodes: ["nowhere"] }, boss()).rotate())
    await refuses("not_permitted", () => new Rehearsal(steps, { ...good, probeKey: "other:1" }, boss()).rotate())
    assert.ok(await logsIn(JSON.stringify(good)))
  })

  test("TLS is verified", { skip: noOpenssl }, async () => {
    const pair = selfSigned("localhost")
    await using secure = await startRedis(LINES, pair)
    const at = { engine: "redis", host: "localhost", port: secure.port, username: "own", password: "first" }
    await refuses("tls_failed", () => new Rehearsal(steps, at).rotate(), "first")
    await refuses("tls_failed", () =>
      new Rehearsal(steps, { ...at, host: "127.0.0.1", sslrootcert: pair.cert }).rotate(),
    )
    const rehearsal = new Rehearsal(steps, { ...at, sslrootcert: pair.cert })
    await rehearsal.rotate()
    await rehearsal.rotate()
  })

  test("of a server's error only the first word is kept", () => {
    assert.equal(new RedisError("ERR unknown command 'hunter2'").word, "ERR")
  })
})
