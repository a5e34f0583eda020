import type { RoleBody, RoleItem, RolesAnswer } from "../api/roles.ts"
import type { Caller } from "./caller.ts"
import type { Reasoned } from "./secrets.ts"

/** The roles that there are: built in, and those that admins added. */
export interface Roles {
  /** In order of names. */
  list(): Promise<readonly RoleItem[]>
  create(role: Omit<RoleBody, "reason"> & Reasoned): Promise<RoleItem>
  /** One that nothing names any more. */
  remove(name: string, options?: Reasoned): Promise<void>
}

export function rolesOf(caller: Caller): Roles {
  const path = "/api/roles"
  return {
    list: async () => (await caller.read<RolesAnswer>(path)).roles,
    create: async ({ name, description, reason }) =>
      caller.send("POST", path, { name, description, reason: caller.reason(reason) }),
    remove: async (name, { reason } = {}) => {
      await caller.send("DELETE", `${path}/${encodeURIComponent(name)}`, { reason: caller.reason(reason) })
    },
  }
}
