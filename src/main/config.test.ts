import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { type Config, parseConfig, publicUrlAt } from "./config.ts"
import type { Environment } from "./environment.ts"
import { SETTING_NAMES, SETTINGS } from "./settings.ts"
import { settingsTable } from "./settings-doc.ts"

const CWD = "/srv/tyler"
const CERT = { TLS_CERT_FILE: "cert.pem", TLS_KEY_FILE: "key.pem" }
const DEVELOPMENT = { TYLER_ENVIRONMENT: "development" }

function accepted(env: Environment): Config {
  const result = parseConfig(env, CWD)
  assert.ok("config" in result, JSON.stringify(result))
  return result.config
}

function faultsOf(env: Environment): readonly string[] {
  const result = parseConfig(env, CWD)
  return "faults" in result ? result.faults : []
}

/** Exactly one fault, and it matches. */
function refused(env: Environment, fault: RegExp): void {
  const faults = faultsOf(env)
  assert.equal(faults.length, 1, JSON.stringify({ env, faults }))
  assert.match(faults[0] ?? "", fault)
}

test("with nothing set it is the embedded profile on loopback, and the document says so", () => {
  const config = accepted({})
  assert.deepEqual(config, {
    environment: "production",
    profile: "embedded",
    listen: {
      host: "localhost",
      addresses: ["127.0.0.1", "::1"],
      port: 7070,
      loopback: true,
      publicUrl: null,
      trustedProxies: [],
      tls: null,
      drainMs: 0,
    },
    folders: {
      data: "/srv/tyler/data",
      mirror: "/srv/tyler/data-mirror",
      rootKeyFile: "/srv/tyler/data/root.key",
      setupTokenFile: null,
    },
    aws: null,
    metrics: null,
    mirrors: { file: false, logs: null, s3: null, maxWaiting: null },
    otlpUrl: null,
    database: null,
    backup: null,
    keepDays: { reads: null, refusals: null, "sign-ins": null, other: null },
    store: null,
    secrets: { prefix: "tyler-setup", cacheSeconds: 300 },
    limits: {
      people: { max: 300, windowMs: 900_000 },
      programs: { max: 6000, windowMs: 900_000 },
      dailyPerPerson: 100,
    },
    rotation: { hosts: [], reaches: ["global", "private"] },
    notices: { webhook: null, slack: null, syslog: null, mail: null },
    alarms: { thresholds: {}, mail: null, runbooks: "docs/runbooks" },
    passwordsFor: null,
    mfaEnforced: true,
    logLevel: "info",
    warnings: [],
  })
})

test("the defaults the table prints are the ones in force", () => {
  const printed = (name: keyof typeof SETTINGS): readonly string[] =>
    [...SETTINGS[name].unset.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "")
  const config = accepted({})
  assert.deepEqual(printed("TYLER_ENVIRONMENT"), [config.environment])
  assert.deepEqual(printed("HOST"), [config.listen.host])
  assert.deepEqual(printed("PORT"), [String(config.listen.port)])
  assert.deepEqual(printed("LOG_LEVEL"), [config.logLevel])
  assert.deepEqual(printed("SECRETS_PREFIX"), [config.secrets.prefix])
  assert.deepEqual(printed("SECRET_CACHE_TTL"), [String(config.secrets.cacheSeconds)])
  assert.deepEqual(printed("MAX_SECRET_ACCESS_PER_USER"), [String(config.limits.dailyPerPerson)])
  assert.deepEqual(printed("SECRETS_RATE_LIMIT_WINDOW"), [String(config.limits.people?.windowMs)])
  const { people, programs } = config.limits
  assert.deepEqual(printed("SECRETS_RATE_LIMIT_MAX"), [String(people?.max), String(programs?.max)])
  assert.deepEqual(accepted({ TLS_MIN_VERSION: "1.3", ...CERT }), accepted(CERT))
})

test("the document's table is the one the code makes", () => {
  const document = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8")
  assert.ok(document.includes(settingsTable()), "run: node tools/check-docs.ts --write")
  for (const name of SETTING_NAMES) assert.ok(settingsTable().includes(`| \`${name}\` |`))
})

