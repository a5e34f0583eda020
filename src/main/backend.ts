import { existsSync } from "node:fs"
import { type Mirror, openMirror } from "../adapters/local/mirror.ts"
import type { LedgerWriter } from "../audit/ledger.ts"
import { StartFault } from "../core/start-fault.ts"
import type { KeySource } from "../operations/key-source.ts"
import type { StateReader } from "../state/reader.ts"
import type { Config } from "./config.ts"
import type { Surroundings } from "./unlock.ts"

/** Only who serves makes what is missing: folders, root key, schema, first rows. Who looks finds things as they are. */
export type Purpose = "serve" | "look"

/** Where state lives and who writes it: the only part that differs between profiles. */
export interface Backend {
  readonly reader: StateReader
  readonly ledger: LedgerWriter
  readonly keys: KeySource
  /** Nobody else serves from it until what is answered is disposed. @throws StartFault while somebody does */
  alone(): Promise<AsyncDisposable>
  /** Where it is and who is there, for the operator. */
  place(): Promise<string>
  /** Whether this process, of all that serve from it, is the one that copies the log elsewhere. */
  leads(): Promise<boolean>
  close(): Promise<void>
}

/**
 * The backend that the configuration asks for and the mirror beside it; what was opened is closed with `opened`, also
 * when the other could not be. @throws StartFault, or TylerError `unavailable`
 */
export async function openState(
  config: Config,
  surroundings: Surroundings,
  purpose: Purpose,
  opened: AsyncDisposableStack,
): Promise<{ readonly backend: Backend; readonly mirror: Mirror }> {
  let mirror: Mirror | undefined
  // Last of all: what the ledger signs until it is closed still goes there.
  opened.defer(() => mirror?.close())
  const backend = await openBackend(config, surroundings, purpose)
  opened.defer(() => backend.close())
  if (purpose === "look") requireFolder(config.folders.mirror)
  mirror = openMirror(config.folders.mirror, { clock: surroundings.clock })
  return { backend, mirror }
}

/** The backend that was not asked for is not even loaded: pg alone is 5 MB. */
export async function openBackend(config: Config, surroundings: Surroundings, purpose: Purpose): Promise<Backend> {
  if (config.database === null) return (await import("./embedded.ts")).embedded(config, surroundings, purpose)
  return (await import("./shared.ts")).shared(config, config.database, surroundings, purpose)
}

function requireFolder(mirror: string): void {
  if (existsSync(mirror)) return
  throw new StartFault(
    `There is no mirror folder ${mirror}; set TYLER_MIRROR_DIR, or start the server, which makes one`,
  )
}
