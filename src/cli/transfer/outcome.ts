/** What became, or would become, of one secret of the source. */
export interface Outcome {
  readonly name: string
  readonly did: Did
  readonly versionId?: string
  /** Of a refusal: the code of `core/errors.ts`, or one of this command's own. */
  readonly code?: string
  /** For people. Never a value. */
  readonly why?: string
  /** The exit code it is worth. */
  readonly exit?: number
}

/** What of it stands in reports. */
export function toldOf(outcome: Outcome): object {
  const { exit: _, ...told } = outcome
  return told
}

/** Each with what the summary calls it, and whether the secret is where it should be afterwards. */
export const DIDS = {
  created: { says: "created", in: true },
  written: { says: "written as new versions", in: true },
  described: { says: "given another description or tags", in: true },
  same: { says: "there already with the same value", in: true },
  kept: { says: "there already and left as they are", in: true },
  gone: { says: "deleted at the source", in: true },
  refused: { says: "not imported", in: false },
} as const
export type Did = keyof typeof DIDS

/** How many of each, in the order above. */
export type Counts = Record<Did, number>

export function noCounts(): Counts {
  return { created: 0, written: 0, described: 0, same: 0, kept: 0, gone: 0, refused: 0 }
}

export function countsText(counts: Counts): string {
  const parts = Object.entries(DIDS).flatMap(([did, { says }]) => {
    const count = counts[did as Did]
    return count === 0 ? [] : [`${count} ${says}`]
  })
  return parts.length === 0 ? "nothing to import" : parts.join(", ")
}
