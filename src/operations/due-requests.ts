import { spellFacts } from "../audit/approval-details.ts"
import { TylerError } from "../core/errors.ts"
import type { Change } from "../state/change.ts"
import type { AccessRequestRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { askingOf } from "./deciders.ts"
import { applyGoverned, CHANGER, subjectOf } from "./governed-change.ts"
import { perform, type Step, type View } from "./perform.ts"
import { genuineRequest, movedRequest } from "./request-access.ts"
import { askForReview, tellInEffect } from "./request-notices.ts"
import type { Caller, Service } from "./service.ts"
import { HERE } from "./service-entries.ts"

const SWEEP = 50

/**
 * What happens to requests by the hour, by comparison with the stored date: changes that nobody else could approve are
 * made after their day, break-glass windows end. A job is a principal: it has its own entries.
 */
export async function dueRequests(on: Service): Promise<number> {
  const due = await on.reader.requestsDue(on.clock.now(), SWEEP)
  const origin = { ...HERE, requestId: on.random.uuid() }
  const caller: Caller = { principal: CHANGER, origin, verification: null, refresh: () => Promise.resolve(CHANGER) }
  let done = 0
  for (const { id } of due) {
    const about = { action: "REQUEST_DUE", resourceType: "request", resourceName: id, reason: null }
    const plan = async (view: View): Promise<Step<void>> => {
      const request = await genuineRequest(on, id)
      if (request.state !== "pending") throw new TylerError("request_closed", { state: request.state })
      return request.kind === "break_glass"
        ? endWindow(on, caller, view, request)
        : makeChange(on, caller, view, request)
    }
    try {
      await perform(on, caller, { about, writes: true, plan })
      done++
    } catch (error) {
      // Tampered with, or decided by another replica meanwhile: it has its entry, and the others go on.
      if (!(error instanceof TylerError) || error.code === "unavailable") throw error
    }
  }
  return done
}

async function makeChange(on: Service, caller: Caller, view: View, request: AccessRequestRow): Promise<Step<void>> {
  const about = { action: "CHANGE_EFFECTIVE", resourceType: "request", resourceName: request.id, reason: null }
  try {
    const { changes, facts } = await applyGoverned(on, view, request)
    const told = await tellInEffect(on, request, await requesterOf(on, request), subjectOf(request))
    return step(on, caller, view, about, request, "approved", [...changes, ...told], facts)
  } catch (error) {
    if (!(error instanceof TylerError) || error.code !== "request_closed") throw error
    return step(on, caller, view, { ...about, action: "CHANGE_VOID" }, request, "void", [])
  }
}

async function endWindow(on: Service, caller: Caller, view: View, request: AccessRequestRow): Promise<Step<void>> {
  const about = { action: "BREAK_GLASS_ENDED", resourceType: "request", resourceName: request.id, reason: null }
  const at = on.clock.now()
  const marks = request.targets.map(({ secretId }) => ({ kind: "markRotation" as const, secretId, at }))
  const told = await askForReview(on, request, await requesterOf(on, request))
  return step(on, caller, view, about, request, "approved", [...marks, ...told])
}

async function requesterOf(on: Service, request: AccessRequestRow): Promise<string> {
  return (await askingOf(on, request)).requester.name
}

function step(
  on: Service,
  caller: Caller,
  view: View,
  about: Parameters<typeof actOf>[3],
  request: AccessRequestRow,
  state: AccessRequestRow["state"],
  changes: readonly Change[],
  facts: Readonly<Record<string, string>> = {},
): Step<void> {
  const all = [movedRequest(on, request, state), ...changes]
  return {
    act: actOf(on, caller, view, about, {
      by: "due",
      details: spellFacts({ kind: request.kind, ...facts }),
      changes: all,
    }),
    done: () => undefined,
  }
}
