import {
  bindAddress,
  choice,
  flag,
  integer,
  type Kind,
  path,
  proxies,
  recipients,
  secretPrefix,
  shaped,
  userNames,
} from "./kinds.ts"
import { awsEndpoint, kmsKey, kmsKeys, redisUrl, rotationFunctions } from "./aws-settings.ts"
import {
  bucketName,
  logGroup,
  logStreamName,
  metricNamespace,
  objectPrefix,
  otlpEndpoint,
} from "./telemetry-settings.ts"
import {
  allowedHosts,
  mailAddress,
  mailAddresses,
  runbookUrl,
  smtpUrl,
  syslogUrl,
  webhookUrl,
} from "./notify-settings.ts"
import { networks, targetHosts } from "./rotation-settings.ts"
import { databaseUrl, publicOrigin } from "./urls.ts"

/** One variable: how it is read, what holds when it is unset (in words), and what it does. */
export interface Setting<T> {
  readonly kind: Kind<T>
  readonly unset: string
  readonly about: string
}

function setting<T>(kind: Kind<T>, unset: string, about: string): Setting<T> {
  return { kind, unset, about }
}

/** Reviews and `who` look back 30 days. */
const KEEP_LEAST = 31

const DAY_MS = 86_400_000
const BILLION = 1_000_000_000

/**
 * Every variable there is, in the order of the documents. Reading, refusing and documenting all come from this table;
 * rules that join several variables stand in `rules.ts`.
 */
/** Not refused: they say where AWS is and what is there, and ask for nothing. What asks for it is `SECRETS_BACKEND`. */

