import { record } from "../audit/ledger.ts"
import type { Principal } from "../core/principal.ts"
import type { Reason } from "../core/reason.ts"
import type { RootName } from "../envelope/kek.ts"
import { newKey } from "../envelope/keyring.ts"
import { rewrap } from "../envelope/seal.ts"
import type { KeyRow } from "../state/rows.ts"
import { requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import { clientSecretsUnder, rewrappedClientSecrets } from "./client-secret.ts"
import { draftEntry } from "./entry.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"
import { boundTo } from "./outside/place.ts"

export interface KeyStatus extends Omit<KeyRow, "wrapped"> {
  /** Versions and client secrets sealed under it; null for keys that seal none. */
  readonly versions: number | null
}

export interface KeyringStatus {
  /** What wraps them. */
  readonly root: RootName
  readonly keys: readonly KeyStatus[]
}

/** All keys with what still hangs on them. Never the keys themselves. */
export async function keyStatus(on: Service, caller: Caller): Promise<KeyringStatus> {
  const about = { action: "KEY_STATUS", resourceType: "key", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      await on.keys.reload()
      const root = on.keys.root().name
      const rows = await on.reader.keys()
      const keys = await Promise.all(
        rows.map(async ({ id, purpose, createdAt, state }) => {
          const versions = purpose === "kek" ? await sealedUnder(on, id) : null
          return { id, purpose, createdAt, state, versions }
        }),
      )
      return { act: actOf(on, caller, view, about, { by: "role admin" }), done: () => ({ root, keys }) }
    },
  })
}

/**
 * Starts a rotation: a new key-encryption key seals from now on, and the old ones are retiring until everything under
 * them is re-wrapped (`rewrapSome`). Safe to start again at any time.
 */
export function startKeyRotation(on: Service, caller: Caller, reason: Reason): Promise<{ readonly keyId: string }> {
  const about = { action: "KEY_ROTATE", resourceType: "key", resourceName: "kek", reason }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      await on.keys.reload()
      const root = on.keys.root()
      const fresh = await newKey("kek", root.wrapper, on.random, on.clock.now())
      const rows = await on.reader.keys()
      const old = rows.filter(({ purpose, state }) => purpose === "kek" && state === "active")
      const retiring = old.map((row) => ({ ...row, state: "retiring" as const }))
      const change = { kind: "putKeys" as const, rows: [...retiring, fresh], rootKeyCheck: root.check }
      return {
        act: actOf(on, caller, view, about, { by: "role admin", details: `key=${fresh.id}`, changes: [change] }),
        done: () => ({ keyId: fresh.id }),
      }
    },
  })
}

const REWRAPPER: Principal = {
  id: "rewrap",
  kind: "job",
  name: "rewrap",
  roles: [],
  assurance: "system",
  epoch: 0,
  sessionId: null,
}

/** Versions of one step: about 3 ms of the answering thread. */
const STEP = 100

/**
 * Re-wraps some versions that still hang on a retiring key; plaintext is never made. Resumable: what is left is what
 * the database says. @returns how many, 0 when nothing is left.
 */
export async function rewrapSome(on: Service): Promise<number> {
  const retiring = (await on.reader.keys()).filter(({ purpose, state }) => purpose === "kek" && state === "retiring")
  for (const { id } of retiring) {
    const versions = await on.reader.versionsUnderKey(id, STEP)
    if (versions.length === 0) {
      const secrets = await rewrappedClientSecrets(on, id)
      if (secrets.length === 0) continue
      await recordJob(on, "KEY_REWRAP", id, `client_secrets=${secrets.length}`, [
        { kind: "rewrapClientSecrets", secrets },
      ])
      return secrets.length
    }
    const keyring = await on.keys.reload()
    const rewrapped = versions.map(({ secretId, versionId, sealed }) => ({
      secretId,
      versionId,
      fromKeyId: id,
      ...rewrap(keyring, { secretId: boundTo(secretId), versionId }, sealed, on.random),
    }))
    await recordJob(on, "KEY_REWRAP", id, `count=${rewrapped.length}`, [
      { kind: "rewrapVersions", versions: rewrapped },
    ])
    return versions.length
  }
  return 0
}

/** Versions and client secrets that still hang on retiring keys. */
export async function remainingToRewrap(on: Service): Promise<number> {
  let remaining = 0
  for (const { id, purpose, state } of await on.reader.keys())
    if (purpose === "kek" && state === "retiring") remaining += await sealedUnder(on, id)
  return remaining
}

async function sealedUnder(on: Service, keyId: string): Promise<number> {
  return (await on.reader.countVersionsUnderKey(keyId)) + (await clientSecretsUnder(on, keyId)).length
}

/** Destroys retiring keys that seal nothing any more: copies of the data sealed under them cannot be opened again. */
export async function retireKeys(on: Service): Promise<void> {
  for (const { id, purpose, state } of await on.reader.keys()) {
    if (purpose !== "kek" || state !== "retiring") continue
    await recordJob(on, "KEY_RETIRE", id, null, [{ kind: "retireKey", id }])
  }
  await on.keys.reload()
}

async function recordJob(
  on: Service,
  action: string,
  resourceName: string,
  details: string | null,
  changes: Parameters<typeof record>[1][number]["changes"],
): Promise<void> {
  const about = { action, resourceType: "key", resourceName, reason: null }
  const origin = { requestId: on.random.uuid(), ip: "", userAgent: "" }
  const entry = draftEntry(on, REWRAPPER, origin, about, { result: "SUCCESS", decision: "system", details })
  await record(on.ledger, [
    { entry, policyEpoch: null, principal: null, secret: null, grant: null, quota: null, changes },
  ])
}
