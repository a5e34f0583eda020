import { lstatSync, mkdirSync } from "node:fs"
import { StartFault } from "../../core/start-fault.ts"

/** Everything group and others might hold. */
const OTHERS = 0o077

/**
 * Makes `folder` if it is missing (0700) and refuses one that somebody else could read, write or have put there.
 * @throws StartFault naming the folder and what would put it right.
 */
export function ensureOwnedFolder(folder: string, what: string): void {
  try {
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StartFault(`The ${what} ${folder} cannot be created (${codeOf(error)})`)
  }
  const problem = folderProblem(folder)
  if (problem !== undefined) throw new StartFault(`The ${what} ${folder} ${problem}`)
}

/** What is wrong with a folder that ought to be ours alone; completes the sentence "The folder X ...". */
export function folderProblem(folder: string): string | undefined {
  let stat: ReturnType<typeof lstatSync>
  try {
    stat = lstatSync(folder)
  } catch (error) {
    return `cannot be looked at (${codeOf(error)})`
  }
  if (stat.isSymbolicLink()) return "is a symbolic link; give the path it leads to"
  if (!stat.isDirectory()) return "is not a folder"
  if (stat.uid !== process.getuid?.())
    return `belongs to another user (uid ${stat.uid}); start as that user or chown it`
  if ((stat.mode & OTHERS) !== 0) return `can be opened by other users; run: chmod 700 ${folder}`
  return undefined
}

/** The system's code of a file error, such as `EACCES`. Its message is not passed on: it may quote what it likes. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown error"
}
