import { VERBS } from "../core/verb.ts"
import { type Static, type TObject, type TSchema, Type } from "./schema.ts"

export type { TObject, TSchema }

/**
 * Field schemas that several resources share. Lengths are in code points. A `description` completes the sentence
 * "<field> must be ..." in the error for that field.
 */

/** An object that refuses every field it does not name. */
export function strict<P extends Record<string, TSchema>>(fields: P) {
  return Type.Object(fields, { additionalProperties: false })
}

/** Judged in full by `core/reason.ts`; the bound here only keeps it from being long. */
export const Reason = Type.String({ maxLength: 4000 })

/** Judged in full by `core/name.ts`. */
export const Name = Type.String({ minLength: 1, maxLength: 512 })

/** 32 to 64 of `[A-Za-z0-9-]`, as `core/version.ts` has it. */
export const VersionId = Type.String({
  pattern: "^[A-Za-z0-9-]{32,64}$",
  description: "a version id (32 to 64 letters, digits or hyphens)",
})

export const Label = Type.String({
  pattern: "^[A-Za-z0-9_+=.@-]{1,256}$",
  description: "a staging label (1 to 256 letters, digits or _+=.@-)",
})

/** As the AWS endpoint may have made them; a body here names them by the stricter ones above. */
export const AnyVersionId = Type.String({ minLength: 32, maxLength: 64 })
export const AnyLabel = Type.String({ minLength: 1, maxLength: 256 })

export const Id = Type.String({ minLength: 1, maxLength: 64 })

export const Role = Type.String({
  pattern: "^[a-z][a-z0-9-]{0,31}$",
  description: "a role (a lower-case letter, then up to 31 of a-z, 0-9 or -)",
})
export const Roles = Type.Array(Role, { maxItems: 32, uniqueItems: true })

export const VerbName = Type.Enum([...VERBS])

/** What a token is limited to. Judged in full by `policy/scope.ts`. */
export const Scope = strict({
  secrets: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), { minItems: 1, maxItems: 20, uniqueItems: true }),
  verbs: Type.Array(VerbName, { minItems: 1, maxItems: VERBS.length, uniqueItems: true }),
})

export const Username = Type.String({ minLength: 1, maxLength: 128 })

/** Only the bound against abuse; the rule (15 to 128, blocklist) is `identity`'s. */
export const Password = Type.String({ maxLength: 1024 })

/** Opaque tokens as we make them are 43 base64url characters; the bound leaves room for a prefix. */
export const Token = Type.String({ minLength: 1, maxLength: 256 })

/** ISO 8601, UTC. */
export const Time = Type.String({ minLength: 20, maxLength: 30 })

export const Cursor = Type.String({ minLength: 1, maxLength: 1024 })

export const Message = strict({ message: Type.String({ maxLength: 500 }) })

export function orNull<S extends TSchema>(schema: S) {
  return Type.Union([schema, Type.Null()])
}

export type Scope = Static<typeof Scope>
