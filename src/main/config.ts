import { join, resolve } from "node:path"
import type { MailServer } from "../adapters/mail/channel.ts"
import type { SyslogServer } from "../adapters/syslog/channel.ts"
import type { Thresholds } from "../alarm/table.ts"
import type { Reach } from "../core/network.ts"
import { isLoopbackName } from "../http/address.ts"
import { type AwsConfig, awsOf } from "./aws-settings.ts"
import { type Environment, readEnvironment } from "./environment.ts"
import { type RotationSettings, rotationOf } from "./rotation-settings.ts"
import { judgeTogether, warningsAbout } from "./rules.ts"
import { reachesOf, smtpServer } from "./notify-settings.ts"
import type { EntryClass } from "../state/entry-class.ts"
import type { Values } from "./settings.ts"
import { type MetricsConfig, metricsOf, type MirrorsConfig, mirrorsOf } from "./telemetry-settings.ts"

/** At most `max` value reads in `windowMs`. */
export interface RateLimit {
  readonly max: number
  readonly windowMs: number
}

export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
  readonly minVersion: "TLSv1.2" | "TLSv1.3"
}

/** Public keys of age, or the file of a passphrase. */
export type BackupSeal = { readonly recipients: readonly string[] } | { readonly passphraseFile: string }

/** Everything the process is told from outside. Frozen, with defaults filled in and paths absolute. */
export interface Config {
  readonly environment: "production" | "development"
  /** `shared` when DATABASE_URL is set. */
  readonly profile: "embedded" | "shared"
  readonly listen: {
    readonly host: string
    /** What to bind, in order: `localhost` is 127.0.0.1 and then ::1. */
    readonly addresses: readonly string[]
    /** 0: a free one. */
    readonly port: number
    readonly loopback: boolean
    /** null: derived from the actual port, see `publicUrlAt`. */
    readonly publicUrl: string | null
    readonly trustedProxies: readonly string[]
    readonly tls: TlsFiles | null
    /** From the signal to end until nobody new is heard. */
    readonly drainMs: number
  }
  readonly folders: {
    readonly data: string
    readonly mirror: string
    readonly rootKeyFile: string
    /** null: standard output. */
    readonly setupTokenFile: string | null
  }
  /** null: AWS_REGION is not set, and nothing of AWS is asked. */
  readonly aws: AwsConfig | null
  /** null: Prometheus only. */
  readonly metrics: MetricsConfig | null
  readonly mirrors: MirrorsConfig
  /** Of the receiver of traces; null: none. */
  readonly otlpUrl: string | null
  readonly database: { readonly url: string; readonly migrationUrl: string } | null
  /** Values in AWS Secrets Manager; null: in the database. */
  readonly store: {
    readonly encrypt: boolean
    readonly kmsKeys: readonly string[]
    /** That may rotate, by ARN, the usual one first. */
    readonly functions: readonly string[]
    /** Of the cache that replicas share; null: none. */
    readonly redisUrl: string | null
  } | null
  readonly secrets: { readonly prefix: string; readonly cacheSeconds: number }
  /** null: no limit. */
  readonly limits: {
    readonly people: RateLimit | null
    readonly programs: RateLimit | null
    /** Unmasked values per person and UTC day, over all secrets. */
    readonly dailyPerPerson: number | null
  }
  readonly notices: {
    readonly webhook: { readonly url: string; readonly secretFile: string; readonly allowed: readonly Reach[] } | null
    readonly slack: { readonly url: string; readonly allowed: readonly Reach[] } | null
    readonly syslog: SyslogServer | null
    readonly mail: MailServer | null
  }
  readonly alarms: {
    readonly thresholds: Thresholds
    /** null: all admins and auditors. */
    readonly mail: readonly string[] | null
    /** Without a slash at its end. */
    readonly runbooks: string
  }
  /** What backups are sealed to; null: none can be made. */
  readonly backup: BackupSeal | null
  /** For how many days audit entries of a class keep what they say; null: for ever. */
  readonly keepDays: Readonly<Record<EntryClass, number | null>>
  readonly rotation: RotationSettings
  /** Names of the admins who alone may sign in with a password; null: everybody may. */
  readonly passwordsFor: readonly string[] | null
  /** False only in development: policies' demand for a second factor is then ignored. */
  readonly mfaEnforced: boolean
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace"
  /** Lines to say at start. */
  readonly warnings: readonly string[]
}

