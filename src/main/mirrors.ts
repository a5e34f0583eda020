import type { EntryMirror } from "../audit/entry-mirror.ts"
import type { Clock } from "../core/clock.ts"
import type { Config } from "./config.ts"

/** The mirrors of entries that the configuration asks for; the others are not even loaded. @throws StartFault */
export async function mirrorsFor({ mirrors, folders, aws }: Config, clock: Clock): Promise<readonly EntryMirror[]> {
  const made: EntryMirror[] = []
  if (mirrors.file) made.push((await import("../adapters/local/entry-file.ts")).entryFile(folders.mirror))
  if (aws === null) return made
  if (mirrors.logs !== null)
    made.push((await import("../adapters/aws/log-mirror.ts")).logMirror(aws.place, mirrors.logs, clock))
  if (mirrors.s3 !== null)
    made.push((await import("../adapters/aws/s3-mirror.ts")).s3Mirror(aws.place, mirrors.s3, clock))
  return made
}
