import { TylerError } from "../core/errors.ts"
import { hashPassword, passwordFault } from "../identity/password.ts"
import { parseUsername } from "../identity/username.ts"
import type { PrincipalRow } from "../state/rows.ts"
import { requireAdmin, signedPrincipal } from "./accounts.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

export interface NewUser {
  readonly username: string
  readonly password: string
  readonly roles: readonly string[]
  readonly mustChangePassword: boolean
}

/** Admins make people. The name must already be in its canonical spelling: odd ones are refused, never repaired. */
export function createUser(on: Service, caller: Caller, ask: NewUser): Promise<{ id: string }> {
  const id = on.random.uuid()
  const about = { action: "USER_CREATE", resourceType: "user", resourceName: id, reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const parsed = parseUsername(ask.username)
      if (!("name" in parsed) || parsed.name !== ask.username)
        throw new TylerError("invalid_request", { field: "/username", error: "The user name is not valid" })
      const fault = passwordFault(ask.password, ask.username)
      if (fault !== undefined) throw new TylerError("weak_password", { error: fault })
      const row = signedPrincipal(on, {
        id,
        kind: "person",
        name: parsed.name,
        roles: ask.roles.toSorted(),
        disabled: false,
        epoch: 1,
        passwordHash: await hashPassword(ask.password, on.random),
        mustChangePassword: ask.mustChangePassword,
        factorEpoch: 0,
        mustEnrol: false,
        breakGlass: false,
        email: null,
        changedBy: [],
        ownerId: view.principal.id,
        createdAt: on.clock.now(),
      })
      const details = `roles=${row.roles.join("+")}`
      const changes = [{ kind: "addPrincipal" as const, row }]
      return {
        act: actOf(on, caller, view, about, { by: "role admin", details, changes }),
        done: () => ({ id: row.id }),
      }
    },
  })
}

export function listUsers(on: Service, caller: Caller, after: string, limit: number): Promise<readonly PrincipalRow[]> {
  const about = { action: "USER_LIST", resourceType: "user", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const rows = await on.reader.principals("person", after, limit)
      return {
        act: actOf(on, caller, view, about, { by: "role admin" }),
        done: () => rows,
      }
    },
  })
}
