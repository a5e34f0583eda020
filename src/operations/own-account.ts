import { parseEmail } from "../core/email.ts"
import { TylerError } from "../core/errors.ts"
import { type Assurance, isHalf } from "../core/principal.ts"
import { passwordFault } from "../identity/password.ts"
import type { LoginThrottle } from "../identity/throttle.ts"
import type { CredentialRow, PrincipalRow } from "../state/rows.ts"
import { changeKeepingCredentials, credentialEnd, nextEpoch } from "./accounts.ts"
import { actOf } from "./act.ts"
import { ADDRESS, noticeOf } from "./notices.ts"
import { checkOwnPassword } from "./own-password.ts"
import { perform, type View } from "./perform.ts"
import { factorExpected } from "./second-factor.ts"
import type { Caller, Service } from "./service.ts"

export interface PasswordChange {
  readonly current: string
  readonly next: string
}

/**
 * Changes one's own password; every session ends, this one too, so that what was half or stolen must sign in anew.
 */
export function changeOwnPassword(
  on: Service,
  throttle: LoginThrottle,
  caller: Caller,
  ask: PasswordChange,
): Promise<void> {
  const about = { action: "PASSWORD_CHANGE", resourceType: "user", resourceName: caller.principal.id, reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const row = await ownRow(on, view)
      if (view.principal.assurance === "half" && (await factorExpected(on, row)))
        throw new TylerError("forbidden", { error: "Finish signing in first: show your second factor" })
      await checkOwnPassword(on, throttle, row, ask.current, "The current password is wrong")
      if (ask.next === ask.current) throw new TylerError("weak_password", { error: "The new password is the old one" })
      const fault = passwordFault(ask.next, row.name)
      if (fault !== undefined) throw new TylerError("weak_password", { error: fault })
      const passwordHash = await on.passwords.hash(ask.next, on.random)
      const changed = nextEpoch(on, row, { passwordHash, mustChangePassword: false })
      return {
        act: actOf(on, caller, view, about, {
          by: "own_account",
          changes: [
            { kind: "putPrincipal", row: changed, expectedEpoch: row.epoch },
            { kind: "removeCredentialsOf", principalId: row.id, exceptId: null },
            ...noticeOf(on, "password_changed", [row.id], { account: row.name, by: row.name }),
          ],
        }),
        done: () => undefined,
      }
    },
  })
}

/** Sets where one's own notices go; null for nowhere. The old address hears of it: it may be its owner who does not know. */
export function changeOwnEmail(on: Service, caller: Caller, text: string | null): Promise<void> {
  const about = { action: "EMAIL_CHANGE", resourceType: "user", resourceName: caller.principal.id, reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const row = await ownRow(on, view)
      const email = text === null ? null : parseEmail(text)
      if (email === undefined)
        throw new TylerError("invalid_request", {
          field: "/email",
          error: "The mail address must be one plain address",
        })
      const all = await on.reader.credentialsOf(row.id)
      const told = row.email === null || row.email === email ? [] : [ADDRESS + row.email]
      return {
        act: actOf(on, caller, view, about, {
          by: "own_account",
          details: email === null ? "email=removed" : "email=set",
          changes: [
            ...changeKeepingCredentials(on, row, all, { email }),
            ...(row.email === email ? [] : noticeOf(on, "email_changed", told, { account: row.name, by: row.name })),
          ],
        }),
        done: () => undefined,
      }
    },
  })
}

/** What stands between a half session and a whole one. */
export async function signInDue(
  on: Service,
  id: string,
  assurance: Assurance,
): Promise<{ readonly mustChangePassword: boolean; readonly factorDue: boolean }> {
  if (!isHalf(assurance)) return { mustChangePassword: false, factorDue: false }
  const row = await on.reader.principalById(id)
  if (row === undefined) throw new TylerError("unauthenticated")
  const factorDue = assurance === "half" && (await factorExpected(on, row))
  return { mustChangePassword: row.mustChangePassword, factorDue }
}

/** @throws TylerError `forbidden` for a program */
async function ownRow(on: Service, { principal }: View): Promise<PrincipalRow> {
  const row = await on.reader.principalById(principal.id)
  if (row === undefined || row.kind !== "person")
    throw new TylerError("forbidden", { error: "Only people have passwords and mail addresses" })
  return row
}

/** The caller's own sessions (or a program's tokens), oldest first. */
export async function ownSessions(on: Service, caller: Caller): Promise<readonly CredentialRow[]> {
  const { id } = await caller.refresh()
  const all = await on.reader.credentialsOf(id)
  return all.filter(({ expiresAt }) => expiresAt > on.clock.now())
}

/** Ends one of the caller's own sessions; another's id is simply not found. */
export function endSession(on: Service, caller: Caller, id: string): Promise<void> {
  const about = { action: "SESSION_END", resourceType: "user", resourceName: caller.principal.id, reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const { principal } = view
      const own = await on.reader.credentialsOf(principal.id)
      const row = await on.reader.principalById(principal.id)
      if (row === undefined || !own.some((one) => one.id === id))
        throw new TylerError("not_found", { error: "No such session" })
      return {
        act: actOf(on, caller, view, about, {
          by: "own_account",
          details: `session=${id}`,
          changes: credentialEnd(on, row, own, id),
        }),
        done: () => undefined,
      }
    },
  })
}
