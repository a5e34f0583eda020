import { FolderFault, partsIn, storeBackup } from "../backup/folder.ts"
import type { Part } from "../backup/manifest.ts"
import type { Piece } from "../backup/piece.ts"
import { PART_ENTRIES } from "../backup/parts.ts"
import { keysIn, takeBackup } from "../backup/take.ts"
import { logKeyFromSeed } from "../audit/note.ts"
import type { Surroundings } from "./unlock.ts"
import { StartFault } from "../core/start-fault.ts"
import { type Keyring, openKeyring } from "../envelope/keyring.ts"
import { LOG_ORIGIN } from "../operations/audit.ts"
import type { Config } from "./config.ts"
import { fileFault } from "./file-fault.ts"
import { progressOn } from "./progress.ts"
import { rootKeysOf } from "./root-keys.ts"
import { sealOf } from "./sealing.ts"
import { openSnapshot } from "./snapshot.ts"
import { wrongRootKey } from "./unlock.ts"
import { VERSION } from "./version.ts"

interface Parts {
  /** Those that need not be made again. */
  readonly have: readonly Part[]
  readonly partEntries?: number
}

/** The backup of this moment. @param keyring undefined: opened with the root key @throws StartFault, TylerError */
export async function* backupOf(
  config: Config,
  { clock, random }: Surroundings,
  { have, partEntries = PART_ENTRIES }: Parts,
  keyring?: Keyring,
): AsyncGenerator<Piece> {
  const seal = sealOf(config)
  const snapshot = await openSnapshot(config)
  try {
    const { rootKeyCheck, keys } = await keysIn(snapshot)
    const root = keyring === undefined ? await rootKeysOf(config, random).find(rootKeyCheck) : undefined
    if (keyring === undefined && root === undefined) throw wrongRootKey("that is to be backed up", config)
    const ring = keyring ?? (await openKeyring(keys, (root as NonNullable<typeof root>).wrapper))
    const logKey = logKeyFromSeed(LOG_ORIGIN, ring.logSeed)
    const now = clock.now()
    yield* takeBackup({ snapshot, seal, keyring: ring, logKey, program: VERSION, now, random, have, partEntries })
  } finally {
    await snapshot.close()
  }
}

/** `tyler-server backup`: beside the server or without it, by whoever holds the root key. @throws StartFault, TylerError */
export async function backupInto(
  config: Config,
  folder: string,
  surroundings: Surroundings,
  say: (line: string) => number,
  partEntries = PART_ENTRIES,
): Promise<number> {
  try {
    const have = await partsIn(folder)
    const show = progressOn(process.stderr, surroundings.clock)
    const bytes = await storeBackup(folder, backupOf(config, surroundings, { have, partEntries }), show.step)
    show.end()
    say(`Backup in ${folder}: ${bytes} bytes written`)
    return say(`It is of no use without the root key, which is not in it: ${rootIn(config)}`)
  } catch (error) {
    if (error instanceof FolderFault) throw new StartFault(error.message)
    throw fileFault(error, `The backup in ${folder} stopped; run it again to go on`)
  }
}

function rootIn({ aws }: Config): string {
  if (aws === null || aws.kms === null) return "keep a copy of that elsewhere (tyler-server keys escrow)."
  return "see that nobody deletes the KMS key that wraps the keyring (tyler keys status names it)."
}
