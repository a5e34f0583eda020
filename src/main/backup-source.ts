import type { KeySource } from "../operations/key-source.ts"
import type { BackupSource } from "../operations/backup.ts"
import { StartFault } from "../core/start-fault.ts"
import { TylerError } from "../core/errors.ts"
import type { Config } from "./config.ts"
import type { Surroundings } from "./unlock.ts"

/** Backups over HTTP. What makes them is loaded with the first one: a start would take 10 ms longer. */
export function backupSource(
  config: Config,
  surroundings: Surroundings,
  keys: Pick<KeySource, "current">,
): BackupSource {
  return {
    sealedTo: sealedTo(config),
    async *take(have) {
      const { backupOf } = await import("./backup.ts")
      try {
        yield* backupOf(config, surroundings, { have }, keys.current())
      } catch (error) {
        // A passphrase file that has gone: which one is for the log.
        throw error instanceof StartFault ? new TylerError("backup_off", {}, error.message) : error
      }
    },
  }
}

/** For the entry; null: backups are not set up. */
export function sealedTo({ backup }: Config): string | null {
  if (backup === null) return null
  return "recipients" in backup ? `recipients=${backup.recipients.length}` : "passphrase"
}
