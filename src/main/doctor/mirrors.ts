import { accessSync, constants } from "node:fs"
import { openMirror } from "../../adapters/local/mirror.ts"
import type { EntryMirror } from "../../audit/entry-mirror.ts"
import type { Clock } from "../../core/clock.ts"
import { TylerError } from "../../core/errors.ts"
import { StartFault } from "../../core/start-fault.ts"
import type { StateReader } from "../../state/reader.ts"
import type { Config } from "../config.ts"
import { detectRollback } from "../mirrored.ts"
import { mirrorsFor } from "../mirrors.ts"
import { causeOf } from "./cause.ts"
import { type Finding, fault, ok, warn } from "./finding.ts"

/** Each copy of the log: whether it is this log's, and how far behind. */
export async function mirrorsLook(
  config: Config,
  reader: StateReader,
  logKey: string,
  clock: Clock,
): Promise<readonly Finding[]> {
  const copies = await mirrorsFor(config, clock)
  try {
    return [
      await folderFinding(config, reader, logKey, clock),
      ...(await Promise.all(copies.map((copy) => copyFinding(copy, reader)))),
    ]
  } finally {
    for (const copy of copies) copy.close()
  }
}

async function folderFinding({ folders }: Config, reader: StateReader, logKey: string, clock: Clock): Promise<Finding> {
  const folder = folders.mirror
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    const mirror = openMirror(folder, { clock })
    const found = await detectRollback(reader, mirror, logKey)
    if (found !== undefined)
      return fault(
        "mirror",
        `rolled back: ${folder} has seen ${found.mirroredSize} entries, the database holds ${found.storedSize}`,
        "find out who put an older database back; then tyler-server accept-rollback",
      )
    if (mirror.newest() === undefined)
      return warn("mirror", `${folder} holds no checkpoint yet`, "start the server; the next entry makes one")
    return ok("mirror", `${folder} agrees with the log`)
  } catch (error) {
    if (error instanceof TylerError) throw error
    const text = error instanceof StartFault ? error.message : `${folder} cannot be read and written`
    return fault("mirror", text, "see docs/runbooks/mirror-failing.md")
  }
}

/** Entries that may wait without anybody being told: what gathers for a minute. */
const USUAL = 1_000

async function copyFinding(copy: EntryMirror, reader: StateReader): Promise<Finding> {
  const name = `mirror-${copy.name}`
  try {
    const { size } = await reader.head()
    const tip = await copy.tip(size)
    const waiting = size - (tip === null ? 0 : tip.index + 1)
    if (waiting < 0)
      return fault(
        name,
        `it holds ${-waiting} entries that the log lacks`,
        "it is another log's, or the database was rolled back",
      )
    const text = `${waiting} of ${size} entries wait for it`
    return waiting > USUAL ? warn(name, text, "see docs/runbooks/mirror-backlog.md") : ok(name, text)
  } catch (error) {
    const cause = causeOf(error)
    if (cause === undefined) throw error
    return fault(
      name,
      `it does not answer: ${cause}`,
      "tyler-server aws doctor says which permission; see docs/runbooks/mirror-failing.md",
    )
  }
}
