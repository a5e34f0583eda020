import { TylerError } from "../core/errors.ts"
import { StartFault } from "../core/start-fault.ts"
import type { Keyring } from "../envelope/keyring.ts"
import { PASSWORD_COST } from "../identity/password.ts"
import { recordBackup } from "../operations/recovery.ts"
import { openBackend } from "./backend.ts"
import { leaveNote } from "./backup-notes.ts"
import { sealedTo } from "./backup-source.ts"
import type { Config } from "./config.ts"
import { serviceOf } from "./service.ts"
import type { Surroundings } from "./unlock.ts"

/**
 * Puts a backup that is taken on the host on record, before anything of it is written. PostgreSQL takes entries from any
 * process that has the root key. SQLite has one writer, so it is left a note. Where neither can be done the backup goes on
 * and says so: a full disk may be why somebody takes it.
 * @returns what is to be said of it @throws StartFault
 */
export async function putOnRecord(config: Config, keyring: Keyring, surroundings: Surroundings): Promise<string> {
  const { clock, random } = surroundings
  const note = { id: random.uuid(), at: clock.now(), sealed: sealedTo(config) ?? "" }
  try {
    if (config.database === null) {
      leaveNote(config.folders.data, keyring.rowsKey, note)
      return "The server puts it on record within ten seconds, or at its next start"
    }
    const backend = await openBackend(config, surroundings, "look")
    try {
      const { lastTime } = await backend.reader.head()
      await recordBackup(serviceOf(config, backend, clock, random, lastTime, PASSWORD_COST), note)
    } finally {
      await backend.close()
    }
    return "On record"
  } catch (error) {
    if (error instanceof StartFault && config.database === null) return `NOT on record: ${error.message}`
    if (!(error instanceof TylerError)) throw error
    const { cause } = error.facts
    return `NOT on record: the database takes no entries (${typeof cause === "string" ? cause : error.code})`
  }
}
