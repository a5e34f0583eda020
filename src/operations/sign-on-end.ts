import type { Act } from "../audit/ledger.ts"
import { sha256 } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import type { Origin } from "../core/principal.ts"
import { randomText } from "../core/random.ts"
import { SESSION_LIFETIME_MS } from "../identity/credential.ts"
import { CODE_MS, codeText, readCode } from "../identity/sign-on-code.ts"
import { SIGN_ON_MS, type SignOnState } from "../identity/sign-on-state.ts"
import type { Change } from "../state/change.ts"
import { genuine, signedCredential } from "./accounts.ts"
import { draftEntry } from "./entry.ts"
import { addLink } from "./links.ts"
import { anonymousCaller, type Session } from "./login.ts"
import { perform, type Step } from "./perform.ts"
import type { Service } from "./service.ts"
import { type Callback, enabledProvider, type SignOn, stateOf, vouch, type Vouched } from "./sign-on.ts"
import { comerOf } from "./sign-on-person.ts"

/** What a callback comes to. */
export type Ended =
  | { readonly kind: "session"; readonly session: Session; readonly next: string | null }
  | { readonly kind: "program"; readonly port: number; readonly code: string }
  | { readonly kind: "link" }

const ACTIONS = { session: "LOGIN", program: "SIGN_ON", link: "IDENTITY_LINK" } as const

/**
 * Ends a sign-on: once over all replicas, whatever it comes to. Each refusal is an entry.
 * @throws TylerError as `vouch`, `comerOf` and `addLink`, and `sign_on_expired`
 */
export async function endSignOn(with_: SignOn, origin: Origin, callback: Callback): Promise<Ended> {
  const { on } = with_
  const heard = await hear(with_, origin, callback)
  const action = ACTIONS["state" in heard ? heard.state.purpose.kind : "session"]
  const about = { action, resourceType: "user", resourceName: "session", reason: null }
  return perform<Ended>(on, anonymousCaller(origin), {
    about,
    async plan() {
      if (!("vouched" in heard)) throw heard.refusal
      const { state, vouched } = heard
      await requireUnused(on, state.id)
      const once: Change = useOnce(state.id, state.startedAt + SIGN_ON_MS)
      if (state.purpose.kind === "link")
        return addLink(on, origin, about, { purpose: state.purpose, state, vouched, once })
      return comeIn(on, origin, about, state, vouched, once)
    },
  })
}

type Heard =
  | { readonly state: SignOnState; readonly vouched: Vouched }
  | { readonly state: SignOnState; readonly refusal: TylerError }
  | { readonly refusal: TylerError }

/** Everything before the act: it takes the provider's answers, and a plan may run more than once. */
async function hear(with_: SignOn, origin: Origin, callback: Callback): Promise<Heard> {
  let state: SignOnState | undefined
  try {
    state = stateOf(with_.on, callback)
    await requireUnused(with_.on, state.id)
    const vouched = await vouch(with_, origin, { ...callback, state: callback.state ?? "" })
    return { state, vouched }
  } catch (error) {
    if (!(error instanceof TylerError)) throw error
    return state === undefined ? { refusal: error } : { state, refusal: error }
  }
}

async function comeIn(
  on: Service,
  origin: Origin,
  about: { action: string; resourceType: string; resourceName: string; reason: null },
  state: SignOnState,
  vouched: Vouched,
  once: Change,
): Promise<Step<Ended>> {
  const provider = await enabledProvider(on, origin, state.providerId)
  if (provider.issuer !== vouched.issuer) throw new TylerError("sign_on_expired")
  const { person, changes, decidedOn, assurance, details } = await comerOf(on, origin, provider, vouched)
  const check: Change = { kind: "checkIdentityProvider", id: provider.id, revision: provider.revision }
  const act = (more: readonly Change[]): Act => ({
    entry: draftEntry(on, person, origin, about, { result: "SUCCESS", decision: "sign_on", details }),
    policyEpoch: null,
    principal: decidedOn,
    secret: null,
    grant: null,
    quota: null,
    changes: [once, check, ...changes, ...more],
  })
  if (state.purpose.kind === "program") {
    const { port, challenge } = state.purpose
    const { id: principalId, epoch } = person
    const facts = { id: randomText(on.random, 16), principalId, epoch, assurance, challenge, madeAt: on.clock.now() }
    const code = codeText(on.keyring().rowsKey, facts)
    return { act: act([]), done: () => ({ kind: "program", port, code }) }
  }
  const { change, ...session } = sessionOf(on, origin, person, assurance)
  const next = state.purpose.kind === "session" ? state.purpose.next : null
  return { act: act([change]), done: () => ({ kind: "session", session, next }) }
}

export interface CodeExchange {
  readonly code: string
  readonly verifier: string
}

/** A session for the program that started the sign-on. One answer for every cause. */
export function exchangeCode(on: Service, origin: Origin, ask: CodeExchange): Promise<Session> {
  const about = { action: "LOGIN", resourceType: "user", resourceName: "session", reason: null }
  return perform(on, anonymousCaller(origin), {
    about,
    async plan() {
      const code = readCode(on.keyring().rowsKey, ask.code, ask.verifier, on.clock.now())
      if (code === undefined) throw wrongCode()
      await requireUnused(on, code.id)
      const person = await on.reader.principalById(code.principalId)
      if (person === undefined || person.epoch !== code.epoch || person.disabled) throw wrongCode()
      const { change, ...session } = sessionOf(on, origin, genuine(on, person), code.assurance)
      return {
        act: {
          entry: draftEntry(on, person, origin, about, { result: "SUCCESS", decision: "sign_on_code" }),
          policyEpoch: null,
          principal: { id: person.id, epoch: person.epoch },
          secret: null,
          grant: null,
          quota: null,
          changes: [useOnce(code.id, code.madeAt + CODE_MS), change],
        },
        done: () => session,
      }
    },
  })
}

function wrongCode(): TylerError {
  return new TylerError("unauthenticated", { error: "The sign-on code is not valid, was used, or has expired" })
}

function sessionOf(
  on: Service,
  origin: Origin,
  owner: { readonly id: string; readonly epoch: number },
  assurance: "half" | "password" | "mfa",
): Session & { readonly change: Change } {
  const { token, row, change } = signedCredential(on, {
    kind: "session",
    owner,
    assurance,
    lifetimeMs: SESSION_LIFETIME_MS,
    label: origin.userAgent.slice(0, 200),
  })
  return {
    token,
    expiresAt: row.expiresAt,
    assurance,
    mustChangePassword: false,
    factorDue: assurance === "half",
    change,
  }
}

/** The transaction finds a use at the same moment; this one finds the earlier, in the round after. */
async function requireUnused(on: Service, id: string): Promise<void> {
  if (await on.reader.usedOnce(onceId(id))) throw new TylerError("sign_on_expired")
}

function useOnce(id: string, expiresAt: number): Change {
  return { kind: "useOnce", id: onceId(id), expiresAt }
}

function onceId(id: string): Uint8Array {
  return sha256(Buffer.from(`sign-on ${id}`))
}
