import { TylerError } from "../core/errors.ts"
import type { Origin } from "../core/principal.ts"
import { credentialGenuine, credentialMac } from "../identity/row-mac.ts"
import type { Purpose, SignOnState } from "../identity/sign-on-state.ts"
import type { Change } from "../state/change.ts"
import type { CredentialRow, ExternalIdentityRow, PrincipalRow } from "../state/rows.ts"
import { genuine, nextEpoch } from "./accounts.ts"
import { actOf } from "./act.ts"
import { type About, draftEntry } from "./entry.ts"
import { noticeOf } from "./notices.ts"
import { currentSession, proveOwner } from "./own-factors.ts"
import { perform, type Step } from "./perform.ts"
import { type FactorDesk, genuineFactors, personRow } from "./second-factor.ts"
import type { Caller, Service } from "./service.ts"
import { enabledProvider, type SignOn, startSignOn, type Started, type Vouched } from "./sign-on.ts"
import { IDENTITIES, signedIdentity } from "./sign-on-person.ts"

/** The caller's own linked sign-ons, oldest first. */
export async function ownLinks(on: Service, caller: Caller): Promise<readonly ExternalIdentityRow[]> {
  const { id } = await caller.refresh()
  return on.reader.externalIdentitiesOf(id)
}

export interface LinkStart {
  readonly providerId: string
  /** Of the account here; where it has one and no second factor. */
  readonly password: string | undefined
}

/** Takes a login to both: to the account here now, to the provider at the callback. */
export async function startLink(with_: SignOn, desk: FactorDesk, caller: Caller, ask: LinkStart): Promise<Started> {
  const { on } = with_
  const about = aboutLink("IDENTITY_LINK_START", caller)
  const purpose = await perform<Purpose>(on, caller, {
    about,
    async plan(view) {
      const row = await personRow(on, view)
      const { spent } = await proveOwner(on, desk, caller, view, row, await genuineFactors(on, row), ask)
      await enabledProvider(on, caller.origin, ask.providerId)
      await requireRoom(on, row.id)
      const details = `provider=${ask.providerId}`
      return {
        act: actOf(on, caller, view, about, { by: "own_account", details, ...(spent && { spent }) }),
        done: () => ({ kind: "link", principalId: row.id, sessionId: view.principal.sessionId ?? "" }),
      }
    },
  })
  return startSignOn(with_, caller.origin, ask.providerId, purpose)
}

export interface LinkEnd {
  readonly purpose: Extract<Purpose, { kind: "link" }>
  readonly state: SignOnState
  readonly vouched: Vouched
  /** Spends the sign-on. */
  readonly once: Change
}

/** The act that links, while the session that asked for it still stands. The person's roles are the provider's from the next sign-on. */
export async function addLink(
  on: Service,
  origin: Origin,
  about: About,
  end: LinkEnd,
): Promise<Step<{ kind: "link" }>> {
  const { purpose, state, vouched } = end
  const provider = await enabledProvider(on, origin, state.providerId)
  if (provider.issuer !== vouched.issuer) throw new TylerError("sign_on_expired")
  const person = await stillSignedIn(on, purpose)
  if (await on.reader.externalIdentity(vouched.issuer, vouched.subject)) throw new TylerError("identity_taken")
  await requireRoom(on, person.id)
  const identity = signedIdentity(on, { issuer: vouched.issuer, subject: vouched.subject, principalId: person.id })
  const details = `provider=${provider.id} identity=${identity.id}`
  return {
    act: {
      entry: draftEntry(on, person, origin, about, { result: "SUCCESS", decision: "own_account", details }),
      policyEpoch: null,
      principal: { id: person.id, epoch: person.epoch },
      secret: null,
      grant: null,
      quota: null,
      changes: [
        end.once,
        { kind: "checkIdentityProvider", id: provider.id, revision: provider.revision },
        { kind: "addExternalIdentity", row: identity, limit: IDENTITIES },
        ...tellOwner(on, person, identity, "added"),
      ],
    },
    done: () => ({ kind: "link" }),
  }
}

async function stillSignedIn(on: Service, { principalId, sessionId }: LinkEnd["purpose"]): Promise<PrincipalRow> {
  const person = await on.reader.principalById(principalId)
  const session = (await on.reader.credentialsOf(principalId)).find(({ id }) => id === sessionId)
  if (person === undefined || person.disabled || session === undefined) throw over()
  if (session.expiresAt <= on.expiryNow() || !credentialGenuine(on.keyring().rowsKey, session, person.epoch))
    throw over()
  return genuine(on, person)
}

function over(): TylerError {
  return new TylerError("unauthenticated", { error: "The session that asked for this link has ended" })
}

export interface Unlink {
  readonly id: string
  readonly password: string | undefined
}

/** Takes a sign-on away from the caller's account; his other sessions end, which it may have opened. */
export function unlink(on: Service, desk: FactorDesk, caller: Caller, ask: Unlink): Promise<void> {
  const about = aboutLink("IDENTITY_UNLINK", caller)
  return perform(on, caller, {
    about,
    async plan(view) {
      const row = await personRow(on, view)
      const { spent } = await proveOwner(on, desk, caller, view, row, await genuineFactors(on, row), ask)
      const links = await on.reader.externalIdentitiesOf(row.id)
      const gone = links.find(({ id }) => id === ask.id)
      if (gone === undefined) throw new TylerError("not_found", { error: "No such linked sign-on" })
      if (links.length === 1 && row.passwordHash === null) throw new TylerError("last_way_in")
      return {
        act: actOf(on, caller, view, about, {
          by: "own_account",
          details: `identity=${ask.id}`,
          ...(spent && { spent }),
          changes: [
            { kind: "removeExternalIdentity", id: ask.id, principalId: row.id },
            ...onlySession(on, row, await currentSession(on, view)),
            ...tellOwner(on, row, gone, "removed"),
          ],
        }),
        done: () => undefined,
      }
    },
  })
}

function tellOwner(
  on: Service,
  { id, name }: PrincipalRow,
  { issuer }: ExternalIdentityRow,
  event: "added" | "removed",
): readonly Change[] {
  return noticeOf(on, "sign_on_changed", [id], { account: name, issuer, event })
}

/** The owner's next epoch, with this one of his credentials. */
function onlySession(on: Service, owner: PrincipalRow, session: CredentialRow): readonly Change[] {
  const next = nextEpoch(on, owner)
  const mac = credentialMac(on.keyring().rowsKey, session, next.epoch)
  return [
    { kind: "putPrincipal", row: next, expectedEpoch: owner.epoch },
    { kind: "removeCredentialsOf", principalId: owner.id, exceptId: session.id },
    { kind: "signCredentials", principalId: owner.id, signed: [{ id: session.id, mac }] },
  ]
}

async function requireRoom(on: Service, principalId: string): Promise<void> {
  if ((await on.reader.externalIdentitiesOf(principalId)).length >= IDENTITIES)
    throw new TylerError("too_many_identities", { limit: IDENTITIES })
}

function aboutLink(action: string, caller: Caller): About {
  return { action, resourceType: "user", resourceName: caller.principal.id, reason: null }
}
