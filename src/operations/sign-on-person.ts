import { TylerError } from "../core/errors.ts"
import type { Origin } from "../core/principal.ts"
import { nameIn, provesSecondFactor, rolesOf } from "../identity/claims.ts"
import { externalIdentityGenuine, externalIdentityMac } from "../identity/row-mac.ts"
import type { Change } from "../state/change.ts"
import type { ExternalIdentityRow, IdentityProviderRow, PrincipalRow } from "../state/rows.ts"
import { genuine, nextEpoch, signedPrincipal } from "./accounts.ts"
import { leavesAnAdmin } from "./last-admin.ts"
import { noticeOf } from "./notices.ts"
import { factorExpected } from "./second-factor.ts"
import type { Service } from "./service.ts"
import { recordTampering } from "./service-entries.ts"
import type { Vouched } from "./sign-on.ts"

/** Linked sign-ons of one person. */
export const IDENTITIES = 8

/** Somebody who comes in by a provider, as he is after it, and what makes him so. */
export interface Comer {
  readonly person: PrincipalRow
  readonly changes: readonly Change[]
  /** The row to compare with; null for somebody new. */
  readonly decidedOn: { readonly id: string; readonly epoch: number } | null
  readonly assurance: "half" | "password" | "mfa"
  /** For the entry. */
  readonly details: string
}

/**
 * The person that issuer and subject name, or a new one. The roles are those of the mapping now, whatever they were: what
 * the provider took back is gone, and with other roles every earlier session ends.
 * @throws TylerError `no_mapped_role`, `account_disabled`, `sign_on_name`, `sign_on_name_taken`, `last_admin`, `row_tampered`
 */
export async function comerOf(
  on: Service,
  origin: Origin,
  provider: IdentityProviderRow,
  vouched: Vouched,
): Promise<Comer> {
  const known = await on.reader.externalIdentity(vouched.issuer, vouched.subject)
  const person = known === undefined ? undefined : await ownerOf(on, origin, known)
  if (person?.disabled === true) throw new TylerError("account_disabled")
  const roles = rolesOf(provider.roleRules, vouched.claims)
  if (roles.length === 0) throw new TylerError("no_mapped_role")
  const came = person === undefined ? await newcomer(on, vouched, roles) : await returner(on, provider, person, roles)
  const second = provesSecondFactor(provider, vouched.claims)
  const details = `provider=${provider.id} second_factor=${second ? "provider" : "none"} ${came.details}`
  return { ...came, details, assurance: second ? "mfa" : await ownAssurance(on, came.person) }
}

/** Whoever has a factor of his own here still has to use it. */
async function ownAssurance(on: Service, person: PrincipalRow): Promise<"half" | "password"> {
  return (await factorExpected(on, person)) ? "half" : "password"
}

async function ownerOf(on: Service, origin: Origin, identity: ExternalIdentityRow): Promise<PrincipalRow> {
  if (!externalIdentityGenuine(on.keyring().rowsKey, identity)) {
    await recordTampering(on, origin, "external_identity", identity.id)
    throw new TylerError("row_tampered", {}, `external identity ${identity.id}`)
  }
  const person = await on.reader.principalById(identity.principalId)
  if (person === undefined) throw new TylerError("row_tampered", {}, `external identity ${identity.id}: no such person`)
  return genuine(on, person)
}

type Came = Pick<Comer, "person" | "changes" | "decidedOn" | "details">

async function returner(
  on: Service,
  provider: IdentityProviderRow,
  person: PrincipalRow,
  roles: readonly string[],
): Promise<Came> {
  const decidedOn = { id: person.id, epoch: person.epoch }
  if (roles.join() === person.roles.join()) return { person, changes: [], decidedOn, details: "roles=same" }
  if (!(await leavesAnAdmin(on, person, { roles: { to: roles } }))) throw new TylerError("last_admin")
  const changed = nextEpoch(on, person, { roles })
  return {
    person: changed,
    changes: [
      { kind: "putPrincipal", row: changed, expectedEpoch: person.epoch },
      { kind: "removeCredentialsOf", principalId: person.id, exceptId: null },
      ...noticeOf(on, "role_changed", [person.id], {
        account: person.name,
        by: `the identity provider ${provider.id}`,
        roles: roles.join("+"),
      }),
    ],
    decidedOn,
    details: `roles=${person.roles.join("+")}:${roles.join("+")}`,
  }
}

/** Nobody is found by a name: one that is taken is somebody else's until its owner links this sign-on to it. */
async function newcomer(on: Service, { issuer, subject, claims }: Vouched, roles: readonly string[]): Promise<Came> {
  const name = nameIn(claims)
  if (name === undefined) throw new TylerError("sign_on_name")
  if (await on.reader.principalByName(name)) throw new TylerError("sign_on_name_taken")
  const person = signedPrincipal(on, {
    id: on.random.uuid(),
    kind: "person",
    name,
    roles,
    disabled: false,
    epoch: 1,
    passwordHash: null,
    mustChangePassword: false,
    factorEpoch: 0,
    hasFactor: false,
    mustEnrol: false,
    breakGlass: false,
    email: null,
    changedBy: [],
    standingReason: null,
    ownerId: null,
    createdAt: on.clock.now(),
  })
  const identity = signedIdentity(on, { issuer, subject, principalId: person.id })
  return {
    person,
    // The identity first: of two first sign-ons at once the later then finds the person, not a name that is taken.
    changes: [
      { kind: "addExternalIdentity", row: identity, limit: IDENTITIES },
      { kind: "addPrincipal", row: person },
    ],
    decidedOn: null,
    details: `created roles=${roles.join("+")}`,
  }
}

export function signedIdentity(
  on: Service,
  of: Pick<ExternalIdentityRow, "issuer" | "subject" | "principalId">,
): ExternalIdentityRow {
  const row = { ...of, id: on.random.uuid(), createdAt: on.clock.now() }
  return { ...row, mac: externalIdentityMac(on.keyring().rowsKey, row) }
}
