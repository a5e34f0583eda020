import { fullNameOf } from "../../secrets/outside-names.ts"
import type { Outside } from "./place.ts"
import { createSecretKey } from "node:crypto"
import type { Clock } from "../../core/clock.ts"
import { TylerError } from "../../core/errors.ts"
import type { SecretName } from "../../core/name.ts"
import type { Random } from "../../core/random.ts"
import { discard, reseal, type SecretValue } from "../../core/secret-value.ts"
import { CURRENT } from "../../core/stage.ts"
import { headOf, withHead } from "../../envelope/head.ts"
import type { Keyring } from "../../envelope/keyring.ts"
import { open, type Place, seal } from "../../envelope/seal.ts"
import { type OutsideValue, StoreFault } from "../../secrets/outside.ts"
import type { Looks, SharedCache } from "../../secrets/shared-cache.ts"
import { UNSEALED, type VersionRow } from "../../state/rows.ts"
import type { Step } from "../perform.ts"
import { sealingKeyring } from "../sealing-key.ts"
import type { Service } from "../service.ts"
import { bodyOf, MAX_VALUE_BYTES, sameBody, storedFrom } from "../value.ts"
import { type Opened, PlanAgain, type ValueStore } from "../value-store.ts"
import { catalogForm } from "./attempt.ts"
import { type Begun, carryOut } from "./carry-out.ts"
import { correct } from "./catalog.ts"
import { recordIn, requireNative } from "./form.ts"
import { functionRotations } from "./functions.ts"
import type { Transit } from "./found.ts"
import { changesText, isOutward, isVersioned, type Outward, secretIdOf } from "./intent.ts"
import { sweeper } from "./sweep.ts"
import { acceptTags, changedTags, newTags, ownTags } from "./tags.ts"
import { sharedValues } from "./shared-values.ts"
import { type CachedValue, valueCache } from "./value-cache.ts"

/** A sealed value of that size still fits AWS's 65,536 bytes with what the seal adds. */
export const MAX_SEALED_BYTES = 64_512

/** Of the cache, in all. */
const BOUNDS = { entries: 20_000, bytes: 64 * 2 ** 20 }

export interface Means {
  readonly clock: Clock
  readonly random: Random
  /** How long a value is believed without asking again; 0: not at all. */
  readonly cacheMs: number
  /** Between the replicas; null: each has its own only. */
  readonly shared: { readonly cache: SharedCache; readonly looks: Looks } | null
}

