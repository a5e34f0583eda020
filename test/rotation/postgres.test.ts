import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:net"
import { after, before, describe, test } from "node:test"
import { Client } from "pg"
import { stepsOf } from "../../src/adapters/targets/open.ts"
import type { Steps } from "../../src/rotation/steps.ts"
import { noOpenssl, selfSigned } from "../kit/certificate.ts"
import { type Cluster, noCluster, noPostgres18, POSTGRES_18, startCluster } from "../kit/postgres-cluster.ts"
import { Rehearsal, refuses, whileUsed } from "../kit/rehearsal.ts"

interface Value {
  readonly username: string
  readonly password: string
}

describe("PostgreSQL", { skip: noCluster }, () => {
  let cluster: Cluster
  let single: Steps
  let turns: Steps
  let count = 0
  before(async () => {
    cluster = await startCluster()
    single = await stepsOf("postgres-single")
    turns = await stepsOf("postgres-alternating")
  })
  after(() => cluster[Symbol.asyncDispose]())

  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

  /** A role with a password of its own, and its secret. */
  async function newUser(name = `app${++count}`, options = ""): Promise<Value & Record<string, unknown>> {
    await cluster.sql(`create role ${quoted(name)} login ${options} password 'first'`)
    return secretOf(name, "first")
  }

  function secretOf(username: string, password: string): Value & Record<string, unknown> {
    return {
      engine: "postgres",
      host: "127.0.0.1",
      port: String(cluster.port),
      username,
      password,
      ssl: false,
      note: "ö",
    }
  }

  const boss = (): object => secretOf(cluster.superuser.username, cluster.superuser.password)

  async function asks(value: string, sql = "select 1"): Promise<unknown> {
    const { username, password } = JSON.parse(value) as Value
    const client = new Client({
      host: "127.0.0.1",
      port: cluster.port,
      user: username,
      password,
      database: "postgres",
    })
    client.on("error", () => undefined)
    try {
      await client.connect()
      return Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0]
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  const logsIn = (value: string): Promise<boolean> =>
    asks(value).then(
      () => true,
      () => false,
    )

  test("one user: logins fail only inside the window, and the log shows no password", async () => {
    const rehearsal = new Rehearsal(single, await newUser())
    const passwords = ["first"]
    const seen = await whileUsed(rehearsal, logsIn, async () => {
      for (let round = 0; round < 6; round++) {
        await rehearsal.rotate()
        passwords.push(rehearsal.value().password ?? "")
      }
    })
    assert.equal(new Set(passwords).size, 7)
    assert.equal(seen.failedOutside, 0)
    assert.ok(seen.logins > 6)
    assert.equal(rehearsal.value().note, "ö")
    assert.match(cluster.log(), /alter role "app\d+" password 'SCRAM-SHA-256\$/)
    for (const password of passwords.slice(1)) assert.ok(!cluster.log().includes(password))
  })

  test("two users: no login ever fails, rights are equal, and what is made belongs to one role", async () => {
    const secret = await newUser("turns")
    await cluster.sql(`create schema own authorization turns; grant select on pg_catalog.pg_authid to turns;
      alter role turns set search_path = own, "Odd, ""name"""; alter role turns set statement_timeout = '77s';
      alter role turns in database postgres set work_mem = '5MB'; alter role turns connection limit 31 valid until '2099-01-02 03:04:05+00'`)
    const rehearsal = new Rehearsal(turns, secret, boss())
    const seen = await whileUsed(rehearsal, logsIn, async () => {
      for (let round = 0; round < 6; round++) {
        await rehearsal.rotate()
        assert.equal(rehearsal.value().username, round % 2 === 0 ? "turns_clone" : "turns")
        assert.equal(await asks(rehearsal.current, "select current_user"), "turns")
        assert.equal(await asks(rehearsal.current, "select count(*) > 0 from pg_authid"), true)
        assert.equal(await asks(rehearsal.current, "show search_path"), 'own, "Odd, ""name"""')
        assert.equal(await asks(rehearsal.current, "show statement_timeout"), "77s")
        assert.equal(await asks(rehearsal.current, "show work_mem"), "5MB")
        await asks(rehearsal.current, `create table own.made${round} ()`)
        assert.ok(await logsIn(rehearsal.previous ?? ""), "the last one is good until the next rotation")
      }
    })
    assert.deepEqual([seen.failedInside, seen.failedOutside], [0, 0])
    assert.ok(seen.logins > 6)
    const owners = await cluster.sql("select distinct tableowner from pg_tables where schemaname = 'own'")
    assert.deepEqual(owners, [{ tableowner: "turns" }])
    const [clone] = await cluster.sql(
      "select rolconnlimit, rolvaliduntil::text as until from pg_roles where rolname = 'turns_clone'",
    )
    assert.equal(clone?.["rolconnlimit"], 31)
    assert.match(String(clone?.["until"]), /^2099-01-02/)
  })

  test("the owner-role pattern: both users act as the role that owns", async () => {
    const secret = await newUser("member")
    await cluster.sql("create role owner nologin; grant owner to member; alter role member set role = owner")
    const rehearsal = new Rehearsal(turns, secret, boss())
    for (let round = 0; round < 2; round++) {
      await rehearsal.rotate()
      assert.equal(await asks(rehearsal.current, "select current_user"), "owner")
    }
  })

  test("settings that the user chose do not run as the administrator", async () => {
    const secret = await newUser("mallory")
    await asks(
      JSON.stringify(secret),
      "select set_config('search_path', 'x;alter/**/role/**/mallory/**/superuser;--', false)",
    )
    const client = new Client({
      host: "127.0.0.1",
      port: cluster.port,
      user: "mallory",
      password: "first",
      database: "postgres",
    })
    await client.connect()
    await client.query("select set_config('search_path', 'x;alter/**/role/**/mallory/**/superuser;--', false)")
    await client.query("alter role mallory set search_path from current")
    await client.end()
    const rehearsal = new Rehearsal(turns, secret, boss())
    await rehearsal.rotate()
    assert.deepEqual(await cluster.sql("select rolsuper from pg_roles where rolname like 'mallory%'"), [
      { rolsuper: false },
      { rolsuper: false },
    ])
  })

  test("killed at every point: something we hold logs in, and the next try converges", async () => {
    for (const steps of [single, turns]) {
      const rehearsal = new Rehearsal(steps, await newUser(), steps === turns ? boss() : undefined)
      const alive = async (): Promise<void> => {
        const held = [rehearsal.current, rehearsal.pending, rehearsal.previous].filter((text) => text !== undefined)
        const good = await Promise.all(held.map(logsIn))
        assert.ok(good.includes(true), "locked out")
        if (steps === turns) assert.ok(good[0], "the current one is good at all times")
      }
      for (let round = 0; round < 3; round++) {
        const deaths = await rehearsal.dying(() => rehearsal.rotate(), alive)
        assert.ok(deaths >= 3, `only ${deaths} points`)
        assert.ok(await logsIn(rehearsal.current))
      }
    }
  })

  test("the same step by two processes at once leaves one good pending version", async () => {
    for (const steps of [single, turns]) {
      const rehearsal = new Rehearsal(steps, await newUser(), steps === turns ? boss() : undefined)
      rehearsal.begin()
      rehearsal.pending = await steps.create(rehearsal.held, rehearsal.context)
      await Promise.allSettled(Array.from({ length: 8 }, () => steps.set(rehearsal.held, rehearsal.context)))
      await rehearsal.rotate()
      assert.ok(await logsIn(rehearsal.current))
    }
  })

  test("quotes, spaces, backslashes and Unicode in names; 63 bytes and not 64", async () => {
    for (const name of ['o"dd', "it's", "a b", "bück\\slash", "用户", `$q$;drop`, "n".repeat(57)]) {
      for (const steps of [single, turns]) {
        const secret = await newUser(steps === turns ? name : `${name} 1`.slice(-63))
        const rehearsal = new Rehearsal(steps, secret, steps === turns ? boss() : undefined)
        await rehearsal.rotate()
        await rehearsal.rotate()
        assert.ok(await logsIn(rehearsal.current), name)
      }
    }
    const at = (name: string): Rehearsal => new Rehearsal(turns, { ...secretOf(name, "x") }, boss())
    await refuses("secret_invalid", () => at("n".repeat(58)).rotate())
    await refuses("secret_invalid", () => at("n".repeat(64)).rotate())
    await new Rehearsal(single, await newUser("m".repeat(63))).rotate()
  })

  test("an administrator without superuser", async () => {
    await cluster.sql("create role helper login createrole password 'helps'; create role weak login password 'weak'")
    const helper = secretOf("helper", "helps")
    for (const steps of [single, turns]) {
      const secret = { ...(await newUser()), masterarn: "admin/pg" }
      const rehearsal = new Rehearsal(steps, secret, helper)
      await rehearsal.rotate()
      await rehearsal.rotate()
      assert.ok(await logsIn(rehearsal.current))
      rehearsal.admin = JSON.stringify(secretOf("weak", "weak"))
      await refuses("admin_not_permitted", () => rehearsal.rotate())
      rehearsal.admin = JSON.stringify(secretOf("helper", "wrong"))
      await refuses("admin_refused", () => rehearsal.rotate(), "wrong")
      rehearsal.admin = JSON.stringify({ username: "helper", password: "helps" })
      await rehearsal.rotate()
      rehearsal.admin = JSON.stringify({ ...helper, host: "127.0.0.2" })
      await refuses("secret_invalid", () => rehearsal.rotate())
      rehearsal.admin = undefined
      await refuses("admin_missing", () => rehearsal.rotate())
    }
  })

  test("from PostgreSQL 16 on the administrator needs ADMIN OPTION", { skip: noPostgres18 }, async () => {
    await using newer = await startCluster(undefined, POSTGRES_18)
    await newer.sql(`create role helper login createrole password 'helps'; create role app1 login password 'first';
      create role app2 login password 'first'; grant app2 to helper with admin option, inherit false, set false`)
    const at = (name: string, password: string): object => ({ ...secretOf(name, password), port: newer.port })
    for (const steps of [single, turns]) {
      const helper = at("helper", "helps")
      await refuses("admin_not_permitted", () =>
        new Rehearsal(steps, { ...at("app1", "first"), masterarn: "x" }, helper).rotate(),
      )
      const rehearsal = new Rehearsal(steps, { ...at("app2", "first"), masterarn: "x" }, helper)
      for (let round = 0; round < 3; round++) await rehearsal.rotate()
      await rehearsal.revoke()
      await newer.sql("alter role app2 password 'first'")
    }
    assert.doesNotMatch(newer.log(), /app2_clone.*password '(?!SCRAM)/)
  })

  test("a user or a place that changed under way, and a credential that is not ours, change nothing", async () => {
    const secret = await newUser()
    const other = await newUser()
    const rehearsal = new Rehearsal(single, secret, boss())
    rehearsal.pending = JSON.stringify({ ...secret, username: other.username, password: "taken over" })
    await refuses("identity_changed", () => rehearsal.rotate(), "taken over")
    rehearsal.pending = JSON.stringify({ ...secret, host: "127.0.0.2" })
    await refuses("identity_changed", () => rehearsal.rotate())
    rehearsal.pending = undefined
    rehearsal.current = JSON.stringify({ ...other, password: "a guess" })
    await refuses("current_refused", () => rehearsal.rotate(), "a guess")
    assert.ok(await logsIn(JSON.stringify(other)))
    await cluster.sql(`alter role ${secret.username} rename to renamed_away`)
    const renamed = new Rehearsal(turns, secret, boss())
    await refuses("current_refused", () => renamed.rotate())
    assert.deepEqual(await cluster.sql(`select 1 from pg_roles where rolname = '${secret.username}_clone'`), [])
    const taken = await newUser("taken")
    const stranger = await newUser("taken_clone")
    await refuses("account_unsuitable", () => new Rehearsal(turns, taken, boss()).rotate())
    assert.ok(await logsIn(JSON.stringify(stranger)))
    const special = new Rehearsal(turns, await newUser("special", "superuser"), boss())
    await refuses("account_unsuitable", () => special.rotate())
  })

  test("single user: the target holds the previous version after a restore, and it is brought forward", async () => {
    const rehearsal = new Rehearsal(single, await newUser())
    await rehearsal.rotate()
    await cluster.sql(`alter role ${rehearsal.value().username} password 'first'`)
    await rehearsal.rotate()
    assert.ok(await logsIn(rehearsal.current))
  })

  test("revoked: the previous version and its sessions end, the current one stays, again and again", async () => {
    for (const steps of [single, turns]) {
      const rehearsal = new Rehearsal(steps, await newUser(), steps === turns ? boss() : undefined)
      const { username, password } = rehearsal.value()
      const open = new Client({
        host: "127.0.0.1",
        port: cluster.port,
        user: username,
        password,
        database: "postgres",
      })
      open.on("error", () => undefined)
      await open.connect()
      await rehearsal.rotate()
      const deaths = await rehearsal.dying(
        () => rehearsal.revoke(),
        async () => assert.ok(await logsIn(rehearsal.current)),
      )
      assert.ok(deaths >= 2)
      await assert.rejects(open.query("select 1"))
      assert.ok(!(await logsIn(rehearsal.previous ?? "")))
      await rehearsal.rotate()
      assert.ok(await logsIn(rehearsal.current))
    }
  })

  test("what is missing or malformed is refused before anything is changed, naming the member", async () => {
    const good = await newUser()
    for (const [field, value] of [
      ["engine", "mysql"],
      ["host", ""],
      ["host", "/run/postgresql"],
      ["host", "a b"],
      ["port", "0"],
      ["port", 65_536],
      ["port", "5432x"],
      ["username", undefined],
      ["username", ["x"]],
      ["password", null],
      ["ssl", "prefer"],
      ["dbname", 5],
      ["generate", { length: 15 }],
    ] as const) {
      const fault = await refuses(
        "secret_invalid",
        () => new Rehearsal(single, { ...good, [field]: value }).rotate(),
        "first",
      )
      assert.equal(fault.facts.field?.split(".")[0], field)
    }
    for (const text of ["plain", "[]", '{"a":1,"a":2}', "null"]) {
      const rehearsal = new Rehearsal(single, {})
      rehearsal.current = text
      await refuses("secret_invalid", () => rehearsal.rotate())
    }
    assert.ok(await logsIn(JSON.stringify(good)))
  })

  test("a target that is down, slow, mute or not to be reached", async () => {
    const secret = await newUser()
    await refuses("target_unreachable", () => new Rehearsal(single, { ...secret, port: 1 }).rotate(), "first")
    await refuses("address_refused", () => new Rehearsal(single, { ...secret, host: "169.254.169.254" }).rotate())
    await refuses("target_failed", () => new Rehearsal(single, { ...secret, dbname: "nowhere" }).rotate())
    const mute = createServer((socket) => {
      socket.on("error", () => undefined)
      after(() => socket.destroy())
    }).listen(0, "127.0.0.1")
    after(() => mute.close())
    await once(mute, "listening")
    const { port } = mute.address() as { port: number }
    const rehearsal = new Rehearsal(single, { ...secret, port })
    rehearsal.context = { ...rehearsal.context, signal: AbortSignal.timeout(500) }
    const started = Date.now()
    await refuses("target_unreachable", () => rehearsal.rotate(), "first")
    assert.ok(Date.now() - started < 5000, "the signal ends it")
  })

  test("a server that asks for no password proves nothing", async () => {
    await using trusting = await startCluster()
    const { port } = trusting
    await trusting.sql("create role app login password 'first'")
    await trusting.sql(
      "copy (select 'host all app 127.0.0.1/32 trust') to program 'cat - > hba.new; cat pg_hba.conf >> hba.new; mv hba.new pg_hba.conf'",
    )
    await trusting.sql("select pg_reload_conf()")
    const rehearsal = new Rehearsal(single, { ...secretOf("app", "first"), port })
    await refuses("no_password_asked", () => rehearsal.rotate())
  })

  test("TLS is verified, and is not given up for a server that has none", { skip: noOpenssl }, async () => {
    const secret = { ...(await newUser()), host: "localhost" }
    await refuses("tls_failed", () => new Rehearsal(single, { ...secret, ssl: undefined }).rotate(), "first")
    const pair = selfSigned("localhost")
    await using secure = await startCluster(pair)
    await secure.sql("create role app login password 'first'")
    const at = { ...secretOf("app", "first"), host: "localhost", port: secure.port, ssl: true }
    await refuses("tls_failed", () => new Rehearsal(single, at).rotate(), "first")
    await refuses("tls_failed", () =>
      new Rehearsal(single, { ...at, sslrootcert: selfSigned("localhost").cert }).rotate(),
    )
    await refuses("tls_failed", () =>
      new Rehearsal(single, { ...at, host: "127.0.0.1", sslrootcert: pair.cert }).rotate(),
    )
    const rehearsal = new Rehearsal(single, { ...at, sslrootcert: pair.cert })
    await rehearsal.rotate()
    await rehearsal.rotate()
  })
})
