import type { KeyObject } from "node:crypto"
import { ADMIN, AUDITOR } from "../core/principal.ts"
import type { Turn } from "../core/turn.ts"
import { principalGenuine } from "../identity/row-mac.ts"
import type { StateReader } from "../state/reader.ts"
import type { PrincipalRow } from "../state/rows.ts"
import { Some } from "./some.ts"
import type { Trail } from "./trail.ts"

/** Who has an account, and what is odd about it. Those that are disabled are counted and not looked at. */
export interface People {
  readonly persons: number
  readonly programs: number
  readonly disabled: number
  /** Rows that fail their code. They grant nothing, but somebody wrote them. */
  readonly tampered: Some
  readonly admins: Some
  /** Admins and auditors whose sign-in takes a password and no more. */
  readonly bare: Some
  /** Not seen for as long as accounts may sleep. */
  readonly sleeping: Some
  /** Programs whose owner is gone or disabled. */
  readonly orphaned: Some
  /** There were more than were looked at. */
  readonly cut: boolean
}

/** Rows of one statement; a hundred decode in about a millisecond. */
const PAGE = 100
/** People and programs looked at. */
export const PEOPLE_MAX = 20_000

export interface PeopleAsk {
  readonly reader: Pick<StateReader, "principals">
  readonly rowsKey: KeyObject
  readonly trail: Trail
  /** Wall time in ms before which an account counts as sleeping. */
  readonly asleepBefore: number
}

export async function peopleOf({ reader, rowsKey, trail, asleepBefore }: PeopleAsk, turn: Turn): Promise<People> {
  const found = { persons: 0, programs: 0, disabled: 0, cut: false }
  const [tampered, admins, bare, sleeping, orphaned] = [new Some(), new Some(), new Some(), new Some(), new Some()]
  const owners = new Set<string>()
  const note = (row: PrincipalRow): void => {
    if (row.kind === "person") found.persons++
    else found.programs++
    if (!principalGenuine(rowsKey, row)) return tampered.add(row.name)
    if (row.disabled) found.disabled++
    if (row.disabled) return
    if (row.kind === "person") {
      owners.add(row.id)
      if (row.roles.includes(ADMIN)) admins.add(row.name)
      if ((row.roles.includes(ADMIN) || row.roles.includes(AUDITOR)) && !row.hasFactor) bare.add(row.name)
    } else if (row.ownerId !== null && !owners.has(row.ownerId)) orphaned.add(row.name)
    if (isAsleep(row, trail, asleepBefore)) sleeping.add(row.name)
  }
  let seen = 0
  for (const kind of ["person", "program"] as const)
    for (let after = ""; !found.cut; ) {
      const rows = await reader.principals(kind, after, PAGE)
      for (const row of rows) {
        note(row)
        after = row.name
        await turn.giveWay()
      }
      seen += rows.length
      found.cut = seen >= PEOPLE_MAX
      if (rows.length < PAGE) break
    }
  return { ...found, tampered, admins, bare, sleeping, orphaned }
}

/** Who was made since then has not slept long enough; of who is not in the log's newest part nothing newer is known. */
function isAsleep({ id, createdAt }: PrincipalRow, { lastSeen }: Trail, before: number): boolean {
  return createdAt < before && (lastSeen.get(id) ?? createdAt) < before
}
