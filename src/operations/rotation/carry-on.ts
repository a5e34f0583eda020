import { TylerError } from "../../core/errors.ts"
import { CURRENT, PENDING } from "../../core/stage.ts"
import { newVersionId, type VersionId } from "../../core/version.ts"
import { pendingOf } from "../../rotation/pending.ts"
import { nextDue } from "../../rotation/timetable.ts"
import { attach, promote } from "../../secrets/lifecycle.ts"
import type { Change } from "../../state/change.ts"
import type { RotationRow, RotationStep } from "../../state/rows.ts"
import { actOf } from "../act.ts"
import { perform } from "../perform.ts"
import { permitFor } from "../permission.ts"
import { sealedVersion } from "../sealed-version.ts"
import type { Service } from "../service.ts"
import { encodeText } from "../value.ts"
import { carryFunctionOn } from "./function-steps.ts"
import { holderOf } from "./held.ts"
import { keeping, LeaseLost, recordKept, take } from "./lease.ts"
import { type Carried, settleFailed, settleStopped } from "./outcome.ts"
import { aboutRotation, aboutStep, detailsOf, type OneRotation, type Rotating, rotatorFor } from "./rotator.ts"
import { atTarget, type Subject, subjectOf } from "./step.ts"

/** Where a step leads; null: the rotation is done. */
export type Next = Partial<Pick<RotationRow, "versionId" | "fromVersion">> & {
  readonly step: RotationStep | null
  /** It is settled until then: it goes on elsewhere. */
  readonly retryAt?: number
}

type Perform = (one: OneRotation, row: RotationRow, stop: AbortSignal) => Promise<Next>

/**
 * Carries one rotation on from where it is, through as many steps as it can. Each step may have been done before, wholly
 * or in part, by a process that was killed: none asks how far that came, each looks and makes it so.
 * @param overdue how far leases are taken to have run out: LEASE_MS where no other process can hold one
 */
export async function carryOn(
  on: Service,
  rotating: Rotating,
  found: RotationRow,
  overdue: number,
  stop: AbortSignal,
): Promise<Carried> {
  const secret = await on.reader.secretById(found.secretId)
  if (secret === undefined) return "lost"
  const one: OneRotation = { ...rotating, on, caller: rotatorFor(found.id), lease: on.random.uuid(), name: secret.name }
  let row: RotationRow = { ...found, fence: found.fence + 1 }
  if (!(await take(one, row, overdue))) return "lost"
  try {
    for (;;) {
      if (stop.aborted) return await settleStopped(one, row)
      const next = await (row.lambdaArn === null ? STEPS[row.step](one, row, stop) : carryFunctionOn(one, row))
      if (next.step === null) return "done"
      if (next.retryAt !== undefined) return { retryAt: next.retryAt }
      const attempts = next.step === row.step ? row.attempts : 0
      row = { ...row, ...next, step: next.step, attempts }
    }
  } catch (error) {
    if (error instanceof LeaseLost || isLost(error)) return "lost"
    if (stop.aborted) return settleStopped(one, row)
    return settleFailed(one, row, error)
  } finally {
    on.secrets.drop(secret.name)
  }
}

/** The spine's word for an act that five times found something moved: here, the lease. */
function isLost(error: unknown): boolean {
  return error instanceof TylerError && error.code === "busy"
}

const STEPS: { readonly [Name in RotationStep]: Perform } = {
  create: createPending,
  async set(one, row, stop) {
    const fromVersion = await atTarget(one, row, stop, async ({ steps, held, context, from }) => {
      await steps.set(held, context)
      return from
    })
    return { ...(await recordStep(one, row, "test")), fromVersion }
  },
  async test(one, row, stop) {
    await atTarget(one, row, stop, ({ steps, held, context }) => steps.test(held, context))
    return recordStep(one, row, "finish")
  },
  finish: promotePending,
  async revoke(one, row, stop) {
    await atTarget(one, row, stop, ({ steps, held, context }) => steps.revoke(held, context))
    return recordStep(one, row, null)
  },
}

