import { factorAddedDetails, factorRemovedDetails } from "../audit/approval-details.ts"
import { TylerError } from "../core/errors.ts"
import type { Principal } from "../core/principal.ts"
import { sealField } from "../envelope/field.ts"
import { registrationOptions, verifyRegistration } from "../identity/passkey.ts"
import { newRecoveryCodes } from "../identity/recovery-codes.ts"
import { credentialMac, factorMac } from "../identity/row-mac.ts"
import { newTicket, openTicket, type Ticket, ticketUseId } from "../identity/ticket.ts"
import { matchTotp, newTotpSeed, otpauthUri, totpSeedText } from "../identity/totp.ts"
import type { Change } from "../state/change.ts"
import type { CredentialRow, FactorRow, PrincipalRow } from "../state/rows.ts"
import { nextEpoch } from "./accounts.ts"
import { actOf, type Spent } from "./act.ts"
import type { About } from "./entry.ts"
import { noticeOf } from "./notices.ts"
import { checkOwnPassword } from "./own-password.ts"
import { perform, type View } from "./perform.ts"
import {
  type FactorDesk,
  factorExpected,
  genuineFactors,
  hasFactor,
  type PasskeyFacts,
  passkeyFacts,
  personRow,
  signedFactor,
} from "./second-factor.ts"
import type { Caller, Service } from "./service.ts"
import { spendGovern } from "./step-up.ts"

/** Apps and passkeys one person may have; recovery codes are beside them. */
export const FACTORS_MAX = 20
/** How long an enrolment may take. */
export const ENROLMENT_MS = 10 * 60_000
/** A person who signed in elsewhere and has no password proves himself by a session that is no older. */
const FRESH_MS = 10 * 60_000
const ISSUER = "Tyler Setup"

/** One's own factors, oldest first. */
export async function ownFactors(on: Service, caller: Caller): Promise<readonly FactorRow[]> {
  const row = await on.reader.principalById((await caller.refresh()).id)
  return row === undefined ? [] : genuineFactors(on, row)
}

async function person(caller: Caller): Promise<Principal> {
  const principal = await caller.refresh()
  if (principal.kind !== "person") throw new TylerError("forbidden", { error: "Only people have second factors" })
  return principal
}

export interface TotpEnrolment {
  readonly enrolment: string
  /** Base32. */
  readonly secret: string
  readonly uri: string
  readonly expiresAt: number
}

/** A seed for an app. Nothing is stored until a code of it comes back. */
export async function beginTotp(on: Service, caller: Caller): Promise<TotpEnrolment> {
  const principal = await person(caller)
  const seed = newTotpSeed(on.random)
  const expiresAt = on.expiryNow() + ENROLMENT_MS
  const payload = Buffer.from(seed).toString("base64url")
  const { text } = newTicket(on.keyring().rowsKey, enrolUse("totp", principal), { expiresAt, payload }, on.random)
  const uri = otpauthUri({ issuer: ISSUER, account: principal.name, seed })
  return { enrolment: text, secret: totpSeedText(seed), uri, expiresAt }
}

export interface PasskeyEnrolment {
  readonly enrolment: string
  readonly publicKey: object
  readonly expiresAt: number
}

export async function beginPasskey(on: Service, desk: FactorDesk, caller: Caller): Promise<PasskeyEnrolment> {
  const principal = await person(caller)
  const passkeys = (await ownFactors(on, caller)).filter(({ kind }) => kind === "passkey")
  const expiresAt = on.expiryNow() + ENROLMENT_MS
  const use = enrolUse("passkey", principal)
  const { text, nonce } = newTicket(on.keyring().rowsKey, use, { expiresAt, payload: "" }, on.random)
  const publicKey = registrationOptions({
    rpId: desk.relyingParty.rpId,
    rpName: ISSUER,
    userId: Buffer.from(principal.id),
    userName: principal.name,
    challenge: nonce,
    exclude: passkeys.map((row) => ({
      credentialId: row.credentialId ?? new Uint8Array(),
      transports: passkeyFacts(row).transports,
    })),
    timeoutMs: ENROLMENT_MS,
  })
  return { enrolment: text, publicKey, expiresAt }
}

/** What proves that it is really the person: a token for `govern` once there is a factor, the password before. */
export interface OwnProof {
  readonly password: string | undefined
}

export interface ConfirmTotp extends OwnProof {
  readonly enrolment: string
  readonly code: string
  readonly label: string
}

export function confirmTotp(on: Service, desk: FactorDesk, caller: Caller, ask: ConfirmTotp): Promise<FactorRow> {
  return enrol(on, desk, caller, ask, "totp", async (_view, owner, ticket) => {
    const seed = Buffer.from(ticket.payload, "base64url")
    const lastUse = matchTotp(seed, ask.code, on.clock.now(), -1)
    if (lastUse === undefined) throw new TylerError("verification_failed")
    const id = on.random.uuid()
    const material = sealField(on.keyring().rowsKey, ["totp", id], seed, on.random)
    return newFactor(on, owner, { id, kind: "totp", label: ask.label, material, lastUse })
  })
}

