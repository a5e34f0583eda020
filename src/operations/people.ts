import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import { passwordFault } from "../identity/password.ts"
import type { PrincipalRow } from "../state/rows.ts"
import { requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import { type PersonChange, personChange, proposeChange, takesSecondPerson } from "./governed-change.ts"
import { leavesAnAdmin } from "./last-admin.ts"
import { perform, type Step } from "./perform.ts"
import type { Made } from "./policy-change.ts"
import type { Caller, Service } from "./service.ts"

export interface UserChange {
  readonly id: string
  readonly roles: readonly string[] | undefined
  readonly disabled: boolean | undefined
  readonly password: string | undefined
  readonly mustChangePassword: boolean | undefined
  readonly breakGlass: boolean | undefined
  readonly resetFactors: true | undefined
  readonly reason: Reason | null
}

/**
 * Changes a person or program; all their sessions and tokens end, and where a person is disabled those of the programs
 * he owns. Refused if nobody who can administer would be left.
 */
export function changeUser(on: Service, caller: Caller, ask: UserChange): Promise<Made<PrincipalRow>> {
  const about = { action: "USER_CHANGE", resourceType: "user", resourceName: ask.id, reason: ask.reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view): Promise<Step<Made<PrincipalRow>>> {
      requireAdmin(view)
      const row = await on.reader.principalById(ask.id)
      if (row === undefined || (await on.reader.erasure(row.id)) !== undefined)
        throw new TylerError("not_found", { error: "No such user" })
      const wanted = await wantedChange(on, row, ask)
      if (!(await leavesAnAdmin(on, row, wanted))) throw new TylerError("last_admin")
      const { changed, changes } = await personChange(on, row, wanted, view.principal.id)
      if (await takesSecondPerson(on, view, wanted))
        return proposeChange(on, caller, view, about, wanted, (pending) => ({ pending }))
      return {
        act: actOf(on, caller, view, about, { by: "role admin", details: changeDetails(row, changed, ask), changes }),
        done: () => ({ made: changed }),
      }
    },
  })
}

async function wantedChange(on: Service, row: PrincipalRow, ask: UserChange): Promise<PersonChange> {
  const { roles, disabled, password, mustChangePassword, breakGlass, resetFactors } = ask
  if (row.kind !== "person" && (breakGlass !== undefined || resetFactors === true))
    throw new TylerError("invalid_request", { error: "A service account has neither factors nor break-glass" })
  return {
    type: "person",
    id: row.id,
    ...(roles === undefined ? {} : { roles: { from: row.roles, to: roles.toSorted() } }),
    ...(disabled === undefined ? {} : { disabled }),
    ...(password === undefined ? {} : { passwordHash: await newHash(on, row, password), mustChangePassword: true }),
    ...(mustChangePassword === undefined ? {} : { mustChangePassword }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    ...(resetFactors === true ? { resetFactors } : {}),
  }
}

function changeDetails(old: PrincipalRow, changed: PrincipalRow, ask: UserChange): string {
  return [
    `roles=${old.roles.join("+")}:${changed.roles.join("+")}`,
    `disabled=${old.disabled}:${changed.disabled}`,
    ...(ask.password === undefined ? [] : ["password=reset"]),
    ...(ask.resetFactors === undefined ? [] : [`factorsReset=${old.id}`]),
    ...(ask.breakGlass === undefined ? [] : [`break_glass=${old.breakGlass}:${changed.breakGlass}`]),
  ].join(" ")
}

async function newHash(on: Service, row: PrincipalRow, password: string): Promise<string> {
  if (row.kind !== "person") throw new TylerError("invalid_request", { error: "A service account has no password" })
  const fault = passwordFault(password, row.name)
  if (fault !== undefined) throw new TylerError("weak_password", { error: fault })
  return on.passwords.hash(password, on.random)
}
