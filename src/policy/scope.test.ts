import assert from "node:assert/strict"
import { test } from "node:test"
import type { SecretName } from "../core/name.ts"
import type { TokenScope } from "../core/principal.ts"
import { decide, mayList } from "./decide.ts"
import { policySet } from "./document.ts"
import { defaultPolicies } from "./defaults.ts"
import { parseScope, SCOPE_PATTERNS_MAX, scopeCovers } from "./scope.ts"

const list = (count: number): string[] => Array.from({ length: count }, (_, at) => `a/${at}`)

test("a scope has 1 to 20 different patterns and at least one verb", () => {
  for (const count of [1, SCOPE_PATTERNS_MAX - 1, SCOPE_PATTERNS_MAX])
    assert.ok(parseScope(list(count), ["read"]) !== undefined)
  assert.equal(parseScope(list(SCOPE_PATTERNS_MAX + 1), ["read"]), undefined)
  for (const secrets of [[], ["**"], ["a*"], [""], ["a/"], ["a", "a"]])
    assert.equal(parseScope(secrets, ["read"]), undefined, JSON.stringify(secrets))
  for (const verbs of [[], ["look"], ["read", "read"]])
    assert.equal(parseScope(["a"], verbs), undefined, JSON.stringify(verbs))
})

test("a scope covers its verbs on the names that one of its patterns matches", () => {
  const scope = { secrets: ["config/*", "db/*/root"], verbs: ["read", "list"] } as const
  const covers = (verb: "read" | "reveal", name: string) => scopeCovers(scope, verb, name as SecretName)
  for (const name of ["config/a", "config/a/b", "CONFIG/A", "db/eu/root"]) {
    assert.equal(covers("read", name), true, name)
    assert.equal(covers("reveal", name), false, name)
  }
  for (const name of ["config", "configuration/a", "db/root", "db/eu/west/root"])
    assert.equal(covers("read", name), false, name)
})

test("a stored pattern that cannot match covers nothing", () => {
  for (const secrets of [["**"], ["a*"], []])
    assert.equal(scopeCovers({ secrets, verbs: ["read"] }, "read", "a" as SecretName), false)
})

test("the decision itself asks the scope, for the list too", () => {
  const set = policySet(defaultPolicies(0), 1)
  const name = "config/app" as SecretName
  const asker = { id: "p", kind: "program", roles: ["developer"], assurance: "token" } as const
  const permits = (scope: TokenScope) =>
    decide(set, { verb: "read", name, principal: { ...asker, scope } }).effect === "permit"
  assert.equal(permits({ secrets: ["config/app"], verbs: ["read"] }), true)
  assert.equal(permits({ secrets: ["config/other"], verbs: ["read"] }), false)
  assert.equal(permits({ secrets: ["config/app"], verbs: ["list"] }), false)
  assert.equal(mayList(set, asker, name), true)
  assert.equal(mayList(set, { ...asker, scope: { secrets: ["*"], verbs: ["read"] } }, name), false)
  assert.equal(mayList(set, { ...asker, scope: { secrets: ["*"], verbs: ["list"] } }, name), true)
  assert.equal(mayList(set, { ...asker, roles: ["hr"], scope: { secrets: ["*"], verbs: ["list"] } }, name), false)
})
