import { setTimeout as pause } from "node:timers/promises"
import { pino } from "pino"
import { writeSetupToken } from "../adapters/local/setup-token-file.ts"
import type { Clock } from "../core/clock.ts"
import { type Random, randomText } from "../core/random.ts"
import { setupToken } from "../identity/bootstrap.ts"
import { PASSWORD_COST, type PasswordCost } from "../identity/password.ts"
import { oidcClient } from "../identity/oidc.ts"
import { loginThrottle } from "../identity/throttle.ts"
import { createApp } from "../http/app.ts"
import { Counters } from "../http/counters.ts"
import { proxyTrust } from "../http/proxy.ts"
import type { Part, Wiring } from "../http/wiring.ts"
import { stsCaller } from "../adapters/aws/sts.ts"
import { issuerKeys } from "../adapters/jwks/issuer-keys.ts"
import { expected } from "../alarm/matches.ts"
import { Tally } from "../telemetry/tally.ts"
import { authenticator } from "../operations/authenticate.ts"
import { LOG_ORIGIN, logKey as signingKey, publicLogKey } from "../operations/audit.ts"
import { rateLimiter } from "../quota/window.ts"
import { MIRROR_PARTS } from "../audit/entry-mirror.ts"
import type { LedgerWriter } from "../audit/ledger.ts"
import { signCheckpoint } from "../audit/checkpoint.ts"
import { directAlarms } from "./direct-alarms.ts"
import { type OwnMeter, ownValuesOf } from "./own-values.ts"
import { runbookAt } from "./runbooks.ts"
import { type Watching, watching } from "./watching.ts"
import { backupSource } from "./backup-source.ts"
import { openState } from "./backend.ts"
import { deploymentOf } from "./deployment.ts"
import { type Config, publicUrlAt, type RateLimit } from "./config.ts"
import { failureGate } from "./failure-gate.ts"
import { takeNotes } from "./backup-notes.ts"
import { type Jobs, startJobs } from "./jobs.ts"
import { requireWaysIn } from "./local-login.ts"
import { ledgerTrouble, metered, newLedgerMeter } from "./ledger-meter.ts"
import { measureOf } from "./measure.ts"
import { channelsOf } from "./channels.ts"
import { newNoticeMeter, type Notifying, notifying, waking } from "./notifying.ts"
import { detectRollback, mirrored, refusingLedger, rollbackLine } from "./mirrored.ts"
import { mirroredEntries, mirroring } from "./mirroring.ts"
import { mirrorsFor } from "./mirrors.ts"
import { counted, publishing } from "./publishing.ts"
import { sinkFor } from "./sinks.ts"
import { tracedLedger, tracingFor } from "./tracing.ts"
import { loadTls, reloadTls } from "./tls.ts"
import { keyRenewal } from "./key-renewal.ts"
import { rewrapping } from "./rewrapping.ts"
import { rotatingOf, rotations } from "./rotating.ts"
import { placeOf, serviceOf } from "./service.ts"
import { openStore } from "./store.ts"
import { VERSION } from "./version.ts"

export interface Running {
  readonly url: string
  /** Where it listens; a PUBLIC_URL may name another. */
  readonly port: number
  readonly mirrorFolder: string
  /** Null once an admin exists. */
  readonly setupToken: string | null
  readonly warnings: readonly string[]
  /** Reads certificate and key again; a broken renewal changes nothing and is logged. */
  reloadTls(): void
  /** One round of what happens by itself, now. Otherwise there is one every 10 seconds. */
  runJobs(): Promise<void>
  close(): Promise<void>
}

/** A rotation that is due begins within seconds; one that is not done by then has failed or found nobody. */
const OVERDUE_MS = 3_600_000

/** Longest that requests under way may hold a stop up. */
const FINISH_MS = 10_000

/** Distinct callers a limiter remembers. */
const LIMITER_KEYS = 100_000

