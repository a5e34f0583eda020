import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { ChallengeAnswer, PasskeyAnswer } from "../../src/api/factors.ts"
import type { Answer, Client, HeaderFields, Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { codeOf, enrolPasskey, logInWith, passkeyShown, stepUp } from "../kit/factors.ts"
import { type Misbehaviour, SoftwarePasskey } from "../kit/passkey.ts"
import { PASSWORD } from "../kit/people.ts"
import { createSecret, REASON } from "../kit/secrets.ts"
import { openStage } from "../kit/stage.ts"

const CHALLENGE_MS = 5 * 60_000
const ENROLMENT_MS = 10 * 60_000
/** Wrong guesses are forgotten after this. */
const FORGET_MS = 16 * 60_000

type SignOptions = Parameters<SoftwarePasskey["sign"]>[0]
type RegisterOptions = Parameters<SoftwarePasskey["register"]>[0]

async function scene() {
  const clock = movableClock()
  const stage = await openStage({ finn: ["finance"], gail: ["finance"], hal: ["finance"] }, { clock })
  after(() => stage.close())
  const { finn, gail, hal } = stage.people
  const { publicUrl } = stage.server
  const passkey = await enrolPasskey(finn.client, publicUrl)
  return { clock, stage, publicUrl, passkey, finn: finn.client, gail: gail.client, hal: hal.client }
}

async function challenge(client: Client, purpose: string, requestId?: string): Promise<ChallengeAnswer> {
  const body = { purpose, ...(requestId === undefined ? {} : { requestId }) }
  const answer = await client.post<ChallengeAnswer>("/api/auth/challenge", body)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

const verify = (client: Client, shown: object): Promise<Answer<Problem>> =>
  client.post<Problem>("/api/auth/verify", { verb: "govern", ...shown })

const failed = (answer: Answer<unknown>, about: string): void =>
  assert.equal(codeOf(answer), "verification_failed", `${about}: ${answer.text}`)

test("an answer that an honest browser and authenticator would not give steps up nobody", async () => {
  const { clock, passkey, finn } = await scene()
  const odd: Readonly<Record<string, Misbehaviour>> = {
    origin: { origin: "https://evil.example" },
    "origin with another port": { origin: "http://localhost:1" },
    "null origin": { origin: "null" },
    rpId: { rpId: "evil.example" },
    "parent's rpId": { rpId: "host" },
    "no user verification": { userVerified: false },
    "no user presence": { userPresent: false },
    "a registration": { type: "webauthn.create" },
    "another site's frame": { crossOrigin: true, topOrigin: "https://evil.example" },
    "a made-up challenge": { challenge: Buffer.alloc(32).toString("base64url") },
    "an empty challenge": { challenge: "" },
    "a counter that goes back": { counter: 1 },
    "a counter of nothing": { counter: 0 },
    "more bytes": { trailing: Buffer.alloc(3) },
    "no client data": { clientDataJSON: "" },
    "client data that is a list": { clientDataJSON: "[]" },
    "client data with a prototype": { clientDataJSON: '{"__proto__":{"type":"webauthn.get"}}' },
  }
  await verify(finn, await passkeyShown(finn, passkey, "verify"))
  for (const [about, how] of Object.entries(odd)) {
    clock.advance(FORGET_MS)
    const asked = await challenge(finn, "verify")
    const response = passkey.sign(asked.publicKey as unknown as SignOptions, how)
    failed(await verify(finn, { passkey: { challenge: asked.challenge, response } }), about)
  }
  clock.advance(FORGET_MS)
  assert.equal((await verify(finn, await passkeyShown(finn, passkey, "verify"))).status, 200, "an honest one does")
})

test("a challenge is good for its purpose, session, person and five minutes", async () => {
  const { clock, stage, publicUrl, passkey, finn, gail } = await scene()
  const theirs = await enrolPasskey(gail, publicUrl)
  const other = await logInWith(stage.server.url, "finn", (half) => passkeyShown(half, passkey, "sign_in"))
  const shown = {
    "of another purpose": await passkeyShown(finn, passkey, "sign_in"),
    "of another session": await passkeyShown(other, passkey, "verify"),
    "of another person": await passkeyShown(gail, theirs, "verify"),
  }
  for (const [about, one] of Object.entries(shown)) failed(await verify(finn, one), about)
  clock.advance(FORGET_MS)
  const asked = await challenge(finn, "verify")
  const signedBy = (key: SoftwarePasskey) => ({
    passkey: { challenge: asked.challenge, response: key.sign(asked.publicKey as unknown as SignOptions) },
  })
  failed(await verify(finn, signedBy(theirs)), "somebody else's passkey")
  const borrowed = new SoftwarePasskey({ origin: publicUrl, credentialId: passkey.credentialId })
  borrowed.counter = 1000
  failed(await verify(finn, signedBy(borrowed)), "the right id, another key")
  const late = await passkeyShown(finn, passkey, "verify")
  clock.advance(CHALLENGE_MS)
  failed(await verify(finn, late), "too late")
  clock.step(-CHALLENGE_MS)
  failed(await verify(finn, late), "too late, and the clock set back")
  clock.advance(FORGET_MS)
  const good = await passkeyShown(finn, passkey, "verify")
  clock.advance(CHALLENGE_MS - 2_000)
  assert.equal((await verify(finn, good)).status, 200, "in time")
})

test("a signature approves the request it was made for, and no other", async () => {
  const { stage, passkey, finn, hal } = await scene()
  await createSecret(stage.admin, "financial/ledger", "the books")
  const ask = async (): Promise<string> => {
    const asks = { secrets: ["financial/ledger"], verb: "read", reason: REASON }
    return (await hal.post<{ id: string }>("/api/access-requests", asks)).body.id
  }
  const [one, two] = [await ask(), await ask()]
  const approve = (id: string, shown: object) => finn.post<Problem>(`/api/access-requests/${id}/approve`, shown)
  failed(await approve(two, await passkeyShown(finn, passkey, "approve", one)), "signed for another request")
  failed(await approve(one, await passkeyShown(finn, passkey, "verify")), "a step-up's signature")
  const plain = await challenge(finn, "approve", one)
  const { challenge: bytes } = (await challenge(finn, "verify")).publicKey as unknown as SignOptions
  const response = passkey.sign(plain.publicKey as unknown as SignOptions, { challenge: bytes })
  failed(await approve(one, { passkey: { challenge: plain.challenge, response } }), "other bytes signed")
  assert.equal(codeOf(await approve(one, {})), "verification_required", "no signature at all")
  assert.equal((await approve(one, await passkeyShown(finn, passkey, "approve", one))).status, 200)
})

test("a passkey is one person's, its registration is made once, in time, for this site, with the user verified", async () => {
  const { clock, publicUrl, passkey, finn, gail, hal } = await scene()
  const begin = async (client: Client) => (await client.post<PasskeyAnswer>("/api/me/factors/passkey")).body
  const confirm = (client: Client, enrolment: string, response: unknown, headers: HeaderFields = {}) =>
    client.post<Problem>(
      "/api/me/factors/passkey/confirm",
      { enrolment, response, label: "key", password: PASSWORD },
      headers,
    )
  const of = ({ publicKey }: PasskeyAnswer) => publicKey as unknown as RegisterOptions

  const copied = await begin(gail)
  const stolen = await confirm(gail, copied.enrolment, passkey.register(of(copied)))
  assert.deepEqual([stolen.status, stolen.body.code], [409, "factor_exists"], stolen.text)
  const govern = await stepUp(finn, "govern", [], await passkeyShown(finn, passkey, "verify"))
  const twice = await begin(finn)
  const again = await confirm(finn, twice.enrolment, passkey.register(of(twice)), govern)
  assert.equal(again.body.code, "factor_exists", "the same one twice")

  for (const odd of [
    { origin: "https://evil.example" },
    { rpId: "evil.example" },
    { userVerified: false },
    { userPresent: false },
    { type: "webauthn.get" },
    { challenge: Buffer.alloc(32).toString("base64url") },
    { crossOrigin: true },
    { flags: 0x80 },
  ]) {
    const begun = await begin(gail)
    const response = new SoftwarePasskey({ origin: publicUrl }).register(of(begun), odd)
    const answer = await confirm(gail, begun.enrolment, response)
    assert.equal(answer.body.code, "verification_failed", `${JSON.stringify(odd)}: ${answer.text}`)
  }
  const lent = await begin(hal)
  const mine = new SoftwarePasskey({ origin: publicUrl })
  const response = mine.register(of(lent))
  assert.equal((await confirm(gail, lent.enrolment, response)).body.code, "enrolment_expired", "another's enrolment")
  const late = await begin(gail)
  clock.advance(ENROLMENT_MS)
  assert.equal((await confirm(gail, late.enrolment, mine.register(of(late)))).body.code, "enrolment_expired")
  const good = await begin(gail)
  const made = mine.register(of(good))
  assert.equal((await confirm(gail, good.enrolment, made)).status, 201)
  const token = await stepUp(gail, "govern", [], await passkeyShown(gail, mine, "verify"))
  assert.equal((await confirm(gail, good.enrolment, made, token)).body.code, "enrolment_expired", "a replay")
})

test("what is no answer of a passkey is refused as such, and does no harm", async () => {
  const { clock, passkey, finn } = await scene()
  const asked = await challenge(finn, "verify")
  const honest = passkey.sign(asked.publicKey as unknown as SignOptions)
  const text = JSON.stringify(honest)
  const { response } = honest
  const mangled: readonly unknown[] = [
    {},
    { ...honest, id: null, rawId: null },
    { ...honest, id: ["a"], rawId: ["a"] },
    { ...honest, rawId: "AAAA" },
    { ...honest, type: "password" },
    { ...honest, response: null },
    { ...honest, response: [] },
    { ...honest, response: "x" },
    { ...honest, response: { ...response, signature: 1 } },
    { ...honest, response: { ...response, signature: "!!!" } },
    { ...honest, response: { ...response, signature: `${response.signature}=` } },
    { ...honest, response: { ...response, signature: "A".repeat(40_000) } },
    { ...honest, response: { ...response, authenticatorData: "" } },
    { ...honest, response: { ...response, authenticatorData: "AAAA" } },
    { ...honest, response: { ...response, clientDataJSON: { toString: "x" } } },
    { ...honest, response: { ...response, clientDataJSON: Buffer.from('{"type":').toString("base64url") } },
  ]
  for (const one of mangled) {
    clock.advance(FORGET_MS)
    const fresh = await challenge(finn, "verify")
    failed(
      await verify(finn, { passkey: { challenge: fresh.challenge, response: one } }),
      JSON.stringify(one).slice(0, 99),
    )
  }
  const wrap = (inner: string): string =>
    `{"verb":"govern","passkey":{"challenge":"${asked.challenge}","response":${inner}}}`
  for (const body of [
    wrap("null"),
    wrap("[]"),
    wrap('"x"'),
    wrap("1"),
    wrap(text.replace("{", '{"__proto__":{"type":"public-key"},')),
    wrap(text.replace("{", '{"type":"a",')),
    wrap(`${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`),
    wrap(text.slice(0, -1)),
    `{"verb":"govern","passkey":{"challenge":"","response":{}}}`,
    `{"verb":"govern","passkey":{"challenge":"${"A".repeat(4_097)}","response":{}}}`,
    `{"verb":"govern","passkey":{"challenge":"a b","response":{}}}`,
    `{"verb":"govern","passkey":[]}`,
  ]) {
    clock.advance(FORGET_MS)
    const answer = await finn.post<Problem>("/api/auth/verify", body)
    assert.ok([400, 403].includes(answer.status), `${body.slice(0, 99)}: ${answer.status} ${answer.text}`)
  }
  const huge = await finn.post<Problem>("/api/auth/verify", wrap(`{"a":"${"x".repeat(70_000)}"}`))
  assert.equal(huge.status, 413)
  clock.advance(FORGET_MS)
  assert.equal((await verify(finn, await passkeyShown(finn, passkey, "verify"))).status, 200)
})
