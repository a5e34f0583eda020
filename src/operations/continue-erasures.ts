import type { Change } from "../state/change.ts"
import type { ErasureRow } from "../state/rows.ts"
import { ERASE_ORDER, ERASED_AT_ONCE, erasureOf } from "./erase-person.ts"
import { recordErasure } from "./service-entries.ts"
import type { Service } from "./service.ts"

/** Erasures looked at in one round. */
const PEOPLE = 10

/** Acts for one person in one round; the next round takes the rest. */
const ACTS = 100

/**
 * How long an erasure stays open after its order: a request that was under way may still have been written down under
 * the person's name, by any replica.
 */
const SETTLE_MS = 60_000

/**
 * Goes on with erasures that were ordered, in acts of their own. A crash loses nothing: how far one has come is
 * committed with what it erased. Replicas may do the same at once; one of them finds nothing left.
 * @param acts for one person at most.
 */
export async function continueErasures(on: Service, acts: number = ACTS): Promise<void> {
  for (const erasure of await on.reader.openErasures(PEOPLE)) await continueOne(on, erasure, acts)
}

async function continueOne(on: Service, first: ErasureRow, acts: number): Promise<void> {
  let erasure: ErasureRow | undefined = first
  for (let act = 0; act < acts; act++) {
    if (erasure === undefined || erasure.finished) return
    const step = await nextStep(on, erasure)
    if (step === undefined) return
    await recordErasure(on, step.action, erasure.personId, step.details, step.change)
    erasure = await on.reader.erasure(erasure.personId)
  }
}

interface NextStep {
  readonly action: string
  readonly details: string
  readonly change: Change
}

/** The order's own entry: the one that approved it could not be, for an order names a person. */
async function orderStep(on: Service, { personId, requestId }: ErasureRow): Promise<NextStep | undefined> {
  const row = await on.reader.principalById(personId)
  if (row === undefined) return undefined
  const decisions = await on.reader.decisions(requestId)
  const approvers = decisions.filter(({ verdict }) => verdict === "approve").map(({ approverId }) => approverId)
  const details = `request=${requestId} approvers=${approvers.join("+") || "none"}`
  return { action: ERASE_ORDER.action, details, change: erasureOf(on, row) }
}

async function nextStep(on: Service, erasure: ErasureRow): Promise<NextStep | undefined> {
  const { personId, orderIndex, nextIndex, orderedAt } = erasure
  if (orderIndex === null) return orderStep(on, erasure)
  const details = `order=${orderIndex}`
  if (nextIndex < orderIndex) {
    const change = { kind: "eraseEntries", personId, limit: ERASED_AT_ONCE } as const
    return { action: "ERASE_BATCH", details: `${details} from=${nextIndex}`, change }
  }
  if (on.clock.now() - orderedAt < SETTLE_MS) return undefined
  const [newest] = await on.reader.entries({ userId: personId, limit: 1 })
  if (newest !== undefined && newest.index > orderIndex && newest.erasedBy === null)
    return { action: ERASE_ORDER.action, details: `${details} late`, change: { kind: "renewErasure", personId } }
  return { action: "ERASE_END", details, change: { kind: "finishErasure", personId } }
}
