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

<<<<<<< HEAD
export function labelInside(awsLabel: string): string {
  return swapped.get(awsLabel) ?? awsLabel
=======
/** Undefined for `current` and such: with AWS they would be labels of somebody's own, and here they are taken. */
export function labelInside(awsLabel: string): string | undefined {
  return outside.has(awsLabel) ? undefined : (inside.get(awsLabel) ?? awsLabel)
>>>>>>> ba8c3cda7fc80c134cb3df63b477bdf2f9f6640c
}

export function labelOutside(label: string): string {
  return swapped.get(label) ?? label
}