/** Values in a store outside, governed here: the catalog is in our database, and what we do there is begun and ended in the log. */
export function keptOutside(outside: Outside, { clock, random, cacheMs, shared }: Means): ValueStore {
  const cache = valueCache(() => clock.monotonic(), BOUNDS, cacheMs)
  const own = processKeyring(random)
  const sweep = sweeper(outside, clock)
  const among = shared === null ? null : sharedValues({ ...shared, clock, random, ttlMs: cacheMs })
  const anew = forgotten()
  let trouble: string | null = null

  async function noting<T>(call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call()
      trouble = null
      return answer
    } catch (error) {
      if (error instanceof StoreFault) trouble = TROUBLES.has(error.code) ? error.code : null
      throw error
    }
  }

  async function load(on: Service, name: SecretName, version: VersionRow, current: boolean): Promise<CachedValue> {
    const place = placeOf(outside, name, version)
    const found = anew.take(version.secretId) ? undefined : await lookAmong(on, place, current)
    if (found !== undefined) return found
    const seenAt = clock.now()
    const answer = await ask(on, outside, name, version, current)
    const tell = (by: CachedValue["by"], bytes: Uint8Array): void =>
      among?.put(on.keyring(), place, { seenAt, current, by }, bytes)
    try {
      const record = recordIn(answer.form, answer.value)
      if (record !== undefined) {
        tell("store", record)
        return { sealed: record, by: "store", ageMs: 0 }
      }
      const sealed = reseal(answer.value, (bytes) => {
        const stored = storedFrom({ form: answer.form, bytes })
        try {
          tell("process", stored)
          return seal(own, place, stored, random).sealed
        } finally {
          stored.fill(0)
        }
      })
      return { sealed, by: "process", ageMs: 0 }
    } finally {
      discard(answer.value)
    }
  }

  async function lookAmong(on: Service, place: Place, current: boolean): Promise<CachedValue | undefined> {
    const found = await among?.get(on.keyring(), place, current, ({ by }, bytes) => ({
      by,
      sealed: by === "store" ? Buffer.from(bytes) : seal(own, place, bytes, random).sealed,
    }))
    return found === undefined ? undefined : { ...found.used, ageMs: found.ageMs }
  }

  async function openCached(
    on: Service,
    name: SecretName,
    version: VersionRow,
    { sealed, by }: CachedValue,
  ): Promise<SecretValue> {
    const place = placeOf(outside, name, version)
    if (version.keyId === UNSEALED) return open(by === "process" ? own : await keyringFor(on, sealed), place, sealed)
    if (by === "process") throw new TylerError("internal", {}, "a value that was sealed came back as it is")
    const keyring = on.keyring().keks.has(version.keyId) ? on.keyring() : await on.keys.reload()
    return open(keyring, place, withHead(version.sealed, sealed))
  }

  async function openKept(on: Service, name: SecretName, version: VersionRow): Promise<Opened> {
    const current = await isCurrent(on, name, version)
    const key = { secretId: version.secretId, versionId: version.versionId, current }
    const held = cache.get(key)
    if (held !== undefined) return { value: await openCached(on, name, version, held), cached: true }
    // A call there takes far longer than a look at our own rows: what moved here meanwhile is planned anew first.
    if (current) on.secrets.drop(name)
    if (current && !(await isCurrent(on, name, version))) throw new PlanAgain()
    const loaded = await cache.fetch(key, () => noting(() => load(on, name, version, current)))
    return { value: await openCached(on, name, version, loaded), cached: false }
  }

  return {
    maxValueBytes: outside.encrypt ? MAX_SEALED_BYTES : MAX_VALUE_BYTES,
    purges: false,

    async seal(on, view, version, stored) {
      const limit = this.maxValueBytes
      if (bodyOf(stored).bytes.byteLength > limit) throw new TylerError("value_too_large", { limit })
      if (!outside.encrypt) requireNative(stored)
      return seal(await sealingKeyring(on, view), placeOf(outside, version.name, version), stored, on.random)
    },

    open: (on, name, version) => on.spans.span("open", () => openKept(on, name, version)),
    same: (one, other) => sameBody(bodyOf(one), bodyOf(other)),

    newTags: (asked, principalId, now) => newTags(outside, asked, principalId, now),
    changedTags: (asked, present) => changedTags(asked, present ?? []),
    ownTags: ownTags(outside),
    acceptTags,

    acceptKey(kmsKeyId) {
      if (kmsKeyId === undefined) return outside.kmsKeys[0] ?? null
      if (outside.kmsKeys.includes(kmsKeyId)) return kmsKeyId
      throw new TylerError("invalid_request", {
        field: "/kmsKeyId",
        error: "kmsKeyId must be one of SECRETS_KMS_KEYS, spelled as there",
      })
    },

    functions: functionRotations(outside),
    begin: (on, step) => begin(on, outside, step),
    find: (on, name) => correct(on, outside, name),
    forget(secretId) {
      cache.forget(secretId)
      anew.add(secretId)
    },
    trouble: () => trouble,
    tick: (on) => sweep(on, noting),
  }
}

/** Ids whose next fetch passes the shared cache by. Whoever forgets one fetches it at once, so few are here. */
function forgotten() {
  const ids = new Set<string>()
  return {
    add(id: string): void {
      const [oldest] = ids
      if (oldest !== undefined && ids.size >= MOST_FORGOTTEN) ids.delete(oldest)
      ids.add(id)
    },
    take: (id: string): boolean => ids.delete(id),
  }
}

const MOST_FORGOTTEN = 10_000

/** Bound to the full name: of a new secret no more is known when its value is sealed. */
function placeOf(outside: Outside, name: SecretName, { versionId }: Pick<VersionRow, "versionId">): Place {
  return { secretId: fullNameOf(outside, name), versionId, name }
}

/** Of the store itself, not of one secret. */
const TROUBLES: ReadonlySet<string> = new Set(["store_denied", "store_throttled", "store_unavailable", "store_fault"])

async function isCurrent(on: Service, name: SecretName, { versionId }: VersionRow): Promise<boolean> {
  return (await on.secrets.get(name))?.current?.versionId === versionId
}

