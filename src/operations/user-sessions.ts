import { TylerError } from "../core/errors.ts"
import type { CredentialRow } from "../state/rows.ts"
import { credentialEnd, requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

/**
 * A person's sessions that have not run out, oldest first. Tokens of programs are listed with their service account.
 * @throws TylerError `not_found`
 */
export function listSessions(on: Service, caller: Caller, id: string): Promise<readonly CredentialRow[]> {
  const about = { action: "SESSION_LIST", resourceType: "user", resourceName: id, reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const row = await on.reader.principalById(id)
      if (row?.kind !== "person") throw new TylerError("not_found", { error: "No such user" })
      const all = await on.reader.credentialsOf(id)
      const live = all.filter(({ expiresAt }) => expiresAt > on.clock.now())
      return { act: actOf(on, caller, view, about, { by: "role admin" }), done: () => live }
    },
  })
}

/**
 * An admin ends one session of a person, who need not be there: of an unknown person there is none.
 * @throws TylerError `not_found`, `row_tampered`
 */
export function endSessionOf(on: Service, caller: Caller, id: string, sessionId: string): Promise<void> {
  const about = { action: "SESSION_END", resourceType: "user", resourceName: id, reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const row = await on.reader.principalById(id)
      const all = await on.reader.credentialsOf(id)
      if (row?.kind !== "person" || !all.some((one) => one.id === sessionId))
        throw new TylerError("not_found", { error: "No such session" })
      return {
        act: actOf(on, caller, view, about, {
          by: "role admin",
          details: `session=${sessionId}`,
          changes: credentialEnd(on, row, all, sessionId),
        }),
        done: () => undefined,
      }
    },
  })
}
