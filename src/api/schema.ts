import type { Type as TypeBox } from "typebox"

export type { Static, TObject, TSchema } from "typebox"

type Fields = Readonly<Record<string, object>>

/** Copies that a field may lack: kept beside the schemas, so that these stay plain JSON Schema. */
const optional = new WeakSet<object>()

function Optional(schema: object): object {
  const copy = { ...schema }
  optional.add(copy)
  return copy
}

function objectOf(fields: Fields, options: object = {}): object {
  const required = Object.keys(fields).filter((name) => !optional.has(fields[name] ?? {}))
  return { type: "object", ...(required.length === 0 ? {} : { required }), properties: fields, ...options }
}

const typed =
  (type: string) =>
  (options: object = {}) => ({ type, ...options })

/**
 * TypeBox's types over JSON Schema as it is (draft 2020-12). Only the builders that are used here; TypeBox's own load
 * 300 modules, measured at 10 MB and 60 ms of each start.
 */
export const Type = {
  String: typed("string"),
  Integer: typed("integer"),
  Boolean: typed("boolean"),
  Null: typed("null"),
  Literal: (value: string | boolean, options: object = {}) => ({ type: typeof value, const: value, ...options }),
  Enum: (values: readonly string[], options: object = {}) => ({ enum: values, ...options }),
  Union: (anyOf: readonly object[], options: object = {}) => ({ anyOf, ...options }),
  Array: (items: object, options: object = {}) => ({ type: "array", items, ...options }),
  Object: objectOf,
  Partial: ({ properties }: { properties: Fields }, options: object = {}) =>
    objectOf(Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, Optional(field)])), options),
  /** Any field name; `_key` only says so in the type. */
  Record: (_key: object, value: object, options: object = {}) => ({
    type: "object",
    patternProperties: { "^.*$": value },
    ...options,
  }),
  Unsafe: (schema: object) => schema,
  Optional,
} as unknown as Pick<
  typeof TypeBox,
  | "String"
  | "Integer"
  | "Boolean"
  | "Null"
  | "Literal"
  | "Enum"
  | "Union"
  | "Array"
  | "Object"
  | "Partial"
  | "Record"
  | "Unsafe"
  | "Optional"
>
