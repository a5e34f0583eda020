import { ADMIN, AUDITOR } from "../core/principal.ts"
import type { PolicySet } from "../policy/document.ts"
import type { Change } from "../state/change.ts"
import type { AccessRequestRow, PrincipalRow } from "../state/rows.ts"
import { decidersOf } from "./deciders.ts"
import { MAX_PEOPLE, noticeOf } from "./notices.ts"
import type { Service } from "./service.ts"

/** Who hears of a request, a decision, a change, an emergency: each function answers what an act adds for it. */

function secretOf({ targets }: Pick<AccessRequestRow, "targets">) {
  return { secret: targets[0]?.name ?? "", secrets: targets.length }
}

/** Nobody is looked up where nobody could be reached by mail. */
async function deciders(on: Service, policies: PolicySet, request: AccessRequestRow): Promise<readonly string[]> {
  if (!on.settings.channels.mail) return []
  return (await decidersOf(on, policies, request, MAX_PEOPLE)).map(({ id }) => id)
}

export async function tellDeciders(
  on: Service,
  policies: PolicySet,
  request: AccessRequestRow,
  by: string,
): Promise<readonly Change[]> {
  const people = await deciders(on, policies, request)
  const { id: requestId, verb } = request
  return noticeOf(on, "access_requested", people, { requestId, by, verb: verb ?? "", ...secretOf(request) })
}

export function tellRequester(
  on: Service,
  request: AccessRequestRow,
  by: string,
  decision: "approved" | "denied",
): readonly Change[] {
  if (request.kind !== "access") return []
  const facts = { requestId: request.id, by, decision, ...secretOf(request) }
  return noticeOf(on, "access_decided", [request.requesterId], facts)
}

/** @param change in a word: `policies`, or whose account. */
export async function tellOfChange(
  on: Service,
  policies: PolicySet,
  request: AccessRequestRow,
  by: string,
  change: string,
): Promise<readonly Change[]> {
  const effectiveAt = request.effectiveAt === null ? "" : new Date(request.effectiveAt).toISOString()
  const people = await deciders(on, policies, request)
  const watching = people.length > 0 ? people : await overseers(on, request.requesterId)
  return noticeOf(on, "change_requested", watching, { requestId: request.id, by, change, effectiveAt })
}

export async function tellInEffect(
  on: Service,
  request: AccessRequestRow,
  by: string,
  change: string,
): Promise<readonly Change[]> {
  const people = await overseers(on, request.requesterId)
  return noticeOf(on, "change_effective", people, { requestId: request.id, by, change })
}

export async function alarmOfBreakGlass(
  on: Service,
  request: AccessRequestRow,
  grantId: string,
  by: string,
): Promise<readonly Change[]> {
  const people = await overseers(on, request.requesterId)
  const { id: requestId, minutes } = request
  return noticeOf(on, "break_glass_used", people, { requestId, grantId, by, minutes, ...secretOf(request) })
}

/** A review is due a week after the window. */
const REVIEW_MS = 7 * 86_400_000

export async function askForReview(on: Service, request: AccessRequestRow, by: string): Promise<readonly Change[]> {
  const people = await overseers(on, request.requesterId)
  const dueAt = new Date(on.clock.now() + REVIEW_MS).toISOString()
  return noticeOf(on, "break_glass_review", people, {
    requestId: request.id,
    by,
    secret: secretOf(request).secret,
    dueAt,
  })
}

const PAGE = 500

/** Admins and auditors but the one it is about. */
export async function overseers(
  on: Pick<Service, "reader" | "settings">,
  exceptId: string,
): Promise<readonly string[]> {
  if (!on.settings.channels.mail) return []
  const found: string[] = []
  for (let after = ""; ; ) {
    const people = await on.reader.principals("person", after, PAGE)
    found.push(...people.filter((one) => oversees(one, exceptId)).map(({ id }) => id))
    const last = people.at(-1)
    if (people.length < PAGE || last === undefined || found.length >= MAX_PEOPLE) return found
    after = last.name
  }
}

function oversees({ id, roles, disabled }: PrincipalRow, exceptId: string): boolean {
  return id !== exceptId && !disabled && roles.some((role) => role === ADMIN || role === AUDITOR)
}
