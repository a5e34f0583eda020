import { changedBy } from "../approval/bar.ts"
import { TylerError } from "../core/errors.ts"
import { DAY_MS } from "../core/clock.ts"
import type { TokenScope } from "../core/principal.ts"
import type { Reason } from "../core/reason.ts"
import { TOKENS_MAX } from "../identity/credential.ts"
import { parseUsername } from "../identity/username.ts"
import type { Change } from "../state/change.ts"
import type { CredentialRow, PrincipalRow } from "../state/rows.ts"
import {
  credentialEnd,
  credentialsKept,
  genuine,
  nextEpoch,
  requireAdmin,
  signedCredential,
  signedPrincipal,
} from "./accounts.ts"
import { actOf } from "./act.ts"
import { hasOwner, ownerTaken } from "./owner.ts"
import { guardedAmong } from "./governed-change.ts"
import { perform, type View } from "./perform.ts"
import { rolesHeld } from "./roles.ts"
import type { Caller, Service } from "./service.ts"

export interface NewProgram {
  readonly name: string
  readonly roles: readonly string[]
  /** The standing reason: why this program may ask at all. */
  readonly reason: Reason
  readonly expiresInDays: number
  /** Null: the caller. */
  readonly ownerId: string | null
  readonly scope: TokenScope | null
}

export interface IssuedToken {
  /** The account's id. */
  readonly id: string
  readonly tokenId: string
  /** Shown once; only its hash is kept. */
  readonly token: string
  readonly expiresAt: number
}

/** A service account with its first token, whose label is the reason too. */
export function createProgram(on: Service, caller: Caller, ask: NewProgram): Promise<IssuedToken> {
  const id = on.random.uuid()
  const about = { action: "SERVICE_ACCOUNT_CREATE", resourceType: "user", resourceName: id, reason: ask.reason }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const parsed = parseUsername(ask.name)
      if (!("name" in parsed) || parsed.name !== ask.name)
        throw new TylerError("invalid_request", { field: "/name", error: "The name is not valid" })
      const held = await rolesHeld(on, ask.roles)
      await refuseGuardedRoles(on, view, ask.roles)
      const ownerId = ask.ownerId ?? view.principal.id
      const owner = await ownerTaken(on, ownerId)
      const row = signedPrincipal(on, {
        id,
        kind: "program",
        name: parsed.name,
        roles: ask.roles.toSorted(),
        disabled: false,
        epoch: 1,
        passwordHash: null,
        mustChangePassword: false,
        factorEpoch: 0,
        hasFactor: false,
        mustEnrol: false,
        breakGlass: false,
        email: null,
        changedBy: [],
        ownerId,
        createdAt: on.clock.now(),
        standingReason: ask.reason,
      })
      const issued = issue(on, row, ask)
      return {
        act: actOf(on, caller, view, about, {
          by: "role admin",
          details: `roles=${row.roles.join("+")} owner=${ownerId} ${tokenText(issued.row)}`,
          changes: [...held, owner, { kind: "addPrincipal", row }, issued.change],
        }),
        done: () => issued.answer,
      }
    },
  })
}

/** A token is shown once and ends with a change of roles, so it cannot wait for a second person as a password can. */
async function refuseGuardedRoles(on: Service, view: View, roles: readonly string[]): Promise<void> {
  const guarded = await guardedAmong(on, view, roles)
  if (guarded.length === 0) return
  throw new TylerError("forbidden", {
    error: `One admin alone does not give ${guarded.join(", ")}: make the account without, ask for the role, then issue a token`,
    requires: "a second person",
  })
}

export interface ProgramChange {
  readonly id: string
  readonly ownerId: string | undefined
  readonly standingReason: Reason | undefined
  readonly reason: Reason
}

/** Gives a service account another owner or standing reason. Its tokens stay. */
export function changeProgram(on: Service, caller: Caller, ask: ProgramChange): Promise<ListedProgram> {
  const about = { action: "SERVICE_ACCOUNT_CHANGE", resourceType: "user", resourceName: ask.id, reason: ask.reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      const row = await programRow(on, ask.id)
      const { ownerId = row.ownerId, standingReason = row.standingReason } = ask
      const taken = ownerId === null || ownerId === row.ownerId ? [] : [await ownerTaken(on, ownerId)]
      const hands = taken.length === 0 ? [] : [view.principal.id, row.ownerId ?? ""]
      const next = nextEpoch(on, row, { ownerId, standingReason, changedBy: handledBy(on, row, hands) })
      const tokens = await on.reader.credentialsOf(row.id)
      const reasoned = ask.standingReason === undefined ? [] : ["standing_reason=changed"]
      return {
        act: actOf(on, caller, view, about, {
          by: "role admin",
          details: [`owner=${row.ownerId ?? "none"}:${ownerId ?? "none"}`, ...reasoned].join(" "),
          changes: [...taken, ...credentialsKept(on, row, next, tokens)],
        }),
        done: () => ({ row: next, tokens }),
      }
    },
  })
}

