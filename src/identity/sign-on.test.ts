import assert from "node:assert/strict"
import { createSecretKey, randomBytes } from "node:crypto"
import { test } from "node:test"
import { nameIn, provesSecondFactor, rolesOf } from "./claims.ts"
import { mayAsk } from "./outbound.ts"
import { challengeOf, codeText, CODE_MS, readCode } from "./sign-on-code.ts"
import { readState, secretsOf, SIGN_ON_MS, type SignOnState, stateText } from "./sign-on-state.ts"

const key = createSecretKey(randomBytes(32))
const other = createSecretKey(randomBytes(32))
const NOW = Date.UTC(2026, 10, 24)
const STATE: SignOnState = { id: "id", providerId: "acme", purpose: { kind: "session", next: null }, startedAt: NOW }
const VERIFIER = "v".repeat(43)
const CODE = {
  id: "id",
  principalId: "p",
  epoch: 1,
  assurance: "password" as const,
  challenge: challengeOf(VERIFIER),
  madeAt: NOW,
}

test("a state is read for ten minutes, by who has the key, and as it was written", () => {
  const text = stateText(key, STATE)
  for (const at of [NOW, NOW + 1, NOW + SIGN_ON_MS - 1]) assert.deepEqual(readState(key, text, at), STATE)
  for (const at of [NOW - 1, NOW + SIGN_ON_MS, NOW + SIGN_ON_MS + 1]) assert.equal(readState(key, text, at), undefined)
  assert.equal(readState(other, text, NOW), undefined)
  for (let at = 0; at < text.length; at++) {
    const changed = `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`
    assert.equal(readState(key, changed, NOW), undefined, String(at))
  }
  for (const odd of ["", "A", "A".repeat(43), `${text}=`, `${text}A`, ` ${text}`])
    assert.equal(readState(key, odd, NOW), undefined, odd)
})

test("what is derived differs by use, by text and by key, and fits PKCE", () => {
  const [a, b] = [secretsOf(key, "one"), secretsOf(key, "two")]
  const all = [a, b, secretsOf(other, "one")].flatMap(({ state, nonce, verifier }) => [state, nonce, verifier])
  assert.equal(new Set(all).size, 9)
  for (const text of all) assert.match(text, /^[A-Za-z0-9_-]{43}$/)
})

test("a code is read for two minutes with its verifier; a state is none, nor a code a state", () => {
  const text = codeText(key, CODE)
  for (const at of [NOW, NOW + CODE_MS - 1]) assert.deepEqual(readCode(key, text, VERIFIER, at), CODE)
  for (const at of [NOW - 1, NOW + CODE_MS]) assert.equal(readCode(key, text, VERIFIER, at), undefined)
  assert.equal(readCode(key, text, "w".repeat(43), NOW), undefined)
  assert.equal(readCode(key, stateText(key, STATE), VERIFIER, NOW), undefined)
  assert.equal(readState(key, text, NOW), undefined)
})

test("S256 is RFC 7636's", () => {
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  assert.equal(challengeOf(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
})

test("roles come from own claims that are equal, each once and in order", () => {
  const rules = [
    { claim: "groups", value: "b", role: "developer" },
    { claim: "groups", value: "a", role: "admin" },
    { claim: "team", value: "b", role: "developer" },
    { claim: "constructor", value: "Object", role: "admin" },
    { claim: "__proto__", value: "", role: "admin" },
  ]
  assert.deepEqual(rolesOf(rules, { groups: ["a", "b", "b"], team: "b" }), ["admin", "developer"])
  assert.deepEqual(rolesOf(rules, { groups: "b" }), ["developer"])
  for (const groups of ["A", "a ", "a,b", 1, null, { a: "a" }, [["a"]], [1, { a: 1 }], true])
    assert.deepEqual(rolesOf(rules, { groups }), [], JSON.stringify(groups))
  assert.deepEqual(rolesOf(rules, {}), [])
})

test("no value proves a second factor unless the row names it", () => {
  const claims = { acr: "strong", amr: ["pwd", "mfa"] }
  assert.equal(provesSecondFactor({ mfaAcr: [], mfaAmr: [] }, claims), false)
  assert.equal(provesSecondFactor({ mfaAcr: ["strong"], mfaAmr: [] }, claims), true)
  assert.equal(provesSecondFactor({ mfaAcr: [], mfaAmr: ["mfa"] }, claims), true)
  assert.equal(provesSecondFactor({ mfaAcr: ["mfa"], mfaAmr: ["strong"] }, claims), false)
  assert.equal(provesSecondFactor({ mfaAcr: ["strong"], mfaAmr: [] }, { acr: ["strong"] }), false)
})

test("a user name is made canonical or is none", () => {
  assert.equal(nameIn({ preferred_username: " Zoe@Acme.Example " }), "zoe@acme.example")
  for (const preferred_username of [undefined, "", "zoë", "a b", 1, ["zoe"]])
    assert.equal(nameIn({ preferred_username }), undefined)
})

test("https may be asked; http only on this machine, in development", () => {
  for (const [url, production, development] of [
    ["https://login.example/", true, true],
    ["http://127.0.0.1:1/", false, true],
    ["http://localhost/", false, true],
    ["http://[::1]/", false, true],
    ["http://127.0.0.2/", false, false],
    ["http://localhost.example/", false, false],
    ["http://login.example/", false, false],
    ["file:///etc/passwd", false, false],
    ["ftp://localhost/", false, false],
  ] as const) {
    assert.equal(mayAsk(new URL(url), false), production, url)
    assert.equal(mayAsk(new URL(url), true), development, url)
  }
})