test("the configuration cannot be changed", () => {
  const config = accepted({ TRUSTED_PROXIES: "10.0.0.0/8" })
  assert.throws(() => Object.assign(config.limits, { people: null }), TypeError)
  assert.throws(() => (config.listen.trustedProxies as string[]).push("0.0.0.0/0"), TypeError)
})

test("numbers hold at their bounds and not beyond", () => {
  const bounds: readonly [string, number, number][] = [
    ["PORT", 0, 65_535],
    ["TYLER_DRAIN_SECONDS", 0, 300],
    ["SECRET_CACHE_TTL", 0, 86_400],
    ["MAX_SECRET_ACCESS_PER_USER", 0, 1_000_000_000],
    ["SECRETS_RATE_LIMIT_WINDOW", 1000, 86_400_000],
    ["SECRETS_RATE_LIMIT_MAX", 1, 1_000_000_000],
  ]
  for (const [name, min, max] of bounds) {
    for (const value of [min, min + 1, max - 1, max]) assert.deepEqual(faultsOf({ [name]: String(value) }), [], name)
    for (const value of [min - 1, max + 1])
      refused({ [name]: String(value) }, new RegExp(`^${name} must be an integer`))
    for (const text of ["", " 5000", "5e3", "+5000", "05000", "5000.0", "0x1388", "5,000", "none", "NaN"]) {
      refused({ [name]: text }, new RegExp(`^${name} `))
    }
  }
})

test("the prefix holds at its bounds and is a secret name", () => {
  for (const length of [127, 128])
    assert.equal(accepted({ SECRETS_PREFIX: "p".repeat(length) }).secrets.prefix.length, length)
  refused({ SECRETS_PREFIX: "p".repeat(129) }, /^SECRETS_PREFIX must be a secret name of at most 128/)
  for (const text of ["/x", "x/", "a b", "..", "a//b"]) refused({ SECRETS_PREFIX: text }, /^SECRETS_PREFIX/)
})

test("flags and choices take their exact words only", () => {
  for (const name of ["ENABLE_AUDIT_LOGGING", "ENABLE_SECRET_ENCRYPTION", "ENABLE_MFA_FOR_SECRETS"]) {
    assert.deepEqual(faultsOf({ [name]: "true" }), [])
    for (const text of ["", "TRUE", "1", "yes", "0", "no", " true"]) refused({ [name]: text }, new RegExp(`^${name} `))
  }
  refused({ TYLER_ENVIRONMENT: "prod" }, /^TYLER_ENVIRONMENT must be production or development, not "prod"$/)
  refused({ LOG_LEVEL: "silent" }, /^LOG_LEVEL/)
  refused({ SECRETS_BACKEND: "vault" }, /^SECRETS_BACKEND/)
})

test("what would switch a guarantee off is refused", () => {
  for (const more of [{}, DEVELOPMENT, { DATABASE_URL: "postgres://localhost/t" }]) {
    refused({ ENABLE_AUDIT_LOGGING: "false", ...more }, /^ENABLE_AUDIT_LOGGING=false is refused/)
    refused({ ENABLE_SECRET_ENCRYPTION: "false", ...more }, /^ENABLE_SECRET_ENCRYPTION=false is refused/)
  }
  refused({ ENABLE_MFA_FOR_SECRETS: "false" }, /^ENABLE_MFA_FOR_SECRETS=false is refused in production/)
  refused({ ENABLE_MFA_FOR_SECRETS: "false", TYLER_ENVIRONMENT: "production" }, /^ENABLE_MFA_FOR_SECRETS/)
  refused({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }, /^NODE_TLS_REJECT_UNAUTHORIZED=0 is refused/)
})

test("development has no limits unless they are set, and says what it leaves out", () => {
  const config = accepted({ ...DEVELOPMENT, ENABLE_MFA_FOR_SECRETS: "false" })
  assert.deepEqual(config.limits, { people: null, programs: null, dailyPerPerson: null })
  assert.equal(config.mfaEnforced, false)
  assert.match(config.warnings.join("\n"), /not for real secrets.*\n.*second factor are not enforced/)
  const limited = accepted({ ...DEVELOPMENT, SECRETS_RATE_LIMIT_MAX: "10", MAX_SECRET_ACCESS_PER_USER: "0" }).limits
  assert.deepEqual(limited.people, { max: 10, windowMs: 900_000 })
  assert.equal(limited.dailyPerPerson, 0)
})

