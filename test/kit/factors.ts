import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import type { LoginAnswer } from "../../src/api/auth.ts"
import type { ChallengeAnswer, FactorItem, PasskeyAnswer, TotpAnswer, VerifyAnswer } from "../../src/api/factors.ts"
import type { Answer, Client, Problem } from "./client.ts"
import { clientOf } from "./client.ts"
import { PASSWORD } from "./people.ts"
import { SoftwarePasskey } from "./passkey.ts"

export const STEP_MS = 30_000

/** RFC 6238, written a second time: an app that somebody else made. @param seed base32 */
export function appCode(seed: string, now: number): string {
  const bits = Array.from(seed, (char) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(char).toString(2).padStart(5, "0"))
  const key = Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeUIntBE(Math.floor(now / STEP_MS), 2, 6)
  const mac = createHmac("sha1", key).update(counter).digest()
  const at = (mac.at(-1) ?? 0) & 15
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0")
}

export interface App {
  readonly id: string
  readonly seed: string
}

/** Enrols an app. @param headers a step-up token where there is a factor already */
export async function enrolApp(
  client: Client,
  now: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<App> {
  const begun = await client.post<TotpAnswer>("/api/me/factors/totp")
  assert.equal(begun.status, 200, begun.text)
  const { enrolment, secret } = begun.body
  const body = { enrolment, code: appCode(secret, now), label: "phone", password: PASSWORD }
  const made = await client.post<FactorItem>("/api/me/factors/totp/confirm", body, headers)
  assert.equal(made.status, 201, made.text)
  return { id: made.body.id, seed: secret }
}

export async function enrolPasskey(
  client: Client,
  publicUrl: string,
  headers: Readonly<Record<string, string>> = {},
  of: { readonly counts?: boolean; readonly credentialId?: Uint8Array } = {},
): Promise<SoftwarePasskey> {
  const begun = await client.post<PasskeyAnswer>("/api/me/factors/passkey")
  assert.equal(begun.status, 200, begun.text)
  const passkey = new SoftwarePasskey({ origin: publicUrl, ...of })
  const options = begun.body.publicKey as Parameters<SoftwarePasskey["register"]>[0]
  const body = {
    enrolment: begun.body.enrolment,
    response: passkey.register(options),
    label: "key on the ring",
    password: PASSWORD,
  }
  const made = await client.post<FactorItem>("/api/me/factors/passkey/confirm", body, headers)
  assert.equal(made.status, 201, made.text)
  return passkey
}

/** What a passkey answers to a challenge of this purpose. */
export async function passkeyShown(
  client: Client,
  passkey: SoftwarePasskey,
  purpose: "sign_in" | "verify" | "approve",
  requestId?: string,
): Promise<object> {
  const asked = await client.post<ChallengeAnswer>("/api/auth/challenge", {
    purpose,
    ...(requestId === undefined ? {} : { requestId }),
  })
  assert.equal(asked.status, 200, asked.text)
  const options = asked.body.publicKey as Parameters<SoftwarePasskey["sign"]>[0]
  return { passkey: { challenge: asked.body.challenge, response: passkey.sign(options) } }
}

/** The header with a step-up token. @param shown `{code}` or `{passkey}` */
export async function stepUp(
  client: Client,
  verb: string,
  secrets: readonly string[],
  shown: object,
): Promise<Readonly<Record<string, string>>> {
  const body = { verb, ...(secrets.length === 0 ? {} : { secrets }), ...shown }
  const answer = await client.post<VerifyAnswer>("/api/auth/verify", body)
  assert.equal(answer.status, 200, answer.text)
  return { "x-verification-token": answer.body.token }
}

/** The first half of a login: the password of somebody with a factor. */
export async function logInHalf(url: string, username: string): Promise<Client> {
  const half = await clientOf(url, null).post<LoginAnswer>("/api/auth/login", { username, password: PASSWORD })
  assert.equal(half.status, 200, half.text)
  assert.equal(half.body.assurance, "half")
  return clientOf(url, half.body.token)
}

/** Both halves of a login. */
export async function logInWith(
  url: string,
  username: string,
  show: (half: Client) => Promise<object> | object,
): Promise<Client> {
  const half = await logInHalf(url, username)
  const whole = await half.post<LoginAnswer>("/api/auth/factor", await show(half))
  assert.equal(whole.status, 200, whole.text)
  return clientOf(url, whole.body.token)
}

export function codeOf(answer: Answer<unknown>): string {
  return (answer.body as Problem).code
}
