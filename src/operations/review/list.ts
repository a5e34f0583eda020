import { type Trail, trailOf } from "../../compliance/trail.ts"
import { DAY_MS } from "../../core/clock.ts"
import { Turn } from "../../core/turn.ts"
import type { PrincipalRow, WatchedEntry } from "../../state/rows.ts"
import { actOf } from "../act.ts"
import { requireAuditor } from "../audit.ts"
import { perform, type View } from "../perform.ts"
import { READ_ACTIONS } from "../readers.ts"
import { counts, ROSTER_PAGE } from "../roster.ts"
import type { Caller, Service } from "../service.ts"
import type { RosterPlace } from "../who.ts"
import { type Group, type Groups, groupsOf } from "./groups.ts"
import { type Right, rightsOf, type Use, type Uses } from "./rights.ts"

export interface ReviewAsk {
  /** A right that was not used for so many days is dormant. */
  readonly days: number
  /** Null: from the first person on. */
  readonly after: RosterPlace | null
  readonly limit: number
}

export interface Subject {
  readonly row: PrincipalRow
  /** Wall time in ms of the newest act within the days; null: none. */
  readonly lastSeen: number | null
  readonly rights: readonly Right[]
}

export interface ReviewPage {
  readonly days: number
  readonly looked: Pick<Trail, "since" | "looked" | "cut">
  readonly secrets: Pick<Groups, "secrets" | "cut">
  readonly subjects: readonly Subject[]
  /** Null: that was all. */
  readonly next: RosterPlace | null
}

/** People and programs looked at for one page, and rights after which it ends. */
const SCAN_MAX = 2_000
const RIGHTS_MAX = 2_000

/**
 * Who could read what, by which rows, and whether they have: people, then programs, in order of name. For admins and
 * auditors. Each page looks at everything anew, in turns: 100,000 entries, 20,000 secrets, 2,000 people or programs.
 */
export function reviewAccess(on: Service, caller: Caller, ask: ReviewAsk): Promise<ReviewPage> {
  const about = { action: "REVIEW_LIST", resourceType: "audit", resourceName: "ACCESS", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAuditor(view)
      const page = await pageOf(on, view, ask)
      const details = `days=${ask.days} subjects=${page.subjects.length} secrets=${page.secrets.secrets}`
      return { act: actOf(on, caller, view, about, { by: "role", details }), done: () => page }
    },
  })
}

async function pageOf(on: Service, view: View, ask: ReviewAsk): Promise<ReviewPage> {
  const turn = new Turn(on.clock)
  const groups = await groupsOf(on.reader, view.policies, turn)
  const uses = new Map<string, Map<Group, Use>>()
  const trail = await trailOf(on.reader, turn, sinceOf(on, ask.days), (entry) => note(uses, groups, entry))
  const { since, looked, cut } = trail
  const { secrets, cut: secretsCut } = groups
  return {
    days: ask.days,
    looked: { since, looked, cut },
    secrets: { secrets, cut: secretsCut },
    ...(await subjectsFrom(on, view, ask, { groups, uses, trail, turn })),
  }
}

/** What retention has emptied cannot be told from what never was: nobody is called dormant for longer than is known. */
function sinceOf({ clock, settings }: Service, days: number): number {
  return clock.now() - Math.min(days, settings.keepDays.reads ?? days) * DAY_MS
}

function note(uses: Map<string, Map<Group, Use>>, groups: Groups, entry: WatchedEntry): void {
  const { action, result, resourceType, resourceName, userId, timestamp } = entry
  if (result !== "SUCCESS" || resourceType !== "secret" || !READ_ACTIONS.includes(action)) return
  const group = groups.of(resourceName)
  if (group === undefined) return
  const own = uses.get(userId) ?? new Map<Group, Use>()
  const use = own.get(group) ?? { last: timestamp, count: 0 }
  use.count++
  uses.set(userId, own.set(group, use))
}

interface Sources {
  readonly groups: Groups
  readonly uses: Uses
  readonly trail: Trail
  readonly turn: Turn
}

async function subjectsFrom(
  on: Service,
  { policies }: View,
  { after: place, limit }: ReviewAsk,
  { groups, uses, trail, turn }: Sources,
): Promise<Pick<ReviewPage, "subjects" | "next">> {
  const subjects: Subject[] = []
  let { kind, name: after } = place ?? { kind: "person", name: "" }
  for (let [seen, told] = [0, 0]; seen < SCAN_MAX; ) {
    const rows = await on.reader.principals(kind, after, ROSTER_PAGE)
    for (const row of rows) {
      after = row.name
      seen++
      const rights = counts(on, row) ? await rightsOf(on, policies, row, groups, uses, turn) : []
      if (rights.length === 0) continue
      subjects.push({ row, lastSeen: trail.lastSeen.get(row.id) ?? null, rights })
      told += rights.length
      if (subjects.length === limit || told >= RIGHTS_MAX) return { subjects, next: { kind, name: after } }
    }
    if (rows.length === ROSTER_PAGE) continue
    if (kind === "program") return { subjects, next: null }
    kind = "program"
    after = ""
  }
  return { subjects, next: { kind, name: after } }
}
