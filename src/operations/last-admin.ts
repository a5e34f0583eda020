import { ADMIN } from "../core/principal.ts"
import { principalGenuine } from "../identity/row-mac.ts"
import type { PrincipalRow } from "../state/rows.ts"
import type { Service } from "./service.ts"

const PAGE = 500

interface Losing {
  readonly roles?: { readonly to: readonly string[] }
  readonly disabled?: boolean
}

/** Looks at people page by page: another enabled admin must remain, one whose row is not tampered with. */
export async function leavesAnAdmin(on: Service, row: PrincipalRow, { roles, disabled }: Losing): Promise<boolean> {
  if (row.disabled || !row.roles.includes(ADMIN)) return true
  if ((roles?.to ?? row.roles).includes(ADMIN) && disabled !== true) return true
  for (let after = ""; ; ) {
    const people = await on.reader.principals("person", after, PAGE)
    const others = people.filter((one) => one.id !== row.id && !one.disabled && one.roles.includes(ADMIN))
    if (others.some((one) => principalGenuine(on.keyring().rowsKey, one))) return true
    const last = people.at(-1)
    if (people.length < PAGE || last === undefined) return false
    after = last.name
  }
}
