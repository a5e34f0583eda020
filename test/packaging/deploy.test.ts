import assert from "node:assert/strict"
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import type { IncomingMessage } from "node:http"
import { request } from "node:https"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { after, before, describe, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { parse } from "yaml"
import { parseConfig } from "../../src/main/config.ts"
import { SETTINGS } from "../../src/main/settings.ts"
import { noOpenssl, selfSigned } from "../kit/certificate.ts"
import { freePort } from "../kit/free-port.ts"
import { ADMIN_NAME, PASSWORD, setUpAdmin } from "../kit/people.ts"
import { noCluster, startCluster } from "../kit/postgres-cluster.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { startServer, temporaryFolder } from "../kit/server.ts"

const DEPLOY = fileURLToPath(new URL("../../deploy", import.meta.url))
const fileOf = (name: string): string => readFileSync(join(DEPLOY, name), "utf8")

const has = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0
const noHaproxy = has("haproxy") ? false : "haproxy"
const noSystemd = has("systemd-analyze") ? false : "systemd-analyze"
const noPsql = has("psql") ? false : "psql"
const noRoot = process.getuid?.() === 0 ? false : "root"

interface Service {
  readonly image: string
  readonly environment?: Readonly<Record<string, string>>
  readonly user?: string
  readonly [key: string]: unknown
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
}

const compose = parse(fileOf("compose.yaml"), { merge: true }) as Compose
const onAws = parse(fileOf("compose.aws.yaml"), { merge: true }) as Compose

/** What `.env` would have. */
const GIVEN: Readonly<Record<string, string>> = {
  TYLER_HOST: "secrets.example.com",
  TYLER_DATABASE_PASSWORD: "serves",
  TYLER_OWNER_PASSWORD: "owns",
  TYLER_REDIS_PASSWORD: "hints",
  AWS_REGION: "eu-central-1",
  AWS_ACCOUNT_ID: "123456789012",
}

/** As Compose puts variables in: https://docs.docker.com/reference/compose-file/interpolation/ */
function filled(environment: Readonly<Record<string, string>>): Record<string, string> {
  const put = (value: string): string =>
    value.replaceAll(/\$\{(\w+)(?::\?[^}]*)?\}/g, (_, name: string) => GIVEN[name] ?? assert.fail(name))
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, put(value)]))
}

const IMAGE = { HOST: "0.0.0.0", PORT: "7070", TYLER_DATA_DIR: "/data", TYLER_MIRROR_DIR: "/mirror" }

for (const name of ["replica1", "replica2"]) {
  const { environment: plain = {}, ...service } = compose.services[name] as Service
  for (const [what, more] of [
    ["values in PostgreSQL", {}],
    ["values in AWS", onAws.services[name]?.environment ?? {}],
  ] as const)
    test(`compose: the server takes ${name}'s variables, with ${what}`, () => {
      const { NODE_EXTRA_CA_CERTS: _, ...environment } = { ...IMAGE, ...filled({ ...plain, ...more }) } as Record<
        string,
        string
      >
      for (const variable of Object.keys(environment)) assert.ok(variable in SETTINGS, variable)
      const parsed = parseConfig(environment)
      assert.ok("config" in parsed, "faults" in parsed ? parsed.faults.join("\n") : "")
      assert.equal(parsed.config.profile, "shared")
    })
  test(`compose: ${name} has time to end`, () => {
    const seconds = Number.parseInt(String(service["stop_grace_period"]), 10)
    assert.ok(seconds > Number(plain["TYLER_DRAIN_SECONDS"]) + 10)
    assert.deepEqual([service.user, service["ulimits"]], ["65532:65532", { core: 0 }])
    assert.equal(service["mem_limit"], service["memswap_limit"], "no swap")
  })
}

