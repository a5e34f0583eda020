import { parseBody } from "../../api/parse.ts"
import { RoleBody, RoleDeleteBody, type RoleItem } from "../../api/roles.ts"
import { REASON_MIN } from "../../core/reason.ts"
import { BUILT_IN_ROLES } from "../../core/roles.ts"
import { createRole, deleteRole, listRoles } from "../../operations/roles.ts"
import type { RoleRow } from "../../state/rows.ts"
import { acceptReason } from "../accept.ts"
import type { Handler } from "./handlers.ts"

const BUILT_IN: readonly RoleItem[] = Object.entries(BUILT_IN_ROLES).map(([name, description]) => ({
  name,
  description,
  builtIn: true,
  createdBy: null,
  createdAt: null,
}))

export const roleRoutes = {
  "GET /api/roles": async ({ wiring, caller }) => {
    const custom = (await listRoles(wiring.service, caller)).map(roleAnswer)
    const roles = [...BUILT_IN, ...custom].toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return { status: 200, body: { roles } }
  },

  "POST /api/roles": async ({ wiring, caller, body }) => {
    const { name, description, reason } = parseBody(RoleBody, body)
    const ask = { name, description, reason: acceptReason(reason, REASON_MIN) }
    return { status: 201, body: roleAnswer(await createRole(wiring.service, caller, ask)) }
  },

  "DELETE /api/roles/:name": async ({ wiring, caller, body, params }) => {
    const reason = acceptReason(parseBody(RoleDeleteBody, body).reason, REASON_MIN)
    await deleteRole(wiring.service, caller, params["name"] ?? "", reason)
    return { status: 200, body: { message: "Role deleted" } }
  },
} satisfies Record<string, Handler>

function roleAnswer({ name, description, createdBy, createdAt }: RoleRow): RoleItem {
  return { name, description, builtIn: false, createdBy, createdAt: new Date(createdAt).toISOString() }
}
