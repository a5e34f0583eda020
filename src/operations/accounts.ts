import { TylerError } from "../core/errors.ts"
import { ADMIN, isHalf, type TokenScope } from "../core/principal.ts"
import type { Reason } from "../core/reason.ts"
import { sealField } from "../envelope/field.ts"
import { type AccessKey, accessKeyHash, newAccessKey } from "../identity/access-key.ts"
import { newToken, type TokenKind } from "../identity/credential.ts"
import { credentialGenuine, credentialMac, principalGenuine, principalMac } from "../identity/row-mac.ts"
import type { Change } from "../state/change.ts"
import type { CredentialRow, PrincipalRow } from "../state/rows.ts"
import type { View } from "./perform.ts"
import type { Service } from "./service.ts"

/** Rows with their authentication codes; no other place makes one. */
export function signedPrincipal(on: Service, row: Omit<PrincipalRow, "mac">): PrincipalRow {
  return { ...row, mac: principalMac(on.keyring().rowsKey, row) }
}

/**
 * The same principal one epoch later: what any process holds of it no longer records. Never signs a row that fails its
 * own code: whoever can write the database would only have to wait until somebody changes what he wrote.
 * @throws TylerError `row_tampered`
 */
export function nextEpoch(on: Service, row: PrincipalRow, change: Partial<PrincipalRow> = {}): PrincipalRow {
  return signedPrincipal(on, { ...genuine(on, row), ...change, epoch: row.epoch + 1 })
}

/** @throws TylerError `row_tampered` */
export function genuine(on: Service, row: PrincipalRow): PrincipalRow {
  if (!principalGenuine(on.keyring().rowsKey, row)) throw new TylerError("row_tampered", {}, `principal ${row.id}`)
  return row
}

/**
 * Ends one credential of a principal. His epoch moves on, so the end holds on every replica at once; those of his
 * credentials that stay are signed for the new epoch, and any that is not genuine goes with the one that ends.
 * @param all his credentials
 */
export function credentialEnd(
  on: Service,
  owner: PrincipalRow,
  all: readonly CredentialRow[],
  id: string,
): readonly Change[] {
  return credentialsKept(on, owner, nextEpoch(on, owner), all, id)
}

/** Changes a principal's row and ends none of his credentials, but those that are not genuine. @param all of them */
export function changeKeepingCredentials(
  on: Service,
  owner: PrincipalRow,
  all: readonly CredentialRow[],
  change: Partial<PrincipalRow>,
): readonly Change[] {
  return credentialsKept(on, owner, nextEpoch(on, owner, change), all)
}

/**
 * A principal's next epoch, with his credentials signed for it; those that are not genuine go.
 * @param next made by `nextEpoch` of `owner` @param ended an id among them that goes too
 */
export function credentialsKept(
  on: Service,
  owner: PrincipalRow,
  next: PrincipalRow,
  all: readonly CredentialRow[],
  ended: string | null = null,
): readonly Change[] {
  const key = on.keyring().rowsKey
  const stay = all.filter((one) => one.id !== ended && credentialGenuine(key, one, owner.epoch))
  const gone = all.filter((one) => !stay.includes(one)).map((one) => one.id)
  return [
    ...gone.map((one) => ({ kind: "removeCredential" as const, id: one, principalId: owner.id })),
    { kind: "putPrincipal", row: next, expectedEpoch: owner.epoch },
    {
      kind: "signCredentials",
      principalId: owner.id,
      signed: stay.map((one) => ({ id: one.id, mac: credentialMac(key, one, next.epoch) })),
    },
  ]
}

interface Wanted {
  readonly owner: Pick<PrincipalRow, "id" | "epoch">
  readonly assurance: CredentialRow["assurance"]
  readonly lifetimeMs: number
  readonly label: string
  readonly scope?: TokenScope | null
  /** How many of its kind its owner may have before it; absent: any number. */
  readonly most?: number
}

export interface NewCredential extends Wanted {
  readonly kind: TokenKind
}

interface Written {
  readonly row: CredentialRow
  /** Writes the row. */
  readonly change: Change
}

export interface IssuedCredential extends Written {
  readonly token: string
}

export function signedCredential(on: Service, wanted: NewCredential): IssuedCredential {
  const { token, tokenHash } = newToken(wanted.kind, on.random)
  const { kind } = wanted
  return { token, ...written(on, wanted, { id: on.random.uuid(), tokenHash, kind, ...NO_KEY }) }
}

const NO_KEY = { sealedKey: null, standingReason: null }

export interface NewKey extends Wanted {
  readonly standingReason: Reason
}

/** An access key, which is a credential as tokens are: it ends when they end. Its secret half is kept sealed. */
export function signedAccessKey(on: Service, wanted: NewKey): Written & { readonly key: AccessKey } {
  const key = newAccessKey(on.random)
  const { id } = key
  const sealedKey = sealField(on.keyring().rowsKey, keyPlace(id), Buffer.from(key.secret), on.random)
  const { standingReason } = wanted
  const fields = { id, tokenHash: accessKeyHash(id), kind: "access_key", sealedKey, standingReason } as const
  return { key, ...written(on, wanted, fields) }
}

/** Where the secret half of an access key is sealed to. */
export function keyPlace(id: string): readonly string[] {
  return ["access_key", id]
}

type Fields = Pick<CredentialRow, "id" | "tokenHash" | "kind" | "sealedKey" | "standingReason">

function written(on: Service, wanted: Wanted, fields: Fields): Written {
  const { owner } = wanted
  const createdAt = on.clock.now()
  const bare = {
    ...fields,
    principalId: owner.id,
    assurance: wanted.assurance,
    createdAt,
    expiresAt: createdAt + wanted.lifetimeMs,
    label: wanted.label,
    scope: wanted.scope ?? null,
  }
  const row = { ...bare, mac: credentialMac(on.keyring().rowsKey, bare, owner.epoch) }
  const room = wanted.most === undefined ? {} : { room: { most: wanted.most, now: Math.floor(on.expiryNow()) } }
  return { row, change: { kind: "addCredential", row, ownerEpoch: owner.epoch, ...room } }
}

/** People and policies are administered by admins; half a session administers nothing, nor does a token with a scope. */
export function requireAdmin(view: View): void {
  const { roles, assurance, scope } = view.principal
  if (isHalf(assurance) || scope !== undefined || !roles.includes(ADMIN))
    throw new TylerError("forbidden", { requires: "role admin" })
}
