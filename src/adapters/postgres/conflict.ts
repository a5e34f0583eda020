import type { Conflict } from "../../state/change.ts"

/** Thrown inside an act; the caller rolls the act back and answers the conflict. */
export class ConflictError extends Error {
  readonly conflict: Conflict

  constructor(conflict: Conflict) {
    super(conflict)
    this.conflict = conflict
  }
}
