import { existsSync } from "node:fs"
import { nextRootKeyPath } from "../adapters/local/root-key-files.ts"
import { EMPTY_EDGE, rootOf } from "../audit/merkle.ts"
import type { Clock } from "../core/clock.ts"
import type { Random } from "../core/random.ts"
import { StartFault } from "../core/start-fault.ts"
import { HeldKeys } from "../envelope/held-keys.ts"
import type { RootKeys } from "../envelope/kek.ts"
import { initialKeys, openKeyring } from "../envelope/keyring.ts"
import type { OpenedKeys } from "../operations/key-source.ts"
import { macOfPolicies } from "../operations/policies.ts"
import { defaultPolicies } from "../policy/defaults.ts"
import type { KeyRow, PolicyRow } from "../state/rows.ts"
import type { Purpose } from "./backend.ts"
import type { Config } from "./config.ts"
import { rootKeysOf } from "./root-keys.ts"

/** What a new database is born with. */
export interface Birth {
  readonly rootKeyCheck: Uint8Array
  readonly keys: readonly KeyRow[]
  readonly policies: readonly PolicyRow[]
  readonly policyMac: Uint8Array
  readonly emptyRoot: Uint8Array
}

/** A migrated database before anybody trusts it. */
export interface Locked {
  /** For messages; no password in it. */
  readonly name: string
  /** Undefined: never initialised. */
  open(): Promise<{ readonly rootKeyCheck: Uint8Array; readonly keys: readonly KeyRow[] } | undefined>
  /** False: another replica was first, and nothing was written. */
  initialise(birth: Birth): Promise<boolean>
}

export interface Surroundings {
  readonly clock: Clock
  readonly random: Random
}

export interface Unlocked extends OpenedKeys {
  readonly roots: RootKeys
}

/**
 * Root key first, then database. A key without a database: the first start goes on. A database without its key, or with
 * another: the start stops, and nothing is ever made anew. @throws StartFault, or TylerError `unavailable` from KMS
 */
export async function unlock(
  database: Locked,
  config: Config,
  surroundings: Surroundings,
  purpose: Purpose,
): Promise<Unlocked> {
  const { clock, random } = surroundings
  const roots = rootKeysOf(config, random)
  const opened = await database.open()
  const held = new HeldKeys(clock.monotonic())
  if (opened !== undefined) {
    const root = await roots.find(opened.rootKeyCheck)
    if (root === undefined) throw wrongRootKey(database.name, config)
    return { roots, root, keyring: await openKeyring(opened.keys, held.through(root)), held }
  }
  if (purpose === "look") throw new StartFault(`The database ${database.name} is empty; start the server first`)
  const root = await roots.first()
  const keys = await initialKeys(root.wrapper, random, clock.now())
  const keyring = await openKeyring(keys, held.through(root))
  const policies = defaultPolicies(clock.now())
  const first = await database.initialise({
    rootKeyCheck: root.check,
    keys,
    policies,
    policyMac: macOfPolicies(keyring, policies, 1),
    emptyRoot: rootOf(EMPTY_EDGE),
  })
  return first ? { roots, root, keyring, held } : unlock(database, config, surroundings, purpose)
}

export function wrongRootKey(database: string, { folders, aws }: Config): StartFault {
  const keyFile = folders.rootKeyFile
  if (aws !== null && aws.kms !== null)
    return new StartFault(
      `The database ${database} is wrapped neither by KMS_KEY_ID or KMS_NEXT_KEY_ID nor by the root key ${keyFile}; ` +
        "name the key it was last rotated to, or restore that file",
    )
  if (!existsSync(keyFile) && !existsSync(nextRootKeyPath(keyFile)))
    return new StartFault(
      `The database ${database} is initialised but its root key ${keyFile} is missing; restore that file, ` +
        "or set KMS_KEY_ID if it was rotated to KMS",
    )
  return new StartFault(
    `The root key ${keyFile} is not the one the database ${database} was made with, or last rotated to`,
  )
}