test("compose: no service may write its root or gain rights, and images are named in .env alone", () => {
  for (const [name, service] of Object.entries(compose.services)) {
    assert.equal(service["read_only"], true, name)
    assert.deepEqual(service["cap_drop"], ["ALL"], name)
    assert.deepEqual(service["security_opt"], ["no-new-privileges:true"], name)
    assert.match(service.image, /^\$\{\w+_IMAGE:/, name)
    // A replica's stands in its image.
    assert.equal(service["healthcheck"] === undefined, name.startsWith("replica"), name)
    assert.doesNotMatch(service.user ?? "haproxy's own", /^(?:0|root)/, name)
  }
  for (const [, variable = ""] of `${fileOf("compose.yaml")}${fileOf("compose.aws.yaml")}`.matchAll(/\$\{(\w+)/g))
    assert.match(`${fileOf("env.example")}${fileOf("secrets.sh")}`, new RegExp(`\\b${variable}\\b`), variable)
})

test("the unit is one that systemd knows, and as little exposed as the docs say", { skip: noSystemd }, (t) => {
  const folder = temporaryFolder()
  t.after(() => rmSync(folder, { recursive: true }))
  const unit = join(folder, "tyler-server.service")
  writeFileSync(unit, fileOf("tyler-server.service").replaceAll("/opt/tyler/node_modules/.bin/node", process.execPath))
  const verified = spawnSync("systemd-analyze", ["verify", "--man=no", unit], { encoding: "utf8" })
  assert.doesNotMatch(verified.stderr, /tyler-server\.service:(?!.*postgresql)/)
  const judged = spawnSync("systemd-analyze", ["security", "--offline=true", "--no-pager", unit], { encoding: "utf8" })
  const score = Number(/exposure level for \S+: (\d+\.\d+)/.exec(judged.stdout)?.[1])
  assert.ok(score <= 1.4, judged.stdout)
  for (const [, name = ""] of fileOf("tyler-server.service").matchAll(/^Environment=(TYLER_\w+)=/gm))
    assert.ok(name in SETTINGS, name)
})

describe("what secrets.sh and roles.sh make", { skip: noRoot || noOpenssl }, () => {
  const folder = temporaryFolder()
  const at = (name: string): string => join(folder, name)
  const secrets = () => spawnSync("sh", [at("secrets.sh")], { encoding: "utf8" })
  before(() => cpSync(DEPLOY, folder, { recursive: true }))
  after(() => rmSync(folder, { recursive: true, force: true }))

  test("says what is missing first", () => {
    assert.match(secrets().stderr, /make \.env first/)
    writeFileSync(at(".env"), "TYLER_HOST=\n")
    assert.match(secrets().stderr, /no TYLER_HOST/)
  })

  test("each file is for its container alone, and a second run changes nothing", () => {
    cpSync(at("env.example"), at(".env"))
    const first = secrets()
    assert.equal(first.status, 0, first.stderr)
    const NAMES = [
      "root.key",
      "postgres",
      "postgres.key",
      "postgres.pem",
      "redis.key",
      "redis.conf",
      "ca.pem",
      "tls/site.pem",
    ]
    const seen = () => NAMES.map((name) => readFileSync(at(`secrets/${name}`)).toString("hex"))
    const before = [...seen(), readFileSync(at(".env"), "utf8")]
    const again = secrets()
    assert.equal(again.status, 0, again.stderr)
    assert.deepEqual([...seen(), readFileSync(at(".env"), "utf8")], before)
    for (const [name, uid, mode] of [
      ["root.key", 65_532, 0o400],
      ["postgres.key", 999, 0o600],
      ["redis.key", 999, 0o600],
      ["redis.conf", 999, 0o600],
      ["tls/site.pem", 99, 0o600],
    ] as const) {
      const stat = statSync(at(`secrets/${name}`))
      assert.deepEqual([stat.uid, stat.mode & 0o777], [uid, mode], name)
    }
    assert.equal(statSync(at("secrets/root.key")).size, 32)
    assert.equal(statSync(at(".env")).mode & 0o777, 0o600)
    for (const name of ["postgres", "redis"]) {
      const verified = spawnSync("openssl", ["verify", "-CAfile", at("secrets/ca.pem"), at(`secrets/${name}.pem`)])
      assert.equal(verified.status, 0, verified.stderr.toString())
    }
  })

  test("the roles serve a server over TLS, and no password reaches PostgreSQL's log", {
    skip: noCluster || noPsql,
  }, async () => {
    const passwords = Object.fromEntries(
      Array.from(readFileSync(at(".env"), "utf8").matchAll(/^(TYLER_\w+PASSWORD)=(\w+)$/gm), ([, name, value]) => [
        name,
        value,
      ]),
    ) as Record<string, string>
    // The certificate is for the name in compose.yaml; here the server is this machine.
    const { cert, key } = selfSigned("localhost")
    await using cluster = await startCluster({ cert, key })
    writeFileSync(at("localhost.pem"), cert)
    const { username, password } = cluster.superuser
    execFileSync("sh", [at("roles.sh")], {
      env: {
        PATH: process.env["PATH"],
        PGHOST: "127.0.0.1",
        PGPORT: String(cluster.port),
        PGPASSWORD: password,
        POSTGRES_USER: username,
        ...passwords,
      },
    })
    for (const secret of Object.values(passwords)) assert.ok(!cluster.log().includes(secret))
    const url = (role: string, secret = ""): string =>
      `postgres://${role}:${secret}@localhost:${cluster.port}/tyler?sslmode=verify-full&sslrootcert=${at("localhost.pem")}`
    const server = await startServer({
      env: {
        DATABASE_URL: url("tyler", passwords["TYLER_DATABASE_PASSWORD"]),
        DATABASE_MIGRATION_URL: url("tyler_owner", passwords["TYLER_OWNER_PASSWORD"]),
      },
    })
    try {
      const admin = await setUpAdmin(server)
      await createSecret(admin, "config/app", "kept")
      assert.equal((await read(admin, "config/app")).body.value, "kept")
    } finally {
      await server.close()
    }
  })
})

test("HAProxy passes on the host and the caller's address, believes no caller, and keeps the metrics inside", {
  skip: noHaproxy || noOpenssl,
}, async (t) => {
  const folder = temporaryFolder()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const env = { PUBLIC_URL: "https://secrets.example.com", TRUSTED_PROXIES: "127.0.0.1/32" }
  const server = await startServer({ env })
  t.after(() => server.close())
  const { cert, key } = selfSigned("secrets.example.com")
  const [port, alive] = [await freePort(), await freePort()]
  mkdirSync(join(folder, "tls"))
  writeFileSync(join(folder, "tls/site.pem"), cert + key, { mode: 0o600 })
  // As in the container, but for where things are.
  const config = fileOf("haproxy.cfg")
    .replace("bind :8443", `bind 127.0.0.1:${port}`)
    .replace("127.0.0.1:8405", `127.0.0.1:${alive}`)
    .replace("/etc/haproxy/tls/", `${folder}/tls/`)
    .replaceAll(/replica[12]:7070/g, `127.0.0.1:${server.port}`)
  const file = join(folder, "haproxy.cfg")
  writeFileSync(file, config)
  chmodSync(file, 0o600)
  const environment = { PATH: process.env["PATH"], TYLER_HOST: "secrets.example.com" }
  const checked = spawnSync("haproxy", ["-c", "-f", file], { env: environment, encoding: "utf8" })
  assert.equal(checked.status, 0, checked.stderr)
  assert.doesNotMatch(checked.stderr, /WARNING|ALERT/)

  const proxy = spawn("haproxy", ["-db", "-f", file], { env: environment, stdio: "ignore" })
  t.after(() => proxy.kill("SIGKILL"))
  const SITE = { host: "127.0.0.1", port, ca: cert, servername: "secrets.example.com", agent: false as const }
  const ask = async (path: string, more: Record<string, string> = {}, body?: object) => {
    const headers = { host: "secrets.example.com", "content-type": "application/json", ...more }
    const asked = request({ ...SITE, path, headers, method: body === undefined ? "GET" : "POST" })
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      asked
        .on("response", resolve)
        .on("error", reject)
        .end(body === undefined ? undefined : JSON.stringify(body))
    })
    return { status: answer.statusCode, headers: answer.headers, body: await text(answer) }
  }
  const health = async (): Promise<number> => (await ask("/api/health").catch(() => ({ status: 0 }))).status ?? 0
  for (let tries = 0; (await health()) !== 200 && tries < 100; tries++) await pause(50)
  assert.equal((await ask("/api/ready")).status, 200)
  assert.equal((await ask("/metrics")).status, 403)
  const { healthcheck } = compose.services["proxy"] as Service
  const [, bash = "", ...argv] = (healthcheck as { readonly test: readonly string[] }).test
  const looked = (at: number) =>
    spawnSync(
      bash,
      argv.map((one) => one.replace("8405", `${at}`)),
    ).status
  assert.deepEqual([looked(alive), looked(await freePort())], [0, 1])
  assert.equal((await ask("/api/health", { host: "other.example" })).status, 421)
  assert.match(String((await ask("/api/health")).headers["strict-transport-security"]), /max-age=\d{8}/)

  const spoofed = { "x-forwarded-for": "203.0.113.9" }
  const body = { token: server.setupToken, username: ADMIN_NAME, password: PASSWORD }
  const setUp = await ask("/api/setup", spoofed, body)
  assert.equal(setUp.status, 201, setUp.body)
  const { token } = JSON.parse(setUp.body) as { token: string }
  const log = await ask("/api/audit", { authorization: `Bearer ${token}` })
  assert.match(log.body, /"ip_address":"127\.0\.0\.1"/)
  assert.doesNotMatch(log.body, /203\.0\.113\.9/)
})
