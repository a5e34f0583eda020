import { DAY_MS } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"
import { ADMIN, type TokenScope } from "../core/principal.ts"
import type { Reason } from "../core/reason.ts"
import { ACCESS_KEYS_MAX, accessKeyHash, parseAccessKeyId } from "../identity/access-key.ts"
import type { Change } from "../state/change.ts"
import type { CredentialRow, PrincipalRow } from "../state/rows.ts"
import { credentialEnd, credentialsKept, nextEpoch, requireAdmin, signedAccessKey } from "./accounts.ts"
import { actOf, type Spent } from "./act.ts"
import { noticeOf } from "./notices.ts"
import { type OwnProof, proveOwner } from "./own-factors.ts"
import { hasOwner } from "./owner.ts"
import { perform, type View } from "./perform.ts"
import { handledBy, programRow } from "./programs.ts"
import { type FactorDesk, genuineFactors, personRow } from "./second-factor.ts"
import type { Caller, Service } from "./service.ts"

export interface AccessKeyRequest extends OwnProof {
  /** What its owner calls it. */
  readonly label: string
  /** Why it asks for secrets: the AWS protocol has no place to say so. */
  readonly reason: Reason
  readonly expiresInDays: number
  readonly scope: TokenScope | null
  /** Null: the caller's own. */
  readonly serviceAccountId: string | null
}

export interface IssuedAccessKey {
  readonly accessKeyId: string
  /** Shown once. */
  readonly secretAccessKey: string
  readonly row: CredentialRow
}

/**
 * Issues an access key: to oneself by what proves that it is oneself, for a stolen session must not become a key that
 * outlives it; to a service account by an admin.
 * @throws TylerError `too_many_tokens` at the sixth valid one
 */
export function issueAccessKey(
  on: Service,
  desk: FactorDesk,
  caller: Caller,
  ask: AccessKeyRequest,
): Promise<IssuedAccessKey> {
  const resourceName = ask.serviceAccountId ?? caller.principal.id
  const about = { action: "ACCESS_KEY_ISSUE", resourceType: "user", resourceName, reason: ask.reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      const { owner, ...grounds } =
        ask.serviceAccountId === null
          ? await ownGrounds(on, desk, caller, view, ask)
          : await adminGrounds(on, view, ask.serviceAccountId)
      const { key, row, change } = signedAccessKey(on, {
        owner,
        assurance: "token",
        lifetimeMs: ask.expiresInDays * DAY_MS,
        label: ask.label,
        scope: ask.scope,
        standingReason: ask.reason,
        most: ACCESS_KEYS_MAX,
      })
      const told = tellOwner(on, owner, view, key.id, "issued")
      const changes = [...grounds.changes, change, ...told]
      const details = keyText(row)
      const { by, spent } = grounds
      return {
        act: actOf(on, caller, view, about, { by, details, changes, ...(spent === undefined ? {} : { spent }) }),
        done: () => ({ accessKeyId: key.id, secretAccessKey: key.secret, row }),
      }
    },
  })
}

interface Grounds {
  /** As of the epoch that the key is signed for. */
  readonly owner: PrincipalRow
  readonly by: string
  readonly spent?: Spent
  readonly changes: readonly Change[]
}

async function ownGrounds(
  on: Service,
  desk: FactorDesk,
  caller: Caller,
  view: View,
  ask: AccessKeyRequest,
): Promise<Grounds> {
  if (view.principal.kind !== "person" || view.principal.scope !== undefined)
    throw new TylerError("forbidden", { error: "An admin issues the access keys of service accounts" })
  const owner = await personRow(on, view)
  const proof = await proveOwner(on, desk, caller, view, owner, await genuineFactors(on, owner), ask)
  return { owner, by: "own_account", changes: [], ...proof }
}

/** As a token of the account: whoever has had a key in his hands does not decide what the program asks for. */
async function adminGrounds(on: Service, view: View, id: string): Promise<Grounds> {
  requireAdmin(view)
  const row = await programRow(on, id)
  if (!(await hasOwner(on, row))) throw new TylerError("owner_disabled")
  const owner = nextEpoch(on, row, { changedBy: handledBy(on, row, [view.principal.id]) })
  const changes = credentialsKept(on, row, owner, await on.reader.credentialsOf(row.id))
  return { owner, by: "role admin", changes }
}

/** As its entry has it: patterns and verbs are names of ours. */
function keyText({ id, expiresAt, scope }: CredentialRow): string {
  const limited = scope === null ? "" : ` scope=${JSON.stringify(scope)}`
  return `key=${id} expires=${new Date(expiresAt).toISOString()}${limited}`
}

/** Of a program its owner is told. */
function tellOwner(
  on: Service,
  owner: PrincipalRow,
  { principal }: View,
  key: string,
  event: "issued" | "revoked",
): readonly Change[] {
  const id = owner.kind === "person" ? owner.id : owner.ownerId
  const people = id === null ? [] : [id]
  return noticeOf(on, "access_key_changed", people, { account: owner.name, by: principal.name, key, event })
}

/** Valid access keys, oldest first: the caller's own, or by an admin's leave those of one person or program. */
export async function listAccessKeys(on: Service, caller: Caller, ofId: string | null): Promise<CredentialRow[]> {
  const { id } = await caller.refresh()
  if (ofId === null || ofId === id) return validKeys(on, id)
  const about = { action: "ACCESS_KEY_LIST", resourceType: "user", resourceName: ofId, reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      if ((await on.reader.principalById(ofId)) === undefined)
        throw new TylerError("not_found", { error: "No such user or service account" })
      const keys = await validKeys(on, ofId)
      return { act: actOf(on, caller, view, about, { by: "role admin" }), done: () => keys }
    },
  })
}

async function validKeys(on: Service, id: string): Promise<CredentialRow[]> {
  const all = await on.reader.credentialsOf(id)
  return all.filter(({ kind, expiresAt }) => kind === "access_key" && expiresAt > on.clock.now())
}

/** Revokes one's own access key, or as an admin anybody's, at once on every replica. Another's is simply not found. */
export function revokeAccessKey(on: Service, caller: Caller, id: string): Promise<void> {
  const about = { action: "ACCESS_KEY_REVOKE", resourceType: "user", resourceName: caller.principal.id, reason: null }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      const row = parseAccessKeyId(id) === undefined ? undefined : await on.reader.credentialByHash(accessKeyHash(id))
      const owner = row && (await on.reader.principalById(row.principalId))
      if (row === undefined || owner === undefined || !mayRevoke(view, owner))
        throw new TylerError("not_found", { error: "No such access key" })
      const all = await on.reader.credentialsOf(owner.id)
      const by = owner.id === view.principal.id ? "own_account" : "role admin"
      const changes = [...credentialEnd(on, owner, all, id), ...tellOwner(on, owner, view, id, "revoked")]
      const concerned = { ...about, resourceName: owner.id }
      return {
        act: actOf(on, caller, view, concerned, { by, details: `key=${id}`, changes }),
        done: () => undefined,
      }
    },
  })
}

function mayRevoke({ principal }: View, owner: PrincipalRow): boolean {
  if (principal.scope !== undefined) return false
  return owner.id === principal.id || principal.roles.includes(ADMIN)
}
