import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import type { TSchema } from "./schema.ts"
import { TylerError } from "../core/errors.ts"
import { AccessBody, BatchBody, parseAccess } from "./access.ts"
import { SetupBody } from "./auth.ts"
import { parseBody } from "./parse.ts"
import { PolicyBody } from "./policies.ts"
import { CreateBody, DeleteBody, PutBody, parseCreate, parseListQuery } from "./secrets.ts"
import { UserBody } from "./users.ts"

const REASON = "because the test asks"

function refused(run: () => unknown): { field: unknown; error: unknown } {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof TylerError)
    assert.equal(error.code, "invalid_request")
    return { field: error.facts["field"], error: error.facts["error"] }
  }
  return assert.fail("was accepted")
}

function tells(schema: TSchema, json: unknown, field: string, error: string): void {
  assert.deepEqual(
    refused(() => parseBody(schema, json)),
    { field, error },
  )
}

test("an error names the field and the rule", () => {
  tells(AccessBody, [], "", "The body must be an object, not an array")
  tells(AccessBody, null, "", "The body must be an object, not null")
  tells(DeleteBody, { confirmationCode: "x" }, "/reason", "reason is required")
  tells(AccessBody, { reason: ["x"] }, "/reason", "reason must be a string, not an array")
  tells(AccessBody, { reason: REASON, unmask: "true" }, "/unmask", "unmask must be a boolean, not a string")
  tells(AccessBody, { reason: REASON, as: 7 }, "/as", 'as must be "string", not a number')
  tells(BatchBody, { reason: REASON, names: [] }, "/names", "names must have at least one item")
  tells(BatchBody, { reason: REASON, names: ["a", 7] }, "/names/1", "names[1] must be a string, not a number")
  tells(BatchBody, { reason: REASON, names: ["a", "a"] }, "/names", "names must not name the same item twice")
  tells(CreateBody, { name: "a", value: 1 }, "/value", "value must be a string or an object, not a number")
  tells(CreateBody, { name: "a", value: [] }, "/value", "value must be a string or an object, not an array")
  tells(
    CreateBody,
    { name: "a", valueBase64: "a" },
    "/valueBase64",
    "valueBase64 must be canonical base64 with padding",
  )
  tells(
    DeleteBody,
    { confirmationCode: "", reason: REASON, recoveryDays: 6 },
    "/recoveryDays",
    "recoveryDays must be at least 7",
  )
  tells(
    DeleteBody,
    { confirmationCode: "", reason: REASON, recoveryDays: 7.5 },
    "/recoveryDays",
    "recoveryDays must be a whole number, not a fraction",
  )
  tells(
    PolicyBody,
    { secretPattern: "a/*", reason: REASON, allowedRoles: "admin" },
    "/allowedRoles",
    "allowedRoles must be an array or null, not a string",
  )
  tells(
    PolicyBody,
    { secretPattern: "a/*", reason: REASON, allowedRoles: [7] },
    "/allowedRoles/0",
    "allowedRoles[0] must be a role (a lower-case letter, then up to 31 of a-z, 0-9 or -), not a number",
  )
  tells(
    PolicyBody,
    { secretPattern: "a/*", reason: REASON, maxAccessPerDay: -1 },
    "/maxAccessPerDay",
    "maxAccessPerDay must be at least 0",
  )
  tells(
    PolicyBody,
    { secretPattern: "a/*", reason: REASON, verbRoles: { dance: [] } },
    "/verbRoles/dance",
    "verbRoles.dance is not known here; accepted: list, read, reveal, create, write, delete, restore, rotate, purge, audit",
  )
  tells(
    UserBody,
    { username: "a", password: "", roles: ["Admin"] },
    "/roles/0",
    "roles[0] must be a role (a lower-case letter, then up to 31 of a-z, 0-9 or -)",
  )
})

test("an unknown field is named, unless its name is odd or long, and what is accepted is listed", () => {
  const known = "token, username, password"
  const body = { token: "t", username: "u", password: "p" }
  tells(SetupBody, { ...body, admin: true }, "/admin", `admin is not known here; accepted: ${known}`)
  for (const odd of ["a b", "\u001b[31m", "x".repeat(65), ""])
    tells(SetupBody, { ...body, [odd]: true }, "", `A field is not known here; accepted: ${known}`)
  tells(AccessBody, { reason: REASON, constructor: 1 }, "/constructor", refusedText("constructor"))
  tells(AccessBody, JSON.parse(`{"reason":"${REASON}","__proto__":{}}`), "/__proto__", refusedText("__proto__"))
})

