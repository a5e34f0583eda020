import assert from "node:assert/strict"
import { once } from "node:events"
import { chmodSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer as createPlain } from "node:net"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { createServer, type SecureVersion } from "node:tls"
import { negotiated } from "../../src/compliance/checks/transit.ts"
import { DAY_MS, systemClock } from "../../src/core/clock.ts"
import { diskFinding, LEAST_MIB } from "../../src/main/doctor/disk.ts"
import { offersOf } from "../../src/main/tls-probe.ts"
import { ENGINES, type Site, siteOf, skipped } from "../backup/site.ts"
import { noOpenssl, selfSigned } from "../kit/certificate.ts"
import { freePort } from "../kit/free-port.ts"
import { addPerson, setUpAdmin } from "../kit/people.ts"
import { until } from "../kit/receiver.ts"
import { createSecret } from "../kit/secrets.ts"

interface Checked {
  readonly ok: boolean
  readonly code: number | string | null
  readonly checks: readonly {
    readonly name: string
    readonly state: string
    readonly text: string
    readonly fix: string | null
  }[]
}

async function doctor(site: Site): Promise<Checked> {
  const said = await site.run("doctor", "--json")
  assert.equal(said.err, "")
  return { ...(JSON.parse(said.out) as Omit<Checked, "code">), code: said.code }
}

function found({ checks }: Checked, name: string): Checked["checks"][number] {
  const one = checks.find((check) => check.name === name)
  assert.ok(one, `${name} of ${checks.map((check) => check.name).join(", ")}`)
  return one
}

const LINE = /^(?:ok|warn|FAULT): [a-z0-9-]+: \S.*$/

for (const engine of ENGINES)
  test(`beside a running server: one line each, a fix with each that is not well (${engine})`, {
    skip: skipped(engine),
  }, async (t) => {
    const site = await siteOf(t, engine, { PORT: String(await freePort()) })
    const server = await site.start()
    const admin = await setUpAdmin(server)
    await createSecret(admin, "config/app", "kept")
    const size = async () => (await server.anonymous.get("/api/audit/checkpoint")).text
    const before = await size()
    await until("the mirror has it", async () => found(await doctor(site), "mirror").state === "ok")

    const lines = await site.run("doctor")
    assert.equal(lines.code, 1, lines.out)
    for (const line of lines.out.trimEnd().split("\n")) {
      assert.match(line, LINE)
      assert.equal(/; fix: /.test(line), !line.startsWith("ok"), line)
    }
    const well = await doctor(site)
    assert.equal(well.ok, false)
    assert.deepEqual(
      well.checks.filter(({ state }) => state === "fault").map(({ name }) => name),
      ["escrow"],
    )
    assert.match(
      found(well, "database").text,
      engine === "sqlite" ? /from which a server serves now$/ : /1 servers serve now$/,
    )
    assert.match(found(well, "server").text, /every part works$/)
    for (const name of [
      "files",
      "disk",
      "keys",
      "policies",
      "rows-genuine",
      "schedules",
      "log-whole",
      "clock",
      "mirror",
    ])
      assert.equal(found(well, name).state, "ok", `${name}: ${found(well, name).text}`)
    assert.match(found(well, "factors-of-admins").text, /: ada$/)
    assert.equal(await size(), before, "nothing was recorded")
    await server.close()
    const stopped = await doctor(site)
    assert.equal(found(stopped, "server").state, "warn")
    assert.match(found(stopped, "database").text, engine === "sqlite" ? /held by nobody$/ : /0 servers serve now$/)
  })

test("files that others may read, a mirror that is gone, a key that is another's", async (t) => {
  const site = await siteOf(t, "sqlite")
  await (await site.start()).close()
  chmodSync(site.rootKey, 0o644)
  const open = await doctor(site)
  assert.equal(open.code, 1)
  assert.match(found(open, "files").text, /the root key \S+ can be read by others/)
  assert.match(found(open, "files").fix ?? "", /^chmod 400 \S+$/)
  assert.equal(found(open, "database").state, "fault", "and it is not opened")
  chmodSync(site.rootKey, 0o400)

  const mirror = join(site.folder, "data-mirror")
  renameSync(mirror, `${mirror}-away`)
  assert.equal(found(await doctor(site), "mirror").state, "fault")
  renameSync(`${mirror}-away`, mirror)
  chmodSync(mirror, 0o750)
  assert.match(found(await doctor(site), "files").fix ?? "", /^chmod 700/)
  chmodSync(mirror, 0o700)

  rmSync(site.rootKey)
  writeFileSync(site.rootKey, Buffer.alloc(32, 1), { mode: 0o400 })
  assert.match(found(await doctor(site), "database").text, /is not the one the database/)
})

