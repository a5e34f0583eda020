import { createRequire } from "node:module"
import type * as compiler from "typebox/schema"
import { TylerError } from "../core/errors.ts"
import { isStorable } from "../core/storable.ts"
import { explainFault, nameOf } from "./fault.ts"
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
 * @param judged fields whose text has a rule of its own
 */
export function parseBody<S extends TSchema>(
  schema: S,
  json: unknown,
  judged: readonly string[] = ["reason"],
): Static<S> {
  return parsed(schema, json, "body", judged)
}

/** A query string's fields, each given at most once. Throws as `parseBody` does. */
export function parseQuery<S extends TSchema>(schema: S, query: unknown): Static<S> {
  return parsed(schema, query, "query", [])
}

function parsed<S extends TSchema>(schema: S, sent: unknown, whole: string, judged: readonly string[]): Static<S> {
  const checker = checkerOf(schema)
  if (!checker.Check(sent))
    throw new TylerError("invalid_request", explainFault(schema, sent, checker.Errors(sent)[1], whole))
  for (const [name, field] of Object.entries(sent as object)) if (!judged.includes(name)) refuseOdd(field, `/${name}`)
  return sent as Static<S>
}

/** Field names need no look: the schema has named them. */
function refuseOdd(sent: unknown, pointer: string): void {
  if (typeof sent === "string") {
    if (isStorable(sent)) return
    throw invalidField(pointer, `${nameOf(pointer, "")} must not hold U+0000 or half of a surrogate pair`)
  }
  if (typeof sent !== "object" || sent === null) return
  for (const [name, field] of Object.entries(sent)) refuseOdd(field, `${pointer}/${name}`)
}

/** For rules that a schema cannot say, in the same shape. */
export function invalidField(field: string, error: string): TylerError {
  return new TylerError("invalid_request", { field, error })
}