function refusedText(name: string): string {
  return `${name} is not known here; accepted: reason, unmask, versionId, stage, as, skipCache`
}

test("lengths and counts hold at the limit and one beyond it", () => {
  const at = { name: "a", value: "v", description: "d".repeat(500) }
  assert.equal(parseCreate(at).description?.length, 500)
  tells(
    CreateBody,
    { ...at, description: "d".repeat(501) },
    "/description",
    "description must have at most 500 characters",
  )
  const tag = (key: number, value: number) => ({ Key: "k".repeat(key), Value: "v".repeat(value) })
  parseCreate({ name: "a", value: "v", tags: Array.from({ length: 50 }, () => tag(128, 256)) })
  parseCreate({ name: "a", value: "v", tags: [tag(1, 0)] })
  const tags = (one: object, count = 1) => ({ name: "a", value: "v", tags: Array.from({ length: count }, () => one) })
  tells(CreateBody, tags(tag(1, 1), 51), "/tags", "tags must have at most 50 items")
  tells(CreateBody, tags(tag(0, 0)), "/tags/0/Key", "tags[0].Key must not be empty")
  tells(CreateBody, tags(tag(129, 0)), "/tags/0/Key", "tags[0].Key must have at most 128 characters")
  tells(CreateBody, tags(tag(1, 257)), "/tags/0/Value", "tags[0].Value must have at most 256 characters")
  const names = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`)
  assert.equal(parseBody(BatchBody, { names: names(50), reason: REASON }).names.length, 50)
  tells(BatchBody, { names: names(51), reason: REASON }, "/names", "names must have at most 50 items")
  // A character outside the basic plane counts once; combining marks count each.
  assert.equal(parseCreate({ name: "a", value: "v", description: "\u{1f511}".repeat(500) }).name, "a")
  const marks = `e${"\u0301".repeat(500)}`
  tells(CreateBody, { ...at, description: marks }, "/description", "description must have at most 500 characters")
})

test("a value travels as text, object or base64, and as exactly one of them", () => {
  parseCreate({ name: "a", value: "" })
  parseCreate({ name: "a", value: { deep: { user: "u" } } })
  parseCreate({ name: "a", valueBase64: "AAE=" })
  assert.equal(refused(() => parseCreate({ name: "a" })).error, "value or valueBase64 is required")
  const both = refused(() => parseCreate({ name: "a", value: "v", valueBase64: "AAE=" }))
  assert.equal(both.error, "value and valueBase64 cannot both be given")
  tells(PutBody, { value: "v" }, "/reason", "reason is required")
})

test("a read names a version or a stage, not both", () => {
  const versionId = "0123456789abcdef0123456789abcdef"
  parseAccess({ reason: REASON, versionId })
  parseAccess({ reason: REASON, stage: "current" })
  assert.equal(refused(() => parseAccess({ reason: REASON, versionId, stage: "current" })).field, "/stage")
})

test("a query is parsed strictly, each field at most once", () => {
  assert.deepEqual(parseListQuery({}), { prefix: "", category: null, q: null, cursor: null, limit: 100 })
  assert.equal(parseListQuery({ limit: "100" }).limit, 100)
  for (const limit of ["0", "101", "-1", "1e1", " 1", ""])
    assert.equal(refused(() => parseListQuery({ limit })).field, "/limit")
  assert.equal(refused(() => parseListQuery({ q: ["a", "b"] })).error, "q must be a string, not an array")
  assert.equal(refused(() => parseListQuery({ sort: "x" })).field, "/sort")
})

test("no error quotes what was sent", () => {
  const canary = "cAnArY-7f3a"
  const sent = fc.oneof(
    fc.constant(canary),
    fc.constant(canary.repeat(60_000)),
    fc.constant([canary]),
    fc.constant({ inner: canary }),
    fc.constant({ inner: { deeper: [canary] } }),
  )
  const fields = ["reason", "value", "valueBase64", "name", "tags", "description", "kmsKeyId", "category"]
  const body = fc.dictionary(fc.constantFrom(...fields), sent)
  fc.assert(
    fc.property(body, fc.constantFrom(CreateBody, PutBody, DeleteBody, AccessBody, PolicyBody), (json, schema) => {
      try {
        parseBody(schema, json)
      } catch (error) {
        assert.ok(error instanceof TylerError)
        assert.ok(!JSON.stringify([error.message, error.facts, error.detail]).includes(canary))
        assert.ok(JSON.stringify(error.facts).length < 1000)
      }
    }),
  )
})
