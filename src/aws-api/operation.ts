import type { Static, TSchema } from "../api/schema.ts"
import type { Caller } from "../operations/service.ts"
import type { Desk } from "./desk.ts"

/** One operation of the Secrets Manager API: a row of the table. */
export interface Operation {
  /** As in X-Amz-Target after `secretsmanager.`. */
  readonly name: string
  /** What a refusal before the verb is called in the audit log: what the verb itself would be called. */
  readonly action: string
  readonly input: TSchema
  /** Counts as one read of a value before anything is looked at. */
  readonly reads?: true
  /** Members that are undefined are left out of the answer. */
  run(desk: Desk, caller: Caller, input: never): Promise<object>
}

interface Row<S extends TSchema> extends Omit<Operation, "input" | "run"> {
  readonly input: S
  run(desk: Desk, caller: Caller, input: Static<S>): Promise<object>
}

/** A row, with `input` as its schema says. */
export function operation<S extends TSchema>(row: Row<S>): Operation {
  return row
}

/** Midnight of a UTC day; undefined without one. */
export function dayOf(day: string | null): number | undefined {
  return day === null ? undefined : epochSeconds(Date.parse(day))
}

/** AWS writes times as seconds since 1970 UTC, with a fraction. @param time milliseconds */
export function epochSeconds(time: number): number {
  return time / 1000
}
