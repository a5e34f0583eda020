import type { TylerError } from "../core/errors.ts"
import type { Principal } from "../core/principal.ts"
import type { Authenticator } from "../operations/authenticate.ts"
import type { Rotating } from "../operations/rotation/rotator.ts"
import type { Service } from "../operations/service.ts"

/** How AWS would name what is here. */
export interface Place {
  /** The one Region that signatures may be for. */
  readonly region: string
  /** 12 digits. */
  readonly account: string
  /** SECRETS_PREFIX: stands before every name in an ARN, and may in a SecretId. */
  readonly prefix: string
}

/** What the endpoint needs beside the service. */
export interface Desk {
  readonly service: Service
  readonly authenticator: Authenticator
  readonly place: Place
  /** An origin; known once the port is. */
  readonly publicUrl: string
  /** Failures per address. */
  readonly failures: { check(ip: string): void; failed(ip: string): void }
  /** Counts reads of values against SECRETS_RATE_LIMIT. @throws TylerError `rate_limited` */
  takeReads(who: Principal, count: number): void
  readonly rotation: {
    readonly rotating: Rotating
    /** One was started: it is begun at once. */
    wake(): void
  }
  /** A refusal of one item among others, for the counters. */
  refusedItem(error: TylerError): void
}
