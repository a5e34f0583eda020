import { TylerError } from "../core/errors.ts"
import { CURRENT, PENDING, PREVIOUS } from "../core/stage.ts"
import type { VersionId } from "../core/version.ts"
import type { LabelRow } from "../state/rows.ts"

/** Recovery window of a deletion, days: AWS Secrets Manager's bounds and default. */
export const RECOVERY_DAYS = { least: 7, usual: 30, most: 30 } as const

/** Versions younger than a day that a secret may have: they cannot be pruned, so further writes are refused. */
export const RECENT_VERSIONS = 100

/** Labels of one secret, over all its versions: AWS Secrets Manager's quota. */
export const MOST_LABELS = 20

/**
 * Labels after a new version came: it takes `stages`, and `current` too if no version has that yet. A version that loses
 * `current` is `previous`, and is no longer `pending`. All other labels stay where they are.
 * @throws TylerError `too_many_labels`
 */
export function attach(
  labels: readonly LabelRow[],
  versionId: VersionId,
  stages: readonly string[] = [CURRENT],
): readonly LabelRow[] {
  const current = labels.find(({ label }) => label === CURRENT)
  const taken = new Set(current === undefined ? [CURRENT, ...stages] : stages)
  const kept = labels.filter(({ label }) => !taken.has(label))
  const moved = taken.has(CURRENT) ? retire(kept, current, taken) : kept
  return bounded([...moved, ...[...taken].map((label) => ({ label, versionId }))])
}

/** What is left of the other labels once `current` has gone from a version. */
function retire(
  labels: readonly LabelRow[],
  current: LabelRow | undefined,
  taken: ReadonlySet<string>,
): readonly LabelRow[] {
  if (current === undefined) return labels
  const { versionId } = current
  const kept = labels.filter((one) => one.label !== PREVIOUS && !(one.label === PENDING && one.versionId === versionId))
  return taken.has(PREVIOUS) ? kept : [...kept, { label: PREVIOUS, versionId }]
}

/**
 * Labels after `versionId` became current: the old current is previous, the old previous loses the label. All others
 * stay where they are. Making the current version current again changes nothing.
 */
export function promote(labels: readonly LabelRow[], versionId: VersionId): readonly LabelRow[] {
  const current = labels.find(({ label }) => label === CURRENT)
  if (current?.versionId === versionId) return labels
  const kept = labels.filter(({ label }) => label !== CURRENT && label !== PREVIOUS)
  const previous = current === undefined ? [] : [{ label: PREVIOUS, versionId: current.versionId }]
  return [...kept, ...previous, { label: CURRENT, versionId }]
}

export interface LabelMove {
  readonly label: string
  /** Undefined: the label is only taken away. */
  readonly to: VersionId | undefined
  /** The version that has the label now; undefined: none is said to. */
  readonly from: VersionId | undefined
}

/**
 * Labels after one was moved or taken away, by AWS's rules for UpdateSecretVersionStage: a label is not taken from a
 * version unless the caller names it, and `current` goes to another version or nowhere.
 * @throws TylerError `label_held`, `label_not_there`, `label_required`, `too_many_labels`
 */
export function moveLabel(labels: readonly LabelRow[], { label, to, from }: LabelMove): readonly LabelRow[] {
  const holder = labels.find((one) => one.label === label)?.versionId
  if (from !== undefined && from !== holder) throw new TylerError("label_not_there", { stage: label, versionId: from })
  if (to === undefined) {
    if (label === CURRENT) throw new TylerError("label_required", { stage: label })
    return labels.filter((one) => one.label !== label)
  }
  if (holder === to) return labels
  if (holder !== undefined && from === undefined)
    throw new TylerError("label_held", { stage: label, versionId: holder })
  if (label === CURRENT) return bounded(promote(labels, to))
  return bounded([...labels.filter((one) => one.label !== label), { label, versionId: to }])
}

function bounded(labels: readonly LabelRow[]): readonly LabelRow[] {
  if (labels.length > MOST_LABELS) throw new TylerError("too_many_labels", { limit: MOST_LABELS })
  return labels
}
