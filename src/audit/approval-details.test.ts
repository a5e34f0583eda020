import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { WEBAUTHN_LIMITS } from "../core/webauthn-assertion.ts"
import {
  type AddedFactor,
  type Approval,
  accessApproveDetails,
  accessRequestDetails,
  approvalChallenge,
  DETAIL_LIMITS,
  factorAddedDetails,
  factorRemovedDetails,
  isDetailId,
  parseAccessApprove,
  parseAccessRequest,
  parseFactorAdded,
  parseFactorRemoved,
  parseFacts,
  requestDigest,
  spellFacts,
} from "./approval-details.ts"

const bytes = (count: number, fill = 7): Buffer => Buffer.alloc(count, fill)
const passkey: AddedFactor = {
  factor: "f-1",
  kind: "passkey",
  credential: bytes(32),
  algorithm: -7,
  key: bytes(91),
  rpId: "tyler.example",
  origin: "https://tyler.example:7443",
}
const signed = {
  nonce: bytes(32, 1),
  credential: bytes(32),
  clientDataJSON: Buffer.from('{"type":"webauthn.get"}'),
  authenticatorData: bytes(37),
  signature: bytes(70),
}
const approval: Approval = { digest: bytes(32, 9), signed, facts: { approverCreatedByRequester: "true" } }

test("what is spelled is read back the same: factors, requests, approvals", () => {
  assert.deepEqual(parseFactorAdded(factorAddedDetails(passkey)), passkey)
  for (const kind of ["totp", "recovery"] as const) {
    assert.equal(factorAddedDetails({ factor: "f-2", kind }), `factor=f-2 kind=${kind}`)
    assert.deepEqual(parseFactorAdded(`factor=f-2 kind=${kind}`), { factor: "f-2", kind })
  }
  assert.equal(factorRemovedDetails(["a", "b"]), "factor=a+b")
  assert.deepEqual(parseFactorRemoved("factor=a+b"), ["a", "b"])
  assert.deepEqual(parseAccessApprove(accessApproveDetails(approval)), approval)
  const plain = { digest: bytes(32), facts: {} }
  assert.deepEqual(parseAccessApprove(accessApproveDetails(plain)), plain)
})

test("the digest of a request covers its id, who asks and every fact", () => {
  const facts = { verb: "read", secrets: "s1+s2", minutes: "60" }
  const { details, digest } = accessRequestDetails("r-1", "u-1", facts)
  assert.equal(details, `verb=read secrets=s1+s2 minutes=60 digest=${digest.toString("base64url")}`)
  assert.deepEqual(parseAccessRequest(details), { facts: spellFacts(facts), digest })
  assert.deepEqual(requestDigest("r-1", "u-1", spellFacts(facts)), digest)
  for (const [id, user, text] of [
    ["r-2", "u-1", spellFacts(facts)],
    ["r-1", "u-2", spellFacts(facts)],
    ["r-1", "u-1", spellFacts({ ...facts, minutes: "61" })],
  ] as const)
    assert.notDeepEqual(requestDigest(id, user, text), digest)
  assert.equal(approvalChallenge(bytes(32), digest).byteLength, 32)
})

test("any other spelling is no details", () => {
  const added = factorAddedDetails(passkey)
  const request = accessRequestDetails("r", "u", { verb: "read" }).details
  const approve = accessApproveDetails(approval)
  const odd = (text: string): string[] => [
    "",
    ` ${text}`,
    `${text} `,
    `${text}\n`,
    `${text}=`,
    text.replace(" ", "  "),
    text.replace(" ", "\t"),
    text.replace("=", ""),
    `${text} ${text}`,
  ]
  for (const text of odd(added)) assert.equal(parseFactorAdded(text), undefined, text)
  for (const text of odd(request)) assert.equal(parseAccessRequest(text), undefined, text)
  for (const text of [...odd(approve).slice(0, -2), `${approve} digest=1`, `${approve} verb`, approve.slice(7)])
    if (text !== `${approve}=`) assert.equal(parseAccessApprove(text), undefined, text)
  for (const text of odd("factor=a").filter((text) => text.includes(" ") || text === ""))
    assert.equal(parseFactorRemoved(text), undefined, text)
  for (const text of ["factor=", "factor=a+", "factor=+a", "factor=a b"])
    assert.equal(parseFactorRemoved(text), undefined)
  for (const [from, to] of [
    ["algorithm=-7", "algorithm=-6"],
    ["kind=passkey", "kind=totp"],
    ["rpId=tyler.example", "rpId=Tyler.example"],
    ["https://", "ftp://"],
    [`credential=${signed.credential.toString("base64url")}`, "credential="],
  ] as const)
    assert.equal(parseFactorAdded(added.replace(from, to)), undefined, to)
})

