import type { Static, TSchema } from "typebox"
import Schema from "typebox/schema"
import { TylerError } from "../core/errors.ts"
import { explainFault } from "./fault.ts"

/** One compiled checker per schema object, made at first use. Schemas are module constants, so the map stays small. */
const checkers = new WeakMap<TSchema, Schema.Validator>()

function checkerOf(schema: TSchema): Schema.Validator {
  let checker = checkers.get(schema)
  if (!checker) {
    checker = Schema.Compile(schema)
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
