import { TylerError } from "../core/errors.ts"
import { ADMIN, type Origin } from "../core/principal.ts"
import { SESSION_LIFETIME_MS } from "../identity/credential.ts"
import { passwordFault } from "../identity/password.ts"
import { signedCredential, signedPrincipal } from "./accounts.ts"
import { draftEntry } from "./entry.ts"
import { anonymousCaller } from "./login.ts"
import { perform } from "./perform.ts"
import type { Service } from "./service.ts"

export interface SetupRequest {
  readonly username: string
  readonly password: string
  /** Whether the token that was sent is this process's setup token. */
  readonly tokenMatches: boolean
}

/** Makes the first admin and a session for them. Once an admin exists: `setup_done`. */
export async function setUp(
  on: Service,
  origin: Origin,
  ask: SetupRequest,
): Promise<{ token: string; expiresAt: number }> {
  if (await on.reader.setupClosed()) throw new TylerError("setup_done")
  const caller = anonymousCaller(origin)
  const about = { action: "SETUP", resourceType: "user", resourceName: "first-admin", reason: null }
  const passwordHash = ask.tokenMatches ? await checkedHash(on, ask) : null
  return perform(on, caller, {
    about,
    async plan() {
      if (passwordHash === null) throw new TylerError("unauthenticated", { error: "The setup token is not valid" })
      const admin = signedPrincipal(on, {
        id: on.random.uuid(),
        kind: "person",
        name: ask.username,
        roles: [ADMIN],
        disabled: false,
        epoch: 1,
        passwordHash,
        mustChangePassword: false,
        factorEpoch: 0,
        hasFactor: false,
        mustEnrol: false,
        breakGlass: false,
        email: null,
        changedBy: [],
        ownerId: null,
        createdAt: on.clock.now(),
        standingReason: null,
      })
      const session = signedCredential(on, {
        kind: "session",
        owner: admin,
        assurance: "password",
        lifetimeMs: SESSION_LIFETIME_MS,
        label: "setup",
      })
      return {
        act: {
          entry: draftEntry(
            on,
            { ...caller.principal, name: ask.username, id: admin.id, kind: "person" },
            origin,
            about,
            {
              result: "SUCCESS",
              decision: "setup_token",
            },
          ),
          policyEpoch: null,
          principal: null,
          secret: null,
          grant: null,
          quota: null,
          changes: [{ kind: "closeSetup" }, { kind: "addPrincipal", row: admin }, session.change],
        },
        done: () => ({ token: session.token, expiresAt: session.row.expiresAt }),
      }
    },
  })
}

async function checkedHash(on: Service, ask: SetupRequest): Promise<string> {
  const fault = passwordFault(ask.password, ask.username)
  if (fault !== undefined) throw new TylerError("weak_password", { error: fault })
  return on.passwords.hash(ask.password, on.random)
}
