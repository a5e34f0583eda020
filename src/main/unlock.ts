import { existsSync } from "node:fs"
import { localKeyWrapper, obtainRootKey, rootKeyCheck } from "../adapters/local/root-key.ts"
import { nextRootKeyPath, rootKeyFiles } from "../adapters/local/root-key-files.ts"
import { EMPTY_EDGE, rootOf } from "../audit/merkle.ts"
import type { Clock } from "../core/clock.ts"
import type { Random } from "../core/random.ts"
import { StartFault } from "../core/start-fault.ts"
import type { RootKey, RootKeys } from "../envelope/kek.ts"
import { initialKeys, type Keyring, openKeyring } from "../envelope/keyring.ts"
import { macOfPolicies } from "../operations/policies.ts"
import { defaultPolicies } from "../policy/defaults.ts"
import type { KeyRow, PolicyRow } from "../state/rows.ts"
import type { Purpose } from "./backend.ts"

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

export interface Unlocked {
  readonly roots: RootKeys
  readonly root: RootKey
  readonly keyring: Keyring
}

/**
 * Root key first, then database. A key without a database: the first start goes on. A database without its key, or with
 * another: the start stops, and nothing is ever made anew. @throws StartFault
 */
export async function unlock(
  database: Locked,
  keyFile: string,
  surroundings: Surroundings,
  purpose: Purpose,
): Promise<Unlocked> {
  const { clock, random } = surroundings
  const roots = rootKeyFiles(keyFile, random)
  const opened = await database.open()
  if (opened !== undefined) {
    const root = roots.find(opened.rootKeyCheck)
    if (root === undefined) throw wrongRootKey(database.name, keyFile)
    return { roots, root, keyring: await openKeyring(opened.keys, root.wrapper) }
  }
  if (purpose === "look") throw new StartFault(`The database ${database.name} is empty; start the server first`)
  const rootKey = obtainRootKey(keyFile, random)
  const root = { check: rootKeyCheck(rootKey), wrapper: localKeyWrapper(rootKey, random) }
  const keys = await initialKeys(root.wrapper, random, clock.now())
  const keyring = await openKeyring(keys, root.wrapper)
  const policies = defaultPolicies(clock.now())
  const first = await database.initialise({
    rootKeyCheck: root.check,
    keys,
    policies,
    policyMac: macOfPolicies(keyring, policies, 1),
    emptyRoot: rootOf(EMPTY_EDGE),
  })
  return first ? { roots, root, keyring } : unlock(database, keyFile, surroundings, purpose)
}

function wrongRootKey(database: string, keyFile: string): StartFault {
  if (!existsSync(keyFile) && !existsSync(nextRootKeyPath(keyFile)))
    return new StartFault(
      `The database ${database} is initialised but its root key ${keyFile} is missing; restore that file`,
    )
  return new StartFault(
    `The root key ${keyFile} is not the one the database ${database} was made with, or last rotated to`,
  )
}