test("base64url has one spelling and digests 32 bytes", () => {
  const text = accessApproveDetails({ digest: bytes(32), facts: {} })
  const last = text.slice(-1)
  const other = String.fromCharCode(last.charCodeAt(0) + 1)
  for (const odd of [`${text}=`, `${text}A`, text.slice(0, -1), text.slice(0, -1) + other])
    assert.equal(parseAccessApprove(odd), undefined, odd)
})

test("limits hold at limit and limit + 1", () => {
  const key = (count: number): string => factorAddedDetails({ ...passkey, key: bytes(count) })
  assert.ok(key(WEBAUTHN_LIMITS.publicKey - 1) && key(WEBAUTHN_LIMITS.publicKey))
  assert.throws(() => key(WEBAUTHN_LIMITS.publicKey + 1), RangeError)
  const credential = (count: number): string => factorAddedDetails({ ...passkey, credential: bytes(count) })
  assert.ok(credential(WEBAUTHN_LIMITS.credentialId - 1) && credential(WEBAUTHN_LIMITS.credentialId))
  assert.throws(() => credential(WEBAUTHN_LIMITS.credentialId + 1), RangeError)
  for (const [name, limit] of [
    ["clientDataJSON", WEBAUTHN_LIMITS.clientData],
    ["authenticatorData", WEBAUTHN_LIMITS.authenticatorData],
    ["signature", WEBAUTHN_LIMITS.signature],
  ] as const) {
    const spell = (count: number): string =>
      accessApproveDetails({ ...approval, signed: { ...signed, [name]: bytes(count) } })
    assert.ok(spell(limit - 1) && spell(limit))
    assert.throws(() => spell(limit + 1), RangeError)
  }
  assert.ok(isDetailId("a".repeat(DETAIL_LIMITS.id - 1)) && isDetailId("a".repeat(DETAIL_LIMITS.id)))
  assert.ok(!isDetailId("a".repeat(DETAIL_LIMITS.id + 1)) && !isDetailId("") && !isDetailId("a\n"))
  const facts = (count: number): string => spellFacts({ a: "x".repeat(count - 2) })
  assert.ok(facts(DETAIL_LIMITS.facts - 1) && facts(DETAIL_LIMITS.facts))
  assert.throws(() => facts(DETAIL_LIMITS.facts + 1), RangeError)
})

test("facts with spaces, line breaks, other alphabets, reserved or repeated keys are refused, never repaired", () => {
  for (const facts of [{ a: "" }, { a: "x y" }, { a: "x\n" }, { a: "é" }, { A: "x" }, { "": "x" }, { digest: "x" }])
    assert.throws(() => spellFacts(facts), RangeError, JSON.stringify(facts))
  assert.equal(parseFacts("a=1 a=2"), undefined)
  assert.equal(parseFacts("__proto__=1"), undefined)
  assert.deepEqual(parseFacts("constructor=1"), { constructor: "1" })
  assert.throws(() => accessRequestDetails("r\n", "u", { verb: "read" }), RangeError)
  assert.throws(() => accessRequestDetails("r", "u", {}), RangeError)
})

test("a text that is read is the text that is spelled", () => {
  const value = fc.stringMatching(/^[!-~]{1,20}$/)
  const facts = fc.dictionary(fc.stringMatching(/^[a-z][A-Za-z]{0,9}$/), value, { minKeys: 1, noNullPrototype: true })
  const free = facts.filter((each) => !("digest" in each || "nonce" in each || "signature" in each))
  const some = (max: number) => fc.uint8Array({ minLength: 1, maxLength: max }).map((each) => Buffer.from(each))
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((each) => Buffer.from(each))
  fc.assert(
    fc.property(hash, hash, some(64), some(200), free, (digest, nonce, credential, clientDataJSON, facts) => {
      const signed = { nonce, credential, clientDataJSON, authenticatorData: credential, signature: credential }
      for (const each of [
        { digest, facts },
        { digest, signed, facts },
      ]) {
        const text = accessApproveDetails(each)
        assert.deepEqual(parseAccessApprove(text), each)
      }
    }),
  )
})
