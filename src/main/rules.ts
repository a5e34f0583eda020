import { sep } from "node:path"
import { isLoopbackName } from "../http/address.ts"
import { awsFaults } from "./aws-settings.ts"
import type { Environment } from "./environment.ts"
import { webhookFault } from "./notify-settings.ts"
import type { SettingName, Values } from "./settings.ts"
import { telemetryFaults } from "./telemetry-settings.ts"
import { bareHost } from "./urls.ts"

/** The folders and the address once defaults are filled in. */
export interface Effective {
  readonly host: string
  readonly dataFolder: string
  readonly mirrorFolder: string
}

/** Rules that join several variables, or refuse a value outright. Each gives one line, or undefined when it holds. */
export function judgeTogether(values: Values, effective: Effective, env: Environment): string[] {
  // By presence, not by value: a variable that is set but malformed has a line of its own already.
  const has = (name: SettingName): boolean => env[name] !== undefined
  return [
    ...switches(values),
    ...network(values, effective.host, has),
    ...tls(has),
    ...stores(has, env),
    ...localLogin(values, has),
    ...folders(effective),
    ...notifications(values, has),
    ...awsFaults(values, has),
    ...telemetryFaults(values, has),
  ]
}

export type Has = (name: SettingName) => boolean

function switches(values: Values): string[] {
  const faults: string[] = []
  if (values.ENABLE_AUDIT_LOGGING === false) {
    faults.push("ENABLE_AUDIT_LOGGING=false is refused: nothing is answered without an audit entry")
  }
  if (values.ENABLE_SECRET_ENCRYPTION === false && values.SECRETS_BACKEND !== "aws") {
    faults.push("ENABLE_SECRET_ENCRYPTION=false is refused: the embedded and shared stores hold sealed values only")
  }
  if (values.ENABLE_MFA_FOR_SECRETS === false && values.TYLER_ENVIRONMENT !== "development") {
    faults.push("ENABLE_MFA_FOR_SECRETS=false is refused in production; it needs TYLER_ENVIRONMENT=development")
  }
  return faults
}

function network(values: Values, host: string, has: Has): string[] {
  const faults: string[] = []
  const loopback = isLoopbackName(host)
  const development = values.TYLER_ENVIRONMENT === "development"
  if (development && !loopback) faults.push("HOST must be a loopback address when TYLER_ENVIRONMENT=development")
  if (!development && !loopback && !has("TLS_CERT_FILE") && !has("TRUSTED_PROXIES")) {
    faults.push("HOST is not a loopback address, so TLS_CERT_FILE and TLS_KEY_FILE, or TRUSTED_PROXIES, must be set")
  }
  if (values.PUBLIC_URL === undefined) return faults
  const url = new URL(values.PUBLIC_URL)
  if (development && !isLoopbackName(bareHost(url))) {
    faults.push("PUBLIC_URL must be on localhost when TYLER_ENVIRONMENT=development")
  }
  if (has("TLS_CERT_FILE") && url.protocol === "http:") {
    faults.push("PUBLIC_URL must be https:// when TLS_CERT_FILE is set")
  }
  return faults
}

function tls(has: Has): string[] {
  const faults: string[] = []
  if (has("TLS_CERT_FILE") !== has("TLS_KEY_FILE")) {
    faults.push("TLS_CERT_FILE and TLS_KEY_FILE must be set together")
  }
  if (has("TLS_MIN_VERSION") && !has("TLS_CERT_FILE") && !has("TLS_KEY_FILE")) {
    faults.push("TLS_MIN_VERSION has no meaning without TLS_CERT_FILE and TLS_KEY_FILE")
  }
  return faults
}

function stores(has: Has, env: Environment): string[] {
  const faults: string[] = []
  if (has("DATABASE_MIGRATION_URL") && !has("DATABASE_URL")) {
    faults.push("DATABASE_MIGRATION_URL has no meaning without DATABASE_URL")
  }
  // Node would accept any certificate: "verified TLS" above would be a lie.
  if (env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") {
    faults.push("NODE_TLS_REJECT_UNAUTHORIZED=0 is refused: it turns the checking of certificates off")
  }
  if (has("TYLER_BACKUP_RECIPIENTS") && has("TYLER_BACKUP_PASSPHRASE_FILE"))
    faults.push("TYLER_BACKUP_RECIPIENTS and TYLER_BACKUP_PASSPHRASE_FILE exclude each other")
  return faults
}