/** The caller may hold what this program signs in with. @throws TylerError `row_tampered`, `not_found` */
export async function handed(on: Service, view: View, id: string): Promise<readonly Change[]> {
  const row = await programRow(on, id)
  const next = nextEpoch(on, row, { changedBy: handledBy(on, row, [view.principal.id]) })
  return credentialsKept(on, row, next, await on.reader.credentialsOf(row.id))
}

/** Who has had a token in his hands, or could have, does not decide what the program asks for. */
export function handledBy(on: Service, row: PrincipalRow, ids: readonly string[]): PrincipalRow["changedBy"] {
  return ids
    .filter((id) => id !== "")
    .reduce((list, id) => changedBy({ ...row, changedBy: list }, id, on.clock.now()), row.changedBy)
}

export interface TokenRequest {
  readonly id: string
  readonly reason: Reason
  readonly expiresInDays: number
  readonly scope: TokenScope | null
}

/** Another token, so that the one in use can be replaced without a gap; a third valid one is `too_many_tokens`. */
export function issueToken(on: Service, caller: Caller, ask: TokenRequest): Promise<IssuedToken> {
  const about = { action: "TOKEN_ISSUE", resourceType: "user", resourceName: ask.id, reason: ask.reason }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const row = await programRow(on, ask.id)
      if (!(await hasOwner(on, row))) throw new TylerError("owner_disabled")
      const next = nextEpoch(on, row, { changedBy: handledBy(on, row, [view.principal.id]) })
      const kept = credentialsKept(on, row, next, await on.reader.credentialsOf(row.id))
      const issued = issue(on, next, ask)
      return {
        act: actOf(on, caller, view, about, {
          by: "role admin",
          details: tokenText(issued.row),
          changes: [...kept, issued.change],
        }),
        done: () => issued.answer,
      }
    },
  })
}

/** Revokes a token. The account's epoch moves on, so it holds on every replica at once. */
export function revokeToken(on: Service, caller: Caller, id: string, tokenId: string): Promise<void> {
  const about = { action: "TOKEN_REVOKE", resourceType: "user", resourceName: id, reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const row = await programRow(on, id)
      const tokens = await on.reader.credentialsOf(id)
      if (!tokens.some((token) => token.id === tokenId)) throw new TylerError("not_found", { error: "No such token" })
      return {
        act: actOf(on, caller, view, about, {
          by: "role admin",
          details: `token=${tokenId}`,
          changes: credentialEnd(on, row, tokens, tokenId),
        }),
        done: () => undefined,
      }
    },
  })
}

export interface ListedProgram {
  readonly row: PrincipalRow
  readonly tokens: readonly CredentialRow[]
}

export function listPrograms(on: Service, caller: Caller, after: string, limit: number): Promise<ListedProgram[]> {
  const about = { action: "SERVICE_ACCOUNT_LIST", resourceType: "user", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const rows = await on.reader.principals("program", after, limit)
      const listed = await Promise.all(
        rows.map(async (row) => ({ row, tokens: await on.reader.credentialsOf(row.id) })),
      )
      return { act: actOf(on, caller, view, about, { by: "role admin" }), done: () => listed }
    },
  })
}

export async function programRow(on: Service, id: string): Promise<PrincipalRow> {
  const row = await on.reader.principalById(id)
  if (row?.kind !== "program") throw new TylerError("not_found", { error: "No such service account" })
  return genuine(on, row)
}

function issue(
  on: Service,
  row: PrincipalRow,
  ask: Pick<TokenRequest, "reason" | "expiresInDays" | "scope">,
): { row: CredentialRow; change: Change; answer: IssuedToken } {
  const issued = signedCredential(on, {
    kind: "token",
    owner: row,
    assurance: "token",
    lifetimeMs: ask.expiresInDays * DAY_MS,
    label: labelOf(ask.reason),
    scope: ask.scope,
    most: TOKENS_MAX,
  })
  const { token, change } = issued
  return {
    row: issued.row,
    change,
    answer: { id: row.id, tokenId: issued.row.id, token, expiresAt: issued.row.expiresAt },
  }
}

/** A token as its entry has it: patterns and verbs are names of ours, as in the entry of a policy row. */
function tokenText({ id, scope }: CredentialRow): string {
  return scope === null ? `token=${id}` : `token=${id} scope=${JSON.stringify(scope)}`
}

const LABEL_LIMIT = 200

/** By code points: half of a surrogate pair would come back from the database as another text, and fail its row's code. */
function labelOf(reason: Reason): string {
  return Array.from(reason).slice(0, LABEL_LIMIT).join("")
}
