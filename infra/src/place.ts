import { ArnFormat, type Stack } from "aws-cdk-lib"
import type { Config } from "./config.ts"

/** TYLER_ENVIRONMENT, the tag `Environment` and part of every encryption context. */
export const ENVIRONMENT = "production"
/** What the service listens on. */
export const PORT = 7070
/** TYLER_DRAIN_SECONDS: longer than the balancer takes to notice. */
export const DRAIN_SECONDS = 30
/** AUDIT_MIRROR_S3_PREFIX */
export const MIRROR_PREFIX = "tyler-audit"
/** CLOUDWATCH_NAMESPACE */
export const NAMESPACE = "TylerSetup/Security"
/** The role that serves, and the one that owns the tables. */
export const DATABASE_ROLES = ["tyler", "tyler_owner"] as const
/** A name below the prefix that `tyler-server aws doctor` asks for, and that is never there. */
const PROBE = "tyler-doctor-absent"

export const KEYS = ["keyring", "values", "evidence", "data"] as const
export type KeyUse = (typeof KEYS)[number]
export type Arns = Readonly<Record<KeyUse, string>>

export type LogUse = "audit" | "service" | "rotation" | "database" | "network"

export type RoleUse = "service" | "execution" | "deployer" | "break-glass" | "database"

/**
 * Names and ARNs of one installation. They are made from the configuration, not passed from stack to stack, so a policy
 * says in plain text what it is about, and no stack waits for another only to learn a name.
 */
export class Place {
  readonly config: Config
  readonly #stack: Stack

  constructor(stack: Stack, config: Config) {
    this.#stack = stack
    this.config = config
  }

  get prefix(): string {
    return this.config.name
  }

  arn(service: string, resource: string): string {
    return this.#arn(service, resource, this.config.region, this.config.account)
  }

  role(use: RoleUse): string {
    return `${this.config.name}-${use}`
  }

  roleArn(use: RoleUse): string {
    return this.globalArn("iam", `role/${this.role(use)}`)
  }

  globalArn(service: string, resource: string): string {
    return this.#arn(service, resource, "", this.config.account)
  }

  /** Every secret that the service governs. */
  secrets(): string {
    return this.arn("secretsmanager", `secret:${this.prefix}/*`)
  }

  /** The name that the doctor tries, as it is asked for and as it would stand there. */
  probe(): string[] {
    const arn = this.arn("secretsmanager", `secret:${this.prefix}/${PROBE}`)
    return [arn, `${arn}-??????`]
  }

  logGroup(what: LogUse): string {
    return `/${this.config.name}/${what}`
  }

  logStreams(what: LogUse): string {
    return this.arn("logs", `log-group:${this.logGroup(what)}:log-stream:*`)
  }

  bucket(what: "trail" | "mirror" | "access-logs"): string {
    return `${this.config.name}-${what}-${this.config.account}-${this.config.region}`
  }

  bucketArn(what: "trail" | "mirror" | "access-logs"): string {
    return this.#arn("s3", this.bucket(what), "", "")
  }

  /** Objects of a bucket that is AWS's. */
  bucketOfAws(name: string): string {
    return this.#arn("s3", `${name}/*`, "", "")
  }

  repositoryArn(image: string): string {
    const [host = "", ...path] = image.replace(/@.*$/, "").split("/")
    const [account = "", , , region = ""] = host.split(".")
    return this.#arn("ecr", `repository/${path.join("/")}`, region, account)
  }

  trailArn(): string {
    return this.arn("cloudtrail", `trail/${this.config.name}`)
  }

  topicArn(): string {
    return this.arn("sns", `${this.config.name}-alarms`)
  }

  /** Of one rotation function: its name, and its role's. */
  rotation(strategy: string): string {
    return `${this.config.name}-rotation-${strategy}`
  }

  rotationArn(strategy: string): string {
    return this.arn("lambda", `function:${this.rotation(strategy)}`)
  }

  rotationRoleArn(strategy: string): string {
    return this.globalArn("iam", `role/${this.rotation(strategy)}`)
  }

  /** Every rotation function there is. */
  rotationArns(): string[] {
    return this.config.rotation.functions.map(({ strategy }) => this.rotationArn(strategy))
  }

  /** What a function may rotate. */
  rotated(names: readonly string[]): string[] {
    return names.map((name) => this.arn("secretsmanager", `secret:${this.prefix}/${name}`))
  }

  /** `kms:ViaService`; it ends so in every partition: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html */
  via(service: string): string {
    return `${service}.${this.config.region}.amazonaws.com`
  }

  /** The tags that make a secret this service's, by the condition key that holds them. */
  tags(key: "aws:ResourceTag" | "aws:RequestTag"): Record<string, string> {
    return { [`${key}/Application`]: this.prefix, [`${key}/Environment`]: ENVIRONMENT }
  }

  #arn(service: string, resource: string, region: string, account: string): string {
    return this.#stack.formatArn({ service, resource, region, account, arnFormat: ArnFormat.NO_RESOURCE_NAME })
  }
}
