import { CURRENT } from "../core/stage.ts"
import type { VersionId } from "../core/version.ts"
import type { LabelRow } from "./rows.ts"

/** A version that is not yet current has rotated nothing. */
export function isCurrent(labels: readonly LabelRow[], versionId: VersionId): boolean {
  return labels.some((one) => one.label === CURRENT && one.versionId === versionId)
}
