import { TylerError } from "../core/errors.ts"
import { SESSION_LIFETIME_MS } from "../identity/credential.ts"
import { signedCredential } from "./accounts.ts"
import { draftEntry } from "./entry.ts"
import type { Session } from "./login.ts"
import { perform } from "./perform.ts"
import { type FactorDesk, personRow, type Shown, showFactor } from "./second-factor.ts"
import type { Caller, Service } from "./service.ts"

/**
 * The second half of a login: a factor on top of the password. The half session ends and a new one begins, so that a
 * token known to whoever watched the first half is worth nothing.
 */
export function finishLogin(on: Service, desk: FactorDesk, caller: Caller, shown: Shown): Promise<Session> {
  const about = { action: "LOGIN_FACTOR", resourceType: "user", resourceName: "session", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const { assurance, sessionId } = view.principal
      if (assurance !== "half" || sessionId === null)
        throw new TylerError("forbidden", { error: "This session has nothing to finish" })
      const row = await personRow(on, view)
      const judged = await showFactor(on, desk, { row, sessionId }, "sign_in", shown)
      const session = signedCredential(on, {
        kind: "session",
        owner: row,
        assurance: row.mustChangePassword ? "half_mfa" : "mfa",
        lifetimeMs: SESSION_LIFETIME_MS,
        label: caller.origin.userAgent.slice(0, 200),
      })
      return {
        act: {
          entry: draftEntry(on, view.principal, caller.origin, about, { result: "SUCCESS", decision: judged.kind }),
          policyEpoch: null,
          principal: { id: view.principal.id, epoch: view.principal.epoch },
          secret: null,
          grant: null,
          quota: null,
          changes: [
            ...judged.changes,
            { kind: "removeCredential", id: sessionId, principalId: row.id },
            session.change,
          ],
        },
        done: () => ({
          token: session.token,
          expiresAt: session.row.expiresAt,
          assurance: row.mustChangePassword ? ("half_mfa" as const) : ("mfa" as const),
          mustChangePassword: row.mustChangePassword,
          factorDue: false,
        }),
      }
    },
  })
}
