import type { Clock } from "../core/clock.ts"
import { nameLimit, type SecretName } from "../core/name.ts"
import type { Random } from "../core/random.ts"
import { type PasswordCost, passwordsAt } from "../identity/password.ts"
import { expiryClock } from "../operations/clock-watch.ts"
import { keptHere } from "../operations/kept-here.ts"
import { policySource } from "../operations/policies.ts"
import { RefusalMeter } from "../operations/refusals.ts"
import { leaseCache } from "../operations/lease-cache.ts"
import { secretCache } from "../operations/secret-cache.ts"
import type { Service, Settings } from "../operations/service.ts"
import { Turns } from "../operations/turns.ts"
import type { ValueStore } from "../operations/value-store.ts"
import { NO_SPANS, type Spans } from "../telemetry/spans.ts"
import type { Place } from "../aws-api/desk.ts"
import type { Backend } from "./backend.ts"
import type { Config } from "./config.ts"

/** Memory for secrets whose sealed value is kept at hand: about 30,000 of ordinary size. */
const CACHE_BYTES = 64 * 2 ** 20

/** The verbs over one backend. @param newestEntry wall time of the newest entry found at start. */
export function serviceOf(
  config: Config,
  backend: Pick<Backend, "reader" | "ledger" | "keys"> & { readonly store?: ValueStore },
  clock: Clock,
  random: Random,
  newestEntry: number,
  cost: PasswordCost,
  spans: Spans = NO_SPANS,
): Service {
  const { reader, ledger, keys } = backend
  const keyring = () => keys.current()
  return {
    reader,
    ledger,
    keyring,
    keys,
    policies: policySource(reader, keyring),
    leases: leaseCache(),
    secrets: secretCache(reader, () => clock.monotonic(), CACHE_BYTES, config.secrets.cacheSeconds * 1000),
    store: backend.store ?? keptHere,
    refusals: new RefusalMeter(),
    turns: new Turns(),
    clock,
    expiryNow: expiryClock(clock, newestEntry),
    random,
    passwords: passwordsAt(cost),
    settings: settingsOf(config, random),
    spans,
  }
}

function settingsOf(config: Config, random: Random): Settings {
  const { prefix } = config.secrets
  const { region, account } = placeOf(config)
  return {
    prefix,
    nameLimit: nameLimit(prefix),
    maxAccessPerPerson: config.limits.dailyPerPerson,
    mfaIgnored: !config.mfaEnforced,
    channels: {
      webhook: config.notices.webhook !== null,
      slack: config.notices.slack !== null,
      syslog: config.notices.syslog !== null,
      mail: config.notices.mail !== null,
    },
    alarmMail: config.alarms.mail,
    purgeGuarded: config.environment === "production",
    adminKeysUnguarded: config.environment === "development",
    changesGuarded: config.environment === "production",
    keepDays: config.keepDays,
    passwordsFor: config.passwordsFor,
    rotationFunctions: config.store?.functions ?? [],
    arnOf: (name: SecretName) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${arnSuffix(random)}`,
  }
}

/** How AWS would name what is here; without a Region and an account of one's own, as emulators have it. */
export function placeOf({ aws, secrets }: Config): Place {
  const { prefix } = secrets
  return { region: aws?.place.region ?? "us-east-1", account: aws?.accountId ?? "000000000000", prefix }
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
