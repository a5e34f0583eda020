import assert from "node:assert/strict"
import { test } from "node:test"
import { synthesise } from "../synthesis.ts"
import { documentsOf } from "./documents.ts"
import { ACCOUNT, role } from "./row.ts"
import { FOREIGN, OURS, TAGGED } from "./rows-store.ts"
import { type Answer, type Context, simulate } from "./simulate.ts"

const STAMPED = { "aws:RequestTag/Application": "tyler-setup", "aws:RequestTag/Environment": "production" }
const DIRECT = { "secretsmanager:SecretId": OURS }
const CONTROL = { "aws:TagKeys": ["Application", "Environment"] }

const ASKED: readonly (readonly [string, string, Context, Answer])[] = [
  // A secret that was there before and has neither tag gets both at once, and the right ones.
  ["TagResource", OURS, { ...STAMPED, ...CONTROL, ...DIRECT }, "allowed"],
  ["TagResource", OURS, { "aws:RequestTag/Application": "tyler-setup", ...CONTROL, ...DIRECT }, "nothing"],
  ["TagResource", OURS, { ...STAMPED, "aws:RequestTag/Environment": "staging", ...CONTROL, ...DIRECT }, "nothing"],
  ["TagResource", FOREIGN, { ...STAMPED, ...CONTROL, ...DIRECT }, "nothing"],
  // Somebody's secret stays somebody's, be it tagged with one of them only.
  ["TagResource", OURS, { ...STAMPED, ...CONTROL, ...DIRECT, "aws:ResourceTag/Application": "another" }, "refused"],
  ["TagResource", OURS, { ...STAMPED, ...CONTROL, ...DIRECT, "aws:ResourceTag/Environment": "staging" }, "nothing"],
  // And ours cannot be let go.
  ["TagResource", OURS, { ...STAMPED, ...CONTROL, ...DIRECT, ...TAGGED }, "refused"],
  ["UntagResource", OURS, { ...CONTROL, ...DIRECT, ...TAGGED }, "refused"],
  // As without adoption: at birth, and other tags of ours.
  ["TagResource", OURS, { ...STAMPED, ...CONTROL }, "allowed"],
  ["TagResource", OURS, { ...STAMPED, ...CONTROL, ...TAGGED }, "allowed"],
  ["TagResource", OURS, { "aws:TagKeys": ["Team"], ...DIRECT, ...TAGGED }, "allowed"],
]

test("with adoption a secret without tags can be taken over, once, and no other", async () => {
  const synthesis = synthesise((json) => Object.assign(json["service"] ?? {}, { adoption: true }))
  const writer = documentsOf(synthesis).find(({ name }) => name === "writer")
  assert.ok(writer)
  for (const [operation, resource, context, answer] of ASKED) {
    const request = { principal: role("tyler-setup-service"), action: `secretsmanager:${operation}`, resource, context }
    assert.equal((await simulate(ACCOUNT, request, { identity: [writer] })).answer, answer, JSON.stringify(context))
  }
})
