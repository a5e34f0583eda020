import { TylerError } from "../core/errors.ts"
import { passwordFault } from "../identity/password.ts"
import { parseUsername } from "../identity/username.ts"
import type { AccessRequestRow, PrincipalRow } from "../state/rows.ts"
import { requireAdmin, signedPrincipal } from "./accounts.ts"
import { actOf } from "./act.ts"
import { guardedAmong } from "./governed-change.ts"
import { changeUser } from "./people.ts"
import { perform } from "./perform.ts"
import { rolesHeld } from "./roles.ts"
import type { Caller, Service } from "./service.ts"
import { spendGovern } from "./step-up.ts"

export interface NewUser {
  readonly username: string
  readonly password: string
  readonly roles: readonly string[]
  readonly mustChangePassword: boolean
}

export interface NewPerson {
  readonly id: string
  /** Roles that take a second person: the account is made without them, and they are asked for. */
  readonly pending: AccessRequestRow | undefined
}

/** Admins make people. The name must already be in its canonical spelling: odd ones are refused, never repaired. */
export async function createUser(on: Service, caller: Caller, ask: NewUser): Promise<NewPerson> {
  const id = on.random.uuid()
  const about = { action: "USER_CREATE", resourceType: "user", resourceName: id, reason: null }
  const made = await perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const parsed = parseUsername(ask.username)
      if (!("name" in parsed) || parsed.name !== ask.username)
        throw new TylerError("invalid_request", { field: "/username", error: "The user name is not valid" })
      const fault = passwordFault(ask.password, ask.username)
      if (fault !== undefined) throw new TylerError("weak_password", { error: fault })
      const held = await rolesHeld(on, ask.roles)
      const guarded = await guardedAmong(on, view, ask.roles)
      // The token is spent by the request for the roles, which follows; without one nothing is made.
      if (guarded.length > 0) await spendGovern(on, caller, view)
      const row = signedPrincipal(on, {
        id,
        kind: "person",
        name: parsed.name,
        roles: ask.roles.filter((role) => !guarded.includes(role)).toSorted(),
        disabled: false,
        epoch: 1,
        passwordHash: await on.passwords.hash(ask.password, on.random),
        mustChangePassword: ask.mustChangePassword,
        factorEpoch: 0,
        hasFactor: false,
        mustEnrol: false,
        breakGlass: false,
        email: null,
        changedBy: [],
        ownerId: view.principal.id,
        createdAt: on.clock.now(),
        standingReason: null,
      })
      const details = `roles=${row.roles.join("+")}`
      const changes = [...held, { kind: "addPrincipal" as const, row }]
      return {
        act: actOf(on, caller, view, about, { by: "role admin", details, changes }),
        done: () => ({ id: row.id, guarded }),
      }
    },
  })
  const pending = made.guarded.length === 0 ? undefined : await askForRoles(on, caller, id, ask.roles)
  return { id, pending }
}

async function askForRoles(
  on: Service,
  caller: Caller,
  id: string,
  roles: readonly string[],
): Promise<AccessRequestRow | undefined> {
  const none = { disabled: undefined, password: undefined, mustChangePassword: undefined, breakGlass: undefined }
  const asked = await changeUser(on, caller, { id, roles, ...none, resetFactors: undefined, reason: null })
  return "pending" in asked ? asked.pending : undefined
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
