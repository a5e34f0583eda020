import { TylerError } from "../core/errors.ts"
import type { Signature } from "../audit/approval-details.ts"
import { approvalChallenge } from "../audit/approval-details.ts"
import { equalBytes } from "../core/bytes.ts"
import { openField } from "../envelope/field.ts"
import { assertionOptions, credentialIdOf, verifyAssertion } from "../identity/passkey.ts"
import { matchRecoveryCode, parseRecoveryCode } from "../identity/recovery-codes.ts"
import { factorGenuine, factorMac } from "../identity/row-mac.ts"
import type { LoginThrottle } from "../identity/throttle.ts"
import { newTicket, openTicket, ticketUseId } from "../identity/ticket.ts"
import { matchTotp } from "../identity/totp.ts"
import type { Change } from "../state/change.ts"
import type { FactorRow, PrincipalRow } from "../state/rows.ts"
import { genuine } from "./accounts.ts"
import { tooManyAttempts } from "./too-many-attempts.ts"
import type { View } from "./perform.ts"
import type { Service } from "./service.ts"
import { HERE, recordTampering } from "./service-entries.ts"

/** Whom passkeys are made for: PUBLIC_URL's host and origin. */
export interface RelyingParty {
  readonly rpId: string
  readonly origin: string
}

/** Where codes are judged: guesses at them wait in the same line as guesses at passwords. */
export interface FactorDesk {
  readonly throttle: LoginThrottle
  readonly relyingParty: RelyingParty
}

/** What a person shows: a code, from an app or from the list of recovery codes, or a passkey's answer to a challenge. */
export type Shown =
  | { readonly code: string }
  | { readonly passkey: { readonly challenge: string; readonly response: unknown } }

export interface JudgedFactor {
  readonly kind: FactorRow["kind"]
  /** Uses up what was shown. */
  readonly changes: readonly Change[]
  /** Of a passkey. */
  readonly signed: Signature | undefined
}

/** Who shows it, and in which session (for a challenge is bound to it). */
export interface Holder {
  readonly row: PrincipalRow
  readonly sessionId: string
}

export type ChallengePurpose = "sign_in" | "verify" | "approve"

export const CHALLENGE_MS = 5 * 60_000

/** Facts of a passkey's row. */
export interface PasskeyFacts extends RelyingParty {
  readonly algorithm: number
  readonly transports: readonly string[]
}

export function passkeyFacts(row: FactorRow): PasskeyFacts {
  return JSON.parse(row.facts) as PasskeyFacts
}

/** @throws TylerError `forbidden` for programs, which have no factors; `row_tampered` */
export async function personRow(on: Service, { principal }: View): Promise<PrincipalRow> {
  const row = await on.reader.principalById(principal.id)
  if (row === undefined || row.kind !== "person")
    throw new TylerError("forbidden", { error: "Only people have second factors" })
  return genuine(on, row)
}

/** Those with a good code; the others grant nothing and are an alarm. */
export async function genuineFactors(on: Service, owner: PrincipalRow): Promise<readonly FactorRow[]> {
  const rows = await on.reader.factorsOf(owner.id)
  const genuine: FactorRow[] = []
  for (const row of rows)
    if (factorGenuine(on.keyring().rowsKey, row, owner.factorEpoch)) genuine.push(row)
    else await recordTampering(on, HERE, "factor", row.id)
  return genuine
}

/** Recovery codes alone are no second factor: they stand in for one. */
export function hasFactor(factors: readonly FactorRow[]): boolean {
  return factors.some(({ kind }) => kind !== "recovery")
}

/**
 * Whether signing in takes a factor: by the owner's own row, for whoever has the password and can write the database
 * would otherwise spoil or delete the rows of the factors, and enrol one of his own. What is missing is an alarm.
 */
export async function factorExpected(on: Service, owner: PrincipalRow): Promise<boolean> {
  const rows = await genuineFactors(on, owner)
  if (owner.hasFactor && !hasFactor(rows) && !hasFactor(await on.reader.factorsOf(owner.id)))
    await recordTampering(on, HERE, "principal", owner.id)
  return owner.hasFactor
}

/** A challenge for the person's passkeys. Nothing is stored: that it was used is. */
export interface Challenge {
  readonly challenge: string
  readonly expiresAt: number
  readonly publicKey: object
}

/** @param digest of the request that an approval signs; null for other purposes. */
export async function challengeFor(
  on: Service,
  desk: FactorDesk,
  holder: Holder,
  purpose: ChallengePurpose,
  digest: Uint8Array | null,
): Promise<Challenge> {
  const passkeys = (await genuineFactors(on, holder.row)).filter(({ kind }) => kind === "passkey")
  if (passkeys.length === 0) throw new TylerError("not_found", { error: "You have no passkey" })
  const expiresAt = on.expiryNow() + CHALLENGE_MS
  const payload = digest === null ? "" : Buffer.from(digest).toString("base64url")
  const use = challengeUse(purpose, holder)
  const { text, nonce } = newTicket(on.keyring().rowsKey, use, { expiresAt, payload }, on.random)
  const allow = passkeys.map((row) => ({
    credentialId: row.credentialId ?? new Uint8Array(),
    transports: passkeyFacts(row).transports,
  }))
  const { rpId } = desk.relyingParty
  const publicKey = assertionOptions({ rpId, challenge: signedBytes(nonce, digest), allow, timeoutMs: CHALLENGE_MS })
  return { challenge: text, expiresAt, publicKey }
}

