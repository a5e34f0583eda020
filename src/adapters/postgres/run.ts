import type { Client } from "pg"
import type { Conflict } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"

/** @returns the number of rows concerned. */
export async function run(db: Client, text: string, values: readonly unknown[]): Promise<number> {
  const done = await db.query(text, values as unknown[])
  return done.rowCount ?? 0
}

/** @throws ConflictError if the question finds a row */
export async function refuseIf(
  db: Client,
  conflict: Conflict,
  text: string,
  values: readonly unknown[],
): Promise<void> {
  if ((await run(db, text, values)) > 0) throw new ConflictError(conflict)
}

/** @throws ConflictError unless the statement concerns one row */
export async function requireOne(
  db: Client,
  conflict: Conflict,
  text: string,
  values: readonly unknown[],
): Promise<void> {
  if ((await run(db, text, values)) !== 1) throw new ConflictError(conflict)
}
