import type { Client } from "pg"
import type { ChangeOf } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import { refuseIf, requireOne, run } from "./run.ts"

/** Wherever a role may be named. */
const USES = [
  "SELECT 1 FROM principal WHERE $1 = ANY (roles) LIMIT 1",
  "SELECT 1 FROM secret_access_policies WHERE $1 = ANY (allowed_roles) OR $1 = ANY (approver_roles) LIMIT 1",
  `SELECT 1 FROM secret_access_policies, json_each(verb_roles) AS verb, json_array_elements_text(verb.value) AS one
   WHERE one = $1 LIMIT 1`,
  "SELECT 1 FROM identity_provider, json_array_elements(role_rules) AS rule WHERE rule ->> 'role' = $1 LIMIT 1",
]

export const roleChanges = {
  async addRole(db: Client, { row, most }: ChangeOf<"addRole">): Promise<void> {
    await refuseIf(db, "role_taken", "SELECT 1 FROM role WHERE name = $1", [row.name])
    await refuseIf(db, "roles_full", "SELECT 1 FROM role OFFSET $1 - 1 LIMIT 1", [most])
    const insert =
      "INSERT INTO role (name, description, created_by, created_at, mac) VALUES ($1, $2, $3, at_ms($4), $5)"
    await run(db, insert, [row.name, row.description, row.createdBy, row.createdAt, row.mac])
  },

  async removeRole(db: Client, { name }: ChangeOf<"removeRole">): Promise<void> {
    for (const use of USES) await refuseIf(db, "role_in_use", use, [name])
    await requireOne(db, "gone", "DELETE FROM role WHERE name = $1", [name])
  },

  async requireRoles(db: Client, { names }: ChangeOf<"requireRoles">): Promise<void> {
    const there = await run(db, "SELECT 1 FROM role WHERE name = ANY ($1)", [names])
    if (there !== names.length) throw new ConflictError("gone")
  },
}