/** The value as the store has it; whatever of it is not what was decided on is looked into first. */
async function ask(
  on: Service,
  outside: Outside,
  name: SecretName,
  { secretId, versionId }: VersionRow,
  current: boolean,
): Promise<OutsideValue> {
  const first = await get(on, outside, name, secretId, current ? { label: CURRENT } : { versionId })
  if (isOurs(first, secretId, fullNameOf(outside, name), versionId)) return first
  discard(first.value)
  if (await correct(on, outside, name)) throw new PlanAgain()
  // Moved by a write that is not recorded yet, or an answer that lags behind: what was decided on is there by its id.
  const second = await get(on, outside, name, secretId, { versionId })
  if (isOurs(second, secretId, fullNameOf(outside, name), versionId)) return second
  discard(second.value)
  throw new TylerError("store_fault", {}, "another value than the one that was asked for")
}

async function get(
  on: Service,
  outside: Outside,
  name: SecretName,
  arn: string,
  which: { readonly versionId: VersionRow["versionId"] } | { readonly label: string },
): Promise<OutsideValue> {
  try {
    return await outside.store.value(arn, which)
  } catch (error) {
    const code = error instanceof TylerError ? error.code : "internal"
    const stale = code === "not_found" || code === "secret_pending_deletion"
    if (stale && (await correct(on, outside, name))) throw new PlanAgain()
    throw error
  }
}

function isOurs(answer: OutsideValue, arn: string, fullName: string, versionId: string): boolean {
  return answer.arn === arn && answer.fullName === fullName && answer.versionId === versionId
}

/** The keyring that has the record's key; read anew if ours has not, for another replica may have rotated. */
async function keyringFor(on: Service, sealed: Uint8Array): Promise<Keyring> {
  return on.keyring().keks.has(headOf(sealed).keyId) ? on.keyring() : on.keys.reload()
}

/** What is cached is sealed by a key of this process alone, which is written nowhere. */
function processKeyring(random: Random): Keyring {
  const key = createSecretKey(random.bytes(32))
  return { activeKekId: "process", keks: new Map([["process", key]]), rowsKey: key, logSeed: new Uint8Array(0) }
}

/** The step as its INTENT, where changes of it have to be made outside too; what was spent on it is spent with that. */
async function begin<T>(on: Service, outside: Outside, step: Step<T>): Promise<Step<T>> {
  const { act } = step
  const at = act.changes.findIndex(isOutward)
  if (at === -1) return step
  const name = act.entry.resourceName as SecretName
  const planned = act.changes.slice(at)
  const changes = planned.filter(isOutward)
  const version = changes.map((change) => (isVersioned(change) ? change.version : null)).find((one) => one !== null)
  if (version !== undefined) await requireOwn(on, name, version)
  const [first] = changes
  const fresh = first?.kind === "addSecret"
  const id = on.random.uuid()
  const begun: Begun = {
    id,
    name,
    changes: changes.map((change) => withoutValue(outside, change)),
    also: planned.filter((change) => !isOutward(change)),
    before: first === undefined || first.kind === "addSecret" ? [] : await on.reader.labels(secretIdOf(first)),
    transit: version === undefined ? null : transitOf(outside, name, version),
    entry: act.entry,
  }
  const row = {
    id,
    action: act.entry.action,
    name,
    versionId: version?.versionId ?? null,
    principalId: act.entry.userId,
    changes: changesText([...begun.changes, ...begun.also]),
    startedAt: on.clock.now(),
  }
  const addIntent = { kind: "addIntent" as const, row, newName: fresh }
  return {
    act: {
      ...act,
      entry: { ...act.entry, result: "INTENT" },
      changes: [...act.changes.slice(0, at), addIntent],
    },
    done: (receipt, quota, made) => step.done(receipt, quota, made),
    undone: () => step.undone?.(),
    outside: (receipt) => carryOut(on, outside, begun, step, receipt),
  }
}

function transitOf(outside: Outside, name: SecretName, version: VersionRow): Transit {
  const { versionId, sealed } = version
  return { place: placeOf(outside, name, version), versionId, sealed: Buffer.from(sealed) }
}

/** What a version's row will be like once the value is there; the value itself goes with the call only. */
function withoutValue(outside: Outside, change: Outward): Outward {
  if (!isVersioned(change) || change.version === null) return change
  const form = catalogForm(outside.encrypt ? change.version.sealed : null)
  return { ...change, version: { ...change.version, ...form } }
}

/** Somebody else's version id would tell whether a guess at the value is right. */
async function requireOwn(on: Service, name: SecretName, version: VersionRow): Promise<void> {
  const others = (await on.reader.intentsOf(name)).filter(
    ({ versionId, principalId }) => versionId === version.versionId && principalId !== version.createdBy,
  )
  if (others.length > 0) throw new TylerError("idempotency_mismatch")
}
