import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import { BUILT_IN_ROLES, isBuiltIn } from "../core/roles.ts"
import { roleGenuine, roleMac } from "../identity/row-mac.ts"
import type { Change } from "../state/change.ts"
import type { IdentityProviderRow, PolicyRow, RoleRow } from "../state/rows.ts"
import { requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

/** Roles there may be beside the built-in ones. */
export const CUSTOM_ROLES_MAX = 200

/** Of the names that are no role an answer says that many. */
const UNKNOWN_MAX = 32

const RESOURCE = "role"

/** The roles that are not built in, in order of names. Which roles there are is no secret. */
export async function listRoles(on: Service, caller: Caller): Promise<readonly RoleRow[]> {
  await caller.refresh()
  return genuineRoles(on)
}

/** One that was written past the service is none. */
async function genuineRoles(on: Service): Promise<readonly RoleRow[]> {
  return (await on.reader.roles()).filter((row) => roleGenuine(on.keyring().rowsKey, row))
}

export interface NewRole {
  readonly name: string
  readonly description: string
  readonly reason: Reason
}

/** @throws TylerError `role_exists`, `too_many_roles` */
export function createRole(on: Service, caller: Caller, ask: NewRole): Promise<RoleRow> {
  const { name, description, reason } = ask
  const about = { action: "ROLE_CREATE", resourceType: RESOURCE, resourceName: name, reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      if (isBuiltIn(name)) throw new TylerError("role_exists")
      const bare = { name, description, createdBy: view.principal.id, createdAt: on.clock.now() }
      const row = { ...bare, mac: roleMac(on.keyring().rowsKey, bare) }
      const changes = [{ kind: "addRole" as const, row, most: CUSTOM_ROLES_MAX }]
      return { act: actOf(on, caller, view, about, { by: "role admin", changes }), done: () => row }
    },
  })
}

/** Disabled people count as well: enabled again they would have it. @throws TylerError `role_in_use`, `role_built_in` */
export function deleteRole(on: Service, caller: Caller, name: string, reason: Reason): Promise<void> {
  const about = { action: "ROLE_DELETE", resourceType: RESOURCE, resourceName: name, reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      if (isBuiltIn(name)) throw new TylerError("role_built_in")
      if (!(await on.reader.roles()).some((row) => row.name === name))
        throw new TylerError("not_found", { error: "No such role" })
      const changes = [{ kind: "removeRole" as const, name }]
      return { act: actOf(on, caller, view, about, { by: "role admin", changes }), done: () => undefined }
    },
  })
}

/** Those among the names that are no role. */
export async function unknownRoles(on: Service, names: readonly string[]): Promise<readonly string[]> {
  const custom = names.filter((name) => !isBuiltIn(name))
  if (custom.length === 0) return []
  const known = new Set((await genuineRoles(on)).map(({ name }) => name))
  return [...new Set(custom)].filter((name) => !known.has(name))
}

/**
 * What keeps the roles that are named there until the act that names them is written.
 * @throws TylerError `unknown_role`
 */
export async function rolesHeld(on: Service, names: readonly string[]): Promise<readonly Change[]> {
  const unknown = await unknownRoles(on, names)
  const [first] = unknown
  if (first !== undefined) {
    const known = [...Object.keys(BUILT_IN_ROLES), ...(await genuineRoles(on)).map(({ name }) => name)].toSorted()
    throw new TylerError("unknown_role", {
      error: `There is no role ${first}`,
      unknown: unknown.slice(0, UNKNOWN_MAX),
      known,
    })
  }
  const custom = [...new Set(names.filter((name) => !isBuiltIn(name)))]
  return custom.length === 0 ? [] : [{ kind: "requireRoles", names: custom }]
}

/** Every role that an identity provider's rules give. */
export function rolesGiven({ roleRules }: Pick<IdentityProviderRow, "roleRules">): readonly string[] {
  return roleRules.map(({ role }) => role)
}

/** Every role that a policy row names. */
export function rolesNamed(rows: readonly PolicyRow[]): readonly string[] {
  return rows.flatMap(({ allowedRoles, approverRoles, verbRoles }) => [
    ...(allowedRoles ?? []),
    ...(approverRoles ?? []),
    ...Object.values(verbRoles).flat(),
  ])
}
