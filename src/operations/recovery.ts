import { record } from "../audit/ledger.ts"
import { sha256 } from "../core/bytes.ts"
import { DAY_MS } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"
import { ADMIN, type Principal } from "../core/principal.ts"
import { randomText } from "../core/random.ts"
import { principalGenuine } from "../identity/row-mac.ts"
import { parseUsername } from "../identity/username.ts"
import type { Change } from "../state/change.ts"
import { signedPrincipal } from "./accounts.ts"
import { draftEntry } from "./entry.ts"
import type { Service } from "./service.ts"

/** Whoever holds the root key on the server's machine. */
const OPERATOR: Principal = {
  id: "operator",
  kind: "job",
  name: "operator",
  roles: [],
  assurance: "system",
  epoch: 0,
  sessionId: null,
}

/**
 * Gives a person who cannot sign in any more the role admin and a one-time password: signing in with it opens a session
 * that can only set a new one. All their sessions end. Of a row that was tampered with only the name is kept.
 * @throws TylerError `not_found`
 */
export async function recoverAdmin(on: Service, username: string): Promise<{ readonly password: string }> {
  const parsed = parseUsername(username)
  const row = "name" in parsed ? await on.reader.principalByName(parsed.name) : undefined
  if (row?.kind !== "person" || (await on.reader.erasure(row.id)) !== undefined)
    throw new TylerError("not_found", { error: "No such user" })
  const password = randomText(on.random, 24)
  const trusted = principalGenuine(on.keyring().rowsKey, row)
  const changed = signedPrincipal(on, {
    ...row,
    roles: [...new Set([...(trusted ? row.roles : []), ADMIN])].toSorted(),
    disabled: false,
    epoch: row.epoch + 1,
    mustChangePassword: true,
    passwordHash: await on.passwords.hash(password, on.random),
    factorEpoch: row.factorEpoch + 1,
    hasFactor: false,
    mustEnrol: false,
    breakGlass: false,
    email: trusted ? row.email : null,
    changedBy: [],
    ownerId: trusted ? row.ownerId : null,
  })
  const details = `${trusted ? "alarm" : "alarm row_tampered"} factorsReset=${row.id}`
  await recordAlone(on, "ADMIN_RECOVERED", "user", row.id, null, details, [
    { kind: "putPrincipal", row: changed, expectedEpoch: row.epoch },
    { kind: "removeCredentialsOf", principalId: row.id, exceptId: null },
    { kind: "removeFactorsOf", principalId: row.id },
    { kind: "removeGrantsOf", principalId: row.id },
  ])
  return { password }
}

/** Acknowledges that entries were lost: what the mirror had seen and the database has not. */
export async function acceptRollback(on: Service, reason: string, lost: string): Promise<string> {
  return recordAlone(on, "ROLLBACK_ACCEPTED", "audit", "log", reason, lost, [])
}

/** Everything is as a backup had it: which, how long its log was, and when it was made (ms). */
export async function recordRestore(
  on: Service,
  { id, size, madeAt }: { readonly id: string; readonly size: number; readonly madeAt: number },
): Promise<void> {
  const details = `alarm backup=${id} size=${size} made=${new Date(madeAt).toISOString()}`
  await recordAlone(on, "BACKUP_RESTORED", "service", "backup", null, details, [])
}

/** How long a backup that is on record is known to be; what is found later is recorded again rather than not at all. */
const KNOWN_MS = 30 * DAY_MS

/** Whoever is on the host with the root key takes a backup. Once for each id. */
export async function recordBackup(
  on: Service,
  { id, at, sealed }: { readonly id: string; readonly at: number; readonly sealed: string },
): Promise<void> {
  const used = sha256(Buffer.from(`tyler-backup-taken/1\n${id}`, "utf8"))
  if (await on.reader.usedOnce(used)) return
  const details = `sealed=${sealed} id=${id} at=${new Date(at).toISOString()}`
  const once: Change = { kind: "useOnce", id: used, expiresAt: on.clock.now() + KNOWN_MS }
  await recordAlone(on, "BACKUP", "service", "backup", null, details, [once])
}

/** Somebody has opened what the root key was sealed in. */
export async function confirmEscrow(on: Service): Promise<string> {
  const { check } = on.keys.root()
  const details = `check=${Buffer.from(check).toString("hex", 0, 4)}`
  const change: Change = { kind: "confirmEscrow", rootKeyCheck: check, at: on.clock.now() }
  return recordAlone(on, "KEY_ESCROW_CONFIRMED", "key", "root", null, details, [change])
}

/** @returns the checkpoint that covers the entry. */
async function recordAlone(
  on: Service,
  action: string,
  resourceType: string,
  resourceName: string,
  reason: string | null,
  details: string,
  changes: readonly Change[],
): Promise<string> {
  const origin = { requestId: on.random.uuid(), ip: "", userAgent: "" }
  const about = { action, resourceType, resourceName, reason }
  const entry = draftEntry(on, OPERATOR, origin, about, { result: "SUCCESS", decision: "root_key", details })
  const act = { entry, policyEpoch: null, principal: null, secret: null, grant: null, quota: null, changes }
  const [settled] = await record(on.ledger, [act])
  if (settled === undefined || "moved" in settled) throw new TylerError("busy")
  return settled.receipt.facts.checkpoint
}
