import { pino } from "pino"
import { openMirror } from "../adapters/local/mirror.ts"
import type { Clock } from "../core/clock.ts"
import type { SecretName } from "../core/name.ts"
import { type Random, randomText } from "../core/random.ts"
import { StartFault } from "../core/start-fault.ts"
import { setupToken } from "../identity/bootstrap.ts"
import { loginThrottle } from "../identity/throttle.ts"
import { createApp } from "../http/app.ts"
import { proxyTrust } from "../http/proxy.ts"
import type { Part, Wiring } from "../http/wiring.ts"
import { authenticator } from "../operations/authenticate.ts"
import { publicLogKey } from "../operations/audit.ts"
import { expiryClock } from "../operations/clock-watch.ts"
import { policySource } from "../operations/policies.ts"
import { RefusalMeter } from "../operations/refusals.ts"
import { secretCache } from "../operations/secret-cache.ts"
import type { Service, Settings } from "../operations/service.ts"
import { rateLimiter } from "../quota/window.ts"
import { type Backend, embedded } from "./backend.ts"
import { type Config, publicUrlAt, type RateLimit } from "./config.ts"
import { failureGate } from "./failure-gate.ts"
import { startJobs } from "./jobs.ts"
import { detectRollback, mirrored, refusingLedger } from "./mirrored.ts"
import { loadTls } from "./tls.ts"
import { rewrapping } from "./rewrapping.ts"
import { VERSION } from "./version.ts"

export interface Running {
  readonly url: string
  readonly mirrorFolder: string
  /** Null once an admin exists. */
  readonly setupToken: string | null
  readonly warnings: readonly string[]
  close(): Promise<void>
}

/** Most secrets whose sealed value is kept at hand; at most 64 KiB each. */
const CACHED_SECRETS = 2_000
/** Distinct callers a limiter remembers. */
const LIMITER_KEYS = 100_000

/** Wires one process together and listens. @throws StartFault */
export async function start(config: Config, clock: Clock, random: Random): Promise<Running> {
  const log = pino({ level: config.logLevel, base: { service: "tyler" } }, pino.destination({ dest: 2, sync: false }))
  if (config.profile === "shared") throw new StartFault("DATABASE_URL: PostgreSQL is not available in this version")
  const backend = await embedded(config, { clock, random })
  const mirror = openMirror(config.folders.mirror, { clock })
  const rollback = await detectRollback(
    backend.reader,
    mirror.newest(),
    publicLogKey({ keyring: () => backend.keys.current() }),
  )
  const ledger = rollback === undefined ? mirrored(backend.ledger, mirror) : refusingLedger
  const { lastTime } = await backend.reader.head()
  const service = serviceOf(config, { ...backend, ledger }, clock, random, lastTime)
  const readiness = (): Part[] => [
    { part: "audit", cause: rollback === undefined ? null : "rolled_back" },
    { part: "mirror", cause: mirror.state().ok ? null : "unwritable" },
  ]
  const token = (await backend.reader.setupClosed()) ? null : randomText(random, 32)
  let publicUrl = ""
  const rewraps = rewrapping(service, log)
  const wiring: Wiring = {
    service,
    authenticator: authenticator(service),
    throttle: loginThrottle(),
    failures: failureGate(clock),
    readLimits: { people: limiterOf(config.limits.people), programs: limiterOf(config.limits.programs) },
    hosts: () => ({ publicUrl, loopback: config.listen.loopback }),
    trustedProxy: proxyTrust(config.listen.trustedProxies),
    get publicUrl() {
      return publicUrl
    },
    setupToken: setupToken(token),
    rewrapping: rewraps,
    readiness,
    tls: config.listen.tls === null ? null : loadTls(config.listen.tls).options,
    log,
    version: VERSION,
    development: config.environment === "development",
  }
  const app = createApp(wiring)
  await app.listen({ host: config.listen.host, port: config.listen.port })
  const address = app.server.address()
  publicUrl = publicUrlAt(config.listen, typeof address === "object" && address !== null ? address.port : 0)
  const jobs = rollback === undefined ? await startJobs(service, log) : { close: () => Promise.resolve() }
  if (rollback === undefined) await rewraps.resume()
  return {
    url: publicUrl,
    mirrorFolder: mirror.folder,
    setupToken: token,
    warnings: config.warnings,
    async close() {
      await app.close()
      await jobs.close()
      await rewraps.close()
      await backend.close()
      await mirror.close()
    },
  }
}

function limiterOf(limit: RateLimit | null) {
  return limit === null ? null : rateLimiter({ windowMs: limit.windowMs, max: limit.max, capacity: LIMITER_KEYS })
}

function serviceOf(
  config: Config,
  backend: Pick<Backend, "reader" | "ledger" | "keys">,
  clock: Clock,
  random: Random,
  newestEntry: number,
): Service {
  const { reader, ledger, keys } = backend
  const keyring = () => keys.current()
  return {
    reader,
    ledger,
    keyring,
    keys,
    policies: policySource(reader, keyring),
    secrets: secretCache(reader, () => clock.monotonic(), CACHED_SECRETS, config.secrets.cacheSeconds * 1000),
    refusals: new RefusalMeter(),
    clock,
    expiryNow: expiryClock(clock, newestEntry),
    random,
    settings: settingsOf(config, random),
  }
}

function settingsOf(config: Config, random: Random): Settings {
  const { prefix } = config.secrets
  return {
    nameLimit: 512 - prefix.length - 1,
    maxAccessPerPerson: config.limits.dailyPerPerson,
    mfaIgnored: !config.mfaEnforced,
    purgeGuarded: config.environment === "production",
    arnOf: (name: SecretName) =>
      `arn:aws:secretsmanager:local:000000000000:secret:${prefix}/${name}-${arnSuffix(random)}`,
  }
}

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/** Six characters, as AWS appends them; bytes over 247 are drawn again, so that no letter comes up more often. */
function arnSuffix(random: Random): string {
  let suffix = ""
  while (suffix.length < 6) {
    const byte = random.bytes(1)[0] ?? 255
    if (byte < 248) suffix += ALPHANUMERIC[byte % 62]
  }
  return suffix
}
