import type { BackupPart } from "../api/backup.ts"
import type { Caller } from "./caller.ts"
import type { Reasoned } from "./secrets.ts"

export interface Backups {
  /**
   * A sealed backup in frames, as spec/backup.md has them, in pieces as they come; for admins, with a step-up token for
   * `govern`. @param have parts of an earlier backup, which are not sent again
   */
  take(have: readonly BackupPart[], options?: Reasoned): AsyncGenerator<Uint8Array, void, undefined>
}

export function backupsOf(caller: Caller): Backups {
  return {
    take: (have, options = {}) =>
      caller.sendForStream("/api/backup", { reason: caller.reason(options.reason), have }, options),
  }
}
