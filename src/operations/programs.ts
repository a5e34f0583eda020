import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import { DAY_MS } from "../core/clock.ts"
import { parseUsername } from "../identity/username.ts"
import type { Change } from "../state/change.ts"
import type { CredentialRow, PrincipalRow } from "../state/rows.ts"
import { genuine, credentialEnd, requireAdmin, signedCredential, signedPrincipal } from "./accounts.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

export interface NewProgram {
  readonly name: string
  readonly roles: readonly string[]
  readonly reason: Reason
  readonly expiresInDays: number
}

export interface IssuedToken {
  /** The account's id. */
  readonly id: string
  readonly tokenId: string
  /** Shown once; only its hash is kept. */
  readonly token: string
  readonly expiresAt: number
}

/** A service account with its first token. The reason becomes the token's label: why this program may ask at all. */
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
        mustEnrol: false,
        breakGlass: false,
        email: null,
        changedBy: [],
        ownerId: view.principal.id,
        createdAt: on.clock.now(),
      })
      const issued = issue(on, row, ask)
      return {
        act: actOf(on, caller, view, about, {
          by: "role admin",
          details: `roles=${row.roles.join("+")} token=${issued.row.id}`,
          changes: [{ kind: "addPrincipal", row }, issued.change],
        }),
        done: () => issued.answer,
      }
    },
  })
}

export interface TokenRequest {
  readonly id: string
  readonly reason: Reason
  readonly expiresInDays: number
}

export function issueToken(on: Service, caller: Caller, ask: TokenRequest): Promise<IssuedToken> {
  const about = { action: "TOKEN_ISSUE", resourceType: "user", resourceName: ask.id, reason: ask.reason }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const row = await programRow(on, ask.id)
      const issued = issue(on, row, ask)
      return {
        act: actOf(on, caller, view, about, {
          by: "role admin",
          details: `token=${issued.row.id}`,
          changes: [issued.change],
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

async function programRow(on: Service, id: string): Promise<PrincipalRow> {
  const row = await on.reader.principalById(id)
  if (row?.kind !== "program") throw new TylerError("not_found", { error: "No such service account" })
  return genuine(on, row)
}

function issue(
  on: Service,
  row: PrincipalRow,
  ask: { readonly reason: Reason; readonly expiresInDays: number },
): { row: CredentialRow; change: Change; answer: IssuedToken } {
  const issued = signedCredential(on, {
    kind: "token",
    owner: row,
    assurance: "token",
    lifetimeMs: ask.expiresInDays * DAY_MS,
    label: labelOf(ask.reason),
  })
  const { token, change } = issued
  return {
    row: issued.row,
    change,
    answer: { id: row.id, tokenId: issued.row.id, token, expiresAt: issued.row.expiresAt },
  }
}

const LABEL_LIMIT = 200

/** By code points: half of a surrogate pair would come back from the database as another text, and fail its row's code. */
function labelOf(reason: Reason): string {
  return Array.from(reason).slice(0, LABEL_LIMIT).join("")
}
