import { Id, orNull, Reason, Role, strict, Time } from "./fields.ts"
import { type Static, Type } from "./schema.ts"

const Description = Type.String({ minLength: 1, maxLength: 200 })

/** `POST /api/roles` -> 201 `RoleItem`. */
export const RoleBody = strict({ name: Role, description: Description, reason: Reason })
/** `DELETE /api/roles/{name}`; answers `Message`. */
export const RoleDeleteBody = strict({ reason: Reason })

export const RoleItem = strict({
  name: Role,
  description: Description,
  builtIn: Type.Boolean(),
  /** null: built in. */
  createdBy: orNull(Id),
  createdAt: orNull(Time),
})
/** In order of names. */
export const RolesAnswer = strict({ roles: Type.Array(RoleItem, { maxItems: 300 }) })

export type RoleBody = Static<typeof RoleBody>
export type RoleItem = Static<typeof RoleItem>
export type RolesAnswer = Static<typeof RolesAnswer>