/** Wires one process together and listens. @throws StartFault */
export async function start(
  config: Config,
  clock: Clock,
  random: Random,
  cost: PasswordCost = PASSWORD_COST,
): Promise<Running> {
  const log = pino({ level: config.logLevel, base: { service: "tyler" } }, pino.destination({ dest: 2, sync: false }))
  await using opened = new AsyncDisposableStack()
  const { backend, mirror } = await openState(config, { clock, random }, "serve", opened)
  const logKey = publicLogKey({ keyring: () => backend.keys.current() })
  const rollback = await detectRollback(backend.reader, mirror, logKey)
  const { size, lastTime } = await backend.reader.head()
  const tracing = await tracingFor(config, clock, random)
  opened.defer(() => tracing.close())
  const tally = new Tally()
  for (const entry of expected()) tally.expect(entry)
  const sink = await sinkFor(config, clock)
  const copied = mirroring(
    {
      reader: backend.reader,
      mirrors: rollback === undefined ? await mirrorsFor(config, clock) : [],
      leads: () => backend.leads(),
      origin: LOG_ORIGIN,
      sign: (at, root) => signCheckpoint(signingKey({ keyring: () => backend.keys.current() }), at, root),
      maxWaiting: config.mirrors.maxWaiting,
      log,
    },
    size,
  )
  opened.defer(() => copied.close())
  const meter = newLedgerMeter()
  const own: OwnMeter = { beats: 0, unanswered: 0, overdue: null }
  const values = ownValuesOf({ own, ledger: meter, mirror, mirroring: copied })
  const published = sink === null ? null : publishing(tally, sink, clock, values)
  opened.defer(() => published?.close())
  const noticeMeter = newNoticeMeter()
  let notifier: Notifying | undefined
  /** From the inside out: signed for the mirror, counted, copied, measured; what is seen is what callers wait for. */
  const recorded = (inner: LedgerWriter): LedgerWriter =>
    tracedLedger(metered(mirroredEntries(counted(mirrored(inner, mirror), tally), copied), meter, clock), tracing.spans)
  const ledger = rollback === undefined ? waking(recorded(backend.ledger), () => notifier?.wake()) : refusingLedger
  const { store, shared } = await openStore(config, backend.reader, { clock, random }, opened)
  const service = serviceOf(config, { ...backend, ledger, store }, clock, random, lastTime, cost, tracing.spans)
  await requireWaysIn(service)
  let stopping = false
  const readiness = (): Part[] => [
    { part: "server", cause: stopping ? "stopping" : null },
    { part: "audit", cause: rollback !== undefined ? "rolled_back" : copied.behind() ? "mirror_behind" : null },
    { part: "keys", cause: backend.keys.trouble() },
    { part: "ledger", cause: ledgerTrouble(meter, clock) },
    ...(config.store === null ? [] : [{ part: "store", cause: service.store.trouble() }]),
    ...(shared === null ? [] : [{ part: "shared_cache", cause: shared.trouble() }]),
    { part: "mirror", cause: mirror.state().ok ? null : "unwritable" },
    ...copied.states().map(({ name, cause }) => ({ part: MIRROR_PARTS[name], cause })),
    ...(published === null ? [] : [{ part: "metrics", cause: published.trouble() }]),
  ]
  const token = (await backend.reader.setupClosed()) ? null : randomText(random, 32)
  const tokenFile = config.folders.setupTokenFile
  if (token !== null && tokenFile !== null) writeSetupToken(tokenFile, token)
  let publicUrl = ""
  let boundPort = 0
  const tls = config.listen.tls === null ? null : { options: loadTls(config.listen.tls).options, servers: [] }
  const rewraps = rewrapping(service, log)
  const rotating = rotatingOf(config.rotation)
  const rotator = rotations({ service, rotating, alone: config.profile === "embedded", log })
  const wiring: Wiring = {
    service,
    authenticator: authenticator(service),
    throttle: loginThrottle(),
    iam: config.aws === null ? null : { region: config.aws.place.region, ask: stsCaller(config.aws.place) },
    issuerKeys: issuerKeys(clock, config.environment === "development"),
    oidc: oidcClient(config.environment === "development", clock),
    failures: failureGate(clock),
    readLimits: { people: limiterOf(config.limits.people), programs: limiterOf(config.limits.programs) },
    place: placeOf(config),
    hosts: () => ({ publicUrl, loopback: config.listen.loopback }),
    trustedProxy: proxyTrust(config.listen.trustedProxies),
    get publicUrl() {
      return publicUrl
    },
    setupToken: setupToken(token),
    rewrapping: rewraps,
    deployment: deploymentOf(config, {
      mirror,
      mirroring: copied,
      publishing: published,
      port: () => boundPort,
      publicUrl: () => publicUrl,
    }),
    backup: backupSource(config, { clock, random }, backend.keys),
    rotation: { rotating, wake: () => rotator.wake() },
    readiness,
    counters: new Counters(),
    measure: measureOf({
      values,
      meter,
      notices: noticeMeter,
      mirror,
      mirroring: copied,
      tally,
      publishing: published,
      shared,
    }),
    stopping: () => stopping,
    tls,
    log,
    version: VERSION,
    backend: config.profile,
    development: config.environment === "development",
  }
  const renewal = keyRenewal(backend.keys, log)
  opened.defer(() => renewal.close())
  const channels = channelsOf(config.notices, clock)
  opened.defer(() => rewraps.close())
  opened.defer(() => notifier?.close())
  let watch: Watching | undefined
  opened.defer(() => watch?.close())
  opened.defer(() => rotator.close())
  let jobs: Jobs | undefined
  opened.defer(() => jobs?.close())
  const app = createApp(wiring)
  opened.defer(async () => {
    stopping = true
    // A start that failed has nobody to leave it.
    if (app.server.listening) await pause(config.listen.drainMs)
    await Promise.race([app.close(), pause(FINISH_MS, undefined, { ref: false })])
  })
  await app.listen({ host: config.listen.host, port: config.listen.port })
  const address = app.server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  boundPort = port
  publicUrl = publicUrlAt(config.listen, port)
  if (rollback === undefined) {
    notifier = notifying({ service, channels, meter: noticeMeter, publicUrl: () => publicUrl, log })
    watch = watching({
      service,
      own,
      values,
      overdue: () => service.reader.schedulesOverdue(clock.now() - OVERDUE_MS),
      recording: () => ledgerTrouble(meter, clock) === null && !copied.behind(),
      leads: () => backend.leads(),
      newest: lastTime,
      thresholds: config.alarms.thresholds,
      runbook: (slug) => runbookAt(config.alarms.runbooks, slug),
      direct: directAlarms(channels, random, () => publicUrl),
      log,
    })
    const notes = async (): Promise<void> => {
      if (config.database === null) await takeNotes(config.folders.data, service, log)
    }
    jobs = await startJobs(service, notifier, rotator, notes, log)
    rotator.wake()
    await rewraps.resume()
  }
  const running = opened.move()
  return {
    url: publicUrl,
    port,
    mirrorFolder: mirror.folder,
    setupToken: token,
    warnings: [...config.warnings, ...(rollback === undefined ? [] : [rollbackLine(rollback, mirror.folder)])],
    reloadTls() {
      if (config.listen.tls === null || tls === null) return
      const loaded = reloadTls(config.listen.tls, tls.servers)
      if ("fault" in loaded) log.error({ fault: loaded.fault }, "the certificate was not renewed")
      else log.info({ expiresAt: new Date(loaded.expiresAt).toISOString() }, "certificate read again")
    },
    async runJobs() {
      await renewal.tick()
      await watch?.tick()
      await jobs?.tick()
      await Promise.all([copied.tick(), published?.tick(), tracing.flush()])
    },
    close: () => running.disposeAsync(),
  }
}

function limiterOf(limit: RateLimit | null) {
  return limit === null ? null : rateLimiter({ windowMs: limit.windowMs, max: limit.max, capacity: LIMITER_KEYS })
}
