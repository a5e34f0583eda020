import type { Turn } from "../core/turn.ts"
import { principalGenuine } from "../identity/row-mac.ts"
import type { Asker } from "../policy/decide.ts"
import type { PrincipalRow } from "../state/rows.ts"
import type { Service } from "./service.ts"

/** Rows of one statement; a hundred decode in about a millisecond. */
export const ROSTER_PAGE = 100

/** A person or program as decisions see it: signed in, with nothing given besides. */
export function askerOf({ id, kind, roles, disabled }: PrincipalRow): Asker {
  return { id, kind, roles: disabled ? [] : roles, assurance: kind === "person" ? "password" : "token" }
}

/** A row that is disabled, or fails its code, grants nothing. */
export function counts(on: Pick<Service, "keyring">, row: PrincipalRow): boolean {
  return !row.disabled && principalGenuine(on.keyring().rowsKey, row)
}

/** People who are alike to every policy row. */
export interface Kin {
  readonly asker: Asker
  readonly count: number
  /** Some of them, in order of name. */
  readonly names: readonly string[]
}

export interface Roster {
  readonly kin: readonly Kin[]
  /** There were more than were looked at. */
  readonly cut: boolean
}

/** People and programs looked at. */
const ROSTER_MAX = 20_000
/** Names kept of those who are alike. */
const NAMES_KEPT = 20

/** Everybody who counts; people by their roles, programs one by one, since rows can name them. */
export async function rosterOf(on: Pick<Service, "keyring" | "reader">, turn: Turn): Promise<Roster> {
  const kin = new Map<string, { asker: Asker; count: number; names: string[] }>()
  let seen = 0
  for (const kind of ["person", "program"] as const)
    for (let after = ""; ; ) {
      const rows = await on.reader.principals(kind, after, ROSTER_PAGE)
      for (const row of rows) {
        after = row.name
        await turn.giveWay()
        if (!counts(on, row)) continue
        const key = `${kind === "program" ? row.id : ""} ${row.roles.toSorted().join()}`
        const group = kin.get(key) ?? { asker: askerOf(row), count: 0, names: [] }
        group.count++
        if (group.names.length < NAMES_KEPT) group.names.push(row.name)
        kin.set(key, group)
      }
      seen += rows.length
      if (seen >= ROSTER_MAX) return { kin: [...kin.values()], cut: true }
      if (rows.length < ROSTER_PAGE) break
    }
  return { kin: [...kin.values()], cut: false }
}
