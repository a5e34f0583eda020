import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { IssuedToken } from "../../src/api/users.ts"
import { CONTRACTS } from "../../src/http/contract.ts"
import { EXAMPLES } from "../../src/http/openapi/examples.ts"
import type { RouteId } from "../../src/http/matrix.ts"
import { entryOf, exportLog, verdictOn } from "../kit/audit.ts"
import { clientOf, type Loose } from "../kit/client.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

/** Text that one engine or the other cannot hold, or not give back: PostgreSQL no NUL, UTF-8 no half of a pair. */
const ODD = [
  "\u0000",
  "before\u0000after, long enough to be a reason",
  "\ud83d",
  "a tail \udc11 and more text behind it",
]

let stage: Stage<"dev">
before(async () => {
  stage = await openStage({ dev: ["developer"] })
  await createSecret(stage.admin, "config/app", "a value")
})
after(() => stage.close())

type Schema = Readonly<{
  type?: string
  enum?: readonly unknown[]
  const?: unknown
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  items?: Schema
  anyOf?: readonly Schema[]
}>

interface Place {
  /** As `/tags/0/Key`. */
  readonly pointer: string
  /** The same body with something else there. */
  put(text: string): unknown
}

/** Every place of a body where a caller may put text; the value of a secret is judged by itself. */
function* textPlaces(schema: Schema, here: unknown, pointer = ""): Generator<Place> {
  if (schema.type === "string" && schema.enum === undefined && schema.const === undefined)
    yield { pointer, put: (text) => text }
  for (const choice of schema.anyOf ?? []) yield* textPlaces(choice, here, pointer)
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (name === "value" || name === "valueBase64") continue
    const whole = { ...Object.fromEntries((schema.required ?? []).map((key) => [key, "x"])), ...(here as object) }
    for (const place of textPlaces(field, (whole as Loose)[name], `${pointer}/${name}`))
      yield { pointer: place.pointer, put: (text) => ({ ...whole, [name]: place.put(text) }) }
  }
  if (schema.items !== undefined)
    for (const place of textPlaces(schema.items, undefined, `${pointer}/0`))
      yield { pointer: place.pointer, put: (text) => [place.put(text)] }
}

function filled(id: RouteId): { method: string; path: string } {
  const [method = "", path = ""] = id.split(" ")
  return { method, path: path.replace("{name}", "config/app").replaceAll(/:\w+/g, "unmatched") }
}

test("no field of a body takes text that cannot be kept as it is: 400, and it says which", async () => {
  let places = 0
  for (const [id, { body: schema }] of Object.entries(CONTRACTS) as [RouteId, { body?: Schema }][]) {
    // Once there is an admin, the route looks at nothing.
    if (schema === undefined || id === "POST /api/setup") continue
    const { method, path } = filled(id)
    for (const place of textPlaces(schema, EXAMPLES[id]?.send)) {
      places++
      for (const odd of ODD) {
        const answer = await stage.admin.send(method, path, place.put(odd))
        assert.equal(answer.status, 400, `${id} ${place.pointer} ${JSON.stringify(odd)}: ${answer.text}`)
        assert.ok(!answer.text.includes("after"), "what was sent is not quoted")
      }
    }
  }
  assert.ok(places > 50, `${places} places`)
})

test("nor does a query or a path", async () => {
  for (const [id, { query }] of Object.entries(CONTRACTS) as [RouteId, { query?: Schema }][]) {
    const { method, path } = filled(id)
    for (const field of Object.keys(query?.properties ?? {}))
      for (const odd of ["%00", "a%00b", "%ED%A0%80", "%FF", "%", "%zz", Buffer.from("a\0b").toString("base64url")]) {
        if (field !== "cursor" && !odd.includes("%")) continue
        const answer = await stage.admin.send(method, `${path}?${field}=${odd}`)
        assert.equal(answer.status, 400, `${id} ${field}=${odd}: ${answer.text.slice(0, 200)}`)
      }
  }
  for (const id of Object.keys(CONTRACTS) as RouteId[]) {
    const [method = "", path = ""] = id.split(" ")
    if (!/[:{]/.test(path)) continue
    for (const odd of ["%00", "a%00b", "%ED%A0%80", "%FF"]) {
      const answer = await stage.admin.send(
        method,
        path.replaceAll(/:\w+|\{name\}/g, odd),
        method === "GET" ? undefined : {},
      )
      assert.ok([400, 404].includes(answer.status), `${id} ${odd}: ${answer.text.slice(0, 200)}`)
    }
  }
})

test("text that needs two code units is text like any other, and comes back as it was", async () => {
  const description = "\u{1f511} of the harbour"
  const tags = [{ Key: "\u{1f3f7}", Value: "\u{10ffff}\u{ffff}\u0001" }]
  const patched = await stage.admin.patch(secretPath("config/app"), { description, tags, reason: REASON })
  assert.equal(patched.status, 200, patched.text)
  const { body } = await stage.admin.get(secretPath("config/app", "metadata"))
  assert.deepEqual([body["description"], body["tags"]], [description, tags])
})

test("a value may hold U+0000; half of a pair in it is refused", async () => {
  await createSecret(stage.admin, "config/nul", "a\u0000b")
  assert.equal((await read(stage.admin, "config/nul")).body.value, "a\u0000b")
  const half = await stage.admin.post("/api/secrets", { name: "config/half", value: { "k\ud800": "v" } })
  assert.deepEqual([half.status, half.body["code"]], [400, "value_not_exact"])
})

test("a token's reason that is cut for its label is not cut in the middle of a character", async () => {
  for (const before of [198, 199, 200]) {
    const reason = `${"x".repeat(before)}${"\u{1f511}".repeat(20)}`
    const made = await stage.admin.post<IssuedToken>("/api/service-accounts", {
      name: `cut-${before}`,
      roles: [],
      reason,
    })
    assert.equal(made.status, 201, made.text)
    assert.equal((await clientOf(stage.server.url, made.body.token).get("/api/me")).status, 200)
  }
  const listed = await stage.admin.get<{ serviceAccounts: { tokens: { label: string }[] }[] }>("/api/service-accounts")
  for (const { tokens } of listed.body.serviceAccounts)
    for (const { label } of tokens) assert.ok(label.isWellFormed() && !label.includes("\ufffd"), label)
})

test("what was refused for its text is an entry, and the log verifies", async () => {
  const answer = await stage.people.dev.client.patch(secretPath("config/app"), {
    description: "a\u0000b",
    reason: REASON,
  })
  assert.equal((await entryOf(stage.admin, answer.body["requestId"])).decision, "invalid_request")
  assert.equal((await verdictOn(await exportLog(stage.admin))).ok, true)
})
