import assert from "node:assert/strict"
import { generateKeyPairSync, randomBytes } from "node:crypto"
import { test } from "node:test"
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server"
import * as fc from "fast-check"
import { type Misbehaviour, SoftwarePasskey } from "../kit/passkey.ts"
import {
  assertionOptions,
  credentialIdOf,
  registrationOptions,
  type RegisteredPasskey,
  verifyAssertion,
  verifyRegistration,
} from "../../src/identity/passkey.ts"

const rpId = "tyler.example"
const origin = "https://tyler.example"
const challenge = randomBytes(32)
const expected = { rpId, origin, challenge }
const create = registrationOptions({
  rpId,
  rpName: "Tyler Setup",
  userId: Buffer.from("person-1"),
  userName: "ann",
  challenge,
  exclude: [{ credentialId: Buffer.of(1), transports: ["usb"] }],
  timeoutMs: 300_000,
})
const get = assertionOptions({ rpId, challenge, allow: [], timeoutMs: 300_000 })
const ALGORITHMS = [-7, -8, -257] as const

async function registered(passkey: SoftwarePasskey): Promise<RegisteredPasskey> {
  const judged = await verifyRegistration(expected, passkey.register(create))
  assert.ok(!("fault" in judged), JSON.stringify(judged))
  return judged
}

test("options ask for what SimpleWebAuthn would ask for, with the user verified and no attestation", async () => {
  const theirs = await generateRegistrationOptions({
    rpID: rpId,
    rpName: "Tyler Setup",
    userID: new Uint8Array(Buffer.from("person-1")),
    userName: "ann",
    userDisplayName: "ann",
    challenge: new Uint8Array(challenge),
    timeout: 300_000,
    attestationType: "none",
    excludeCredentials: [{ id: "AQ", transports: ["usb"] }],
    authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
    supportedAlgorithmIDs: [-7, -8, -257],
  })
  const { extensions: _e, hints: _h, ...rest } = theirs
  assert.deepEqual({ ...create }, rest)
  const request = await generateAuthenticationOptions({
    rpID: rpId,
    challenge: new Uint8Array(challenge),
    timeout: 300_000,
    userVerification: "required",
    allowCredentials: [{ id: "AQ", transports: ["usb"] }],
  })
  const allow = [{ credentialId: Buffer.of(1), transports: ["usb"] }]
  const ours = assertionOptions({ rpId, challenge, allow, timeoutMs: 300_000 })
  for (const [key, value] of Object.entries(ours)) assert.deepEqual(value, request[key as keyof typeof request], key)
})

for (const algorithm of ALGORITHMS)
  test(`a passkey of algorithm ${algorithm} is registered and signs; SimpleWebAuthn agrees`, async () => {
    const passkey = new SoftwarePasskey({ origin, algorithm })
    const response = passkey.register(create)
    const theirs = await verifyRegistrationResponse({
      response,
      expectedChallenge: create.challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
    })
    assert.ok(theirs.verified)
    const row = await verifyRegistration(expected, response)
    assert.ok(!("fault" in row))
    assert.deepEqual(row, {
      credentialId: passkey.credentialId,
      algorithm,
      publicKeySpki: passkey.publicKeySpki,
      counter: 1,
      transports: ["hybrid", "internal"],
    })
    const answer = passkey.sign(get)
    assert.deepEqual(credentialIdOf(answer), passkey.credentialId)
    const judged = verifyAssertion({ ...expected, ...row }, answer)
    assert.ok(!("fault" in judged))
    assert.equal(judged.counter, 2)
    assert.deepEqual(judged.signature, Buffer.from(answer.response.signature, "base64url"))
    const { userHandle: _, ...inner } = answer.response
    const their = await verifyAuthenticationResponse({
      response: { ...answer, response: inner },
      expectedChallenge: get.challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      credential: theirs.registrationInfo.credential,
    })
    assert.ok(their.verified)
    assert.equal(their.authenticationInfo.newCounter, judged.counter)
  })

const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url")
const clientData = (over: object): string =>
  JSON.stringify({ type: "webauthn.get", challenge: get.challenge, origin, crossOrigin: false, ...over })

