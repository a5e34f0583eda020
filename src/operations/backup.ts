import type { Part } from "../backup/manifest.ts"
import type { Piece } from "../backup/piece.ts"
import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import { requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"
import { spendGovern } from "./step-up.ts"

/** Takes backups of what the service keeps. */
export interface BackupSource {
  /** What they are sealed to, for the entry; null: they are not set up. */
  readonly sealedTo: string | null
  take(have: readonly Part[]): AsyncGenerator<Piece>
}

/** Sources that one is being taken from. */
const busy = new WeakSet<BackupSource>()

export interface BackupAsk {
  readonly reason: Reason
  /** Parts that the caller has from an earlier time. */
  readonly have: readonly Part[]
}

/**
 * On record before anything is read. To whom it is sealed is not the caller's to say: an admin's stolen session gets what
 * only the operator's private key opens. @throws TylerError `backup_off`, `backup_running`
 */
export async function takeGoverned(
  on: Service,
  source: BackupSource,
  caller: Caller,
  ask: BackupAsk,
): Promise<AsyncGenerator<Piece>> {
  const about = { action: "BACKUP", resourceType: "service", resourceName: "backup", reason: ask.reason }
  await perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const spent = await spendGovern(on, caller, view)
      if (source.sealedTo === null) throw new TylerError("backup_off")
      if (busy.has(source)) throw new TylerError("backup_running")
      const details = `sealed=${source.sealedTo}`
      return { act: actOf(on, caller, view, about, { by: "role admin", details, spent }), done: () => undefined }
    },
  })
  return alone(source, ask.have)
}

async function* alone(source: BackupSource, have: readonly Part[]): AsyncGenerator<Piece> {
  if (busy.has(source)) throw new TylerError("backup_running")
  busy.add(source)
  try {
    yield* source.take(have)
  } finally {
    busy.delete(source)
  }
}
