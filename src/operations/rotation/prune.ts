import { DAY_MS } from "../../core/clock.ts"
import { recordPruning } from "../service-entries.ts"
import type { Service } from "../service.ts"

/** How long it is shown how a rotation ended; the audit log keeps it longer. */
const KEPT_MS = 400 * DAY_MS
const PRUNED_AT_ONCE = 1_000

export async function pruneRotations(on: Service): Promise<void> {
  const before = on.clock.now() - KEPT_MS
  if (!(await on.reader.rotationsPrunable(before))) return
  const details = `rotations_before=${new Date(before).toISOString()}`
  await recordPruning(on, details, [{ kind: "pruneRotations", finishedBefore: before, limit: PRUNED_AT_ONCE }])
}
