import type { Mirror } from "../adapters/local/mirror.ts"
import type { Deployment, Listener, MirrorFacts } from "../compliance/deployment.ts"
import type { Config } from "./config.ts"
import { endpointsOf } from "./endpoints.ts"
import type { Mirroring } from "./mirroring.ts"
import type { Publishing } from "./publishing.ts"
import { offersOf } from "./tls-probe.ts"
import { VERSION } from "./version.ts"

interface Surrounding {
  readonly mirror: Pick<Mirror, "state">
  readonly mirroring: Pick<Mirroring, "states">
  readonly publishing: Pick<Publishing, "trouble"> | null
  /** Of our own port, once it listens. */
  readonly port: () => number
  readonly publicUrl: () => string
}

/** What the running process knows of how it is set up; asked for anew each time, because certificates are renewed. */
export function deploymentOf(config: Config, on: Surrounding): () => Promise<Deployment> {
  return async () => ({
    ...configured(config),
    listener: await listenerOf(config, on.port(), on.publicUrl()),
    mirrors: mirrorsOf(on),
    cloudWatch: cloudWatchOf(config, on.publishing?.trouble() ?? null),
    endpoints: await endpointsOf(config),
  })
}

type Configured = Omit<Deployment, "listener" | "mirrors" | "cloudWatch" | "endpoints">

export function configured(config: Config): Configured {
  const { environment, limits, notices, backup } = config
  const channels = { webhook: notices.webhook, Slack: notices.slack, syslog: notices.syslog, mail: notices.mail }
  return {
    version: VERSION,
    environment,
    database: databaseOf(config),
    values: config.store === null ? "database" : config.store.encrypt ? "aws_sealed" : "aws_native",
    channels: Object.entries(channels).flatMap(([name, channel]) => (channel === null ? [] : [name])),
    reads: { people: limits.people, programs: limits.programs },
    backup: backup === null ? null : "recipients" in backup ? "recipients" : "passphrase",
  }
}

/** A start is refused that would reach another machine's PostgreSQL without verified TLS. */
function databaseOf({ database }: Config): Deployment["database"] {
  if (database === null) return { engine: "SQLite", link: "file" }
  return {
    engine: "PostgreSQL",
    link: new URL(database.url).searchParams.get("sslmode") === "verify-full" ? "tls" : "this machine",
  }
}

/** @param port where this machine listens; 0: it is not known */
export async function listenerOf({ listen }: Config, port: number, publicUrl: string): Promise<Listener> {
  if (listen.tls === null) return listen.trustedProxies.length > 0 ? { kind: "proxy", publicUrl } : { kind: "loopback" }
  const host = OWN_ADDRESS[listen.addresses[0] ?? ""] ?? listen.addresses[0] ?? ""
  const offers = await offersOf({ host, port, serverName: new URL(publicUrl).hostname })
  return offers.length > 0 ? { kind: "tls", offers } : { kind: "unknown", cause: `no TLS on ${host} port ${port}` }
}

/** Listening on every address, it is reached on loopback. */
const OWN_ADDRESS: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" }

function mirrorsOf({ mirror, mirroring }: Surrounding): readonly MirrorFacts[] {
  const state = mirror.state()
  const own = { name: "folder", holds: "checkpoints", trouble: state.ok ? null : "unwritable", waiting: null } as const
  return [own, ...mirroring.states().map(({ name, cause, waiting }) => copyOf(name, cause, waiting))]
}

function copyOf(name: string, trouble: string | null, waiting: number | null): MirrorFacts {
  return { name, holds: "entries", trouble, waiting }
}

function cloudWatchOf({ metrics }: Config, trouble: string | null): Deployment["cloudWatch"] {
  return metrics === null ? null : { namespace: metrics.namespace, trouble }
}