test("a limit that is set holds for people and programs", () => {
  const limit = { max: 10, windowMs: 60_000 }
  const { people, programs } = accepted({ SECRETS_RATE_LIMIT_MAX: "10", SECRETS_RATE_LIMIT_WINDOW: "60000" }).limits
  assert.deepEqual([people, programs], [limit, limit])
})

test("development stays on loopback", () => {
  for (const HOST of ["localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
    accepted({ ...DEVELOPMENT, HOST })
  refused({ ...DEVELOPMENT, HOST: "0.0.0.0" }, /^HOST must be a loopback address/)
  refused({ ...DEVELOPMENT, HOST: "0.0.0.0", ...CERT }, /^HOST must be a loopback address/)
  refused({ ...DEVELOPMENT, PUBLIC_URL: "https://secrets.example" }, /^PUBLIC_URL must be on localhost/)
})

test("beyond loopback it takes TLS or trusted proxies", () => {
  for (const HOST of ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1"]) {
    refused({ HOST }, /^HOST is not a loopback address/)
    accepted({ HOST, ...CERT })
    accepted({ HOST, TRUSTED_PROXIES: "10.0.0.0/8" })
  }
  assert.match(accepted({ HOST: "::", ...CERT }).warnings.join(), /PUBLIC_URL is not set/)
  for (const HOST of ["example.com", "[::1]", "fe80::1%eth0", "*", "localhost."])
    refused({ HOST }, /^HOST must be an IP address/)
})

test("TLS files come together, version 1.3 unless told", () => {
  assert.deepEqual(accepted({ ...CERT, TLS_MIN_VERSION: "1.2" }).listen.tls, {
    certFile: "/srv/tyler/cert.pem",
    keyFile: "/srv/tyler/key.pem",
    minVersion: "TLSv1.2",
  })
  assert.equal(accepted(CERT).listen.tls?.minVersion, "TLSv1.3")
  refused({ TLS_CERT_FILE: "c" }, /must be set together$/)
  refused({ TLS_KEY_FILE: "k" }, /must be set together$/)
  refused({ TLS_MIN_VERSION: "1.3" }, /^TLS_MIN_VERSION has no meaning without/)
  for (const version of ["1.1", "1.0", "TLSv1.2", "1.4"])
    refused({ ...CERT, TLS_MIN_VERSION: version }, /^TLS_MIN_VERSION/)
})

test("trusted proxies are networks, never everybody", () => {
  assert.deepEqual(accepted({ TRUSTED_PROXIES: "10.0.0.0/8, ::1" }).listen.trustedProxies, ["10.0.0.0/8", "::1/128"])
  for (const text of ["true", "0.0.0.0/0", "::/0", "10.0.0.0/8,true", "loopback"]) {
    refused({ HOST: "0.0.0.0", TRUSTED_PROXIES: text }, /^TRUSTED_PROXIES must list networks/)
  }
})

test("PUBLIC_URL is a bare origin, https unless on loopback", () => {
  const good = [
    "https://secrets.example",
    "https://secrets.example/",
    "https://a.example:8443",
    "http://localhost:7070",
    "http://127.0.0.1:7070",
    "http://[::1]:7070",
  ]
  for (const url of good) assert.equal(accepted({ PUBLIC_URL: url }).listen.publicUrl, url.replace(/\/$/, ""))
  const odd = [
    "secrets.example",
    "http://secrets.example",
    "https://a.example/x",
    "https://a.example/?q",
    "https://u:p@a.example",
    "https://A.example",
    "https://a.example:443",
    "ftp://localhost",
    "http://127.1",
  ]
  for (const url of odd) refused({ PUBLIC_URL: url }, /^PUBLIC_URL must be/)
  refused({ ...CERT, PUBLIC_URL: "http://localhost:7070" }, /^PUBLIC_URL must be https:\/\/ when TLS_CERT_FILE/)
})

test("PUBLIC_URL defaults to localhost on the actual port", () => {
  assert.equal(publicUrlAt(accepted({ PORT: "0" }).listen, 41_234), "http://localhost:41234")
  assert.equal(publicUrlAt(accepted({ PORT: "443", ...CERT }).listen, 443), "https://localhost")
  assert.equal(publicUrlAt(accepted({ PUBLIC_URL: "https://a.example" }).listen, 7070), "https://a.example")
})

test("PostgreSQL elsewhere needs verified TLS", () => {
  const good = [
    "postgres://u:p@localhost:5432/t",
    "postgresql://127.0.0.1/t",
    "postgres://[::1]/t",
    "postgres:///t?host=/run/postgresql",
    "postgres:///t?host=/run/postgresql&user=u&password=p",
    "postgres://u:p@db.example/t?sslmode=verify-full&sslrootcert=/ca.pem",
    "postgres://u@db.example/t?sslmode=verify-full&aws-iam=eu-central-1",
  ]
  for (const url of good) {
    assert.deepEqual(accepted({ DATABASE_URL: url }).database, { url, migrationUrl: url })
    assert.equal(accepted({ DATABASE_URL: url }).profile, "shared")
  }
  const odd = [
    "postgres://u:hunter2@db.example/t",
    "postgres://u:hunter2@db.example/t?sslmode=require",
    "postgres://u:hunter2@db.example/t?sslmode=verify-ca",
    "postgres://u:hunter2@localhost.example/t",
    "postgres://u:hunter2@db.example/t?sslmode=verify-full&sslmode=disable",
    "postgres://u:hunter2@localhost/t?host=db.example",
    "postgres://u:hunter2@localhost/t?host=/run",
    "postgres:///hunter2?host=db.example",
    "postgres://localhost/t?user=u&password=hunter2",
    "postgres://u@db.example/t?sslmode=verify-full&password=hunter2",
    "postgres://u:hunter2@db.example/t?sslmode=verify-full&uselibpqcompat=true",
    "postgres://u:hunter2@localhost,db.example/t",
    "postgres://u@hunter2.example/t?aws-iam=eu-central-1",
    "postgres://u@db.example/t?sslmode=verify-full&aws-iam=hunter2",
    "postgres://u@db.example/t?sslmode=verify-full&aws-iam=",
    "postgres://u:hunter2@db.example/t?sslmode=verify-full&aws-iam=eu-central-1",
    "postgres://db.example/t?sslmode=verify-full&aws-iam=eu-central-1",
    "postgres:///hunter2?host=/run&aws-iam=eu-central-1",
    "postgres://u:hunter2@%6c/t",
    "postgres://u:hunter2@localhost",
    "postgres:///hunter2",
    "mysql://u:hunter2@localhost/t",
    "hunter2",
  ]
  for (const url of odd) {
    for (const name of ["DATABASE_URL", "DATABASE_MIGRATION_URL"]) {
      const faults = faultsOf({ DATABASE_URL: "postgres://localhost/t", [name]: url })
      assert.equal(faults.length, 1, url)
      assert.match(faults[0] ?? "", new RegExp(`^${name} `))
      assert.doesNotMatch(faults[0] ?? "", /hunter2/, "a fault never shows a password")
    }
  }
  refused({ DATABASE_MIGRATION_URL: "postgres://localhost/t" }, /^DATABASE_MIGRATION_URL has no meaning without/)
})

const AWS_STORE = { SECRETS_BACKEND: "aws", AWS_REGION: "eu-central-1", DATABASE_URL: "postgres://localhost/t" }

test("a shared cache is for values in AWS, and no line quotes its password", () => {
  const alone = /^REDIS_URL has no meaning without SECRETS_BACKEND=aws$/
  for (const url of ["redis://localhost", "rediss://:hunter2@cache.example:6380/3"]) refused({ REDIS_URL: url }, alone)
  for (const url of ["hunter2", "http://:hunter2@cache.example", "rediss://", "rediss://:hunter2@cache.example/x?y"])
    refused({ ...AWS_STORE, REDIS_URL: url }, /^REDIS_URL must (?!.*hunter2)/)
  const url = "rediss://:hunter2@cache.example:6380/3"
  assert.equal(accepted({ ...AWS_STORE, REDIS_URL: url }).store?.redisUrl, url)
})

test("an unknown TYLER_ variable stops the start and a near miss is named", () => {
  refused({ TYLER_DATADIR: "/x" }, /^TYLER_DATADIR is not a known variable; did you mean TYLER_DATA_DIR\?$/)
  refused({ TYLER_COLOUR: "blue" }, /^TYLER_COLOUR is not a known variable$/)
  accepted({ TYLER_URL: "x", TYLER_TOKEN: "x", TYLER_REASON: "x", TYLER_TEST_REQUIRE: "postgres", HOME: "/", PATH: "" })
})

test("a near miss of any other name is said aloud", () => {
  assert.deepEqual(accepted({ DATABSE_URL: "postgres://localhost/t" }).warnings, [
    "DATABSE_URL is not read; did you mean DATABASE_URL?",
  ])
  assert.deepEqual(accepted({ HOSTS: "x", PORTS: "x", CI: "1" }).warnings, [])
})

test("every fault is told at once, one line each", () => {
  const faults = faultsOf({ PORT: "x\ny", ENABLE_AUDIT_LOGGING: "false", HOST: "0.0.0.0", TYLER_X: "1" })
  assert.equal(faults.length, 4)
  for (const fault of faults) assert.doesNotMatch(fault, /[\r\n]/)
})

test("the mirror lies outside the data folder", () => {
  assert.equal(accepted({ TYLER_DATA_DIR: "/var/lib/tyler/" }).folders.mirror, "/var/lib/tyler-mirror")
  accepted({ TYLER_DATA_DIR: "/a/data", TYLER_MIRROR_DIR: "/a/data2" })
  for (const mirror of ["/a/data", "/a/data/", "/a/data/mirror", "/a/x/../data/m"]) {
    refused({ TYLER_DATA_DIR: "/a/data", TYLER_MIRROR_DIR: mirror }, /^TYLER_MIRROR_DIR must not be the data folder/)
  }
  refused({ TYLER_DATA_DIR: "/a/data", TYLER_MIRROR_DIR: "/a" }, /^TYLER_DATA_DIR must not be inside the mirror/)
  refused({ TYLER_DATA_DIR: "/" }, /^TYLER_MIRROR_DIR must not be/)
})

test("the usual AWS environment file starts, and says what it leaves unused", () => {
  const config = accepted({
    AWS_REGION: "us-east-1",
    AWS_ACCOUNT_ID: "123456789012",
    KMS_KEY_ID: "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
    SECRETS_PREFIX: "tyler-setup",
    SECRETS_ROTATION_LAMBDA: "arn:aws:lambda:us-east-1:123456789012:function:tyler-setup-rotate-secrets",
    ENABLE_SECRET_ENCRYPTION: "true",
    ENABLE_AUDIT_LOGGING: "true",
    ENABLE_MFA_FOR_SECRETS: "true",
    SECRET_CACHE_TTL: "300",
    MAX_SECRET_ACCESS_PER_USER: "100",
    CLOUDWATCH_NAMESPACE: "TylerSetup/Security",
    CLOUDWATCH_LOG_GROUP: "/aws/tyler-setup/security",
    SECRETS_RATE_LIMIT_WINDOW: "900000",
    SECRETS_RATE_LIMIT_MAX: "10",
  })
  assert.deepEqual(config.limits.people, { max: 10, windowMs: 900_000 })
  assert.equal(config.warnings.join(), "SECRETS_ROTATION_LAMBDA: set, but not used without SECRETS_BACKEND=aws")
})

const FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:"

test("values in AWS need a Region and PostgreSQL, may be kept as they are, and name the keys they may be under", () => {
  const aws = AWS_STORE
  assert.deepEqual(accepted(aws).store, { encrypt: true, kmsKeys: [], functions: [], redisUrl: null })
  const SECRETS_KMS_KEYS = "alias/a, alias/b"
  const SECRETS_ROTATION_LAMBDA = `${FUNCTION}one, ${FUNCTION}two:live`
  const native = accepted({ ...aws, ENABLE_SECRET_ENCRYPTION: "false", SECRETS_KMS_KEYS, SECRETS_ROTATION_LAMBDA })
  const functions = [`${FUNCTION}one`, `${FUNCTION}two:live`]
  assert.deepEqual(native.store, { encrypt: false, kmsKeys: ["alias/a", "alias/b"], functions, redisUrl: null })
  const arns = (count: number) => Array.from({ length: count }, (_, at) => `${FUNCTION}${at}`).join(",")
  assert.equal(accepted({ ...aws, SECRETS_ROTATION_LAMBDA: arns(32) }).store?.functions.length, 32)
  for (const wrong of [arns(33), `${FUNCTION}one,`, "rotate", `${FUNCTION}${"x".repeat(65)}`])
    refused({ ...aws, SECRETS_ROTATION_LAMBDA: wrong }, /^SECRETS_ROTATION_LAMBDA must be 1 to 32 ARNs/)
  const { AWS_REGION, DATABASE_URL } = aws
  refused({ SECRETS_BACKEND: "aws", DATABASE_URL }, /^SECRETS_BACKEND=aws needs AWS_REGION/)
  refused({ SECRETS_BACKEND: "aws", AWS_REGION }, /^SECRETS_BACKEND=aws needs DATABASE_URL/)
  refused({ SECRETS_KMS_KEYS }, /^SECRETS_KMS_KEYS has no meaning without SECRETS_BACKEND=aws/)
  refused({ ...aws, SECRETS_KMS_KEYS: "alias/a,," }, /^SECRETS_KMS_KEYS must be a KMS key/)
  const keys = (count: number) => Array.from({ length: count }, (_, at) => `alias/${at}`).join(",")
  assert.equal(accepted({ ...aws, SECRETS_KMS_KEYS: keys(32) }).store?.kmsKeys.length, 32)
  refused({ ...aws, SECRETS_KMS_KEYS: keys(33) }, /^SECRETS_KMS_KEYS must be at most 32/)
})

test("what AWS is asked, and where", () => {
  assert.equal(accepted({}).aws, null)
  const AWS_REGION = "eu-central-1"
  assert.deepEqual(accepted({ AWS_REGION }).aws, {
    place: {
      region: AWS_REGION,
      endpoints: { kms: null, sts: null, secretsmanager: null, monitoring: null, logs: null, s3: null },
    },
    accountId: null,
    kms: null,
  })
  const [AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_KMS] = ["http://127.0.0.1:5000", "https://kms.internal.example"]
  const named = accepted({ AWS_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_KMS, KMS_KEY_ID: "alias/tyler" }).aws
  const { kms, sts } = named?.place.endpoints ?? {}
  assert.deepEqual([kms, sts], [AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL])
  assert.deepEqual(named?.kms, { keyId: "alias/tyler", nextKeyId: null })
})

test("no Region is assumed, and keys do not travel in clear", () => {
  const AWS_REGION = "eu-central-1"
  refused({ KMS_KEY_ID: "alias/tyler" }, /^KMS_KEY_ID needs AWS_REGION/)
  refused({ AWS_REGION, KMS_NEXT_KEY_ID: "alias/tyler" }, /^KMS_NEXT_KEY_ID has no meaning without KMS_KEY_ID/)
  refused({ AWS_REGION, KMS_KEY_ID: "alias/a", KMS_NEXT_KEY_ID: "alias/a" }, /^KMS_NEXT_KEY_ID is the same key/)
  const elsewhere = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"
  refused({ AWS_REGION, KMS_KEY_ID: elsewhere }, /^KMS_KEY_ID is a key in us-east-1, and AWS_REGION is eu-central-1/)
  for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL_STS"]) {
    refused({ [name]: "http://kms.example" }, new RegExp(`^${name} must be https:// unless`))
    refused({ [name]: "https://kms.example/path" }, new RegExp(`^${name} must be a bare origin`))
    refused({ [name]: "kms.example" }, new RegExp(`^${name} must be an https:// URL`))
    accepted({ [name]: "http://kms.example:5000", TYLER_ENVIRONMENT: "development" })
  }
})

test("AWS names of the wrong shape are refused", () => {
  refused({ AWS_REGION: "US-EAST-1" }, /^AWS_REGION/)
  for (const id of ["12345678901", "1234567890123"])
    refused({ AWS_ACCOUNT_ID: id }, /^AWS_ACCOUNT_ID must be 12 digits/)
  refused({ AWS_REGION: "us-east-1", KMS_KEY_ID: "a key" }, /^KMS_KEY_ID must be a KMS key/)
  refused({ SECRETS_ROTATION_LAMBDA: "rotate" }, /^SECRETS_ROTATION_LAMBDA/)
  const AWS_REGION = "eu-central-1"
  refused({ AWS_REGION, CLOUDWATCH_NAMESPACE: "AWS/EC2" }, /^CLOUDWATCH_NAMESPACE/)
  refused({ AWS_REGION, CLOUDWATCH_NAMESPACE: "N", CLOUDWATCH_LOG_GROUP: "a b" }, /^CLOUDWATCH_LOG_GROUP/)
})

test("passwords for named admins only: both variables or neither, and at most 32 names as they are kept", () => {
  assert.equal(accepted({ LOCAL_LOGIN: "everyone" }).passwordsFor, null)
  const closed = (names: string) => ({ LOCAL_LOGIN: "break-glass", LOCAL_LOGIN_ADMINS: names })
  assert.deepEqual(accepted(closed("ada, grace@example.com")).passwordsFor, ["ada", "grace@example.com"])
  const many = (count: number) => Array.from({ length: count }, (_, at) => `admin-${at}`).join(",")
  for (const count of [31, 32]) assert.equal(accepted(closed(many(count))).passwordsFor?.length, count)
  refused(closed(many(33)), /^LOCAL_LOGIN_ADMINS must be at most 32 user names$/)
  for (const names of ["Ada", "ada,,grace", "a b", "ada,"]) refused(closed(names), /^LOCAL_LOGIN_ADMINS must be user/)
  refused({ LOCAL_LOGIN: "break-glass" }, /^LOCAL_LOGIN=break-glass needs LOCAL_LOGIN_ADMINS/)
  refused({ LOCAL_LOGIN_ADMINS: "ada" }, /^LOCAL_LOGIN_ADMINS has no meaning without/)
  refused({ LOCAL_LOGIN: "nobody" }, /^LOCAL_LOGIN must be everyone or break-glass/)
})

test("metrics go one way, and only to a Region that was named", () => {
  const AWS_REGION = "eu-central-1"
  const [CLOUDWATCH_NAMESPACE, CLOUDWATCH_LOG_GROUP] = ["Tyler/Security", "/tyler/metrics"]
  const by = (env: Environment): unknown => accepted({ AWS_REGION, CLOUDWATCH_NAMESPACE, ...env }).metrics
  assert.deepEqual(by({}), { by: "put", namespace: CLOUDWATCH_NAMESPACE })
  assert.deepEqual(by({ CLOUDWATCH_LOG_GROUP }), {
    by: "logs",
    namespace: CLOUDWATCH_NAMESPACE,
    group: CLOUDWATCH_LOG_GROUP,
  })
  const put = accepted({ AWS_REGION, CLOUDWATCH_NAMESPACE, CLOUDWATCH_LOG_GROUP, CLOUDWATCH_METRICS: "put" })
  assert.equal(put.metrics?.by, "put")
  assert.match(put.warnings.join(), /CLOUDWATCH_LOG_GROUP: set, but/)
  assert.equal(accepted({ CLOUDWATCH_NAMESPACE, CLOUDWATCH_METRICS: "stdout" }).metrics?.by, "stdout")
  refused({ CLOUDWATCH_NAMESPACE }, /^CLOUDWATCH_NAMESPACE needs AWS_REGION/)
  refused({ AWS_REGION, CLOUDWATCH_LOG_GROUP }, /^CLOUDWATCH_LOG_GROUP has no meaning without CLOUDWATCH_NAMESPACE/)
  refused({ AWS_REGION, CLOUDWATCH_NAMESPACE, CLOUDWATCH_METRICS: "logs" }, /^CLOUDWATCH_METRICS=logs needs/)
})

test("mirrors of entries: what belongs together, and their bounds", () => {
  const AWS_REGION = "eu-central-1"
  const bucket = { AWS_REGION, AUDIT_MIRROR_S3_BUCKET: "audit-of-tyler" }
  assert.deepEqual(accepted(bucket).mirrors.s3, {
    bucket: "audit-of-tyler",
    prefix: "tyler-audit",
    lock: null,
    seconds: 60,
    entries: 1000,
  })
  const locked = accepted({ ...bucket, AUDIT_MIRROR_S3_LOCK: "governance", AUDIT_MIRROR_S3_LOCK_DAYS: "1" })
  assert.deepEqual(locked.mirrors.s3?.lock, { mode: "GOVERNANCE", days: 1 })
  refused({ ...bucket, AUDIT_MIRROR_S3_LOCK: "compliance" }, /must be set together/)
  refused({ AUDIT_MIRROR_S3_BUCKET: "audit-of-tyler" }, /needs AWS_REGION/)
  refused({ AUDIT_MIRROR_LOG_GROUP: "/g" }, /needs AWS_REGION/)
  refused({ AWS_REGION, AUDIT_MIRROR_LOG_STREAM: "s" }, /no meaning without AUDIT_MIRROR_LOG_GROUP/)
  refused({ AUDIT_MIRROR_MAX_WAITING: "1" }, /no meaning without a mirror of entries/)
  refused(
    { AWS_REGION, CLOUDWATCH_NAMESPACE: "N", CLOUDWATCH_LOG_GROUP: "/g", AUDIT_MIRROR_LOG_GROUP: "/g" },
    /^AUDIT_MIRROR_LOG_GROUP must be another log group/,
  )
  for (const [name, most] of [
    ["AUDIT_MIRROR_S3_LOCK_DAYS", 36_500],
    ["AUDIT_MIRROR_S3_SECONDS", 3600],
    ["AUDIT_MIRROR_S3_ENTRIES", 10_000],
  ] as const) {
    const more = name === "AUDIT_MIRROR_S3_LOCK_DAYS" ? { AUDIT_MIRROR_S3_LOCK: "compliance" } : {}
    for (const value of [1, most]) accepted({ ...bucket, ...more, [name]: String(value) })
    for (const value of [0, most + 1]) refused({ ...bucket, ...more, [name]: String(value) }, new RegExp(`^${name}`))
  }
  for (const name of ["AUDIT", "a", "a/b", "-audit"])
    refused({ AWS_REGION, AUDIT_MIRROR_S3_BUCKET: name }, /^AUDIT_MIRROR_S3_BUCKET/)
  for (const prefix of ["/a", "a/", "a//b", "a b"])
    refused({ ...bucket, AUDIT_MIRROR_S3_PREFIX: prefix }, /^AUDIT_MIRROR_S3_PREFIX/)
})

test("traces go where TLS or this machine is", () => {
  const otlp = (OTEL_EXPORTER_OTLP_ENDPOINT: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT })
  assert.equal(accepted(otlp("https://collector.example:4318/")).otlpUrl, "https://collector.example:4318")
  assert.equal(accepted(otlp("http://127.0.0.1:4318")).otlpUrl, "http://127.0.0.1:4318")
  accepted({ ...otlp("http://collector.internal:4318"), TYLER_ENVIRONMENT: "development" })
  refused(otlp("http://collector.example:4318"), /^OTEL_EXPORTER_OTLP_ENDPOINT must be https/)
  refused(otlp("https://user:word@collector.example"), /^OTEL_EXPORTER_OTLP_ENDPOINT must not carry/)
  refused(otlp("collector"), /^OTEL_EXPORTER_OTLP_ENDPOINT/)
})

