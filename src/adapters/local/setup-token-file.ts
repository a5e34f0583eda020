import { closeSync, constants, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from "node:fs"
import { StartFault } from "../../core/start-fault.ts"
import { codeOf } from "./owned-folder.ts"

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants

/**
 * Writes the setup token and a line feed where only this user can read it (0600). What an earlier start left there is
 * replaced, never written into: whoever holds that file open does not get to see the new token. @throws StartFault
 */
export function writeSetupToken(path: string, token: string): void {
  const fresh = `${path}.${process.pid}.tmp`
  try {
    const file = openSync(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    try {
      writeSync(file, `${token}\n`)
      fsyncSync(file)
      renameSync(fresh, path)
    } catch (error) {
      unlinkSync(fresh)
      throw error
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw new StartFault(`The setup token cannot be written to ${path} (${codeOf(error)})`)
  }
}
