import { CURRENT, PREVIOUS, STAGED } from "../../core/stage.ts"
import type { VersionId } from "../../core/version.ts"
import type { LabelRow } from "../../state/rows.ts"

const AWS_LABELS: Readonly<Record<string, string>> = {
  [CURRENT]: "AWSCURRENT",
  [PREVIOUS]: "AWSPREVIOUS",
  pending: "AWSPENDING",
}
const OUR_LABELS = new Map(Object.entries(AWS_LABELS).map(([ours, theirs]) => [theirs, ours]))

export function toAws(label: string): string {
  return AWS_LABELS[label] ?? label
}

/** In order of labels, as the catalog answers them. */
export function fromAws(stages: Readonly<Record<string, readonly string[] | undefined>> | undefined): LabelRow[] {
  return Object.entries(stages ?? {})
    .flatMap(([versionId, labels = []]) =>
      labels
        .filter((label) => label !== STAGED)
        .map((label) => ({ label: OUR_LABELS.get(label) ?? label, versionId: versionId as VersionId })),
    )
    .toSorted((a, b) => (a.label < b.label ? -1 : 1))
}
