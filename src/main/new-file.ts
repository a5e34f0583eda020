import { closeSync, fsyncSync, openSync, writeSync } from "node:fs"
import { dirname } from "node:path"
import { syncFolder } from "../adapters/local/root-key.ts"
import { StartFault } from "../core/start-fault.ts"

/** A file for its owner alone that was not there. @throws StartFault */
export function placeNew(file: string, bytes: Uint8Array): void {
  try {
    const fd = openSync(file, "wx", 0o600)
    try {
      writeSync(fd, bytes)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    syncFolder(dirname(file))
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error"
    throw new StartFault(`${file} cannot be written (${code === "EEXIST" ? "something is already there" : code})`)
  }
}
