import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { createConnection } from "mysql2/promise"
import { stepsOf } from "../../src/adapters/targets/open.ts"
import type { Steps } from "../../src/rotation/steps.ts"
import { noOpenssl, selfSigned } from "../kit/certificate.ts"
import { type MariadbServer, noMariadb, startMariadb } from "../kit/mariadb-server.ts"
import { Rehearsal, refuses, whileUsed } from "../kit/rehearsal.ts"

describe("MariaDB", { skip: noMariadb }, () => {
  let server: MariadbServer
  let single: Steps
  let turns: Steps
  before(async () => {
    server = await startMariadb()
    server.sql(`create user boss@'%' identified by 'boss'; grant all on *.* to boss@'%' with grant option;
      create user weak@'%' identified by 'weak'; create database db; create table db.t (a int, b int); create role reader;
      grant select on db.* to reader; grant reader to boss@'%' with admin option`)
    single = await stepsOf("mariadb-single")
    turns = await stepsOf("mariadb-alternating")
  })
  after(() => server[Symbol.asyncDispose]())

  const secretOf = (username: string, password: string): Record<string, unknown> => ({
    engine: "mariadb",
    host: "127.0.0.1",
    port: server.port,
    username,
    password,
    ssl: false,
  })
  const boss = (): object => secretOf("boss", "boss")
  const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``
  let count = 0

  /** At a host that we come from, and at one that we do not. */
  function newUser(name = `app${++count}`, options = ""): Record<string, unknown> {
    for (const host of ["127.0.0.1", "10.9.8.7"])
      server.sql(`create user ${quoted(name)}@'${host}' identified by 'first' ${options}`)
    return secretOf(name, "first")
  }

  async function asks(value: string, sql = "select 1"): Promise<string> {
    const { username, password } = JSON.parse(value) as { username: string; password: string }
    const connection = await createConnection({ host: "127.0.0.1", port: server.port, user: username, password })
    try {
      const [rows] = await connection.query(sql)
      return JSON.stringify(rows)
    } finally {
      connection.destroy()
    }
  }
  const logsIn = (value: string): Promise<boolean> =>
    asks(value).then(
      () => true,
      () => false,
    )
  const hashes = (name: string): string[] =>
    server.sql(`select authentication_string from mysql.user where User = '${name}'`).trim().split("\n")

  test("one user, with and without an administrator: all accounts, only inside the window, nothing in the log", async () => {
    for (const admin of [boss(), undefined]) {
      const secret = newUser()
      const rehearsal = new Rehearsal(single, secret, admin)
      const passwords: string[] = []
      const seen = await whileUsed(rehearsal, logsIn, async () => {
        for (let round = 0; round < 4; round++) {
          await rehearsal.rotate()
          passwords.push(rehearsal.value().password ?? "")
        }
      })
      assert.equal(seen.failedOutside, 0)
      assert.ok(seen.logins > 4)
      assert.equal(new Set(hashes(String(secret["username"]))).size, admin === undefined ? 2 : 1)
      for (const password of passwords) assert.ok(!server.log().includes(password))
    }
  })

  test("two users: no login ever fails, and rights, roles and options are equal", async () => {
    const name = "pro be'_TO `x"
    const secret = newUser(name, "require none with max_user_connections 17")
    for (const host of ["127.0.0.1", "10.9.8.7"]) {
      const who = `${quoted(name)}@'${host}'`
      server.sql(`grant select (a), update on db.t to ${who} with grant option; grant all on \`TO \\_x\`.* to ${who};
        grant reader to ${who} with admin option; set default role reader for ${who}; grant process on *.* to ${who}`)
    }
    const rehearsal = new Rehearsal(turns, secret, boss())
    const rights = (user: string, host: string): string[] =>
      server
        .sql(`show grants for ${quoted(user)}@'${host}'; show create user ${quoted(user)}@'${host}'`)
        .replaceAll(quoted(user), "U")
        .replaceAll(/'\*[0-9A-F]{40}'/g, "'*'")
        .trim()
        .split("\n")
        .toSorted()
    const seen = await whileUsed(rehearsal, logsIn, async () => {
      for (let round = 0; round < 4; round++) {
        await rehearsal.rotate()
        assert.ok(await logsIn(rehearsal.previous ?? ""))
        for (const host of ["127.0.0.1", "10.9.8.7"])
          assert.deepEqual(rights(`${name}_clone`, host), rights(name, host))
        if (round === 1)
          server.sql(`revoke select (a), update, grant option on db.t from ${quoted(name)}@'127.0.0.1'; grant insert on db.t to ${quoted(name)}@'127.0.0.1';
            revoke reader from ${quoted(name)}@'10.9.8.7'`)
      }
    })
    assert.deepEqual([seen.failedInside, seen.failedOutside], [0, 0])
    assert.ok(seen.logins > 4)
    assert.equal(rights(name, "127.0.0.1").filter((line) => line.includes("INSERT")).length, 1)
    assert.equal(rights(name, "10.9.8.7").filter((line) => line.startsWith("GRANT `reader`")).length, 0)
  })

  test("killed at every point: something we hold logs in, and the next try converges", async () => {
    for (const steps of [single, turns]) {
      const secret = newUser()
      server.sql(`grant select on db.t to ${String(secret["username"])}@'127.0.0.1'`)
      const rehearsal = new Rehearsal(steps, secret, boss())
      for (let round = 0; round < 2; round++) {
        const deaths = await rehearsal.dying(
          () => rehearsal.rotate(),
          async () => {
            const held = [rehearsal.current, rehearsal.pending].filter((text) => text !== undefined)
            const good = await Promise.all(held.map(logsIn))
            assert.ok(good.includes(true), "locked out")
            if (steps === turns) assert.ok(good[0])
          },
        )
        assert.ok(deaths >= 4, String(deaths))
        assert.equal(new Set(hashes(rehearsal.value().username ?? "")).size, 1)
        assert.match(await asks(rehearsal.current, "select count(*) from db.t"), /0/)
      }
    }
  })

  test("revoked: the previous version and its sessions end", async () => {
    for (const steps of [single, turns]) {
      const rehearsal = new Rehearsal(steps, newUser(), boss())
      const { username, password } = rehearsal.value()
      const open = await createConnection({
        host: "127.0.0.1",
        port: server.port,
        user: username ?? "",
        password: password ?? "",
      })
      open.on("error", () => undefined)
      await rehearsal.rotate()
      await rehearsal.revoke()
      await assert.rejects(open.query("select 1"))
      assert.equal(await logsIn(rehearsal.previous ?? ""), false)
      await rehearsal.rotate()
      assert.ok(await logsIn(rehearsal.current))
    }
  })

  test("refusals leave all as it was", async () => {
    const good = newUser()
    const name = String(good["username"])
    const at = (fields: object, admin: object | undefined = boss()): Rehearsal =>
      new Rehearsal(single, { ...good, ...fields }, admin)
    await refuses("current_refused", () => at({ password: "guess" }).rotate(), "guess")
    await refuses("admin_refused", () => at({}, secretOf("boss", "wrong")).rotate(), "wrong")
    await refuses("admin_not_permitted", () => at({}, secretOf("weak", "weak")).rotate())
    await refuses("target_unreachable", () => at({ port: 1 }).rotate(), "first")
    await refuses(
      "tls_failed",
      () => new Rehearsal(single, { ...good, ssl: true, host: "localhost" }).rotate(),
      "first",
    )
    await refuses("secret_invalid", () => at({ username: "x".repeat(81) }).rotate())
    await refuses("secret_invalid", () => at({ engine: "mysql" }).rotate())
    server.sql(`create user ${name}_clone@'192.0.2.1' identified by 'x'`)
    await refuses("account_unsuitable", () => new Rehearsal(turns, good, boss()).rotate())
    assert.equal(new Set(hashes(name)).size, 1)
    assert.ok(await logsIn(JSON.stringify(good)))
  })

  test("a server whose password module judges: refused, and nothing is sent in the clear", async () => {
    server.sql("install soname 'simple_password_check'")
    try {
      const rehearsal = new Rehearsal(single, secretOf("weak", "weak"), boss())
      await refuses("password_rejected", () => rehearsal.rotate())
      assert.ok(await logsIn(rehearsal.current))
    } finally {
      server.sql("uninstall soname 'simple_password_check'")
    }
  })

  test("TLS is verified, by name too", { skip: noOpenssl }, async () => {
    const pair = selfSigned("localhost")
    await using secure = await startMariadb(pair)
    secure.sql("create user app@'%' identified by 'first' require ssl")
    const at = { ...secretOf("app", "first"), host: "localhost", port: secure.port, ssl: true }
    await refuses("tls_failed", () => new Rehearsal(single, at).rotate(), "first")
    await refuses("tls_failed", () =>
      new Rehearsal(single, { ...at, sslrootcert: selfSigned("localhost").cert }).rotate(),
    )
    await refuses("secret_invalid", () =>
      new Rehearsal(single, { ...at, host: "127.0.0.1", sslrootcert: pair.cert }).rotate(),
    )
    const rehearsal = new Rehearsal(single, { ...at, sslrootcert: pair.cert })
    await rehearsal.rotate()
    await rehearsal.rotate()
  })
})
