import { TylerError } from "../core/errors.ts"
import { ADMIN, type Origin, type Principal } from "../core/principal.ts"
import { SESSION_LIFETIME_MS } from "../identity/credential.ts"
import { principalGenuine } from "../identity/row-mac.ts"
import type { LoginThrottle } from "../identity/throttle.ts"
import { parseUsername } from "../identity/username.ts"
import type { PrincipalRow } from "../state/rows.ts"
import { credentialEnd, signedCredential } from "./accounts.ts"
import { draftEntry } from "./entry.ts"
import { offeredProviders } from "./identity-providers.ts"
import { perform } from "./perform.ts"
import { passwordIsAll } from "./own-password.ts"
import type { Caller, Service } from "./service.ts"
import { factorExpected } from "./second-factor.ts"
import { recordTampering } from "./service-entries.ts"
import { tooManyAttempts } from "./too-many-attempts.ts"

export interface LoginRequest {
  readonly username: string
  readonly password: string
}

export interface Session {
  readonly token: string
  readonly expiresAt: number
  /** `half`: a factor is to be shown, or the password to be changed, before anything else. */
  readonly assurance: "password" | "half" | "half_mfa" | "mfa"
  readonly mustChangePassword: boolean
  /** A factor is to be shown next. */
  readonly factorDue: boolean
}

const ANONYMOUS: Principal = {
  id: "anonymous",
  kind: "person",
  name: "",
  roles: [],
  assurance: "half",
  epoch: 0,
  sessionId: null,
}

/**
 * Somebody not known yet.
 * @param tried whose name was given, so that the entry of a refusal is that person's and goes with the person; what is
 * nobody's name is not written down, for it may be a password.
 */
export function anonymousCaller(origin: Origin, tried?: Pick<PrincipalRow, "id" | "name">): Caller {
  const principal = tried === undefined ? ANONYMOUS : { ...ANONYMOUS, id: tried.id, name: tried.name }
  return { principal, origin, verification: null, refresh: () => Promise.resolve(principal) }
}

/** One answer for every cause: unknown name, wrong password, disabled account, program's name, tampered row. */
function wrong(): TylerError {
  return new TylerError("unauthenticated", { error: "User name or password is wrong" })
}

export async function logIn(on: Service, throttle: LoginThrottle, origin: Origin, ask: LoginRequest): Promise<Session> {
  const parsed = parseUsername(ask.username)
  const name = "name" in parsed ? parsed.name : "(unreadable)"
  const caller = anonymousCaller(origin, await on.reader.principalByName(name))
  const about = { action: "LOGIN", resourceType: "user", resourceName: "session", reason: null }
  const verdict = throttle.check(name, on.clock.monotonic())
  const row = "allowed" in verdict ? await checkPassword(on, throttle, origin, name, ask.password) : undefined
  return perform(on, caller, {
    about,
    async plan() {
      if (!("allowed" in verdict)) {
        throw tooManyAttempts(on, verdict.retryAfterMs)
      }
      if (row === undefined) throw wrong()
      const now = await on.reader.principalById(row.id)
      if (now === undefined || now.disabled || now.passwordHash !== row.passwordHash) throw wrong()
      await requireLocalLogin(on, now)
      const factor = await factorExpected(on, now)
      const assurance = factor || now.mustChangePassword ? "half" : "password"
      const session = signedCredential(on, {
        kind: "session",
        owner: now,
        assurance,
        lifetimeMs: SESSION_LIFETIME_MS,
        label: origin.userAgent.slice(0, 200),
      })
      return {
        act: {
          entry: draftEntry(on, now, origin, about, { result: "SUCCESS", decision: "password" }),
          policyEpoch: null,
          principal: { id: now.id, epoch: now.epoch },
          secret: null,
          grant: null,
          quota: null,
          changes: [session.change],
        },
        done: () => ({
          token: session.token,
          expiresAt: session.row.expiresAt,
          assurance,
          mustChangePassword: now.mustChangePassword,
          factorDue: factor,
        }),
      }
    },
  })
}

/** Said only to who has the right password: nobody learns by guessing who the named admins are. */
async function requireLocalLogin(on: Service, { name, roles }: PrincipalRow): Promise<void> {
  const { passwordsFor } = on.settings
  if (passwordsFor === null || (passwordsFor.includes(name) && roles.includes(ADMIN))) return
  if ((await offeredProviders(on)).length > 0) throw new TylerError("local_login_closed")
  const error = "Passwords are for named admins only here, and no identity provider is enabled: tell one of them"
  throw new TylerError("local_login_closed", { error })
}

/** The same work whether or not the name is known, so that time does not tell. */
async function checkPassword(
  on: Service,
  throttle: LoginThrottle,
  origin: Origin,
  name: string,
  password: string,
): Promise<PrincipalRow | undefined> {
  let row: PrincipalRow | undefined
  let whole = false
  try {
    row = await rowOfPassword(on, origin, name, password)
    whole = row !== undefined && (await passwordIsAll(on, row))
  } catch (error) {
    throttle.abandoned(name)
    throw error
  }
  if (row === undefined) throttle.failed(name, on.clock.monotonic())
  else if (whole) throttle.succeeded(name)
  else throttle.abandoned(name)
  return row
}

async function rowOfPassword(
  on: Service,
  origin: Origin,
  name: string,
  password: string,
): Promise<PrincipalRow | undefined> {
  const row = await on.reader.principalByName(name)
  const tampered = row !== undefined && !principalGenuine(on.keyring().rowsKey, row)
  if (tampered) await recordTampering(on, origin, "principal", row.id)
  const usable = row?.passwordHash != null && !row.disabled && !tampered
  const right = await on.passwords.verify(
    usable ? (row.passwordHash ?? on.passwords.nobody) : on.passwords.nobody,
    password,
  )
  return right && usable ? row : undefined
}

/** Ends the session in use. The principal's epoch moves on, so the logout holds on every replica at once. */
export function logOut(on: Service, caller: Caller): Promise<void> {
  const about = { action: "LOGOUT", resourceType: "user", resourceName: "session", reason: null }
  return perform(on, caller, {
    about,
    async plan({ principal }) {
      const row = await on.reader.principalById(principal.id)
      if (row === undefined || principal.sessionId === null) throw new TylerError("unauthenticated")
      return {
        act: {
          entry: draftEntry(on, principal, caller.origin, about, { result: "SUCCESS", decision: "own_session" }),
          policyEpoch: null,
          principal: { id: row.id, epoch: row.epoch },
          secret: null,
          grant: null,
          quota: null,
          changes: credentialEnd(on, row, await on.reader.credentialsOf(row.id), principal.sessionId),
        },
        done: () => undefined,
      }
    },
  })
}
