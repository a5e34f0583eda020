import { parseReviewBody, parseReviewQuery, type ReviewAnswer } from "../../api/access-review.ts"
import { REASON_MIN } from "../../core/reason.ts"
import { type ReviewPage, reviewAccess, type Subject } from "../../operations/review/list.ts"
import { recordReview } from "../../operations/review/record.ts"
import type { Right } from "../../operations/review/rights.ts"
import { acceptReason } from "../accept.ts"
import type { Handler } from "./handlers.ts"
import { placeCursor, placeOf } from "../roster-cursor.ts"

export const accessReviewRoutes = {
  "GET /api/access-review": async ({ wiring, caller, request }) => {
    const { days, limit, cursor } = parseReviewQuery(request.query)
    const page = await reviewAccess(wiring.service, caller, { days, limit, after: placeOf(cursor) })
    return { status: 200, body: pageAnswer(page) }
  },

  "POST /api/access-review": async ({ wiring, caller, body }) => {
    const { reason, days, decisions } = parseReviewBody(body)
    const recorded = await recordReview(wiring.service, caller, {
      reason: acceptReason(reason, REASON_MIN),
      days,
      decisions: decisions.map(({ role = null, ...one }) => ({ ...one, role })),
    })
    return { status: 201, body: recorded }
  },
} satisfies Record<string, Handler>

function pageAnswer({ days, looked, secrets, subjects, next }: ReviewPage): ReviewAnswer {
  return {
    days,
    looked: { since: timeText(looked.since), entries: looked.looked, cut: looked.cut },
    secrets: { count: secrets.secrets, cut: secrets.cut },
    subjects: subjects.map((one) => subjectAnswer(one, looked.since)),
    nextCursor: next === null ? null : placeCursor(next),
  }
}

function subjectAnswer({ row, lastSeen, rights }: Subject, since: number): ReviewAnswer["subjects"][number] {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    roles: [...row.roles],
    ownerId: row.kind === "program" ? row.ownerId : null,
    breakGlass: row.breakGlass,
    createdAt: timeText(row.createdAt),
    lastSeen: lastSeen === null ? null : timeText(lastSeen),
    rights: rights.map((right) => rightAnswer(right, row.createdAt < since)),
  }
}

function rightAnswer({ group, policyIds, roles, verbs, ...right }: Right, known: boolean) {
  const { secondFactor, approval, lastUse, uses } = right
  return {
    patterns: [...group.patterns],
    policyIds: [...policyIds],
    roles: [...roles],
    verbs: [...verbs],
    secrets: group.count,
    examples: [...group.examples],
    secondFactor,
    approval,
    lastUse: lastUse === null ? null : timeText(lastUse),
    uses,
    dormant: known && uses === 0,
  }
}

function timeText(at: number): string {
  return new Date(at).toISOString()
}
