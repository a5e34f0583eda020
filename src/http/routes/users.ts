import { parseBody } from "../../api/parse.ts"
import { UserBody } from "../../api/users.ts"
import { createUser, listUsers } from "../../operations/users.ts"
import type { PrincipalRow } from "../../state/rows.ts"
import type { Handler } from "./handlers.ts"

export const userRoutes = {
  "POST /api/users": async ({ wiring, caller, body }) => {
    const { username, password, roles, mustChangePassword = false } = parseBody(UserBody, body)
    const made = await createUser(wiring.service, caller, { username, password, roles, mustChangePassword })
    return { status: 201, body: made }
  },

  "GET /api/users": async ({ wiring, caller }) => {
    const rows = await listUsers(wiring.service, caller)
    return { status: 200, body: { users: rows.map(userAnswer), nextCursor: null } }
  },
} satisfies Record<string, Handler>

function userAnswer(row: PrincipalRow): object {
  return {
    id: row.id,
    username: row.name,
    roles: row.roles,
    disabled: row.disabled,
    mustChangePassword: row.mustChangePassword,
    createdAt: new Date(row.createdAt).toISOString(),
  }
}
