import assert from "node:assert/strict"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import { after, before, describe, test } from "node:test"
import { amqpLogin } from "../../src/adapters/targets/amqp-login.ts"
import { stepsOf } from "../../src/adapters/targets/open.ts"
import type { Login } from "../../src/rotation/login.ts"
import type { Steps } from "../../src/rotation/steps.ts"
import { noRabbitmq, type RabbitServer, startRabbit } from "../kit/rabbitmq-server.ts"
import { Rehearsal, refuses, whileUsed } from "../kit/rehearsal.ts"

describe("RabbitMQ", { skip: noRabbitmq, timeout: 240_000 }, () => {
  let server: RabbitServer
  let single: Steps
  let turns: Steps
  before(async () => {
    server = await startRabbit()
    single = await stepsOf("rabbitmq-single")
    turns = await stepsOf("rabbitmq-alternating")
    await server.api("PUT", "vhosts/a%2Fb")
  })
  after(() => server[Symbol.asyncDispose]())

  const secretOf = (username: string, password: string): Record<string, unknown> => ({
    engine: "rabbitmq",
    host: "127.0.0.1",
    port: server.port,
    managementPort: server.managementPort,
    vhost: "a/b",
    username,
    password,
    ssl: false,
  })
  const boss = (): object => secretOf("boss", "boss")
  const rights = { configure: "^x", write: ".*", read: "" }

  async function newUser(name: string): Promise<Record<string, unknown>> {
    const at = encodeURIComponent(name)
    await server.api("PUT", `users/${at}`, { password: "first", tags: "monitoring,own" })
    for (const vhost of ["a%2Fb", "%2F"]) await server.api("PUT", `permissions/${vhost}/${at}`, rights)
    await server.api("PUT", `topic-permissions/a%2Fb/${at}`, { exchange: "amq.topic", write: "^a", read: "^b" })
    await server.api("PUT", `user-limits/${at}/max-connections`, { value: 50 })
    return secretOf(name, "first")
  }

  async function told(name: string): Promise<unknown> {
    const at = encodeURIComponent(name)
    const { tags } = (await server.api("GET", `users/${at}`)) as { tags: unknown }
    const lists = await Promise.all(
      [`users/${at}/permissions`, `users/${at}/topic-permissions`, `user-limits/${at}`].map((path) =>
        server.api("GET", path),
      ),
    )
    return JSON.parse(JSON.stringify([tags, lists]).replaceAll(JSON.stringify(name), '"U"')) as unknown
  }

  async function logsIn(value: string): Promise<boolean> {
    const secret = JSON.parse(value) as Login
    return amqpLogin({ ...secret, tls: false }, "a/b", new Rehearsal(single, {}).context)
  }

  test("two users: no login ever fails; tags, permissions and limits are equal", async () => {
    const name = "pro be/ü'\"x"
    const rehearsal = new Rehearsal(turns, await newUser(name), boss())
    const before = await told(name)
    const seen = await whileUsed(rehearsal, logsIn, async () => {
      for (let round = 0; round < 3; round++) {
        await rehearsal.rotate()
        assert.ok(await logsIn(rehearsal.previous ?? ""))
        assert.deepEqual(await told(`${name}_clone`), before)
        assert.deepEqual(await told(name), before)
      }
    })
    assert.deepEqual([seen.failedInside, seen.failedOutside], [0, 0])
    assert.ok(seen.logins > 3)
  })

  test("one user: only inside the window, and tags and permissions stay", async () => {
    const rehearsal = new Rehearsal(single, await newUser("one"), boss())
    const before = await told("one")
    const seen = await whileUsed(rehearsal, logsIn, async () => {
      for (let round = 0; round < 3; round++) await rehearsal.rotate()
    })
    assert.equal(seen.failedOutside, 0)
    assert.deepEqual(await told("one"), before)
  })

  test("killed at every point, and revoked", async () => {
    for (const steps of [single, turns]) {
      const rehearsal = new Rehearsal(steps, await newUser(steps === turns ? "t" : "s"), boss())
      const alive = async (): Promise<void> => {
        const held = [rehearsal.current, rehearsal.pending].filter((text) => text !== undefined)
        const good = await Promise.all(held.map(logsIn))
        assert.ok(good.includes(true), "locked out")
        if (steps === turns) assert.ok(good[0])
      }
      assert.ok((await rehearsal.dying(() => rehearsal.rotate(), alive)) >= 3)
      await rehearsal.dying(() => rehearsal.revoke(), alive)
      assert.equal(await logsIn(rehearsal.previous ?? ""), false)
      await rehearsal.rotate()
      assert.ok(await logsIn(rehearsal.current))
    }
  })

  test("revoked: connections that were open are closed", async () => {
    const rehearsal = new Rehearsal(single, await newUser("open"), boss())
    // Between the two, a proxy that holds on to what its client leaves.
    const held: Socket[] = []
    const proxy = createServer((client) => {
      const upstream = connect(server.port, "127.0.0.1")
      held.push(upstream)
      for (const socket of [client, upstream]) socket.on("error", () => undefined)
      upstream.on("data", (piece) => client.write(piece))
      client.on("data", (piece) => upstream.write(piece))
    }).listen(0, "127.0.0.1")
    after(() => {
      proxy.close()
      for (const socket of held) socket.destroy()
    })
    await once(proxy, "listening")
    const { port } = proxy.address() as { port: number }
    const secret = { ...(rehearsal.value() as unknown as Login), tls: false, port }
    assert.ok(await amqpLogin(secret, "a/b", rehearsal.context))
    const [upstream] = held
    assert.ok(upstream !== undefined && !upstream.destroyed)
    await rehearsal.rotate()
    assert.ok(!upstream.destroyed)
    const told = once(upstream, "data") as Promise<[Buffer]>
    await rehearsal.revoke()
    // The broker asks its client to close (connection.close, 10 and 50), and cuts one that does not answer after 30 seconds.
    const [frame] = await told
    assert.deepEqual([frame.readUInt16BE(7), frame.readUInt16BE(9)], [10, 50])
  })

  test("refusals", async () => {
    const good = await newUser("r")
    await refuses("admin_missing", () => new Rehearsal(single, good).rotate())
    await refuses(
      "current_refused",
      () => new Rehearsal(single, { ...good, password: "guess" }, boss()).rotate(),
      "guess",
    )
    await refuses("admin_refused", () => new Rehearsal(single, good, secretOf("boss", "wrong")).rotate(), "wrong")
    await refuses("target_unreachable", () => new Rehearsal(single, { ...good, port: 1 }, boss()).rotate(), "first")
    await refuses("account_unsuitable", () => new Rehearsal(single, { ...good, vhost: "none" }, boss()).rotate())
    await newUser("plain")
    await refuses("admin_not_permitted", () => new Rehearsal(single, good, secretOf("plain", "first")).rotate())
    assert.ok(await logsIn(JSON.stringify(good)))
  })
})
