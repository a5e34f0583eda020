import { TylerError } from "../core/errors.ts"
import { ADMIN } from "../core/principal.ts"
import type { Reason } from "../core/reason.ts"
import { hashPassword, passwordFault } from "../identity/password.ts"
import { principalGenuine } from "../identity/row-mac.ts"
import type { Change } from "../state/change.ts"
import type { PrincipalRow } from "../state/rows.ts"
import { nextEpoch, requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

export interface UserChange {
  readonly id: string
  readonly roles: readonly string[] | undefined
  readonly disabled: boolean | undefined
  readonly password: string | undefined
  readonly mustChangePassword: boolean | undefined
  readonly reason: Reason | null
}

/** Changes a person; all their sessions end. Refused if nobody who can administer would be left. */
export function changeUser(on: Service, caller: Caller, ask: UserChange): Promise<PrincipalRow> {
  const about = { action: "USER_CHANGE", resourceType: "user", resourceName: ask.id, reason: ask.reason }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const row = await on.reader.principalById(ask.id)
      if (row === undefined) throw new TylerError("not_found", { error: "No such user" })
      const roles = (ask.roles ?? row.roles).toSorted()
      const disabled = ask.disabled ?? row.disabled
      await keepAnAdmin(on, row, roles.includes(ADMIN) && !disabled)
      const changed = nextEpoch(on, row, {
        roles,
        disabled,
        mustChangePassword: ask.mustChangePassword ?? (ask.password === undefined ? row.mustChangePassword : true),
        ...(ask.password === undefined ? {} : { passwordHash: await newHash(on, row, ask.password) }),
      })
      const changes: Change[] = [
        { kind: "putPrincipal", row: changed, expectedEpoch: row.epoch },
        { kind: "removeCredentialsOf", principalId: row.id, exceptId: null },
      ]
      return {
        act: actOf(on, caller, view, about, { by: "role admin", details: changeDetails(row, changed, ask), changes }),
        done: () => changed,
      }
    },
  })
}

function changeDetails(old: PrincipalRow, changed: PrincipalRow, ask: UserChange): string {
  return [
    `roles=${old.roles.join("+")}:${changed.roles.join("+")}`,
    `disabled=${old.disabled}:${changed.disabled}`,
    ...(ask.password === undefined ? [] : ["password=reset"]),
  ].join(" ")
}

/** Looks at people page by page: another enabled admin must remain, one whose row is not tampered with. */
async function keepAnAdmin(on: Service, row: PrincipalRow, staysAdmin: boolean): Promise<void> {
  if (staysAdmin || row.disabled || !row.roles.includes(ADMIN)) return
  const page = 500
  for (let after = ""; ; ) {
    const people = await on.reader.principals("person", after, page)
    const others = people.filter((one) => one.id !== row.id && !one.disabled && one.roles.includes(ADMIN))
    if (others.some((one) => principalGenuine(on.keyring().rowsKey, one))) return
    const last = people.at(-1)
    if (people.length < page || last === undefined) throw new TylerError("last_admin")
    after = last.name
  }
}

async function newHash(on: Service, row: PrincipalRow, password: string): Promise<string> {
  if (row.kind !== "person") throw new TylerError("invalid_request", { error: "A service account has no password" })
  const fault = passwordFault(password, row.name)
  if (fault !== undefined) throw new TylerError("weak_password", { error: fault })
  return hashPassword(password, on.random)
}
