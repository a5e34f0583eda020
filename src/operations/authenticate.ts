import { equalBytes } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import { ADMIN, type Origin, type Principal } from "../core/principal.ts"
import type { Reason } from "../core/reason.ts"
import { openField } from "../envelope/field.ts"
import { parseAccessKeyId } from "../identity/access-key.ts"
import { parseToken, tokenKey } from "../identity/credential.ts"
import { credentialGenuine, principalGenuine } from "../identity/row-mac.ts"
import type { CredentialRow, PrincipalRow } from "../state/rows.ts"
import { keyPlace } from "./accounts.ts"
import { hasOwner } from "./owner.ts"
import type { Caller, Service } from "./service.ts"
import { recordTampering } from "./service-entries.ts"

/** Principals held by token hash, so that an ordinary read costs no look-up. Stale ones are found by their epoch. */
const HELD_TOKENS = 10_000

interface Held {
  readonly principal: Principal
  readonly expiresAt: number
  readonly sealedKey: Uint8Array | null
}

/** Whose an access key is, before its signature was looked at. */
export interface KeyHolder {
  /** For a request whose signature is right, and for no other. */
  readonly caller: Caller
  /** The secret half. Whoever asks wipes it. */
  secret(): Buffer
}

export interface Authenticator {
  /** The caller, if the token was used before and has not expired since; without a wait. */
  held(token: string, origin: Origin): Caller | undefined
  /** @throws TylerError `unauthenticated`: the same for a malformed, unknown, expired or revoked token. */
  authenticate(token: string, origin: Origin): Promise<Caller>
  /**
   * Whose an access key is: at once if it was used before and has not expired since.
   * @throws TylerError `unauthenticated`: the same for a malformed, unknown, expired or revoked key.
   */
  accessKey(id: string, origin: Origin): KeyHolder | Promise<KeyHolder>
  /** Forgets what is held of a credential that has just been removed. */
  forget(credentialId: string): void
}

export function authenticator(on: Service): Authenticator {
  const held = new Map<string, Held>()

  async function load(key: string, origin: Origin): Promise<Held> {
    held.delete(key)
    const { credential, owner } = await rowsOf(on, Buffer.from(key, "base64"))
    const { expiresAt, sealedKey } = credential
    const principal = await principalOf(on, origin, credential, owner)
    if (held.size >= HELD_TOKENS) {
      const oldest = held.keys().next()
      if (!oldest.done) held.delete(oldest.value)
    }
    const one = { principal, expiresAt, sealedKey }
    held.set(key, one)
    return one
  }

  function callerOf(key: string, principal: Principal, origin: Origin): Caller {
    const refresh = async (): Promise<Principal> => (await load(key, origin)).principal
    return { principal, origin, verification: null, refresh }
  }

  function live(key: string): Held | undefined {
    const known = held.get(key)
    return known === undefined || known.expiresAt <= on.expiryNow() ? undefined : known
  }

  function holderOf(id: string, key: string, { principal, sealedKey }: Held, origin: Origin): KeyHolder {
    if (sealedKey === null) throw new TylerError("unauthenticated")
    const secret = (): Buffer => openField(on.keyring().rowsKey, keyPlace(id), sealedKey)
    return { caller: callerOf(key, principal, origin), secret }
  }

  return {
    held(token, origin) {
      if (parseToken(token) === undefined) return undefined
      const key = tokenKey(token)
      const known = live(key)
      return known === undefined ? undefined : callerOf(key, known.principal, origin)
    },
    async authenticate(token, origin) {
      if (parseToken(token) === undefined) throw new TylerError("unauthenticated")
      const key = tokenKey(token)
      return callerOf(key, (await load(key, origin)).principal, origin)
    },
    accessKey(id, origin) {
      if (parseAccessKeyId(id) === undefined) throw new TylerError("unauthenticated")
      const key = tokenKey(id)
      const known = live(key)
      if (known !== undefined) return holderOf(id, key, known, origin)
      return load(key, origin).then((loaded) => holderOf(id, key, loaded, origin))
    },
    forget(credentialId) {
      for (const [key, one] of held) if (one.principal.sessionId === credentialId) held.delete(key)
    },
  }
}

interface Rows {
  readonly credential: CredentialRow
  readonly owner: PrincipalRow
}

/**
 * Both rows as of one moment. They are two reads, and between them the owner may have moved on to his next epoch, for
 * which the credential is signed anew: then both are read again.
 */
async function rowsOf(on: Service, tokenHash: Buffer): Promise<Rows> {
  for (let round = 0; ; round++) {
    const credential = await on.reader.credentialByHash(tokenHash)
    const owner = credential && (await on.reader.principalById(credential.principalId))
    if (credential === undefined || owner === undefined) throw new TylerError("unauthenticated")
    if (round === ROUNDS || credentialGenuine(on.keyring().rowsKey, credential, owner.epoch))
      return { credential, owner }
    const again = await on.reader.principalById(owner.id)
    const same = await on.reader.credentialByHash(tokenHash)
    if (again?.epoch === owner.epoch && same !== undefined && equalBytes(same.mac, credential.mac))
      return { credential, owner }
  }
}

const ROUNDS = 5

function isUnguarded({ settings }: Service, { kind }: CredentialRow, { roles }: PrincipalRow): boolean {
  return settings.adminKeysUnguarded && kind === "access_key" && roles.includes(ADMIN)
}

/** A row that fails its authentication code grants nothing, and its holder learns no more than that. */
async function principalOf(
  on: Service,
  origin: Origin,
  credential: CredentialRow,
  row: PrincipalRow,
): Promise<Principal> {
  const key = on.keyring().rowsKey
  if (!credentialGenuine(key, credential, row.epoch)) throw await tampered(on, origin, "credential", credential.id)
  if (row.disabled || credential.expiresAt <= on.expiryNow()) throw new TylerError("unauthenticated")
  if (!principalGenuine(key, row)) throw await tampered(on, origin, "principal", row.id)
  if (row.kind === "program" && !(await hasOwner(on, row))) throw new TylerError("unauthenticated")
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    roles: row.roles,
    assurance: credential.assurance,
    epoch: row.epoch,
    sessionId: credential.id,
    ...(credential.scope === null ? {} : { scope: credential.scope }),
    ...(isUnguarded(on, credential, row) ? { unguarded: true } : {}),
    ...standingReasonOf(credential.standingReason ?? row.standingReason),
  }
}

function standingReasonOf(text: string | null): Pick<Principal, "standingReason"> {
  return text === null ? {} : { standingReason: text as Reason }
}

async function tampered(
  on: Service,
  origin: Origin,
  kind: "principal" | "credential",
  id: string,
): Promise<TylerError> {
  await recordTampering(on, origin, kind, id)
  const told = new TylerError("unauthenticated", {}, `row_tampered: ${kind} ${id}`)
  told.cause = new TylerError("row_tampered")
  return told
}