test("who has slept for 90 days, and a value that nobody changed for a year", async (t) => {
  const site = await siteOf(t, "sqlite")
  const past = { ...systemClock, now: () => systemClock.now() - 400 * DAY_MS }
  const server = await site.start(past)
  const admin = await setUpAdmin(server)
  await addPerson(admin, "grace", ["developer"])
  await createSecret(admin, "config/old", "kept")
  await server.close()
  const found_ = await doctor(site)
  assert.deepEqual([found(found_, "accounts-awake").state, found(found_, "values-fresh").state], ["warn", "warn"])
  assert.match(found(found_, "accounts-awake").text, /: ada, grace$/)
  assert.match(found(found_, "values-fresh").text, /older than 365 days: config\/old; of these without a schedule: 1$/)
})

test("a clock that was put back behind the newest entry", async (t) => {
  const site = await siteOf(t, "sqlite")
  const server = await site.start({ ...systemClock, now: () => systemClock.now() + DAY_MS })
  await setUpAdmin(server)
  await server.close()
  assert.match(found(await doctor(site), "clock").text, /^this clock is 86\d{3} s behind the newest audit entry$/)
})

test("the own port's TLS, its certificate's end, and that the server speaks it", { skip: noOpenssl }, async (t) => {
  const { cert, key } = selfSigned("localhost")
  const more = { PORT: String(await freePort()), TLS_MIN_VERSION: "1.2" }
  const site = await siteOf(t, "sqlite", more)
  const [certFile, keyFile] = [join(site.folder, "tls.crt"), join(site.folder, "tls.key")]
  writeFileSync(certFile, cert)
  writeFileSync(keyFile, key, { mode: 0o600 })
  Object.assign(more, { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile })
  Object.assign(site.env, more)
  const server = await site.start()
  const seen = await doctor(site)
  assert.equal(found(seen, "tls").state, "warn", found(seen, "tls").text)
  assert.match(found(seen, "tls").text, /^negotiated: TLSv1\.3 \(.*\); TLSv1\.2 \(ECDHE-ECDSA-[A-Z0-9-]+/)
  assert.match(found(seen, "server").text, /every part works$/)
  assert.match(found(seen, "certificate").text, /for (?:29|30) days$/)
  await server.close()
  assert.equal(found(await doctor(site), "tls").state, "warn", "nobody answers")
})

test("a port that agrees to old protocols or weak suites is a fault; what speaks no TLS agrees to nothing", {
  skip: noOpenssl,
}, async (t) => {
  const { cert, key } = selfSigned("localhost")
  const ask = async (minVersion: SecureVersion, maxVersion: SecureVersion, ciphers: string) => {
    const server = createServer({ cert, key, minVersion, maxVersion, ciphers }).listen(0, "127.0.0.1")
    t.after(() => server.close())
    await once(server, "listening")
    return offersOf({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, serverName: null })
  }
  const old = await ask("TLSv1", "TLSv1.2", "ALL:@SECLEVEL=0")
  assert.deepEqual(
    old.map(({ protocol }) => protocol),
    ["TLSv1.2", "TLSv1.1", "TLSv1"],
  )
  assert.equal(negotiated(old).state, "fault")
  const weak = await ask("TLSv1.2", "TLSv1.2", "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-GCM-SHA256")
  assert.deepEqual(
    weak.map(({ ciphers }) => ciphers.toSorted()),
    [["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA"]],
  )
  assert.match(negotiated(weak).figure, /without forward secrecy or authenticated encryption: ECDHE-ECDSA-AES128-SHA$/)
  const good = await ask("TLSv1.3", "TLSv1.3", "TLS_AES_128_GCM_SHA256")
  assert.deepEqual(good, [{ protocol: "TLSv1.3", ciphers: ["TLS_AES_128_GCM_SHA256"] }])
  assert.equal(negotiated(good).state, "ok")
  const plain = await noTls(t)
  assert.deepEqual(await offersOf({ host: "127.0.0.1", port: plain, serverName: null }), [])
})

async function noTls(t: TestContext): Promise<number> {
  const server = createPlain((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0, "127.0.0.1")
  t.after(() => server.close())
  await once(server, "listening")
  return (server.address() as AddressInfo).port
}

test("room on the disk, at its limits", () => {
  const mib = 2 ** 20
  const state = (free: number, all: number) => diskFinding("/x", free * mib, all * mib).state
  assert.deepEqual(
    [LEAST_MIB - 1, LEAST_MIB, LEAST_MIB + 1].map((free) => state(free, 1e6)),
    ["fault", "warn", "warn"],
  )
  assert.deepEqual([state(4095, 1e6), state(4096, 1e6), state(4095, 20_000)], ["warn", "ok", "ok"])
})

test("what the command takes", async (t) => {
  const site = await siteOf(t, "sqlite")
  for (const args of [["--yaml"], ["--json", "--json"]]) {
    const said = await site.run("doctor", ...args)
    assert.deepEqual([said.code, /doctor takes --json or nothing/.test(said.err)], [2, true])
  }
  const none = await doctor(site)
  assert.equal(none.code, 1)
  assert.match(found(none, "database").text, /There is no database \S+; start the server first/)
})
