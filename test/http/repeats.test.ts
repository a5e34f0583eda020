import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { VersionsAnswer, WrittenAnswer } from "../../src/api/secrets.ts"
import { entryOf } from "../kit/audit.ts"
import type { Problem } from "../kit/client.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

let stage: Stage<"dev" | "bob">
before(async () => {
  stage = await openStage({ dev: ["developer"], bob: ["admin", "developer"] })
})
after(() => stage.close())

function keyOf(text: string): { "idempotency-key": string } {
  return { "idempotency-key": text.padEnd(32, "0") }
}

test("a key is 32 to 64 letters, digits and hyphens", async () => {
  await createSecret(stage.admin, "config/keys", "v")
  for (const [key, status] of [
    ["k".repeat(31), 400],
    ["k".repeat(32), 200],
    ["k".repeat(33), 200],
    ["k".repeat(63), 200],
    ["k".repeat(64), 200],
    ["k".repeat(65), 400],
    ["", 400],
    ["k_".repeat(20), 400],
    [`${"k".repeat(40)},${"k".repeat(40)}`, 400],
  ] as const) {
    const body = { value: "v", reason: REASON }
    const answer = await stage.admin.put(secretPath("config/keys"), body, { "idempotency-key": key })
    assert.equal(answer.status, status, key)
    if (status === 400) assert.equal(answer.body["code"], "invalid_request")
    const rotate = await stage.admin.post(secretPath("config/keys", "rotate"), {}, { "idempotency-key": key })
    assert.equal(rotate.status, status === 400 ? 400 : 409, `rotate ${key}`)
  }
})

test("a creation sent again answers as the first did, as an entry of its own", async () => {
  const body = { name: "config/again", value: { a: "1" } }
  const first = await stage.admin.post<WrittenAnswer>("/api/secrets", body, keyOf("create"))
  const second = await stage.admin.post<WrittenAnswer>("/api/secrets", body, keyOf("create"))
  assert.deepEqual([first.status, second.status], [201, 201])
  assert.deepEqual(second.body, first.body)
  const entry = await entryOf(stage.admin, second.headers.get("x-request-id"))
  assert.deepEqual([entry.action, entry.result, entry.details], ["CREATE", "SUCCESS", "repeated"])
  const other = await stage.admin.post<Problem>("/api/secrets", { ...body, value: { a: "2" } }, keyOf("create"))
  assert.deepEqual([other.status, other.body.code], [409, "idempotency_mismatch"])
  const without = await stage.admin.post<Problem>("/api/secrets", body)
  assert.deepEqual([without.status, without.body.code], [409, "secret_exists"])
})

test("another person's key is a mismatch whatever the body: it tells no guess right", async () => {
  const { client: dev } = stage.people.dev
  const { client: bob } = stage.people.bob
  await createSecret(stage.admin, "config/guess", "start")
  const path = secretPath("config/guess")
  const mine = await stage.admin.put<WrittenAnswer>(path, { value: "the answer", reason: REASON }, keyOf("mine"))
  assert.equal(mine.status, 200)
  const answers = []
  for (const value of ["the answer", "another answer"]) {
    for (const client of [dev, bob]) {
      const answer = await client.put<Problem>(path, { value, reason: REASON }, keyOf("mine"))
      assert.deepEqual([answer.status, answer.body.code], [409, "idempotency_mismatch"], value)
      answers.push({ ...answer.body, requestId: "" })
    }
  }
  assert.equal(new Set(answers.map((one) => JSON.stringify(one))).size, 1)
  const create = { name: "config/guess2", value: "the answer" }
  assert.equal((await stage.admin.post("/api/secrets", create, keyOf("other"))).status, 201)
  const repeated = await bob.post<Problem>("/api/secrets", create, keyOf("other"))
  assert.deepEqual([repeated.status, repeated.body.code], [409, "idempotency_mismatch"])
  assert.equal((await read(dev, "config/guess")).body.value, "the answer")
})

test("a key of one secret says nothing about another, and a late repeat moves no label", async () => {
  await createSecret(stage.admin, "config/one", "v")
  await createSecret(stage.admin, "config/two", "v")
  const body = { value: "new", reason: REASON }
  for (const name of ["config/one", "config/two"])
    assert.equal((await stage.admin.put(secretPath(name), body, keyOf("shared"))).status, 200)
  await stage.admin.put(secretPath("config/one"), { value: "newer", reason: REASON })
  const late = await stage.admin.put<WrittenAnswer>(secretPath("config/one"), body, keyOf("shared"))
  assert.equal(late.body.versionId, keyOf("shared")["idempotency-key"])
  assert.equal((await read(stage.admin, "config/one")).body.value, "newer")
  const { versions } = (await stage.admin.get<VersionsAnswer>(secretPath("config/one", "versions"))).body
  assert.deepEqual(
    versions.map(({ stages }) => stages),
    [["current"], ["previous"], []],
  )
})
