import { Readable } from "node:stream"
import { BackupBody } from "../../api/backup.ts"
import { parseBody } from "../../api/parse.ts"
import { framed } from "../../backup/frames.ts"
import { REASON_MIN } from "../../core/reason.ts"
import { takeGoverned } from "../../operations/backup.ts"
import { acceptReason } from "../accept.ts"
import { givingUp } from "../giving-up.ts"
import type { Handler } from "./handlers.ts"

/** A snapshot of the database is held for as long as somebody takes the answer, so whoever stops taking it loses it. */
const STALLED_MS = 60_000

export const backupRoutes = {
  "POST /api/backup": async ({ wiring, caller, body }) => {
    const { reason, have = [] } = parseBody(BackupBody, body)
    const ask = { reason: acceptReason(reason, REASON_MIN), have }
    const frames = framed(await takeGoverned(wiring.service, wiring.backup, caller, ask))
    // What cannot even begin is a refusal with a code; later the connection breaks, which no reader takes for an end.
    const first = await frames.next()
    return {
      status: 200,
      headers: { "content-type": "application/octet-stream", "cache-control": "no-store" },
      stream: Readable.from(givingUp(first, frames, STALLED_MS), { objectMode: false }),
    }
  },
} satisfies Record<string, Handler>
