import { FolderFault, partsIn, storeBackup } from "../backup/folder.ts"
import type { Part } from "../backup/manifest.ts"
import type { Piece } from "../backup/piece.ts"
import { PART_ENTRIES } from "../backup/parts.ts"
import { keysIn, takeBackup } from "../backup/take.ts"
import { logKeyFromSeed } from "../audit/note.ts"
import type { Random } from "../core/random.ts"
import type { Snapshot } from "../state/snapshot.ts"
import type { Surroundings } from "./unlock.ts"
import { StartFault } from "../core/start-fault.ts"
import { type Keyring, openKeyring } from "../envelope/keyring.ts"
import { LOG_ORIGIN } from "../operations/audit.ts"
import type { Config } from "./config.ts"
import { fileFault } from "./file-fault.ts"
import { putOnRecord } from "./backup-record.ts"
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

/** With a keyring: that of the server that takes it, on record already. Without: opened with the root key, and then told. */
type Keys = Keyring | ((opened: Keyring) => Promise<void>)

/** The backup of this moment. @throws StartFault, TylerError */
export async function* backupOf(
  config: Config,
  { clock, random }: Surroundings,
  { have, partEntries = PART_ENTRIES }: Parts,
  given: Keys,
): AsyncGenerator<Piece> {
  const seal = sealOf(config)
  const snapshot = await openSnapshot(config)
  try {
    const keyring = typeof given === "function" ? await openedWith(config, snapshot, random) : given
    if (typeof given === "function") await given(keyring)
    const logKey = logKeyFromSeed(LOG_ORIGIN, keyring.logSeed)
    const now = clock.now()
    yield* takeBackup({ snapshot, seal, keyring, logKey, program: VERSION, now, random, have, partEntries })
  } finally {
    await snapshot.close()
  }
}

async function openedWith(config: Config, snapshot: Snapshot, random: Random): Promise<Keyring> {
  const { rootKeyCheck, keys } = await keysIn(snapshot)
  const root = await rootKeysOf(config, random).find(rootKeyCheck)
  if (root === undefined) throw wrongRootKey("that is to be backed up", config)
  return openKeyring(keys, root.wrapper)
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
    let record = ""
    const pieces = backupOf(config, surroundings, { have, partEntries }, async (keyring) => {
      record = await putOnRecord(config, keyring, surroundings)
    })
    const bytes = await storeBackup(folder, pieces, show.step)
    show.end()
    say(`Backup in ${folder}: ${bytes} bytes written. ${record}.`)
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
