import {
  type Arns,
  DATABASE_ROLES,
  DRAIN_SECONDS,
  ENVIRONMENT,
  MIRROR_PREFIX,
  NAMESPACE,
  type Place,
  PORT,
} from "./place.ts"
import { DATABASE } from "./stacks/data.ts"
import { DATABASE_PORT } from "./stacks/ports.ts"

interface Inside {
  /** The one folder that can be written. */
  readonly volumes: { readonly data: string; readonly mirror: string }
  /** The balancer's subnets. */
  readonly proxies: readonly string[]
}

/** The service's configuration: docs/configuration.md. None of it is secret. */
export function variables(at: Place, keys: Arns, databaseHost: string, inside: Inside): Record<string, string> {
  const { account, region, service, evidence, alarms } = at.config
  const database = (role: string): string =>
    `postgres://${role}@${databaseHost}:${DATABASE_PORT}/${DATABASE}?sslmode=verify-full` +
    `&sslrootcert=${service.databaseAuthorities}&aws-iam=${region}`
  const [serving, owner] = DATABASE_ROLES
  return {
    TYLER_ENVIRONMENT: ENVIRONMENT,
    HOST: "0.0.0.0",
    PORT: `${PORT}`,
    PUBLIC_URL: service.publicUrl,
    TYLER_DRAIN_SECONDS: `${DRAIN_SECONDS}`,
    TRUSTED_PROXIES: inside.proxies.join(","),
    TYLER_DATA_DIR: inside.volumes.data,
    TYLER_MIRROR_DIR: inside.volumes.mirror,
    DATABASE_URL: database(serving),
    DATABASE_MIGRATION_URL: database(owner),
    AWS_REGION: region,
    AWS_ACCOUNT_ID: account,
    KMS_KEY_ID: keys.keyring,
    SECRETS_BACKEND: "aws",
    SECRETS_PREFIX: at.prefix,
    SECRETS_KMS_KEYS: keys.values,
    ...(service.duties.includes("rotate") ? { SECRETS_ROTATION_LAMBDA: at.rotationArns().join(",") } : {}),
    CLOUDWATCH_NAMESPACE: NAMESPACE,
    CLOUDWATCH_METRICS: "put",
    AUDIT_MIRROR_LOG_GROUP: at.logGroup("audit"),
    AUDIT_MIRROR_S3_BUCKET: at.bucket("mirror"),
    AUDIT_MIRROR_S3_PREFIX: MIRROR_PREFIX,
    AUDIT_MIRROR_S3_LOCK: "compliance",
    AUDIT_MIRROR_S3_LOCK_DAYS: `${evidence.lockDays}`,
    ALARM_RUNBOOK_URL: alarms.runbooks,
    ...Object.fromEntries(Object.entries(alarms.limits).map(([name, limit]) => [name, `${limit}`])),
  }
}