/** Each is refused for a registration and for an assertion alike. */
const ODD: readonly (readonly [string, Misbehaviour, string])[] = [
  ["user not verified", { userVerified: false }, "user_not_verified"],
  ["user not present", { userPresent: false }, "user_not_present"],
  ["another origin", { origin: "https://tyler.example.evil.example" }, "wrong_origin"],
  ["a port", { origin: `${origin}:443` }, "wrong_origin"],
  ["the origin with a slash", { origin: `${origin}/` }, "wrong_origin"],
  ["another rpId", { rpId: "example" }, "wrong_rp"],
  ["another challenge", { challenge: b64(randomBytes(32)) }, "wrong_challenge"],
  ["the challenge padded", { challenge: `${get.challenge}=` }, "wrong_challenge"],
  ["no challenge", { challenge: "" }, "wrong_challenge"],
  ["a foreign type", { type: "payment.get" }, "wrong_type"],
  ["inside a frame", { crossOrigin: true }, "cross_origin"],
  ["a top origin", { topOrigin: "https://other.example" }, "cross_origin"],
  ["backed up but not eligible", { flags: 0x10 }, "malformed"],
  ["bytes at the end", { trailing: Buffer.of(1) }, "malformed"],
  ["client data that is no object", { clientDataJSON: "[]" }, "malformed"],
  ["client data that is no JSON", { clientDataJSON: "{" }, "malformed"],
  ["a byte order mark", { clientDataJSON: `\ufeff${clientData({})}` }, "malformed"],
  ["client data above its limit", { clientDataJSON: clientData({ x: "x".repeat(4096) }) }, "malformed"],
]

for (const [what, odd, fault] of ODD)
  test(`refused: ${what}`, async () => {
    const passkey = new SoftwarePasskey({ origin })
    const row = await registered(passkey)
    assert.deepEqual(await verifyRegistration(expected, passkey.register(create, odd)), { fault })
    assert.deepEqual(verifyAssertion({ ...expected, ...row }, passkey.sign(get, odd)), { fault })
  })

test("an assertion is not a registration, nor the other way round", async () => {
  const passkey = new SoftwarePasskey({ origin })
  const row = await registered(passkey)
  const created = passkey.register(create, { type: "webauthn.get" })
  assert.deepEqual(await verifyRegistration(expected, created), { fault: "wrong_type" })
  assert.deepEqual(verifyAssertion({ ...expected, ...row }, passkey.sign(get, { type: "webauthn.create" })), {
    fault: "wrong_type",
  })
  assert.deepEqual(verifyAssertion({ ...expected, ...row }, passkey.register(create)), { fault: "malformed" })
})

test("the counter has to grow, unless the authenticator does not count", async () => {
  const passkey = new SoftwarePasskey({ origin })
  const row = await registered(passkey)
  const at = (stored: number, sent: number) => {
    const judged = verifyAssertion({ ...expected, ...row, counter: stored }, passkey.sign(get, { counter: sent }))
    return "fault" in judged ? judged.fault : judged.counter
  }
  assert.equal(at(5, 6), 6)
  for (const sent of [5, 4, 0]) assert.equal(at(5, sent), "counter_replayed")
  assert.equal(at(0, 0), 0)
  assert.equal(at(0, 1), 1)
  assert.equal(at(2 ** 32 - 2, 2 ** 32 - 1), 2 ** 32 - 1)
  const still = new SoftwarePasskey({ origin, counts: false })
  assert.equal((await registered(still)).counter, 0)
})

