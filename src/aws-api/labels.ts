import { CURRENT, PREVIOUS } from "../core/stage.ts"

/** AWS's own labels and what they are called inside. Any other label is the same on both sides. */
const LABELS = [
  ["AWSCURRENT", CURRENT],
  ["AWSPREVIOUS", PREVIOUS],
  ["AWSPENDING", "pending"],
] as const

const inside: ReadonlyMap<string, string> = new Map(LABELS)
const outside: ReadonlyMap<string, string> = new Map(LABELS.map(([theirs, ours]) => [ours, theirs]))

/** Undefined for `current` and such: with AWS they would be labels of somebody's own, and here they are taken. */
export function labelInside(awsLabel: string): string | undefined {
  return outside.has(awsLabel) ? undefined : (inside.get(awsLabel) ?? awsLabel)
}

export function labelOutside(label: string): string {
  return outside.get(label) ?? label
}
