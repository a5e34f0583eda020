import { type Asking, barOf } from "../approval/bar.ts"
import { TylerError } from "../core/errors.ts"
import { ADMIN } from "../core/principal.ts"
import { principalGenuine } from "../identity/row-mac.ts"
import { combine } from "../policy/combine.ts"
import type { PolicySet } from "../policy/document.ts"
import type { AccessRequestRow, PrincipalRow } from "../state/rows.ts"
import type { Service } from "./service.ts"

/** The requester and, of a program, its owner. */
export async function askingOf(on: Service, request: Pick<AccessRequestRow, "requesterId">): Promise<Asking> {
  const requester = await on.reader.principalById(request.requesterId)
  if (requester === undefined) throw new TylerError("internal", {}, "a request without its requester")
  const owner =
    requester.kind === "program" && requester.ownerId !== null
      ? await on.reader.principalById(requester.ownerId)
      : undefined
  return { requester, owner }
}

/** Whether policy, as it stands now, lets somebody with these roles decide: for every secret of it; a change, admins. */
export function rolesDecide(
  policies: PolicySet,
  request: Pick<AccessRequestRow, "kind" | "verb" | "targets">,
  roles: readonly string[],
): boolean {
  const { kind, verb, targets } = request
  if (kind === "change" || verb === null) return roles.includes(ADMIN)
  return targets.every(({ name }) => combine(policies, verb, name).approverRoles.some((role) => roles.includes(role)))
}

const PAGE = 500

type Asked = Pick<AccessRequestRow, "kind" | "verb" | "targets" | "requesterId">

/** Everybody who may decide it now, at most `limit`, in order of names. */
export async function decidersOf(
  on: Service,
  policies: PolicySet,
  request: Asked,
  limit: number,
): Promise<readonly PrincipalRow[]> {
  const asking = await askingOf(on, request)
  const now = on.clock.now()
  return peopleWho(on, limit, (one) => mayDecide(on, policies, request, asking, one, now))
}

/**
 * Whether nobody else could decide it. Somebody who cannot only for what the requester did to his account of late still
 * counts: else an admin would make himself the only one by changing or disabling the others.
 * @param exceptId whose own word does not count; null: everybody's does
 */
export async function standsAlone(
  on: Service,
  policies: PolicySet,
  request: Asked,
  exceptId: string | null,
): Promise<boolean> {
  const asking = await askingOf(on, request)
  const now = on.clock.now()
  const others = await peopleWho(on, 1, (one) => {
    if (one.id === exceptId) return false
    const bar = barOf(asking, one, now)
    const hindered = bar === "changed_by_requester" && rolesDecide(policies, request, one.roles)
    return hindered ? principalGenuine(on.keyring().rowsKey, one) : mayDecide(on, policies, request, asking, one, now)
  })
  return others.length === 0
}

async function peopleWho(
  on: Service,
  limit: number,
  may: (one: PrincipalRow) => boolean,
): Promise<readonly PrincipalRow[]> {
  const found: PrincipalRow[] = []
  for (let after = ""; ; ) {
    const people = await on.reader.principals("person", after, PAGE)
    for (const one of people) if (may(one) && found.push(one) >= limit) return found
    const last = people.at(-1)
    if (people.length < PAGE || last === undefined) return found
    after = last.name
  }
}

function mayDecide(
  on: Service,
  policies: PolicySet,
  request: Pick<AccessRequestRow, "kind" | "verb" | "targets">,
  asking: Asking,
  one: PrincipalRow,
  now: number,
): boolean {
  if (one.disabled || one.mustEnrol || !rolesDecide(policies, request, one.roles)) return false
  return barOf(asking, one, now) === undefined && principalGenuine(on.keyring().rowsKey, one)
}