test("what backups are sealed to: recipients or a passphrase, not both, and no recipient that is none", () => {
  const one = `age1${"q".repeat(58)}`
  assert.deepEqual(accepted({ TYLER_BACKUP_RECIPIENTS: `${one}, ${one}` }).backup, { recipients: [one, one] })
  assert.deepEqual(accepted({ TYLER_BACKUP_PASSPHRASE_FILE: "pass" }).backup, { passphraseFile: "/srv/tyler/pass" })
  refused({ TYLER_BACKUP_RECIPIENTS: one, TYLER_BACKUP_PASSPHRASE_FILE: "pass" }, /exclude each other/)
  const many = (count: number): Environment => ({ TYLER_BACKUP_RECIPIENTS: Array(count).fill(one).join(",") })
  for (const count of [15, 16]) assert.ok(accepted(many(count)).backup !== null)
  refused(many(17), /at most 16 recipients/)
  for (const odd of ["age1", one.slice(0, -1), `${one}q`, one.toUpperCase(), "AGE-SECRET-KEY-1", `${one},`])
    refused({ TYLER_BACKUP_RECIPIENTS: odd }, /^TYLER_BACKUP_RECIPIENTS must be X25519 recipients of age/)
})

test("entries are kept for 31 days at least", () => {
  for (const days of ["31", "32", "36499", "36500"])
    assert.equal(accepted({ AUDIT_KEEP_READS_DAYS: days }).keepDays.reads, Number(days))
  for (const days of ["30", "0", "36501"]) refused({ AUDIT_KEEP_READS_DAYS: days }, /integer from 31 to 36,500 days/)
})
