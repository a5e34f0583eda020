/** How the process is set up and what it knows of its surroundings: what rows do not tell. */
export interface Deployment {
  readonly version: string
  readonly environment: "production" | "development"
  readonly listener: Listener
  readonly database: {
    readonly engine: "SQLite" | "PostgreSQL"
    readonly link: "file" | "tls" | "this machine"
  }
  readonly values: "database" | "aws_sealed" | "aws_native"
  readonly mirrors: readonly MirrorFacts[]
  /** Null: metrics go to Prometheus only. */
  readonly cloudWatch: { readonly namespace: string; readonly trouble: string | null } | null
  /** Ways that alarms are told by. */
  readonly channels: readonly string[]
  /** Value reads in a window; null: no limit. */
  readonly reads: { readonly people: Rate | null; readonly programs: Rate | null }
  readonly backup: "recipients" | "passphrase" | null
  /** One for each service of AWS that the configuration needs. */
  readonly endpoints: readonly Endpoint[]
}

export interface Rate {
  readonly max: number
  readonly windowMs: number
}

/** What was negotiated with our own port; behind a proxy TLS is the proxy's. */
export type Listener =
  | { readonly kind: "tls"; readonly offers: readonly Offer[] }
  | { readonly kind: "proxy"; readonly publicUrl: string }
  | { readonly kind: "loopback" }
  | { readonly kind: "unknown"; readonly cause: string }

/** A protocol that the port agrees to, and every cipher suite that it agrees to with it. */
export interface Offer {
  readonly protocol: string
  readonly ciphers: readonly string[]
}

export interface MirrorFacts {
  readonly name: string
  /** `checkpoints` are enough to find a rollback; `entries` are a copy. */
  readonly holds: "checkpoints" | "entries"
  /** A code; null: it works. */
  readonly trouble: string | null
  /** Entries not there yet; null: another replica copies. */
  readonly waiting: number | null
}

export interface Endpoint {
  readonly service: string
  readonly host: string
  /** Where its name leads: `private` is a VPC endpoint with private DNS, or a network of one's own. */
  readonly reach: "private" | "loopback" | "global" | "unresolved"
}
