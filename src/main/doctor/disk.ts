import { statfsSync } from "node:fs"
import type { Config } from "../config.ts"
import { type Finding, fault, ok, warn } from "./finding.ts"

const MIB = 2 ** 20
/** Below this the next hour may be the last: SQLite's log alone takes 64 MiB. */
export const LEAST_MIB = 256
/** Below a tenth of the disk, or this, whichever is less. */
const LITTLE_MIB = 4096

/** @param free of one disk, in bytes @param all its size */
export function diskFinding(folder: string, free: number, all: number): Finding {
  const mib = Math.floor(free / MIB)
  const share = all === 0 ? 0 : Math.floor((100 * free) / all)
  const text = `${mib} MiB (${share}%) free under ${folder}`
  if (mib < LEAST_MIB) return fault("disk", text, "make room: a full disk refuses every read and write")
  if (mib < LITTLE_MIB && share < 10) return warn("disk", text, "make room, or keep entries for less long")
  return ok("disk", text)
}

export function diskLook({ folders, database }: Config): readonly Finding[] {
  const looked = [...(database === null ? [folders.data] : []), folders.mirror]
  return looked.map((folder) => {
    try {
      const { bavail, bsize, blocks } = statfsSync(folder)
      return diskFinding(folder, bavail * bsize, blocks * bsize)
    } catch {
      return fault("disk", `${folder} cannot be looked at`, "is it there, and mounted?")
    }
  })
}