const PORT = 7070
const DATA_FOLDER = "data"
const ROOT_KEY = "root.key"
const WINDOW_MS = 900_000
const READS_BY_PEOPLE = 300
const READS_BY_PROGRAMS = 6000
const DAILY_PER_PERSON = 100
const CACHE_SECONDS = 300

/**
 * Reads the whole configuration once. Never throws: every fault is one line naming its variable, and no line quotes a
 * value that may be secret.
 * @param cwd what relative paths are relative to.
 */
export function parseConfig(
  env: Environment,
  cwd: string = process.cwd(),
): { readonly config: Config } | { readonly faults: readonly string[] } {
  const { values, faults: malformed, hints } = readEnvironment(env, cwd)
  const host = values.HOST ?? "localhost"
  const folders = foldersOf(values, cwd)
  const together = judgeTogether(values, { host, dataFolder: folders.data, mirrorFolder: folders.mirror }, env)
  const faults = [...malformed, ...together]
  if (faults.length > 0) return { faults }
  const environment = values.TYLER_ENVIRONMENT ?? "production"
  const config: Config = {
    environment,
    profile: values.DATABASE_URL === undefined ? "embedded" : "shared",
    listen: listenOf(values, host),
    folders,
    aws: awsOf(values),
    metrics: metricsOf(values),
    mirrors: mirrorsOf(values),
    otlpUrl: values.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    database: databaseOf(values),
    store: values.SECRETS_BACKEND === "aws" ? storeOf(values) : null,
    secrets: { prefix: values.SECRETS_PREFIX ?? "tyler-setup", cacheSeconds: values.SECRET_CACHE_TTL ?? CACHE_SECONDS },
    limits: limitsOf(values, environment === "development"),
    rotation: rotationOf(values.ROTATION_HOSTS, values.ROTATION_NETWORKS, environment === "development"),
    notices: noticesOf(values, environment === "development"),
    alarms: alarmsOf(values),
    backup: backupOf(values),
    keepDays: {
      reads: values.AUDIT_KEEP_READS_DAYS ?? null,
      refusals: values.AUDIT_KEEP_REFUSALS_DAYS ?? null,
      "sign-ins": values.AUDIT_KEEP_SIGN_INS_DAYS ?? null,
      other: values.AUDIT_KEEP_OTHER_DAYS ?? null,
    },
    passwordsFor: values.LOCAL_LOGIN === "break-glass" ? (values.LOCAL_LOGIN_ADMINS ?? []) : null,
    mfaEnforced: values.ENABLE_MFA_FOR_SECRETS ?? true,
    logLevel: values.LOG_LEVEL ?? "info",
    warnings: [...warningsAbout(values, host), ...hints],
  }
  return { config: deepFreeze(config) }
}

/** PUBLIC_URL, or its default once the port is known. */
export function publicUrlAt(listen: Config["listen"], actualPort: number): string {
  if (listen.publicUrl !== null) return listen.publicUrl
  return new URL(`${listen.tls === null ? "http" : "https"}://localhost:${actualPort}`).origin
}

function listenOf(values: Values, host: string): Config["listen"] {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } = values
  return {
    host,
    addresses: host === "localhost" ? ["127.0.0.1", "::1"] : [host],
    port: values.PORT ?? PORT,
    loopback: isLoopbackName(host),
    publicUrl: values.PUBLIC_URL ?? null,
    trustedProxies: values.TRUSTED_PROXIES ?? [],
    tls:
      certFile === undefined || keyFile === undefined
        ? null
        : { certFile, keyFile, minVersion: values.TLS_MIN_VERSION === "1.2" ? "TLSv1.2" : "TLSv1.3" },
    drainMs: (values.TYLER_DRAIN_SECONDS ?? 0) * 1000,
  }
}

