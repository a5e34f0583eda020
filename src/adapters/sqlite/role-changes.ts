import type { ChangeOf } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import type { Statements } from "./statements.ts"

/** Wherever a role may be named. */
const USES = [
  "SELECT 1 FROM principal, json_each(principal.roles) AS one WHERE one.value = ? LIMIT 1",
  "SELECT 1 FROM secret_access_policies AS p, json_each(p.allowed_roles) AS one WHERE one.value = ? LIMIT 1",
  "SELECT 1 FROM secret_access_policies AS p, json_each(p.approver_roles) AS one WHERE one.value = ? LIMIT 1",
  "SELECT 1 FROM secret_access_policies AS p, json_tree(p.verb_roles) AS one WHERE one.atom = ? LIMIT 1",
  `SELECT 1 FROM identity_provider AS p, json_each(p.role_rules) AS rule WHERE json_extract(rule.value, '$.role') = ?
   LIMIT 1`,
]

export const roleChanges = {
  addRole(sql: Statements, { row, most }: ChangeOf<"addRole">): void {
    if (sql.of("SELECT 1 FROM role WHERE name = ?").get(row.name)) throw new ConflictError("role_taken")
    if (Number(sql.of("SELECT count(*) AS n FROM role").get()?.["n"]) >= most) throw new ConflictError("roles_full")
    sql
      .of("INSERT INTO role (name, description, created_by, created_at, mac) VALUES (?, ?, ?, ?, ?)")
      .run(row.name, row.description, row.createdBy, row.createdAt, row.mac)
  },

  removeRole(sql: Statements, { name }: ChangeOf<"removeRole">): void {
    if (USES.some((use) => sql.of(use).get(name))) throw new ConflictError("role_in_use")
    if (sql.of("DELETE FROM role WHERE name = ?").run(name).changes !== 1) throw new ConflictError("gone")
  },

  requireRoles(sql: Statements, { names }: ChangeOf<"requireRoles">): void {
    const there = sql.of("SELECT 1 FROM role WHERE name = ?")
    if (!names.every((name) => there.get(name))) throw new ConflictError("gone")
  },
}