async function createPending(one: OneRotation, row: RotationRow, stop: AbortSignal): Promise<Next> {
  const another = newVersionId(one.on.random)
  const made = await atTarget(one, row, stop, ({ steps, held, context }) => pendingOf(steps, held, context, another))
  if (made === undefined) return recordStep(one, row, "set")
  return storePending(one, row, made.text, made.anew ? another : row.versionId)
}

/** The pending version becomes durable in the same act as the next step: nothing is changed at a target before. */
function storePending(one: OneRotation, row: RotationRow, text: string, versionId: VersionId): Promise<Next> {
  const { on, caller, name } = one
  const about = aboutStep(name)
  const stored = encodeText(text)
  return perform(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const { secret, labels } = await subjectOf(one, row.secretId)
      const by = permitFor(on, view, "rotate", secret.name)
      const version = await sealedVersion(on, view, secret, versionId, stored)
      const changedAt = on.clock.now()
      const changes: Change[] = [
        { kind: "addVersion", secretId: secret.id, version, labels: attach(labels, versionId, [PENDING]), changedAt },
        keeping(one, row, "set", { versionId }),
      ]
      const act = actOf(on, caller, view, about, { by, secret, versionId, details: detailsOf(row), changes })
      return { act, done: () => ({ step: "set" as const, versionId }) }
    },
  }).finally(() => stored.fill(0))
}

/**
 * In one act: the new version is current, the old one previous, the schedule counts anew. If somebody wrote another
 * version since `set`, all is done once more from there.
 */
function promotePending(one: OneRotation, row: RotationRow): Promise<Next> {
  const { on, caller, name } = one
  const about = aboutRotation(name)
  return perform<Next>(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const subject = await subjectOf(one, row.secretId)
      const { secret, labels } = subject
      const by = permitFor(on, view, "rotate", secret.name)
      const current = holderOf(labels, CURRENT)
      const { versionId } = row
      const parts = { by, secret, versionId, details: detailsOf(row) }
      if (current !== versionId && current !== row.fromVersion) {
        const changes = [keeping(one, row, "create")]
        const act = actOf(on, caller, view, aboutStep(name), { ...parts, details: detailsOf(row, "rebased"), changes })
        return { act, done: () => ({ step: "create" }) }
      }
      if ((await on.reader.version(secret.id, versionId)) === undefined)
        throw new TylerError("not_found", { error: "The pending version is gone", versionId })
      return {
        act: actOf(on, caller, view, about, { ...parts, changes: promotion(one, row, subject) }),
        done() {
          on.secrets.drop(name)
          return { step: row.revoke ? "revoke" : null }
        },
      }
    },
  })
}

function promotion(one: OneRotation, row: RotationRow, { secret, labels, schedule }: Subject): readonly Change[] {
  const at = one.on.clock.now()
  const after = promote(labels, row.versionId).filter(
    ({ label, versionId }) => label !== PENDING || versionId !== row.versionId,
  )
  const moves = after.length !== labels.length || holderOf(labels, CURRENT) !== row.versionId
  return [
    ...(moves ? [{ kind: "putLabels" as const, secretId: secret.id, labels: after, changedAt: at }] : []),
    { kind: "markRotated", secretId: secret.id, at, nextRotation: nextDue(schedule, at) },
    row.revoke ? keeping(one, row, "revoke") : ended(one, row, at),
  ]
}

function ended({ lease }: OneRotation, { id }: RotationRow, at: number): Change {
  return { kind: "settleRotation", id, lease, at, outcome: { state: "done" } }
}

/** @param step what comes next; null: nothing does */
async function recordStep(one: OneRotation, row: RotationRow, step: RotationStep | null): Promise<Next> {
  await recordKept(one, row, "SUCCESS", step === null ? ended(one, row, one.on.clock.now()) : keeping(one, row, step))
  return { step }
}