function challengeUse(purpose: ChallengePurpose, { row, sessionId }: Holder) {
  return { purpose: `challenge:${purpose}`, holder: [row.id, sessionId] }
}

function signedBytes(nonce: Uint8Array, digest: Uint8Array | null): Uint8Array {
  return digest === null ? nonce : approvalChallenge(nonce, digest)
}

/**
 * Judges what a person shows. Wrong guesses count with wrong passwords, per account.
 * @param digest what a passkey must have signed, for an approval
 * @throws TylerError `verification_failed`, `rate_limited`; `verification_required` if there is no factor to show
 */
export async function showFactor(
  on: Service,
  desk: FactorDesk,
  holder: Holder,
  purpose: ChallengePurpose,
  shown: Shown,
  digest: Uint8Array | null = null,
): Promise<JudgedFactor> {
  const factors = await genuineFactors(on, holder.row)
  if (!hasFactor(factors))
    throw new TylerError("verification_required", { requiresEnrolment: true, error: "Enrol a second factor first" })
  const { name } = holder.row
  const verdict = desk.throttle.check(name, on.clock.monotonic())
  if (!("allowed" in verdict)) throw tooManyAttempts(on, verdict.retryAfterMs)
  let judged: JudgedFactor | undefined
  try {
    judged =
      "code" in shown
        ? byCode(on, factors, holder, shown.code)
        : await byPasskey(on, factors, holder, purpose, shown, digest)
  } catch (error) {
    desk.throttle.abandoned(name)
    throw error
  }
  if (judged === undefined) {
    desk.throttle.failed(name, on.clock.monotonic())
    throw new TylerError("verification_failed")
  }
  desk.throttle.succeeded(name)
  return judged
}

function byCode(
  on: Service,
  factors: readonly FactorRow[],
  { row: owner }: Holder,
  code: string,
): JudgedFactor | undefined {
  for (const row of factors) {
    const lastUse = MATCH[row.kind]?.(on, row, code)
    if (lastUse !== undefined)
      return { kind: row.kind, changes: [useFactor(on, owner, row, lastUse)], signed: undefined }
  }
  return undefined
}

type Match = (on: Service, row: FactorRow, code: string) => number | undefined

/** What a code leaves behind in the row, by kind; a passkey takes no code. */
const MATCH: Readonly<Partial<Record<FactorRow["kind"], Match>>> = {
  totp(on, row, code) {
    const seed = openField(on.keyring().rowsKey, ["totp", row.id], row.material)
    const step = matchTotp(seed, code, on.clock.now(), row.lastUse)
    seed.fill(0)
    return step
  },
  recovery(_on, row, code) {
    const canonical = parseRecoveryCode(code)
    return canonical === undefined ? undefined : matchRecoveryCode(row.material, row.lastUse, canonical)
  },
}

async function byPasskey(
  on: Service,
  factors: readonly FactorRow[],
  holder: Holder,
  purpose: ChallengePurpose,
  { passkey }: Extract<Shown, { passkey: unknown }>,
  digest: Uint8Array | null,
): Promise<JudgedFactor | undefined> {
  const ticket = openTicket(on.keyring().rowsKey, challengeUse(purpose, holder), passkey.challenge, on.expiryNow())
  const credentialId = credentialIdOf(passkey.response)
  const row = factors.find((one) => one.credentialId && credentialId && equalBytes(one.credentialId, credentialId))
  if (ticket === undefined || credentialId === undefined || row === undefined) return undefined
  if (ticket.payload !== (digest === null ? "" : Buffer.from(digest).toString("base64url"))) return undefined
  const { algorithm, rpId, origin } = passkeyFacts(row)
  const verdict = verifyAssertion(
    {
      rpId,
      origin,
      challenge: signedBytes(ticket.nonce, digest),
      credentialId,
      publicKeySpki: row.material,
      algorithm,
      counter: row.lastUse,
    },
    passkey.response,
  )
  if ("fault" in verdict) return undefined
  const id = ticketUseId(ticket)
  // Known to be used is a wrong guess like any other: it must not count as a success, which forgets the wrong ones.
  if (await on.reader.usedOnce(id)) return undefined
  const { counter, ...assertion } = verdict
  const used: Change = { kind: "useOnce", id, expiresAt: ticket.expiresAt }
  const counted = counter === row.lastUse ? [] : [useFactor(on, holder.row, row, counter)]
  return {
    kind: "passkey",
    changes: [used, ...counted],
    signed: { nonce: ticket.nonce, credential: credentialId, ...assertion },
  }
}

/** Only over the last use that was seen, so that of two uses of one code one finds it used. */
function useFactor(on: Service, owner: PrincipalRow, row: FactorRow, lastUse: number): Change {
  return {
    kind: "putFactor",
    row: signedFactor(on, { ...row, lastUse }, owner.factorEpoch),
    expectedLastUse: row.lastUse,
  }
}

export function signedFactor(on: Service, row: Omit<FactorRow, "mac">, factorEpoch: number): FactorRow {
  return { ...row, mac: factorMac(on.keyring().rowsKey, row, factorEpoch) }
}
