import { existsSync } from "node:fs"
import { claimDataFolder } from "../adapters/local/data-folder.ts"
import { openCheckpoint } from "../audit/checkpoint.ts"
import { logKeyFromSeed, NoteError, verifierKeyText } from "../audit/note.ts"
import type { Unseal } from "../backup/age.ts"
import { FolderFault, requirePart } from "../backup/folder.ts"
import { keyRowsOf, type Manifest } from "../backup/manifest.ts"
import { openManifest } from "../backup/read.ts"
import { restoreBackup } from "../backup/restore.ts"
import { TylerError } from "../core/errors.ts"
import type { Random } from "../core/random.ts"
import { StartFault } from "../core/start-fault.ts"
import { type Keyring, openKeyring } from "../envelope/keyring.ts"
import { PASSWORD_COST } from "../identity/password.ts"
import { LOG_ORIGIN } from "../operations/audit.ts"
import { recordRestore } from "../operations/recovery.ts"
import type { KeyRow } from "../state/rows.ts"
import type { Filling } from "../state/snapshot.ts"
import { openBackend } from "./backend.ts"
import type { Config } from "./config.ts"
import { fileFault } from "./file-fault.ts"
import { progressOn } from "./progress.ts"
import { rootKeysOf } from "./root-keys.ts"
import { unsealOf } from "./sealing.ts"
import { serviceOf } from "./service.ts"
import { databaseFile } from "./snapshot.ts"
import type { Surroundings } from "./unlock.ts"

export interface RestoreAsk {
  readonly folder: string
  /** Null: the configured passphrase. */
  readonly identityFile: string | null
  /** Read and check everything, write nothing. */
  readonly check: boolean
}

/** `tyler-server restore`: into an empty place only, and only what the root key vouches for. @throws StartFault */
export async function restore(
  config: Config,
  ask: RestoreAsk,
  surroundings: Surroundings,
  say: (line: string) => number,
): Promise<number> {
  try {
    const unseal = unsealOf(config, ask.identityFile)
    const { manifest, root } = await vouchedFor(config, ask.folder, unseal, surroundings)
    const { size, madeAt, id } = manifest
    say(`Backup ${id} of ${new Date(madeAt).toISOString()}, ${size} entries: sealed, signed and whole`)
    await using opened = new AsyncDisposableStack()
    const filling = ask.check ? null : opened.use(await emptyPlace(config))
    const show = progressOn(process.stderr, surroundings.clock)
    await restoreBackup({ folder: ask.folder, unseal, manifest, root, filling }, show.step)
    show.end()
    await opened.disposeAsync()
    if (ask.check) return say("Everything in it opens and agrees with its checkpoint; nothing was restored")
    await recordHere(config, manifest, surroundings)
    say("Restored, and on record. People have to sign in again. What was revoked or changed since the backup is as it")
    return say("was then. If a mirror has seen more, the server serves nothing until: tyler-server accept-rollback")
  } catch (error) {
    if (error instanceof FolderFault) throw new StartFault(error.message)
    throw fileFault(error, "The restore stopped, and nothing is there of it")
  }
}

/** All that can be known before anything is touched. */
async function vouchedFor(
  config: Config,
  folder: string,
  unseal: Unseal,
  { random }: Surroundings,
): Promise<{ readonly manifest: Manifest; readonly root: Buffer }> {
  const read = await openManifest(folder, unseal)
  const { manifest } = read
  const check = Buffer.from(manifest.rootKeyCheck, "base64")
  const keyring = await keyringOf(config, check, keyRowsOf(manifest), random)
  if (!read.genuine(keyring.rowsKey))
    throw new StartFault("The backup was not made by this installation, or was changed")
  for (const part of manifest.parts) await requirePart(folder, part)
  const key = verifierKeyText(logKeyFromSeed(LOG_ORIGIN, keyring.logSeed))
  try {
    return { manifest, root: openCheckpoint(manifest.checkpoint, key).root }
  } catch (error) {
    if (error instanceof NoteError) throw new StartFault(`The backup's checkpoint: ${error.message}`)
    throw error
  }
}

/** Opened with the root key, which is a file or a key in KMS: the backup does not say which. @throws StartFault */
async function keyringOf(config: Config, check: Buffer, rows: readonly KeyRow[], random: Random): Promise<Keyring> {
  try {
    const root = await rootKeysOf(config, random).find(check)
    if (root !== undefined) return await openKeyring(rows, root.wrapper)
  } catch (error) {
    const cause = error instanceof TylerError ? error.facts["cause"] : undefined
    if (typeof cause !== "string" || config.aws === null) throw error
    throw new StartFault(`KMS does not open the keys of the backup (${cause}); nothing was touched: see docs/aws.md`)
  }
  const named = config.aws === null || config.aws.kms === null ? "set KMS_KEY_ID" : "name it in KMS_KEY_ID"
  throw new StartFault(
    `The backup was made under the root key ${check.toString("hex", 0, 4)}, and that is not here; ` +
      `put it in place as ${config.folders.rootKeyFile} first, from its copy or its escrow, or ${named} if it is in KMS`,
  )
}

async function emptyPlace(config: Config): Promise<Filling> {
  if (config.database !== null) {
    const { url, migrationUrl } = config.database
    const { host, pathname } = new URL(url)
    const { migrate, servingRoleOf } = await import("../adapters/postgres/migrate.ts")
    await migrate({ url: migrationUrl, ...servingRoleOf(url, migrationUrl) })
    return (await import("../adapters/postgres/fill.ts")).fillDatabase(migrationUrl, host + pathname)
  }
  await using opened = new AsyncDisposableStack()
  const folder = claimDataFolder(config.folders.data)
  opened.defer(() => folder.release())
  const path = databaseFile(config)
  if (existsSync(path)) throw new StartFault(`There is a database ${path} already; restore into an empty data folder`)
  const filling = opened.use((await import("../adapters/sqlite/fill.ts")).fillDatabase(path))
  const held = opened.move()
  return { ...filling, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

/** Not mirrored: a mirror that has seen more must still be able to say so at the next start. */
async function recordHere(config: Config, manifest: Manifest, surroundings: Surroundings): Promise<void> {
  const { clock, random } = surroundings
  const backend = await openBackend(config, surroundings, "look")
  try {
    const { lastTime } = await backend.reader.head()
    const service = serviceOf(config, backend, clock, random, lastTime, PASSWORD_COST)
    await recordRestore(service, { id: manifest.id, size: manifest.size, madeAt: manifest.madeAt })
  } finally {
    await backend.close()
  }
}
