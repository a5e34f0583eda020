import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs"
import { join } from "node:path"
import type { KeyObject } from "node:crypto"
import type { Logger } from "pino"
import { MAX_NOTE, type Note, noteText, openNote } from "../backup/note.ts"
import { recordBackup } from "../operations/recovery.ts"
import type { Service } from "../operations/service.ts"
import { placeNew } from "./new-file.ts"

const NAME = /^backup-note-[0-9a-f-]{36}\.json$/

/** Of one round; the next one, ten seconds later, takes the rest. */
const AT_ONCE = 16

/** Whole at once, and readable by the server's user, whoever takes the backup: the folder keeps others out. @throws StartFault */
export function leaveNote(folder: string, rowsKey: KeyObject, note: Note): void {
  const file = join(folder, `backup-note-${note.id}.json`)
  placeNew(`${file}.part`, Buffer.from(noteText(rowsKey, note)))
  chmodSync(`${file}.part`, 0o644)
  renameSync(`${file}.part`, file)
}

/** Puts what was left on record, once each, and takes it away. Rejects if nothing can be recorded; then it stays. */
export async function takeNotes(folder: string, service: Service, log: Pick<Logger, "warn">): Promise<void> {
  const names = readdirSync(folder).filter((name) => NAME.test(name))
  for (const name of names.toSorted().slice(0, AT_ONCE)) {
    const file = join(folder, name)
    const note = openNote(service.keyring().rowsKey, textOf(file))
    if (note === undefined) log.warn({ file }, "a note of a backup is not genuine; it is removed")
    else await recordBackup(service, note)
    rmSync(file, { force: true })
  }
}

/** Not more than a note may have; empty for what is no file. */
function textOf(file: string): string {
  let fd: number | undefined
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (!fstatSync(fd).isFile()) return ""
    const bytes = Buffer.alloc(MAX_NOTE + 1)
    return bytes.toString("utf8", 0, readSync(fd, bytes))
  } catch {
    return ""
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
