import { existsSync } from "node:fs"
import type { Clock } from "../core/clock.ts"
import type { Random } from "../core/random.ts"
import { PASSWORD_COST } from "../identity/password.ts"
import { StartFault } from "../core/start-fault.ts"
import type { RootName } from "../envelope/kek.ts"
import { publicLogKey } from "../operations/audit.ts"
import { escrowState } from "../operations/escrow.ts"
import { acceptRollback, confirmEscrow, recoverAdmin } from "../operations/recovery.ts"
import type { Service } from "../operations/service.ts"
import { type Backend, openState } from "./backend.ts"
import type { Config } from "./config.ts"
import { escrowLine, isRootKeyDigest } from "./escrow.ts"
import { detectRollback, mirrored } from "./mirrored.ts"
import { serviceOf } from "./service.ts"

/** What the operator does with the server stopped and the root key at hand. */
export interface Offline {
  recoverAdmin(username: string): Promise<{ readonly password: string }>
  /** @throws StartFault if nothing was rolled back. */
  acceptRollback(reason: string): Promise<{ readonly lost: string }>
  /** @param digest of the root key, in hex, from whoever opened its escrow @throws StartFault if it is another's */
  confirmEscrow(digest: string): Promise<void>
  /** Lines that say what was found; never changes anything. */
  diagnose(): Promise<readonly string[]>
}

/** Runs one such task over the data folder, which a running server would refuse to share. @throws StartFault */
export async function offline<T>(
  config: Config,
  clock: Clock,
  random: Random,
  use: (on: Offline) => Promise<T>,
): Promise<T> {
  if (config.profile === "embedded" && !existsSync(config.folders.data))
    throw new StartFault(`There is no data folder ${config.folders.data}`)
  await using opened = new AsyncDisposableStack()
  const { backend, mirror } = await openState(config, { clock, random }, "look", opened)
  const { lastTime } = await backend.reader.head()
  const ledger = mirrored(backend.ledger, mirror)
  const service = serviceOf(config, { ...backend, ledger }, clock, random, lastTime, PASSWORD_COST)
  const rollback = () => detectRollback(backend.reader, mirror, publicLogKey(service))
  return await use({
    async recoverAdmin(username) {
      await using _alone = await backend.alone()
      if ((await rollback()) !== undefined) throw new StartFault("The database was rolled back; accept that first")
      return recoverAdmin(service, username)
    },
    async acceptRollback(reason) {
      const found = await rollback()
      if (found === undefined) throw new StartFault("Nothing was rolled back: the database agrees with the mirror")
      const lost = `stored=${found.storedSize} mirrored=${found.mirroredSize} cause=${found.cause}`
      mirror.append(await acceptRollback(service, reason, lost))
      return { lost }
    },
    async confirmEscrow(digest) {
      const { name, check } = service.keys.root()
      if (name.kind === "kms") throw new StartFault("The root key is in AWS KMS, and needs no escrow")
      if (!isRootKeyDigest(config, check, digest))
        throw new StartFault("That is not the digest of the root key in use: what was opened is another key's escrow")
      if ((await rollback()) !== undefined) throw new StartFault("The database was rolled back; accept that first")
      await confirmEscrow(service)
    },
    diagnose: () => diagnose(config, backend, service, rollback),
  })
}

async function diagnose(
  config: Config,
  backend: Backend,
  service: Service,
  rollback: () => ReturnType<typeof detectRollback>,
): Promise<string[]> {
  const head = await backend.reader.head()
  const found = await rollback()
  const policies = await service.policies.reload().then(
    (set) => `ok: ${set.rows.length} policy rows, authentic, epoch ${set.epoch}`,
    () => "FAULT: the policy rows do not match their authentication code",
  )
  const keys = await backend.reader.keys()
  return [
    `ok: ${await backend.place()}`,
    `ok: ${rootText(config, backend.keys.root().name)} opens all ${keys.length} keys`,
    escrowLine(await escrowState(service), config),
    policies,
    `ok: audit log of ${head.size} entries, newest ${head.size === 0 ? "none" : new Date(head.lastTime).toISOString()}`,
    found === undefined
      ? `ok: the mirror ${config.folders.mirror} agrees with the log`
      : `FAULT: rolled back: the mirror has seen ${found.mirroredSize} entries, the database holds ${found.storedSize}`,
    (await backend.reader.setupClosed()) ? "ok: the first admin is set up" : "note: the first admin is not set up yet",
  ]
}

function rootText({ folders }: Config, name: RootName): string {
  return name.kind === "kms" ? `KMS key ${name.keyArn}` : `root key ${folders.rootKeyFile}`
}