test("another passkey, another key or a changed byte is refused", async () => {
  const passkey = new SoftwarePasskey({ origin })
  const row = await registered(passkey)
  const other = new SoftwarePasskey({ origin, credentialId: passkey.credentialId })
  const stranger = new SoftwarePasskey({ origin })
  const judge = (answer: unknown) => verifyAssertion({ ...expected, ...row }, answer)
  assert.deepEqual(judge(stranger.sign(get)), { fault: "wrong_credential" })
  assert.deepEqual(judge(other.sign(get)), { fault: "bad_signature" })
  const good = passkey.sign(get)
  assert.ok(!("fault" in judge(good)))
  for (const key of ["clientDataJSON", "authenticatorData", "signature"] as const) {
    const bytes = Buffer.from(good.response[key], "base64url")
    for (let at = 0; at < bytes.byteLength; at++) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ 0x40
      assert.ok("fault" in judge({ ...good, response: { ...good.response, [key]: b64(changed) } }), `${key} ${at}`)
    }
  }
  for (const [algorithm, key] of [
    [-8, row.publicKeySpki],
    [-257, row.publicKeySpki],
    [-7, new SoftwarePasskey({ origin, algorithm: -8 }).publicKeySpki],
    [-7, Buffer.alloc(91)],
    [-36, row.publicKeySpki],
    [0, row.publicKeySpki],
  ] as const)
    assert.deepEqual(verifyAssertion({ ...expected, ...row, algorithm, publicKeySpki: key }, good), {
      fault: "bad_key",
    })
})

test("whatever is sent instead of an answer is refused and never throws", async () => {
  const passkey = new SoftwarePasskey({ origin })
  const row = await registered(passkey)
  const created = passkey.register(create)
  const good = passkey.sign(get)
  const any = fc.oneof(fc.anything(), fc.constantFrom("", "=", "AAA=", "A", "_-", "x".repeat(9000), "\u0000"))
  const path = fc.constantFrom(
    "id",
    "rawId",
    "type",
    "response",
    "r.clientDataJSON",
    "r.authenticatorData",
    "r.signature",
    "r.attestationObject",
  )
  await fc.assert(
    fc.asyncProperty(path, any, async (where, value) => {
      const put = (answer: { response: object }): object =>
        where.startsWith("r.")
          ? { ...answer, response: { ...answer.response, [where.slice(2)]: value } }
          : { ...answer, [where]: value }
      const registration = await verifyRegistration(expected, put(created))
      assert.ok("fault" in registration || where === "r.signature" || where === "r.authenticatorData")
      const assertion = verifyAssertion({ ...expected, ...row }, put(good))
      assert.ok("fault" in assertion || where === "r.attestationObject")
    }),
    { numRuns: 300 },
  )
  for (const each of [undefined, null, 1, "x", [], {}, { response: null }]) {
    assert.deepEqual(await verifyRegistration(expected, each), { fault: "malformed" })
    assert.deepEqual(verifyAssertion({ ...expected, ...row }, each), { fault: "malformed" })
    assert.equal(credentialIdOf(each), undefined)
  }
})

test("attestation objects that nest, lie about lengths or are cut short are malformed", async () => {
  const passkey = new SoftwarePasskey({ origin })
  const good = passkey.register(create)
  const bytes = Buffer.from(good.response.attestationObject, "base64url")
  const judge = (attestation: Uint8Array) =>
    verifyRegistration(expected, { ...good, response: { ...good.response, attestationObject: b64(attestation) } })
  for (let at = 1; at < bytes.byteLength; at += 7) assert.ok("fault" in (await judge(bytes.subarray(0, at))))
  for (const odd of [
    Buffer.alloc(12_000, 0x81),
    Buffer.alloc(16_384, 0xbf),
    Buffer.from("bfffffffffffffffff", "hex"),
    Buffer.from("1bffffffffffffffff", "hex"),
    Buffer.alloc(16_385),
  ])
    assert.deepEqual(await judge(odd), { fault: "malformed" }, odd.toString("hex", 0, 9))
})

test("credential ids are bounded: 1,023 bytes at most", async () => {
  for (const [length, good] of [
    [1, true],
    [1022, true],
    [1023, true],
    [1024, false],
  ] as const) {
    const passkey = new SoftwarePasskey({ origin, credentialId: randomBytes(length) })
    const judged = await verifyRegistration(expected, passkey.register(create))
    assert.equal("fault" in judged, !good, String(length))
  }
})

