import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { after, before, describe, test } from "node:test"
import { ERROR_CODES } from "../../src/core/errors.ts"
import { MATRIX } from "../../src/http/matrix.ts"
import { STATUS } from "../../src/http/problem.ts"
import { assertDescribed, documentOf, type Loose, resolve, validatorOf } from "../kit/description.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const document = documentOf()
const paths = document["paths"] as Readonly<Record<string, Readonly<Record<string, Loose>>>>
const operations = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ id: `${method.toUpperCase()} ${path}`, path, operation })),
)

let stage: Stage<never>
before(async () => {
  stage = await openStage({})
})
after(() => stage.close())

test("the server serves the document that these tests hold it to", async () => {
  const served = await stage.server.anonymous.get("/api/openapi.json")
  assert.equal(served.status, 200)
  const { servers, info, ...rest } = served.body
  assert.deepEqual(servers, [{ url: stage.server.publicUrl }])
  const own = JSON.parse(JSON.stringify({ ...document, servers: undefined, info: undefined })) as Loose
  assert.deepEqual(rest, own)
  assert.match(String((info as Loose)["version"]), /^\d+\.\d+\.\d+/)
})

test("every row of the matrix is described, and nothing else", () => {
  const rows = Object.keys(MATRIX).map((id) => id.replaceAll(/:(\w+)/g, "{$1}"))
  assert.deepEqual(operations.map(({ id }) => id).toSorted(), rows.toSorted())
})

/** Every object in the document, with the pointer to it. */
function* parts(part: unknown, at = "#"): Generator<[string, Loose]> {
  if (typeof part !== "object" || part === null) return
  if (!Array.isArray(part)) yield [at, part as Loose]
  for (const [key, value] of Object.entries(part)) yield* parts(value, `${at}/${key}`)
}

test("it has the structure of OpenAPI 3.1: no loose reference, ids and parameters once, a response each", () => {
  assert.equal(document["openapi"], "3.1.1")
  for (const [at, part] of parts(document))
    if ("$ref" in part) assert.ok(resolve(part) !== undefined && Object.keys(part).length === 1, at)
  const ids = operations.map(({ operation }) => operation["operationId"])
  assert.equal(new Set(ids).size, ids.length)
  const tags = new Set((document["tags"] as Loose[]).map(({ name }) => name))
  for (const { id, path, operation } of operations) {
    assert.ok(Object.keys(operation["responses"] as object).length > 0, id)
    assert.deepEqual(
      (operation["tags"] as string[]).map((tag) => tags.has(tag)),
      [true],
      id,
    )
    const parameters = (operation["parameters"] ?? []) as Loose[]
    const inPath = parameters.filter((one) => one["in"] === "path").map(({ name }) => `{${String(name)}}`)
    assert.deepEqual(inPath, path.match(/\{\w+\}/g) ?? [], id)
    const names = parameters.map((one) => `${String(one["in"])} ${String(one["name"])}`)
    assert.equal(new Set(names).size, names.length, id)
    for (const answer of Object.values(operation["responses"] as Record<string, unknown>))
      assert.ok(typeof resolve(answer)["description"] === "string", id)
  }
})

test("an independent validator of OpenAPI accepts it", { skip: validator() ? false : "openapi-spec-validator" }, () => {
  execFileSync("python3", ["-c", VALIDATE], { input: JSON.stringify(document), stdio: ["pipe", "inherit", "inherit"] })
})

const VALIDATE =
  "import sys,json,openapi_spec_validator as v; v.OpenAPIV31SpecValidator(json.load(sys.stdin)).validate()"

function validator(): boolean {
  if ((process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("openapi-spec-validator")) return true
  try {
    execFileSync("python3", ["-c", "import openapi_spec_validator"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

test("every schema is one that a validator can be made of, and every object in it is closed", () => {
  const { schemas } = document["components"] as { schemas: Record<string, Loose> }
  for (const schema of Object.values(schemas)) validatorOf({ ...schema }).Check({})
  for (const [at, part] of parts(schemas)) {
    if (part["type"] !== "object" || !("properties" in part)) continue
    // A value may be any object; that is what is stored.
    if (/\/value(\/anyOf\/\d)?$/.test(at)) continue
    assert.equal(part["additionalProperties"], false, at)
  }
})

test("every code has its status and text, and every status of a refusal names its codes", () => {
  const listed = document["x-tyler-errors"] as Record<string, { status: number; text: string }>
  assert.deepEqual(Object.keys(listed).toSorted(), ERROR_CODES.toSorted())
  for (const code of ERROR_CODES) assert.equal(listed[code]?.status, STATUS[code], code)
  const named = new Set<string>()
  for (const { id, operation } of operations) {
    for (const [status, answer] of Object.entries(operation["responses"] as Record<string, unknown>)) {
      for (const code of (resolve(answer)["x-tyler-refusals"] ?? []) as string[]) named.add(code)
      for (const code of codesOf(resolve(answer))) {
        named.add(code)
        assert.equal(String(listed[code]?.status), status, `${id} ${code}`)
      }
    }
  }
  // These are answered before there is a route.
  const before = ["method_not_allowed", "headers_too_large", "request_timeout"]
  // Entries name these too, but only what the AWS endpoint can ask for meets with them.
  const aws = ["label_held", "label_not_there", "label_required", "too_many_tags"]
  assert.deepEqual([...named, ...before, ...aws].toSorted(), ERROR_CODES.toSorted())
})

function codesOf(answer: Loose): readonly string[] {
  const schema = ((answer["content"] as Loose | undefined)?.["application/json"] as Loose | undefined)?.["schema"] as
    | Loose
    | undefined
  const [, coded] = (schema?.["allOf"] ?? []) as { properties: { code: { enum: string[] } } }[]
  return coded?.properties.code.enum ?? []
}

describe("examples are as described", () => {
  for (const { id, operation } of operations) {
    test(id, () => {
      const body = operation["requestBody"] as Loose | undefined
      if (body !== undefined) checkExample(body, `${id} body`)
      for (const [status, answer] of Object.entries(operation["responses"] as Record<string, unknown>)) {
        const known = resolve(answer)
        if (
          Number(status) < 300 &&
          "application/json" in (known["content"] as object) &&
          id !== "GET /api/openapi.json"
        )
          checkExample(known, `${id} ${status}`)
      }
    })
  }
})

function checkExample(part: Loose, about: string): void {
  const content = (part["content"] as Loose)["application/json"] as { schema: Loose; example?: unknown }
  assert.ok(content.example !== undefined, `${about} has no example`)
  assertDescribed(content.schema, content.example, `the example of ${about}`)
}