export interface ConfirmPasskey extends OwnProof {
  readonly enrolment: string
  readonly label: string
  readonly response: unknown
}

export function confirmPasskey(on: Service, desk: FactorDesk, caller: Caller, ask: ConfirmPasskey): Promise<FactorRow> {
  return enrol(on, desk, caller, ask, "passkey", async (_view, owner, ticket) => {
    const made = await verifyRegistration({ ...desk.relyingParty, challenge: ticket.nonce }, ask.response)
    if ("fault" in made) throw new TylerError("verification_failed", { fault: made.fault })
    const facts: PasskeyFacts = { ...desk.relyingParty, algorithm: made.algorithm, transports: made.transports }
    return newFactor(on, owner, {
      id: on.random.uuid(),
      kind: "passkey",
      label: ask.label,
      material: made.publicKeySpki,
      credentialId: made.credentialId,
      facts: JSON.stringify(facts),
      lastUse: made.counter,
    })
  })
}

type Confirm = (view: View, owner: PrincipalRow, ticket: Ticket) => Promise<FactorRow>

function enrol(
  on: Service,
  desk: FactorDesk,
  caller: Caller,
  ask: OwnProof & { readonly enrolment: string },
  kind: "totp" | "passkey",
  confirm: Confirm,
): Promise<FactorRow> {
  return changeFactors(on, caller, "FACTOR_ADDED", async (view, owner, factors, about) => {
    if (factors.filter((one) => one.kind !== "recovery").length >= FACTORS_MAX)
      throw new TylerError("too_many_factors", { limit: FACTORS_MAX })
    const use = enrolUse(kind, view.principal)
    const ticket = openTicket(on.keyring().rowsKey, use, ask.enrolment, on.expiryNow())
    if (ticket === undefined || (await on.reader.usedOnce(ticketUseId(ticket))))
      throw new TylerError("enrolment_expired")
    const spent = await proveOwner(on, desk, caller, view, owner, factors, ask)
    const row = await confirm(view, owner, ticket)
    const used: Change = { kind: "useOnce", id: ticketUseId(ticket), expiresAt: ticket.expiresAt }
    const changed = await nextFactors(on, view, owner, { mustEnrol: false, hasFactor: true }, factors)
    const details = addedDetails(row)
    const told = tellOwner(on, owner, row, "added")
    const changes: Change[] = [used, { kind: "addFactor", row }, ...changed, ...told]
    return { act: actOf(on, caller, view, about, { by: "own_account", details, ...spent, changes }), done: () => row }
  })
}

function addedDetails(row: FactorRow): string {
  if (row.kind !== "passkey") return factorAddedDetails({ factor: row.id, kind: row.kind })
  const { algorithm, rpId, origin } = passkeyFacts(row)
  return factorAddedDetails({
    factor: row.id,
    kind: "passkey",
    credential: row.credentialId ?? new Uint8Array(),
    algorithm: algorithm as -7 | -8 | -257,
    key: row.material,
    rpId,
    origin,
  })
}

/** Ten new codes, shown once. They take the place of the ones before. */
export function renewRecoveryCodes(
  on: Service,
  desk: FactorDesk,
  caller: Caller,
  ask: OwnProof,
): Promise<readonly string[]> {
  return changeFactors(on, caller, "FACTOR_ADDED", async (view, owner, factors, about) => {
    if (!hasFactor(factors))
      throw new TylerError("verification_required", {
        requiresEnrolment: true,
        error: "Recovery codes stand in for a second factor; enrol one first",
      })
    const spent = await proveOwner(on, desk, caller, view, owner, factors, ask)
    const { codes, material } = newRecoveryCodes(on.random)
    const row = newFactor(on, owner, {
      id: on.random.uuid(),
      kind: "recovery",
      label: "Recovery codes",
      material,
      lastUse: 0,
    })
    const old = factors.filter(({ kind }) => kind === "recovery")
    const changed = await nextFactors(
      on,
      view,
      owner,
      {},
      factors.filter((one) => !old.includes(one)),
    )
    const removed = old.map(({ id }) => ({ kind: "removeFactor" as const, id, principalId: owner.id }))
    const told = tellOwner(on, owner, row, "added")
    const changes: Change[] = [...removed, { kind: "addFactor", row }, ...changed, ...told]
    const details = addedDetails(row)
    return { act: actOf(on, caller, view, about, { by: "own_account", details, ...spent, changes }), done: () => codes }
  })
}

/** The person's own name for it. */
export function renameFactor(on: Service, caller: Caller, id: string, label: string): Promise<FactorRow> {
  return changeFactors(on, caller, "FACTOR_RENAMED", async (view, owner, factors, about) => {
    const old = ownOne(factors, id)
    const row = signedFactor(on, { ...old, label }, owner.factorEpoch)
    const changes: Change[] = [{ kind: "putFactor", row, expectedLastUse: old.lastUse }]
    const details = factorRemovedDetails([id])
    return { act: actOf(on, caller, view, about, { by: "own_account", details, changes }), done: () => row }
  })
}

