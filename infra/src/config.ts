import type { ThresholdSetting } from "../../src/alarm/table.ts"

/** Everything that differs from one installation to the next. `config.example.json` has all of it. */
export interface Config {
  readonly account: string
  readonly region: string
  readonly availabilityZones: readonly string[]
  /** Begins every name here, and every secret's: SECRETS_PREFIX. */
  readonly name: string
  readonly network: NetworkConfig
  readonly keys: KeysConfig
  readonly service: ServiceConfig
  readonly data: DataConfig
  readonly evidence: EvidenceConfig
  readonly people: PeopleConfig
  readonly rotation: RotationConfig
  readonly alarms: AlarmsConfig
}

export interface NetworkConfig {
  readonly cidr: string
  /** 0: nothing in the network can reach the internet. */
  readonly natGateways: number
}

export interface KeysConfig {
  /** Of the keys that wrap the keyring and the values. It can never be changed. */
  readonly multiRegionKey: boolean
}

export interface ServiceConfig {
  readonly image: string
  /** Where Node lies in it, and `bin/tyler-server.js`, for the container's health check. */
  readonly node: string
  readonly program: string
  /** The numeric user of the image, who owns `/data` and `/mirror` there. */
  readonly user: string
  /** In the image: the certificate authorities of RDS, PEM. */
  readonly databaseAuthorities: string
  readonly publicUrl: string
  readonly certificateArn: string
  readonly tls: "1.3" | "1.2"
  readonly reach: "internal" | "internet"
  /** Networks that may connect. */
  readonly clients: readonly string[]
  readonly least: number
  readonly most: number
  readonly duties: readonly Duty[]
  /** Whether `tyler aws adopt` may tag secrets that were there before. */
  readonly adoption: boolean
}

export const DUTIES = ["read", "write", "delete", "rotate"] as const
export type Duty = (typeof DUTIES)[number]

export interface DataConfig {
  readonly instance: string
  readonly storageGiB: number
  readonly backupDays: number
  readonly cacheNode: string
  /** An image with psql in it, for the one task that makes the database's roles. */
  readonly psqlImage: string
}

export interface EvidenceConfig {
  /** For how long nobody can delete the trail or the mirror: Object Lock, compliance mode. */
  readonly lockDays: number
}

export interface PeopleConfig {
  /** ARNs of roles. */
  readonly keyAdministrators: readonly string[]
  readonly deployers: readonly string[]
  readonly auditors: readonly string[]
  readonly breakGlass: readonly string[]
}

export interface RotationConfig {
  /** The folder that holds the function, of which each of the following is one. */
  readonly bundle: string
  readonly functions: readonly RotationFunction[]
}

export interface RotationFunction {
  /** docs/rotation.md; also part of the function's name. */
  readonly strategy: string
  /** Folders below the prefix, each ending in a slash and `*`. */
  readonly secrets: readonly string[]
  /** Administrators whose credentials it may use, each at one place. */
  readonly admins: readonly { readonly secret: string; readonly place: Readonly<Record<string, unknown>> }[]
}

export interface AlarmsConfig {
  readonly emails: readonly string[]
  /** Where the runbooks can be read. */
  readonly runbooks: string
  /** What is too much, for CloudWatch and for the service alike. */
  readonly limits: Readonly<Record<ThresholdSetting, number>>
}
