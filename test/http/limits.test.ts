import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { addRoles, PASSWORD } from "../kit/people.ts"
import { createSecret, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

let stage: Stage<never>
before(async () => {
  stage = await openStage({})
  await addRoles(stage.admin, [...list(32), "r".repeat(31), "r".repeat(32)])
  await createSecret(stage.admin, "config/bounded", "a value")
})
after(() => stage.close())

const list = (count: number): string[] => Array.from({ length: count }, (_, at) => `one-${at}`)

let made = 0
const addPolicy = (more: object) =>
  stage.admin.post("/api/policies", { secretPattern: `bounded-${made++}/*`, reason: REASON, ...more })
const addUser = (more: object) =>
  stage.admin.post("/api/users", { username: `bounded-${made++}`, password: PASSWORD, roles: [], ...more })
const addProgram = (more: object) =>
  stage.admin.post("/api/service-accounts", { name: `bounded-${made++}`, roles: [], reason: REASON, ...more })
const describe = (more: object) => stage.admin.patch(secretPath("config/bounded"), { reason: REASON, ...more })

type Send = (more: object) => Promise<{ readonly status: number; readonly text: string }>

/** What may be sent, and the most of it. */
const LIMITS: readonly (readonly [what: string, send: Send, body: (size: number) => object, limit: number])[] = [
  ["a policy's roles", addPolicy, (size) => ({ allowedRoles: ["admin", ...list(size - 1)] }), 32],
  ["a policy's approvers", addPolicy, (size) => ({ allowedRoles: ["admin"], approverRoles: list(size) }), 32],
  ["a verb's roles", addPolicy, (size) => ({ allowedRoles: ["admin"], verbRoles: { list: list(size) } }), 32],
  ["a policy's workloads", addPolicy, (size) => ({ allowedRoles: ["admin"], allowedWorkloads: list(size) }), 100],
  ["a workload's id", addPolicy, (size) => ({ allowedRoles: ["admin"], allowedWorkloads: ["x".repeat(size)] }), 64],
  ["a policy's approvals", addPolicy, (size) => ({ allowedRoles: ["admin"], minApprovals: size }), 10],
  ["a grant's minutes", addPolicy, (size) => ({ allowedRoles: ["admin"], grantMinutes: size }), 10_080],
  ["a day's reads", addPolicy, (size) => ({ allowedRoles: ["admin"], maxAccessPerDay: size }), 1_000_000],
  ["a program's reads", addPolicy, (size) => ({ allowedRoles: ["admin"], workloadMaxAccessPerDay: size }), 1_000_000],
  ["a pattern", addPolicy, (size) => ({ allowedRoles: ["admin"], secretPattern: `p/${"x".repeat(size - 2)}` }), 512],
  ["a person's roles", addUser, (size) => ({ roles: list(size) }), 32],
  ["a role", addUser, (size) => ({ roles: ["r".repeat(size)] }), 32],
  ["a user name", addUser, (size) => ({ username: "u".repeat(size) }), 128],
  ["a program's roles", addProgram, (size) => ({ roles: list(size) }), 32],
  ["a program's name", addProgram, (size) => ({ name: "n".repeat(size) }), 128],
  ["a token's days", addProgram, (size) => ({ expiresInDays: size }), 365],
  ["a description", describe, (size) => ({ description: "\u{1f511}".repeat(size) }), 500],
  ["tags", describe, (size) => ({ tags: list(size).map((Key) => ({ Key, Value: "v" })) }), 50],
  ["a tag's key", describe, (size) => ({ tags: [{ Key: "k".repeat(size), Value: "v" }] }), 128],
  ["a tag's value", describe, (size) => ({ tags: [{ Key: "k", Value: "v".repeat(size) }] }), 256],
]

for (const [what, send, body, limit] of LIMITS)
  test(`${what}: ${limit} at most`, async () => {
    for (const size of [limit - 1, limit]) {
      const answer = await send(body(size))
      assert.ok([200, 201].includes(answer.status), `${size}: ${answer.text}`)
    }
    const above = await send(body(limit + 1))
    assert.equal(above.status, 400, above.text)
  })
