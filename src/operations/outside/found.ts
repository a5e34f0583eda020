import type { Outside } from "./place.ts"
import { equalBytes } from "../../core/bytes.ts"
import { TylerError } from "../../core/errors.ts"
import { discard, reseal } from "../../core/secret-value.ts"
import { open, type Place } from "../../envelope/seal.ts"
import type { VersionId } from "../../core/version.ts"
import type { Service } from "../service.ts"
import { bodyOf, sameBody } from "../value.ts"
import { recordIn } from "./form.ts"

/** A version on its way: its record whole, as the plan sealed it. */
export interface Transit {
  readonly place: Place
  readonly versionId: VersionId
  readonly sealed: Buffer
}

/** `record`: what the value is sealed as there; null: it lies there as it is. */
export type Found = { readonly record: Buffer | null } | "none" | "other"

/**
 * Whether the store has that version with that very value: an earlier try put it there, and its answer or its outcome
 * was lost. Only yes or no comes out.
 */
export async function findThere(on: Service, outside: Outside, arn: string, transit: Transit): Promise<Found> {
  const { versionId, place, sealed } = transit
  const answer = await outside.store.value(arn, { versionId }).catch((error: unknown) => {
    if (error instanceof TylerError && error.code === "not_found") return undefined
    throw error
  })
  if (answer === undefined) return "none"
  const given = open(on.keyring(), place, sealed)
  try {
    const record = recordIn(answer.form, answer.value)
    if (record === undefined) {
      const same = reseal(given, (mine) =>
        reseal(answer.value, (theirs) => sameBody(bodyOf(mine), { form: answer.form, bytes: theirs })),
      )
      return same ? { record: null } : "other"
    }
    const kept = open(on.keyring(), place, record)
    const same = reseal(given, (mine) => reseal(kept, (theirs) => equalBytes(mine, theirs)))
    discard(kept)
    return same ? { record } : "other"
  } finally {
    discard(given)
    discard(answer.value)
  }
}
