import { Message } from "../../api/fields.ts"
import { RoleBody, RoleDeleteBody, RoleItem, RolesAnswer } from "../../api/roles.ts"
import type { Contract } from "../contract.ts"

export const roleContracts = {
  "GET /api/roles": { answers: { 200: RolesAnswer } },
  "POST /api/roles": {
    body: RoleBody,
    answers: { 201: RoleItem },
    refuses: ["role_exists", "too_many_roles", "invalid_reason"],
    note: "It may do what policy rows say that name it, and nothing before. At most 200 beside the built-in ones.",
  },
  "DELETE /api/roles/:name": {
    body: RoleDeleteBody,
    answers: { 200: Message },
    refuses: ["not_found", "role_in_use", "role_built_in", "invalid_reason"],
    note: "Only one that no person, service account, policy row or identity provider names, disabled people included.",
  },
} satisfies Record<string, Contract>
