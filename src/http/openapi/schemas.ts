import type { TSchema } from "../../api/fields.ts"
import * as access from "../../api/access.ts"
import * as audit from "../../api/audit.ts"
import * as auth from "../../api/auth.ts"
import * as fields from "../../api/fields.ts"
import * as health from "../../api/health.ts"
import * as keys from "../../api/keys.ts"
import * as policies from "../../api/policies.ts"
import * as problem from "../../api/problem.ts"
import * as rotation from "../../api/rotation.ts"
import * as secrets from "../../api/secrets.ts"
import * as users from "../../api/users.ts"

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

const MODULES = [access, audit, auth, fields, health, keys, policies, problem, rotation, secrets, users]

/** Each exported schema under the name it is exported by. */
function exportedNames(): ReadonlyMap<unknown, string> {
  const names = new Map<unknown, string>()
  for (const [name, value] of MODULES.flatMap((module) => Object.entries(module as Readonly<Record<string, unknown>>)))
    if (typeof value === "object" && value !== null) names.set(value, name)
  return names
}

/** The schemas that the routes use, by name: one definition each, wherever they stand. */
export class Components {
  readonly #names = exportedNames()
  readonly #defined = new Map<string, Json>()
  /** Refusals, by the codes they name. */
  readonly responses = new Map<string, JsonObject>()

  /** A reference to a schema with a name; anything else as it stands, with references inside. */
  refer(schema: TSchema): Json {
    const name = this.#names.get(schema)
    if (name === undefined) return this.#copy(schema) as Json
    if (!this.#defined.has(name)) {
      this.#defined.set(name, null)
      this.#defined.set(name, this.#copy(schema) as Json)
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  /** The schema itself, for its fields to be listed one by one. */
  fieldsOf(schema: TSchema): { readonly properties: JsonObject; readonly required: readonly string[] } {
    const { properties = {}, required = [] } = this.#copy(schema) as {
      properties?: JsonObject
      required?: readonly string[]
    }
    return { properties, required }
  }

  all(): JsonObject {
    return Object.fromEntries([...this.#defined].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  #copy(part: unknown): unknown {
    if (Array.isArray(part)) return part.map((one) => this.#inner(one))
    if (typeof part !== "object" || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, this.#inner(value)]))
  }

  #inner(part: unknown): unknown {
    return this.#names.has(part) ? this.refer(part as TSchema) : this.#copy(part)
  }
}