function notifications(values: Values, has: Has): string[] {
  const faults: string[] = []
  const webhook = ["NOTIFY_WEBHOOK_URL", "NOTIFY_WEBHOOK_SECRET_FILE"] as const
  const posted = has("NOTIFY_WEBHOOK_URL") || has("NOTIFY_SLACK_URL")
  if (new Set(webhook.map(has)).size > 1 || has("NOTIFY_ALLOWED_HOSTS") !== posted)
    faults.push(
      has("NOTIFY_SLACK_URL")
        ? "NOTIFY_SLACK_URL and NOTIFY_ALLOWED_HOSTS must be set together, and so must NOTIFY_WEBHOOK_URL and NOTIFY_WEBHOOK_SECRET_FILE"
        : "NOTIFY_WEBHOOK_URL, NOTIFY_WEBHOOK_SECRET_FILE, NOTIFY_ALLOWED_HOSTS must be set together",
    )
  if (has("SMTP_URL") !== has("SMTP_FROM")) faults.push("SMTP_URL and SMTP_FROM must be set together")
  if (has("NOTIFY_ALARM_MAIL") && !has("SMTP_URL")) faults.push("NOTIFY_ALARM_MAIL has no meaning without SMTP_URL")
  const hosts = values.NOTIFY_ALLOWED_HOSTS
  if (hosts === undefined) return faults
  const wrong = (["NOTIFY_WEBHOOK_URL", "NOTIFY_SLACK_URL"] as const).flatMap((name) => {
    const url = values[name]
    const fault = url === undefined ? undefined : webhookFault(url, hosts, values.TYLER_ENVIRONMENT === "development")
    return fault === undefined ? [] : [`${name} ${fault}`]
  })
  return [...faults, ...wrong]
}

function localLogin(values: Values, has: Has): string[] {
  if (values.LOCAL_LOGIN === "break-glass" && !has("LOCAL_LOGIN_ADMINS"))
    return ["LOCAL_LOGIN=break-glass needs LOCAL_LOGIN_ADMINS: somebody must come in when the provider is down"]
  if (values.LOCAL_LOGIN !== "break-glass" && has("LOCAL_LOGIN_ADMINS"))
    return ["LOCAL_LOGIN_ADMINS has no meaning without LOCAL_LOGIN=break-glass"]
  return []
}

function folders({ dataFolder, mirrorFolder }: Effective): string[] {
  if (isWithin(mirrorFolder, dataFolder)) {
    return ["TYLER_MIRROR_DIR must not be the data folder or inside it: the mirror is there to outlive it"]
  }
  return isWithin(dataFolder, mirrorFolder) ? ["TYLER_DATA_DIR must not be inside the mirror folder"] : []
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** What the start says aloud without refusing it. */
export function warningsAbout(values: Values, host: string): string[] {
  const warnings: string[] = []
  if (values.TYLER_ENVIRONMENT === "development") {
    warnings.push("TYLER_ENVIRONMENT=development: not for real secrets; no rate or daily limits unless set")
  }
  if (values.ENABLE_MFA_FOR_SECRETS === false) {
    warnings.push("ENABLE_MFA_FOR_SECRETS=false: policies that ask for a second factor are not enforced")
  }
  if (!isLoopbackName(host) && values.PUBLIC_URL === undefined) {
    warnings.push("PUBLIC_URL is not set: requests that name this machine by anything but localhost are refused")
  }
  if (values.CLOUDWATCH_LOG_GROUP !== undefined && (values.CLOUDWATCH_METRICS ?? "logs") !== "logs") {
    warnings.push("CLOUDWATCH_LOG_GROUP: set, but CLOUDWATCH_METRICS sends the metrics another way")
  }
  if (values.SECRETS_ROTATION_LAMBDA !== undefined && values.SECRETS_BACKEND !== "aws") {
    warnings.push("SECRETS_ROTATION_LAMBDA: set, but not used without SECRETS_BACKEND=aws")
  }
  return warnings
}
