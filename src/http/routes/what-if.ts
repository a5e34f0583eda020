import { invalidField, parseBody } from "../../api/parse.ts"
import type { PolicyDraft } from "../../api/policies.ts"
import { DiffBody, type PolicyCase, TestBody } from "../../api/what-if.ts"
import { parseWhoQuery } from "../../api/who.ts"
import { type AccessChange, diffPolicies, type PolicyDiff, testPolicies, type Tried } from "../../operations/what-if.ts"
import type { LostReads } from "../../operations/look-back.ts"
import { type Who, whoMayUse } from "../../operations/who.ts"
import { parsePolicyRow } from "../../policy/row.ts"
import type { Terms } from "../../policy/terms.ts"
import type { Case } from "../../policy/what-if.ts"
import type { PolicyRow } from "../../state/rows.ts"
import { acceptName, nameInPath } from "../lift.ts"
import { placeCursor, placeOf } from "../roster-cursor.ts"
import type { Handler } from "./handlers.ts"

export const whatIfRoutes = {
  "GET /api/secrets/{name}/who": async ({ wiring, caller, request }) => {
    const name = nameInPath(request.raw, wiring.service.settings.nameLimit)
    const { limit, cursor } = parseWhoQuery(request.query)
    const who = await whoMayUse(wiring.service, caller, { name, limit, after: placeOf(cursor) })
    return { status: 200, body: { name, ...whoAnswer(who) } }
  },

  "POST /api/policies/diff": async ({ wiring, caller, body }) => {
    const rows = draftRows(parseBody(DiffBody, body).policies)
    return { status: 200, body: diffAnswer(await diffPolicies(wiring.service, caller, rows)) }
  },

  "POST /api/policies/test": async ({ wiring, caller, body }) => {
    const { cases, policies } = parseBody(TestBody, body)
    const rows = policies === undefined ? null : draftRows(policies)
    const asked = cases.map((one) => caseOf(one, wiring.service.settings.nameLimit))
    const tried = await testPolicies(wiring.service, caller, asked, rows)
    return {
      status: 200,
      body: { cases: tried.map(triedAnswer), failed: tried.filter(({ passed }) => !passed).length },
    }
  },
} satisfies Record<string, Handler>

function whoAnswer({ owner, terms, users, next, readers }: Who): object {
  return {
    owner,
    verbs: terms.map((one) => ({ verb: one.verb, ...termsAnswer(one), policyIds: one.policyIds })),
    users: users.map(({ id, name, kind, roles, verbs }) => ({ id, name, kind, roles, verbs })),
    nextCursor: next === null ? null : placeCursor(next),
    readers:
      readers === null
        ? null
        : {
            readers: readers.readers.map(({ lastRead, ...rest }) => ({ ...rest, lastRead: timeText(lastRead) })),
            cut: readers.cut,
          },
  }
}

/**
 * Rows as a caller writes them. Each is held to the rules of a stored one; two of one pattern or id would be two answers
 * to one question.
 * @throws TylerError `invalid_request` naming the row
 */
function draftRows(drafts: readonly PolicyDraft[]): readonly PolicyRow[] {
  const rows = drafts.map(({ id = "", createdAt: _createdAt, updatedAt: _updatedAt, ...given }, at): PolicyRow => {
    const parsed = parsePolicyRow(given)
    if ("fault" in parsed) throw invalidField(`/policies/${at}/${parsed.fault.field}`, `must be ${parsed.fault.rule}`)
    return { ...parsed.fields, id: id === "" ? `row-${at}` : id, createdAt: 0, updatedAt: 0 }
  })
  refuseTwice(rows, "secretPattern", ({ secretPattern }) => secretPattern.toLowerCase())
  refuseTwice(rows, "id", ({ id }) => id)
  return rows
}

function refuseTwice(rows: readonly PolicyRow[], field: keyof PolicyRow, keyOf: (row: PolicyRow) => string): void {
  const seen = new Set<string>()
  for (const [at, row] of rows.entries()) {
    if (seen.has(keyOf(row))) throw invalidField(`/policies/${at}/${field}`, `an earlier row has the same ${field}`)
    seen.add(keyOf(row))
  }
}

function caseOf(given: PolicyCase, nameLimit: number): Case {
  const { principal, verb, secret, expect, code, missing } = given
  const { kind = "person", id = "nobody", roles } = principal
  return {
    verb,
    name: acceptName(secret, nameLimit),
    principal: { id, kind, roles, assurance: kind === "person" ? "password" : "token" },
    verified: given.verified ?? false,
    approvals: given.approvals ?? 0,
    usedToday: given.usedToday ?? 0,
    expect,
    code,
    missing,
  }
}

function triedAnswer({ passed, decision }: Tried): object {
  const { effect, reasons } = decision
  const { code, missing } = decision.effect === "refuse" ? decision : { code: null, missing: [] }
  return { passed, effect, code, missing, reasons }
}

function diffAnswer({ epoch, changes, complete, loosensApproval, reads }: PolicyDiff): object {
  const { entries, since, cut, refused, lost } = reads
  return {
    epoch,
    changes: changes.map(changeAnswer),
    complete,
    loosensApproval,
    reads: { entries, since: timeText(since), cut, refused, groups: lost.map(lostAnswer) },
  }
}

function changeAnswer(change: AccessChange): object {
  const { verbs, patterns, examples, before, after, looser, stricter, gains, losses } = change
  const terms = { before: termsAnswer(before), after: termsAnswer(after) }
  return { verbs, patterns, examples, ...terms, looser, stricter, gains, losses }
}

function termsAnswer({ roles, programs, secondFactor, approval, perDay, programPerDay }: Terms): object {
  return { roles, programs, secondFactor, approval, perDay, programPerDay }
}

function lostAnswer({ userId, username, secret, refused, reads, lastRead }: LostReads): object {
  const { code, missing, reasons } = refused
  return { userId, username, secret, code, missing, reasons, reads, lastRead: timeText(lastRead) }
}

function timeText(at: number): string {
  return new Date(at).toISOString()
}