export const SETTINGS = {
  TYLER_ENVIRONMENT: setting(
    choice("production", "development"),
    "`production`",
    "`development` is for trying things out: it listens on loopback only and has no rate or daily limits unless set.",
  ),
  HOST: setting(bindAddress, "`localhost`", "Address to listen on. `localhost` means 127.0.0.1 and ::1."),
  PORT: setting(integer(0, 65_535), "`7070`", "Port to listen on. 0 takes a free one."),
  PUBLIC_URL: setting(
    publicOrigin,
    "`http://localhost:PORT`; `https://` with TLS",
    "Where people reach the service. Decides which Host headers are answered and how cookies are set.",
  ),
  TRUSTED_PROXIES: setting(
    proxies,
    "none",
    "Reverse proxies whose X-Forwarded-For is believed. `true` and `/0` are refused.",
  ),
  TLS_CERT_FILE: setting(path("file"), "no TLS", "Certificate chain, PEM. Read again on SIGHUP."),
  TLS_KEY_FILE: setting(path("file"), "no TLS", "Private key of the certificate, PEM, not readable by others."),
  TLS_MIN_VERSION: setting(choice("1.3", "1.2"), "`1.3`", "Oldest TLS version that is answered."),
  TYLER_DRAIN_SECONDS: setting(
    integer(0, 300, "seconds"),
    "`0`",
    "How long a server that was told to end goes on answering while `/api/ready` says 503, so that a balancer leaves it first: see docs/operate.md.",
  ),
  LOCAL_LOGIN: setting(
    choice("everyone", "break-glass"),
    "`everyone`",
    "Who may sign in with a password. `break-glass`: the admins of `LOCAL_LOGIN_ADMINS` only; needs an identity provider.",
  ),
  LOCAL_LOGIN_ADMINS: setting(userNames, "nobody", "Admins who may sign in with a password in `break-glass`."),
  LOG_LEVEL: setting(
    choice("fatal", "error", "warn", "info", "debug", "trace"),
    "`info`",
    "How much the process logs to standard error. The audit log is not affected.",
  ),
  TYLER_DATA_DIR: setting(path("folder"), "`./data`", "The data folder. One process at a time owns it."),
  TYLER_ROOT_KEY_FILE: setting(
    path("file"),
    "`TYLER_DATA_DIR/root.key`",
    "The root key. Replicas on one database get the same file.",
  ),
  TYLER_MIRROR_DIR: setting(
    path("folder"),
    "`TYLER_DATA_DIR-mirror`",
    "Where signed checkpoints of the audit log are copied. Best on another disk; never inside the data folder.",
  ),
  TYLER_BACKUP_RECIPIENTS: setting(
    recipients,
    "no backups",
    "What backups are sealed to: public keys of age, whose private halves are not on this machine. See docs/operate.md.",
  ),
  TYLER_BACKUP_PASSPHRASE_FILE: setting(
    path("file"),
    "no backups",
    "The passphrase that backups are sealed to instead: one line of 20 characters or more, not readable by others.",
  ),
  TYLER_SETUP_TOKEN_FILE: setting(
    path("file"),
    "standard output",
    "Writes the setup token to this file (mode 0600) instead of printing it.",
  ),
  DATABASE_URL: setting(databaseUrl, "SQLite in the data folder", "PostgreSQL to use, shared by all replicas."),
  DATABASE_MIGRATION_URL: setting(
    databaseUrl,
    "`DATABASE_URL`",
    "The same database as a user who may change tables; used for migrations only.",
  ),
  NOTIFY_WEBHOOK_URL: setting(
    webhookUrl,
    "no webhook",
    "Where every notification is posted, signed: see docs/notifications.md. No redirects, 5 seconds.",
  ),
  NOTIFY_WEBHOOK_SECRET_FILE: setting(
    path("file"),
    "no webhook",
    "What posts are signed with: 32 to 4,096 bytes, not readable by others. One line feed at the end is left out.",
  ),
  NOTIFY_ALLOWED_HOSTS: setting(
    allowedHosts,
    "no webhook",
    "Hosts that `NOTIFY_WEBHOOK_URL` and `NOTIFY_SLACK_URL` may name. `private:HOST` may lead into a private network too.",
  ),
  SMTP_URL: setting(
    smtpUrl,
    "no mail",
    "Server that takes mail. `smtp://` to another machine sends nothing without STARTTLS.",
  ),
  SMTP_FROM: setting(mailAddress, "no mail", "The sender's address of that mail."),
  NOTIFY_SLACK_URL: setting(
    webhookUrl,
    "no Slack",
    "Incoming webhook of Slack, or of what speaks like it, that hears of alarms. Its host stands in `NOTIFY_ALLOWED_HOSTS` too.",
  ),
  NOTIFY_SYSLOG_URL: setting(
    syslogUrl,
    "no syslog",
    "Receiver of RFC 5424 that hears of alarms. `tcp://` and `udp://` can be read on the way; over UDP nobody knows what arrived.",
  ),
  NOTIFY_ALARM_MAIL: setting(
    mailAddresses,
    "all admins and auditors",
    "Who hears of alarms by mail. Needs `SMTP_URL`.",
  ),
  ALARM_RUNBOOK_URL: setting(
    runbookUrl,
    "docs/runbooks",
    "Where the runbooks stand, for the links in alarms: one page for each, named as its file is.",
  ),
  ALARM_SECRET_ACCESS: setting(
    integer(1, 10_000),
    "`50`",
    "More values asked for in five minutes raise `tyler-setup-high-secret-access`: see docs/alarms.md.",
  ),
  ALARM_FAILED_ACCESS: setting(
    integer(1, 10_000),
    "`10`",
    "More requests for values that come to nothing in five minutes raise `tyler-setup-failed-secret-access`.",
  ),
  ALARM_MASS_READING: setting(
    integer(1, 1_000),
    "`30`",
    "More different secrets read by one person or program in five minutes raise `tyler-setup-mass-reading`.",
  ),
  ROTATION_HOSTS: setting(
    targetHosts,
    "none",
    "Hosts that rotations by `http-key` and `webhook` may ask; a secret that names another is not rotated.",
  ),
  ROTATION_NETWORKS: setting(
    networks,
    "`public,private`; in development `loopback` too",
    "Where targets of rotations may be: a secret names its server itself, and its writer could name any.",
  ),
  REDIS_URL: setting(
    redisUrl,
    "none",
    "With `SECRETS_BACKEND=aws`: a cache that replicas share. It holds sealed values and is believed in nothing.",
  ),
  SECRETS_BACKEND: setting(
    choice("embedded", "aws"),
    "`embedded`",
    "Where values are kept. `aws`: AWS Secrets Manager, see docs/aws.md. Needs `AWS_REGION` and `DATABASE_URL`.",
  ),
  SECRETS_KMS_KEYS: setting(
    kmsKeys,
    "none",
    "KMS keys that a secret in AWS may be created with (`kmsKeyId`), spelled as here. The first is taken where a creation names none; without any AWS takes the account's own.",
  ),
  SECRETS_ROTATION_LAMBDA: setting(
    rotationFunctions,
    "none",
    "With `SECRETS_BACKEND=aws`: functions that may rotate secrets, the usual one first (docs/rotation.md). No other is ever named to AWS.",
  ),
  SECRETS_PREFIX: setting(secretPrefix, "`tyler-setup`", "Stands before every name in full names and ARNs."),
  SECRET_CACHE_TTL: setting(
    integer(0, 86_400, "seconds"),
    "`300`",
    "How long sealed values may be cached. 0 turns the cache off.",
  ),
  MAX_SECRET_ACCESS_PER_USER: setting(
    integer(0, BILLION),
    "`100`; none in development",
    "Unmasked values one person may get per UTC day, over all secrets. 0 means none at all.",
  ),
  SECRETS_RATE_LIMIT_WINDOW: setting(
    integer(1000, DAY_MS, "ms"),
    "`900000`",
    "Length of the window in which value reads are counted.",
  ),
  SECRETS_RATE_LIMIT_MAX: setting(
    integer(1, BILLION),
    "`300` for people, `6000` for programs; none in development",
    "Value reads per principal and window, masked and refused ones included. Set, it holds for people and programs.",
  ),
  ENABLE_AUDIT_LOGGING: setting(flag, "`true`", "`false` is refused: nothing is answered without an audit entry."),
  ENABLE_SECRET_ENCRYPTION: setting(
    flag,
    "`true`",
    "With `SECRETS_BACKEND=aws`, `false` keeps values there as they are, so that AWS's own integrations can read them. Refused elsewhere.",
  ),
  ENABLE_MFA_FOR_SECRETS: setting(
    flag,
    "`true`",
    "`false` is refused in production; in development policies' demand for a second factor is ignored.",
  ),
  AWS_REGION: setting(
    shaped("an AWS region", /^[a-z]{2}(-[a-z]+)+-[0-9]$/),
    "no AWS",
    "The Region whose KMS and STS are asked. Set, programs may sign in with AWS credentials. There is no default.",
  ),
  AWS_ACCOUNT_ID: setting(
    shaped("12 digits", /^[0-9]{12}$/),
    "any",
    "The account that our own AWS credentials must belong to; `SECRETS_BACKEND=aws` stops the start otherwise, and `tyler-server aws doctor` compares.",
  ),
  KMS_KEY_ID: setting(
    kmsKey,
    "the root key file",
    "The KMS key that wraps the keyring, instead of the root key file: see docs/aws.md. Needs `AWS_REGION`.",
  ),
  KMS_NEXT_KEY_ID: setting(kmsKey, "none", "The KMS key that `tyler keys rotate-root` goes to from `KMS_KEY_ID`."),
  AWS_ENDPOINT_URL: setting(awsEndpoint, "AWS's own", "Where every AWS service answers, such as an emulator."),
  AWS_ENDPOINT_URL_KMS: setting(awsEndpoint, "`AWS_ENDPOINT_URL`", "Where KMS answers, such as a VPC endpoint."),
  AWS_ENDPOINT_URL_STS: setting(awsEndpoint, "`AWS_ENDPOINT_URL`", "Where STS answers, such as a VPC endpoint."),
  AWS_ENDPOINT_URL_SECRETS_MANAGER: setting(
    awsEndpoint,
    "`AWS_ENDPOINT_URL`",
    "Where Secrets Manager answers, such as a VPC endpoint.",
  ),
  AWS_ENDPOINT_URL_CLOUDWATCH: setting(awsEndpoint, "`AWS_ENDPOINT_URL`", "Where CloudWatch takes metrics."),
  AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: setting(awsEndpoint, "`AWS_ENDPOINT_URL`", "Where CloudWatch Logs answers."),
  AWS_ENDPOINT_URL_S3: setting(awsEndpoint, "`AWS_ENDPOINT_URL`", "Where S3 answers; buckets then stand in the path."),
  CLOUDWATCH_NAMESPACE: setting(
    metricNamespace,
    "Prometheus only",
    "Publishes there what alarms are set on: see docs/metrics.md. Needs `AWS_REGION`.",
  ),
  CLOUDWATCH_LOG_GROUP: setting(
    logGroup,
    "none",
    "An existing log group that gets these metrics as lines of the embedded metric format. Needs `CLOUDWATCH_NAMESPACE`.",
  ),
  CLOUDWATCH_METRICS: setting(
    choice("put", "logs", "stdout"),
    "`logs` if `CLOUDWATCH_LOG_GROUP` is set, else `put`",
    "The one way the metrics go: PutMetricData, or embedded metric format in the log group or on standard output.",
  ),
  AUDIT_KEEP_READS_DAYS: setting(
    integer(KEEP_LEAST, 36_500, "days"),
    "for ever",
    "How long entries of reads and lists keep what they say: see docs/operate.md. The log verifies as before.",
  ),
  AUDIT_KEEP_REFUSALS_DAYS: setting(
    integer(KEEP_LEAST, 36_500, "days"),
    "for ever",
    "The same for whatever was refused.",
  ),
  AUDIT_KEEP_SIGN_INS_DAYS: setting(
    integer(KEEP_LEAST, 36_500, "days"),
    "for ever",
    "The same for signing in and out, and for second factors that were shown.",
  ),
  AUDIT_KEEP_OTHER_DAYS: setting(
    integer(KEEP_LEAST, 36_500, "days"),
    "for ever",
    "The same for all else: changes, approvals, keys, the service itself. Old approvals can then no longer be proved.",
  ),
  AUDIT_MIRROR_FILE: setting(
    flag,
    "`false`",
    "Copies audit entries into `TYLER_MIRROR_DIR` as well, and not checkpoints alone.",
  ),
  AUDIT_MIRROR_LOG_GROUP: setting(
    logGroup,
    "none",
    "An existing log group that gets a copy of every audit entry: see docs/aws.md. Needs `AWS_REGION`.",
  ),
  AUDIT_MIRROR_LOG_STREAM: setting(
    logStreamName,
    "`tyler-audit`",
    "The stream of entries in it; checkpoints go into a second one, whose name ends in `-checkpoints`.",
  ),
  AUDIT_MIRROR_S3_BUCKET: setting(
    bucketName,
    "none",
    "A bucket that gets a copy of every audit entry: see docs/aws.md. Needs `AWS_REGION`.",
  ),
  AUDIT_MIRROR_S3_PREFIX: setting(objectPrefix, "`tyler-audit`", "What its keys begin with; one for each audit log."),
  AUDIT_MIRROR_S3_LOCK: setting(
    choice("compliance", "governance"),
    "as the bucket has it",
    "Object Lock mode of each object. `compliance`: nobody can delete it before its days are over.",
  ),
  AUDIT_MIRROR_S3_LOCK_DAYS: setting(integer(1, 36_500, "days"), "as the bucket has it", "For how long it is locked."),
  AUDIT_MIRROR_S3_SECONDS: setting(
    integer(1, 3600, "seconds"),
    "`60`",
    "How long entries may gather before they become an object; fewer seconds, more objects.",
  ),
  AUDIT_MIRROR_S3_ENTRIES: setting(integer(1, 10_000), "`1000`", "Entries of one object at most."),
  AUDIT_MIRROR_MAX_WAITING: setting(
    integer(1, BILLION),
    "any number",
    "Once as many entries wait for a mirror, nothing more is recorded, so nothing is answered: 503 until it caught up.",
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    otlpEndpoint,
    "no traces",
    "Sends traces there by OTLP over HTTP, as JSON, to `/v1/traces` below it.",
  ),
} as const

export type SettingName = keyof typeof SETTINGS

/** The value of each variable that is set. */
export type Values = {
  readonly [N in SettingName]?: (typeof SETTINGS)[N] extends Setting<infer T> ? T : never
}

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[]
