import { CURRENT, PENDING, PREVIOUS } from "../core/stage.ts"

/** AWS's own labels and what they are called inside. */
const LABELS = [
  ["AWSCURRENT", CURRENT],
  ["AWSPREVIOUS", PREVIOUS],
  ["AWSPENDING", PENDING],
] as const

/**
 * The two spellings trade places: what a caller calls `current` is a label of his own, and is kept as `AWSCURRENT`, which
 * nothing inside is called. So no two labels fall together. Any other label is the same on both sides.
 */
const swapped: ReadonlyMap<string, string> = new Map(
  LABELS.flatMap(([theirs, ours]) => [
    [theirs, ours],
    [ours, theirs],
  ]),
)

export function labelInside(awsLabel: string): string {
  return swapped.get(awsLabel) ?? awsLabel
}

export function labelOutside(label: string): string {
  return swapped.get(label) ?? label
}
