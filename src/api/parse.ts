import { createRequire } from "node:module"
import type * as compiler from "typebox/schema"
import { TylerError } from "../core/errors.ts"
import { explainFault } from "./fault.ts"
import type { Static, TSchema } from "./schema.ts"

/** One compiled checker per schema object, made at first use. Schemas are module constants, so the map stays small. */
const checkers = new WeakMap<TSchema, compiler.Validator>()

const load = createRequire(import.meta.url)

function checkerOf(schema: TSchema): compiler.Validator {
  let checker = checkers.get(schema)
  if (!checker) {
    // At the first body, not at start: TypeBox's compiler is 150 modules, measured at 10 MB and 50 ms.
    checker = (load("typebox/schema") as typeof compiler).Compile(schema)
    checkers.set(schema, checker)
  }
  return checker
}

/**
 * A request body as its schema's type: nothing is coerced, filled in or dropped. Throws TylerError `invalid_request`
 * with `field` (a JSON pointer) and `error`, which names the field and the rule but never quotes what was sent.
 */
export function parseBody<S extends TSchema>(schema: S, json: unknown): Static<S> {
  const checker = checkerOf(schema)
  if (checker.Check(json)) return json as Static<S>
  throw new TylerError("invalid_request", explainFault(schema, json, checker.Errors(json)[1], "body"))
}

/** A query string's fields, each given at most once. Throws as `parseBody` does. */
export function parseQuery<S extends TSchema>(schema: S, query: unknown): Static<S> {
  const checker = checkerOf(schema)
  if (checker.Check(query)) return query as Static<S>
  throw new TylerError("invalid_request", explainFault(schema, query, checker.Errors(query)[1], "query"))
}

/** For rules that a schema cannot say, in the same shape. */
export function invalidField(field: string, error: string): TylerError {
  return new TylerError("invalid_request", { field, error })
}
