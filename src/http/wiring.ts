import type { Server } from "node:https"
import type { SecureContextOptions } from "node:tls"
import type { Logger } from "pino"
import type { OidcClient } from "../identity/oidc.ts"
import type { Place } from "../aws-api/desk.ts"
import type { LoginThrottle } from "../identity/throttle.ts"
import type { Authenticator } from "../operations/authenticate.ts"
import type { BackupSource } from "../operations/backup.ts"
import type { IamLogin } from "../operations/iam-login.ts"
import type { IssuerKeys } from "../operations/workload-login.ts"
import type { Rotating } from "../operations/rotation/rotator.ts"
import type { Service } from "../operations/service.ts"
import type { Counters } from "./counters.ts"
import type { HostRules } from "./hosts.ts"
import type { ReadLimits } from "./limiter.ts"
import type { Samples } from "./metrics.ts"
import type { ProxyTrust } from "./proxy.ts"

/** What HTTP needs beside the service itself. */
export interface Wiring {
  readonly service: Service
  readonly authenticator: Authenticator
  readonly throttle: LoginThrottle
  /** Null: no AWS Region is set. */
  readonly iam: IamLogin | null
  readonly issuerKeys: IssuerKeys
  readonly oidc: OidcClient
  /** Failures per address, before authentication. */
  readonly failures: FailureGate
  readonly readLimits: ReadLimits
  /** How AWS would name what is here, for the endpoint that its clients use. */
  readonly place: Place
  readonly hosts: () => HostRules
  readonly trustedProxy: ProxyTrust
  /** Origin of PUBLIC_URL, known once the port is. */
  readonly publicUrl: string
  readonly setupToken: SetupToken
  readonly rewrapping: Rewrapping
  readonly backup: BackupSource
  readonly rotation: RotationDesk
  readonly readiness: () => readonly Part[]
  readonly counters: Counters
  /** What the process knows of itself. */
  readonly measure: () => Samples
  /** True once the process was told to end: it finishes what it was asked and takes nothing new. */
  readonly stopping: () => boolean
  readonly tls: TlsListener | null
  readonly log: Logger
  readonly version: string
  /** Where state is kept: `embedded` or `shared`. */
  readonly backend: string
  readonly development: boolean
}

export interface FailureGate {
  /** @throws TylerError `rate_limited` */
  check(ip: string): void
  failed(ip: string): void
}

export interface SetupToken {
  matches(token: string): boolean
}

/** A key rotation under way. */
export interface Rewrapping {
  /** Null: none. */
  progress(): { readonly rewrapped: number; readonly remaining: number } | null
  /** @param retire destroy the old keys once nothing is sealed under them. */
  start(retire: boolean): Promise<void>
  /** Goes on with what an earlier process left. */
  resume(): Promise<void>
}

/** Where rotations are asked for. */
export interface RotationDesk {
  readonly rotating: Rotating
  /** One was started: it is begun at once. */
  wake(): void
}

/** TLS: what to listen with, and where to put the servers that do, so that a renewed certificate reaches them. */
export interface TlsListener {
  readonly options: SecureContextOptions
  readonly servers: Server[]
}

/** A part of the service; `cause` is a code such as `rolled_back`, null when it works. */
export interface Part {
  readonly part: string
  readonly cause: string | null
}
