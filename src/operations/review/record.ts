import { sha256 } from "../../core/bytes.ts"
import { TylerError } from "../../core/errors.ts"
import type { Reason } from "../../core/reason.ts"
import { Turn } from "../../core/turn.ts"
import type { PrincipalRow } from "../../state/rows.ts"
import { actOf } from "../act.ts"
import { requireAuditor } from "../audit.ts"
import { perform } from "../perform.ts"
import type { Caller, Service } from "../service.ts"

/** What was decided of one person or program. */
export interface ReviewDecision {
  readonly id: string
  readonly decision: "keep" | "remove_role" | "disable"
  /** Of `remove_role`. */
  readonly role: string | null
}

export interface ReviewRecord {
  readonly reason: Reason
  readonly days: number
  readonly decisions: readonly ReviewDecision[]
}

export interface Recorded {
  /** Number of the entry. */
  readonly entry: number
  readonly kept: number
  readonly rolesRemoved: number
  readonly disabled: number
  /** Decided and not in force: they wait for a second person, or nobody has made them. */
  readonly waiting: number
}

type Counts = Omit<Recorded, "entry">

/**
 * That a review took place, with what came of it. Nobody is changed by it: that is what the routes for people are for, and
 * each decision counts as what it has come to. @throws TylerError `invalid_request` for somebody who is not there
 */
export function recordReview(on: Service, caller: Caller, ask: ReviewRecord): Promise<Recorded> {
  const about = { action: "REVIEW", resourceType: "audit", resourceName: "ACCESS", reason: ask.reason }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAuditor(view)
      const counted = await countsOf(on, ask.decisions)
      const details = detailsOf(ask, counted)
      return {
        act: actOf(on, caller, view, about, { by: "role", details }),
        done: ({ facts }) => ({ entry: facts.index, ...counted }),
      }
    },
  })
}

async function countsOf(on: Service, decisions: readonly ReviewDecision[]): Promise<Counts> {
  const turn = new Turn(on.clock)
  const counted = { kept: 0, rolesRemoved: 0, disabled: 0, waiting: 0 }
  for (const [at, one] of decisions.entries()) {
    const row = await on.reader.principalById(one.id)
    if (row === undefined)
      throw new TylerError("invalid_request", {
        field: `/decisions/${at}/id`,
        error: "There is no such person or program",
      })
    const came = outcomeOf(row, one)
    counted[came]++
    await turn.giveWay()
  }
  return counted
}

function outcomeOf(row: PrincipalRow, { decision, role }: ReviewDecision): keyof Counts {
  if (decision === "keep") return "kept"
  if (decision === "disable") return row.disabled ? "disabled" : "waiting"
  return role !== null && !row.roles.includes(role) ? "rolesRemoved" : "waiting"
}

/** The digest ties the entry to the list that was kept outside: SHA-256 of its JSON, in the order it was given. */
function detailsOf({ days, decisions }: ReviewRecord, { kept, rolesRemoved, disabled, waiting }: Counts): string {
  const list = JSON.stringify(decisions.map(({ id, decision, role }) => [id, decision, role]))
  const subjects = new Set(decisions.map(({ id }) => id)).size
  const digest = sha256(Buffer.from(list, "utf8")).toString("hex")
  return `days=${days} subjects=${subjects} kept=${kept} roles_removed=${rolesRemoved} disabled=${disabled} waiting=${waiting} decisions=${digest}`
}
