import { type Mirror, openMirror } from "../adapters/local/mirror.ts"
import type { LedgerWriter } from "../audit/ledger.ts"
import type { KeySource } from "../operations/key-source.ts"
import type { StateReader } from "../state/reader.ts"
import type { Config } from "./config.ts"
import type { Surroundings } from "./unlock.ts"

/** Where state lives and who writes it: the only part that differs between profiles. */
export interface Backend {
  readonly reader: StateReader
  readonly ledger: LedgerWriter
  readonly keys: KeySource
  close(): Promise<void>
}

/**
 * The backend that the configuration asks for and the mirror beside it; what was opened is closed with `opened`, also
 * when the other could not be. @throws StartFault, or TylerError `unavailable`
 */
export async function openState(
  config: Config,
  surroundings: Surroundings,
  opened: AsyncDisposableStack,
): Promise<{ readonly backend: Backend; readonly mirror: Mirror }> {
  let mirror: Mirror | undefined
  // Last of all: what the ledger signs until it is closed still goes there.
  opened.defer(() => mirror?.close())
  const backend = await openBackend(config, surroundings)
  opened.defer(() => backend.close())
  mirror = openMirror(config.folders.mirror, { clock: surroundings.clock })
  return { backend, mirror }
}

/** The backend that was not asked for is not even loaded: pg alone is 5 MB. */
async function openBackend(config: Config, surroundings: Surroundings): Promise<Backend> {
  if (config.database === null) return (await import("./embedded.ts")).embedded(config, surroundings)
  return (await import("./shared.ts")).shared(config, config.database, surroundings)
}
