import { TylerError } from "../core/errors.ts"
import { principalGenuine } from "../identity/row-mac.ts"
import type { Change } from "../state/change.ts"
import type { PrincipalRow } from "../state/rows.ts"
import { nextEpoch } from "./accounts.ts"
import type { Service } from "./service.ts"

/** Most programs of one owner: all of them end in the one act that disables him. */
export const OWNED_MAX = 200

/**
 * What must hold when an owner is named, and holds at the commit: he is an enabled person and owns fewer than 200.
 * @throws TylerError `invalid_request` on `/ownerId`, `too_many_owned`
 */
export async function ownerTaken(on: Service, ownerId: string): Promise<Change> {
  if (!isEnabledPerson(on, await on.reader.principalById(ownerId)))
    throw new TylerError("invalid_request", { field: "/ownerId", error: "ownerId must be the id of an enabled person" })
  return { kind: "requireOwner", ownerId, fewerThan: OWNED_MAX }
}

/** Whether a program's owner still stands for it. */
export async function hasOwner(on: Service, { ownerId }: PrincipalRow): Promise<boolean> {
  return ownerId !== null && isEnabledPerson(on, await on.reader.principalById(ownerId))
}

/** A row that fails its code stands for nobody. */
function isEnabledPerson(on: Service, row: PrincipalRow | undefined): boolean {
  return row !== undefined && row.kind === "person" && !row.disabled && principalGenuine(on.keyring().rowsKey, row)
}

/**
 * Ends every token and grant of every program that a person owns, on every replica at once. Enabling the person revives none.
 * A program whose row was tampered with is not signed anew, and must not keep its owner from being disabled.
 */
export async function ownedEnd(on: Service, ownerId: string): Promise<readonly Change[]> {
  const programs = await on.reader.programsOf(ownerId)
  const ended = programs.map((row) =>
    principalGenuine(on.keyring().rowsKey, row)
      ? nextEpoch(on, row)
      : { ...row, epoch: row.epoch + 1, mac: new Uint8Array(32) },
  )
  const grants = ended.map(({ id }) => ({ kind: "removeGrantsOf" as const, principalId: id }))
  return [{ kind: "endOwned", ownerId, programs: ended }, ...grants]
}