export function removeFactor(on: Service, desk: FactorDesk, caller: Caller, id: string): Promise<void> {
  return changeFactors(on, caller, "FACTOR_REMOVED", async (view, owner, factors, about) => {
    const gone = ownOne(factors, id)
    const spent = await proveOwner(on, desk, caller, view, owner, factors, { password: undefined })
    const left = factors.filter((one) => one !== gone)
    // Recovery codes stand in for a factor, so they go with the last one.
    const removed = hasFactor(left) ? [gone] : factors
    const changed = await nextFactors(
      on,
      view,
      owner,
      { hasFactor: hasFactor(left) },
      left.filter((one) => !removed.includes(one)),
    )
    const changes: Change[] = [
      ...removed.map((one) => ({ kind: "removeFactor" as const, id: one.id, principalId: owner.id })),
      ...changed,
      ...tellOwner(on, owner, gone, "removed"),
    ]
    const details = factorRemovedDetails(removed.map((one) => one.id))
    return {
      act: actOf(on, caller, view, about, { by: "own_account", details, ...spent, changes }),
      done: () => undefined,
    }
  })
}

function tellOwner(
  on: Service,
  { id, name }: PrincipalRow,
  { kind }: FactorRow,
  event: "added" | "removed",
): readonly Change[] {
  return noticeOf(on, "factor_changed", [id], { account: name, by: name, factor: kind, event })
}

function ownOne(factors: readonly FactorRow[], id: string): FactorRow {
  const found = factors.find((one) => one.id === id)
  if (found === undefined) throw new TylerError("not_found", { error: "No such second factor" })
  return found
}

type Plan<T> = (
  view: View,
  owner: PrincipalRow,
  factors: readonly FactorRow[],
  about: About,
) => ReturnType<Parameters<typeof perform<T>>[2]["plan"]>

function changeFactors<T>(on: Service, caller: Caller, action: string, plan: Plan<T>): Promise<T> {
  const about = { action, resourceType: "user", resourceName: caller.principal.id, reason: null }
  return perform<T>(on, caller, {
    about,
    writes: true,
    async plan(view) {
      const owner = await personRow(on, view)
      return plan(view, owner, await genuineFactors(on, owner), about)
    },
  })
}

function newFactor(
  on: Service,
  owner: PrincipalRow,
  made: Pick<FactorRow, "id" | "kind" | "label" | "material" | "lastUse"> & Partial<FactorRow>,
): FactorRow {
  const bare = { credentialId: null, facts: "{}", ...made, principalId: owner.id, createdAt: on.clock.now() }
  return signedFactor(on, bare, owner.factorEpoch + 1)
}

/**
 * The owner's next epoch and factor epoch: a factor that was removed and put back past the service opens nothing. All
 * other sessions end, for they were opened without what has changed.
 * @param stay factors that are kept
 */
async function nextFactors(
  on: Service,
  view: View,
  owner: PrincipalRow,
  change: Partial<PrincipalRow>,
  stay: readonly FactorRow[],
): Promise<readonly Change[]> {
  const key = on.keyring().rowsKey
  const next = nextEpoch(on, owner, { ...change, factorEpoch: owner.factorEpoch + 1 })
  const current = await currentSession(on, view)
  return [
    { kind: "putPrincipal", row: next, expectedEpoch: owner.epoch },
    { kind: "removeCredentialsOf", principalId: owner.id, exceptId: current.id },
    {
      kind: "signCredentials",
      principalId: owner.id,
      signed: [{ id: current.id, mac: credentialMac(key, current, next.epoch) }],
    },
    ...stay.map((row) => ({
      kind: "putFactor" as const,
      row: { ...row, mac: factorMac(key, row, next.factorEpoch) },
      expectedLastUse: row.lastUse,
    })),
  ]
}

export async function currentSession(on: Service, { principal }: View): Promise<CredentialRow> {
  const all = await on.reader.credentialsOf(principal.id)
  const current = all.find(({ id }) => id === principal.sessionId)
  if (current === undefined) throw new TylerError("unauthenticated")
  return current
}

/** A stolen session must not become an owner: it knows neither the password nor a factor. */
export async function proveOwner(
  on: Service,
  desk: FactorDesk,
  caller: Caller,
  view: View,
  owner: PrincipalRow,
  factors: readonly FactorRow[],
  { password }: OwnProof,
): Promise<{ readonly spent?: Spent }> {
  if (hasFactor(factors)) return { spent: await spendGovern(on, caller, view) }
  if (await factorExpected(on, owner)) throw new TylerError("row_tampered", {}, `factors of ${owner.id}`)
  if (owner.passwordHash === null) {
    const { createdAt } = await currentSession(on, view)
    if (on.expiryNow() - createdAt <= FRESH_MS) return {}
    throw new TylerError("forbidden", { error: "Sign in anew first: this session is older than ten minutes" })
  }
  if (password === undefined)
    throw new TylerError("invalid_request", { field: "/password", error: "Your password is needed for this" })
  await checkOwnPassword(on, desk.throttle, owner, password, "The password is wrong")
  return {}
}

function enrolUse(kind: "totp" | "passkey", { id, sessionId }: { id: string; sessionId: string | null }) {
  return { purpose: `enrol:${kind}`, holder: [id, sessionId ?? ""] }
}
