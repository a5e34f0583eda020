import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import { Turn } from "../core/turn.ts"
import { accessKeyHash, parseAccessKeyId } from "../identity/access-key.ts"
import { parseUsername } from "../identity/username.ts"
import { admit } from "../policy/decide.ts"
import type { EntryQuery } from "../state/reader.ts"
import type { EntryRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { requireAuditor } from "./audit.ts"
import { perform, type View } from "./perform.ts"
import { READ_ACTIONS, wasUnmasked } from "./readers.ts"
import { type Outlook, outlookOf, type Prospect, prospectOf, type Stage, stageOf } from "./rotation/outlook.ts"
import { questionOf } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

export interface SeenRequest {
  /** A user name, an id, or the id of an access key; null: everybody, since a time. */
  readonly person: string | null
  /** Milliseconds since 1970 UTC. */
  readonly since: number | null
  /** Entries with a smaller index; null: from the newest on. */
  readonly before: number | null
  /** Versions in one answer. */
  readonly limit: number
}

/** One version that one person or program was shown, and what a rotation now would do about it. */
export interface Seen {
  readonly name: string
  readonly versionId: string
  readonly stage: Stage | null
  readonly userId: string
  /** As of the newest read; null: erased. */
  readonly username: string | null
  readonly reads: number
  readonly lastRead: number
  readonly outlook: Outlook
  readonly strategy: string | null
}

export interface SeenPage {
  readonly person: { readonly id: string; readonly name: string | null } | null
  readonly since: number | null
  readonly seen: readonly Seen[]
  /** Where the next page begins; null: there is none. */
  readonly next: number | null
}

/** Entries looked at for one page, so that no answer takes long however many reads there were. */
const LOOK_MAX = 5_000
/** Entries of one statement: about 2 ms of the thread that answers everybody. */
const LOOK_PAGE = 100

/**
 * What somebody has been shown, newest first, from the audit log: after a leak, what has to be replaced. A version may
 * come again on a later page, with the reads of that one.
 * @throws TylerError `not_found` where nobody is meant: an empty answer would say that there is nothing to do
 */
export function seenSecrets(on: Service, caller: Caller, ask: SeenRequest): Promise<SeenPage> {
  const about = { action: "AUDIT_SEEN", resourceType: "audit", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAuditor(view)
      const { person, from } = await whoIsMeant(on, ask)
      const query = { ...(person === null ? {} : { userId: person.id }), ...(from === null ? {} : { from }) }
      const { found, next } = await sightings(on, query, ask)
      const seen = await judged(on, view, found)
      const details = `person=${person?.id ?? "all"} since=${from ?? "first"} versions=${seen.length}`
      return {
        act: actOf(on, caller, view, about, { by: "role", details }),
        done: () => ({ person, since: from, seen, next }),
      }
    },
  })
}

interface Meant {
  readonly person: SeenPage["person"]
  readonly from: number | null
}

/** Ids outlive names, and somebody's name may be made to look like another's id: ids are looked for first. */
async function whoIsMeant(on: Service, { person, since }: SeenRequest): Promise<Meant> {
  if (person === null) return { person: null, from: since }
  const row = (await on.reader.principalById(person)) ?? (await named(on, person))
  if (row !== undefined) return { person: { id: row.id, name: row.name }, from: since }
  if ((await on.reader.erasure(person)) !== undefined) return { person: { id: person, name: null }, from: since }
  const key =
    parseAccessKeyId(person) === undefined ? undefined : await on.reader.credentialByHash(accessKeyHash(person))
  if (key === undefined) throw new TylerError("not_found", { error: "No such person, service account or access key" })
  // An entry says who, not by which key: all that its holder has read since there was the key.
  const holder = await on.reader.principalById(key.principalId)
  return {
    person: { id: key.principalId, name: holder?.name ?? null },
    from: Math.max(since ?? key.createdAt, key.createdAt),
  }
}

async function named(on: Service, text: string) {
  const parsed = parseUsername(text)
  return "fault" in parsed ? undefined : on.reader.principalByName(parsed.name)
}

type Sighting = Pick<Seen, "name" | "versionId" | "userId" | "username" | "reads" | "lastRead">

async function sightings(on: Service, wanted: Omit<EntryQuery, "before" | "limit">, { before, limit }: SeenRequest) {
  const found = new Map<string, Sighting>()
  const turn = new Turn(on.clock)
  let at = before
  for (let looked = 0; looked < LOOK_MAX; looked += LOOK_PAGE) {
    const place = at === null ? {} : { before: at }
    const entries = await on.reader.entries({ ...wanted, ...place, result: "SUCCESS", limit: LOOK_PAGE })
    for (const entry of entries) {
      if (found.size === limit && !found.has(keyOf(entry))) return { found: [...found.values()], next: at }
      at = entry.index
      if (isReveal(entry)) note(found, entry)
    }
    if (entries.length < LOOK_PAGE) return { found: [...found.values()], next: null }
    await turn.giveWay()
  }
  return { found: [...found.values()], next: at }
}

function isReveal(entry: EntryRow): boolean {
  return entry.resourceType === "secret" && READ_ACTIONS.includes(entry.action) && wasUnmasked(entry)
}

function keyOf({ resourceName, versionId, userId }: EntryRow): string {
  return `${userId} ${versionId} ${resourceName}`
}

function note(found: Map<string, Sighting>, entry: EntryRow): void {
  const { resourceName: name, versionId, userId, username, timestamp: lastRead } = entry
  if (versionId === null) return
  const known = found.get(keyOf(entry)) ?? { name, versionId, userId, username, reads: 0, lastRead }
  found.set(keyOf(entry), { ...known, reads: known.reads + 1 })
}

async function judged(on: Service, view: View, found: readonly Sighting[]): Promise<readonly Seen[]> {
  const prospects = new Map<string, Prospect | null>()
  const seen: Seen[] = []
  for (const one of found) {
    if (!prospects.has(one.name)) {
      // An answered read's name was a name: it needed no escapes.
      const secret = await on.reader.secretByName(one.name as SecretName)
      prospects.set(one.name, secret === undefined ? null : await prospectOf(on, secret))
    }
    const prospect = prospects.get(one.name) ?? null
    seen.push({ ...one, ...judgedBy(on, view, prospect, one) })
  }
  return seen
}

function judgedBy(
  on: Service,
  view: View,
  prospect: Prospect | null,
  { versionId, lastRead }: Sighting,
): Pick<Seen, "stage" | "outlook" | "strategy"> {
  if (prospect === null) return { stage: null, outlook: "gone", strategy: null }
  const { secret, schedule } = prospect
  const stage = stageOf(prospect, versionId)
  const strategy = schedule?.strategy ?? null
  // A name can be given anew: then it was another secret's version.
  if (stage === null && lastRead < secret.createdAt) return { stage, outlook: "gone", strategy: null }
  const mayRotate = admit(view.policies, questionOf(on, view, "rotate", secret.name)) === undefined
  return { stage, outlook: outlookOf(prospect, stage, mayRotate), strategy }
}
