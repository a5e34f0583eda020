import { CURRENT, PREVIOUS } from "../core/stage.ts"
import type { VersionId } from "../core/version.ts"
import type { LabelRow } from "../state/rows.ts"

/** Recovery window of a deletion, days: AWS Secrets Manager's bounds and default. */
export const RECOVERY_DAYS = { least: 7, usual: 30, most: 30 } as const

/** Versions younger than a day that a secret may have: they cannot be pruned, so further writes are refused. */
export const RECENT_VERSIONS = 100

/**
 * Labels after `versionId` became current: the old current is previous, the old previous loses the label. Custom labels
 * stay where they are. Making the current version current again changes nothing.
 */
export function promote(labels: readonly LabelRow[], versionId: VersionId): readonly LabelRow[] {
  const current = labels.find(({ label }) => label === CURRENT)
  if (current?.versionId === versionId) return labels
  const kept = labels.filter(({ label }) => label !== CURRENT && label !== PREVIOUS)
  const previous = current === undefined ? [] : [{ label: PREVIOUS, versionId: current.versionId }]
  return [...kept, ...previous, { label: CURRENT, versionId }]
}