function storeOf(values: Values): NonNullable<Config["store"]> {
  return {
    encrypt: values.ENABLE_SECRET_ENCRYPTION ?? true,
    kmsKeys: values.SECRETS_KMS_KEYS ?? [],
    functions: values.SECRETS_ROTATION_LAMBDA ?? [],
    redisUrl: values.REDIS_URL ?? null,
  }
}

function foldersOf(values: Values, cwd: string): Config["folders"] {
  const data = values.TYLER_DATA_DIR ?? resolve(cwd, DATA_FOLDER)
  return {
    data,
    mirror: values.TYLER_MIRROR_DIR ?? `${data}-mirror`,
    rootKeyFile: values.TYLER_ROOT_KEY_FILE ?? join(data, ROOT_KEY),
    setupTokenFile: values.TYLER_SETUP_TOKEN_FILE ?? null,
  }
}

function backupOf(values: Values): BackupSeal | null {
  const { TYLER_BACKUP_RECIPIENTS: recipients, TYLER_BACKUP_PASSPHRASE_FILE: passphraseFile } = values
  if (recipients !== undefined) return { recipients }
  return passphraseFile === undefined ? null : { passphraseFile }
}

function databaseOf(values: Values): Config["database"] {
  const { DATABASE_URL: url, DATABASE_MIGRATION_URL: migrationUrl } = values
  return url === undefined ? null : { url, migrationUrl: migrationUrl ?? url }
}

/** A limit that is set holds everywhere; unset, development has none. */
function limitsOf(values: Values, development: boolean): Config["limits"] {
  const windowMs = values.SECRETS_RATE_LIMIT_WINDOW ?? WINDOW_MS
  const reads = (usual: number): RateLimit | null => {
    const max = values.SECRETS_RATE_LIMIT_MAX ?? (development ? null : usual)
    return max === null ? null : { max, windowMs }
  }
  return {
    people: reads(READS_BY_PEOPLE),
    programs: reads(READS_BY_PROGRAMS),
    dailyPerPerson: values.MAX_SECRET_ACCESS_PER_USER ?? (development ? null : DAILY_PER_PERSON),
  }
}

function noticesOf(values: Values, development: boolean): Config["notices"] {
  const { NOTIFY_WEBHOOK_URL: url, NOTIFY_WEBHOOK_SECRET_FILE: secretFile, NOTIFY_ALLOWED_HOSTS: hosts } = values
  const { SMTP_URL: smtp, SMTP_FROM: from, NOTIFY_SLACK_URL: slack } = values
  return {
    webhook:
      url === undefined || secretFile === undefined || hosts === undefined
        ? null
        : { url, secretFile, allowed: reachesOf(url, hosts, development) },
    slack:
      slack === undefined || hosts === undefined ? null : { url: slack, allowed: reachesOf(slack, hosts, development) },
    syslog: values.NOTIFY_SYSLOG_URL ?? null,
    mail: smtp === undefined || from === undefined ? null : smtpServer(smtp, from),
  }
}

const RUNBOOKS = "docs/runbooks"

function alarmsOf(values: Values): Config["alarms"] {
  const { ALARM_SECRET_ACCESS, ALARM_FAILED_ACCESS, ALARM_MASS_READING } = values
  const set = { ALARM_SECRET_ACCESS, ALARM_FAILED_ACCESS, ALARM_MASS_READING }
  const thresholds = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined))
  return { thresholds, mail: values.NOTIFY_ALARM_MAIL ?? null, runbooks: values.ALARM_RUNBOOK_URL ?? RUNBOOKS }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