test("client data takes 4,096 bytes, authenticator data 1,024, an attestation object 16,384", async () => {
  const passkey = new SoftwarePasskey({ origin })
  const row = await registered(passkey)
  const judge = (odd: Misbehaviour) => verifyAssertion({ ...expected, ...row }, passkey.sign(get, odd))
  for (const [over, good] of [
    [-1, true],
    [0, true],
    [1, false],
  ] as const) {
    const filled = clientData({ x: "x".repeat(4096 + over - clientData({ x: "" }).length) })
    assert.equal("fault" in judge({ clientDataJSON: filled }), !good, `client data ${over}`)
    const trailing = Buffer.alloc(1024 + over - 37)
    assert.equal("fault" in judge({ flags: 0x80, trailing }), !good, `authenticator data ${over}`)
  }
  const created = passkey.register(create)
  const sized = (size: number) => {
    const object = Buffer.from(created.response.attestationObject, "base64url")
    const attestationObject = b64(Buffer.concat([object, Buffer.alloc(size - object.byteLength)]))
    return verifyRegistration(expected, { ...created, response: { ...created.response, attestationObject } })
  }
  for (const [size, good] of [
    [16_383, true],
    [16_384, true],
    [16_385, false],
  ] as const)
    assert.equal("fault" in (await sized(size)), !good, `attestation object ${size}`)
})

test("attestation: the passkey's own signature is checked, certificates are refused before anything is fetched", async (t) => {
  const fetched = t.mock.method(globalThis, "fetch", () => Promise.reject(new Error("no traffic")))
  const passkey = new SoftwarePasskey({ origin })
  const attest = (fmt: string, attStmt: ReadonlyMap<string, string | number | Uint8Array | Uint8Array[]>) =>
    verifyRegistration(expected, passkey.register(create, { attestation: { fmt, attStmt } }))
  const sig = randomBytes(70)
  for (const [fmt, statement] of [
    ["packed", { alg: -7, sig, x5c: [randomBytes(400)] }],
    ["fido-u2f", { sig, x5c: [randomBytes(400)] }],
    ["tpm", { alg: -257, sig, ver: "2.0", x5c: [randomBytes(400)] }],
    ["apple", { x5c: [randomBytes(400)] }],
    ["android-key", { alg: -7, sig, x5c: [randomBytes(400)] }],
    ["android-safetynet", { ver: "1", response: randomBytes(400) }],
    ["none", { alg: -7 }],
    ["compound", {}],
  ] as const)
    assert.deepEqual(await attest(fmt, new Map(Object.entries(statement))), { fault: "attestation_refused" }, fmt)
  const forged = await attest("packed", new Map<string, number | Uint8Array>([["alg", -7]]).set("sig", sig))
  assert.ok("fault" in forged)
  for (const algorithm of ALGORITHMS) {
    const own = new SoftwarePasskey({ origin, algorithm })
    assert.ok(!("fault" in (await verifyRegistration(expected, own.register(create, { selfAttested: true })))))
  }
  assert.equal(fetched.mock.callCount(), 0)
})

test("keys of odd sizes and curves are refused at registration", async () => {
  const judge = async (passkey: SoftwarePasskey, odd: Misbehaviour = {}) =>
    verifyRegistration(expected, passkey.register(create, odd))
  const rsa = (modulusLength: number, publicExponent = 65_537) =>
    new SoftwarePasskey({
      origin,
      algorithm: -257,
      key: generateKeyPairSync("rsa", { modulusLength, publicExponent }).privateKey,
    })
  assert.deepEqual(await judge(rsa(1024)), { fault: "bad_key" })
  assert.deepEqual(await judge(rsa(2048, 3)), { fault: "bad_key" })
  const offCurve = new Map<number, number | Uint8Array>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, Buffer.alloc(32, 1)],
    [-3, Buffer.alloc(32, 1)],
  ])
  assert.deepEqual(await judge(new SoftwarePasskey({ origin }), { cose: offCurve }), { fault: "bad_key" })
  const es384 = new Map<number, number | Uint8Array>([
    [1, 2],
    [3, -35],
    [-1, 2],
    [-2, Buffer.alloc(48, 1)],
    [-3, Buffer.alloc(48, 1)],
  ])
  assert.deepEqual(await judge(new SoftwarePasskey({ origin }), { cose: es384 }), { fault: "bad_key" })
})
