import { DAY_MS } from "../core/clock.ts"
import type { SecretName } from "../core/name.ts"
import { Turn } from "../core/turn.ts"
import { VERBS, type Verb } from "../core/verb.ts"
import { combine } from "../policy/combine.ts"
import { admit, type Asker } from "../policy/decide.ts"
import { type Terms, termsOf } from "../policy/terms.ts"
import { couldUse } from "../policy/what-if.ts"
import type { EntryRow, PrincipalRow, SecretRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { perform, type View } from "./perform.ts"
import { askerOf, counts, ROSTER_PAGE } from "./roster.ts"
import { findSecret, permitFor } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

type Kind = PrincipalRow["kind"]

/** Where a page begins: behind this name among the people or the programs. */
export interface RosterPlace {
  readonly kind: Kind
  readonly name: string
}

export interface WhoRequest {
  readonly name: SecretName
  /** Null: from the first person on, and with the readers. */
  readonly after: RosterPlace | null
  readonly limit: number
}

/** What one verb asks here, and the rows that ask it. */
export interface VerbTerms extends Terms {
  readonly verb: Verb
  readonly policyIds: readonly string[]
}

export interface User {
  readonly id: string
  readonly name: string
  readonly kind: Kind
  readonly roles: readonly string[]
  /** Those they could use, once they give what is asked besides. */
  readonly verbs: readonly Verb[]
}

export interface ReaderOfSecret {
  readonly userId: string
  /** As of the newest read; null: erased. */
  readonly username: string | null
  readonly lastRead: number
  /** In the last 30 days, and how many of them unmasked. */
  readonly reads: number
  readonly unmasked: number
}

export interface Readers {
  /** The newest first. */
  readonly readers: readonly ReaderOfSecret[]
  /** There were older reads than were looked at. */
  readonly cut: boolean
}

export interface Who {
  readonly owner: boolean
  readonly terms: readonly VerbTerms[]
  readonly users: readonly User[]
  /** Null: that was all. */
  readonly next: RosterPlace | null
  /** For owners, on the first page. */
  readonly readers: Readers | null
}

/** People and programs looked at for one page, so that a secret few may use cannot make the server walk everybody. */
const SCAN_LIMIT = 2_000
const READ_DAYS = 30
/** Newest reads of the secret that are looked at. */
const READS_MAX = 10_000
const READS_PAGE = 200

/**
 * Who could do what with a secret. Owners see everybody, and who has read it: those with the verb `audit` on it, and
 * whoever created it while they may still list it. Anybody else who may list it sees the rules and their own row.
 */
export function whoMayUse(on: Service, caller: Caller, ask: WhoRequest): Promise<Who> {
  const about = { action: "WHO", resourceType: "secret", resourceName: ask.name, reason: null }
  return perform(on, caller, {
    about,
    moved: () => on.secrets.drop(ask.name),
    async plan(view) {
      on.secrets.drop(ask.name)
      const { principal, policies } = view
      const verb = admit(policies, { verb: "audit", name: ask.name, principal }) === undefined ? "audit" : "list"
      const { secret } = await findSecret(on, view, verb, ask.name, "accepted")
      const by = permitFor(on, view, verb, ask.name)
      const owner = verb === "audit" || secret.createdBy === principal.id
      const page = owner ? await usersFrom(on, view, ask) : { users: [ownRow(on, view, ask.name)], next: null }
      const readers = owner && ask.after === null ? await readersOf(on, secret) : null
      const who = { owner, terms: allTerms(on, view, ask.name), ...page, readers }
      const details = `users=${who.users.length} readers=${readers?.readers.length ?? 0}`
      return { act: actOf(on, caller, view, about, { by, secret, details }), done: () => who }
    },
  })
}

function allTerms(on: Service, { policies }: View, name: SecretName): readonly VerbTerms[] {
  return VERBS.map((verb) => {
    const terms = termsOf(policies, verb, name, on.settings)
    const secondFactor = terms.secondFactor && (!on.settings.mfaIgnored || guardedPurge(on, verb))
    return { verb, ...terms, secondFactor, policyIds: combine(policies, verb, name).policyIds }
  })
}

function guardedPurge({ settings }: Service, verb: Verb): boolean {
  return verb === "purge" && settings.purgeGuarded
}

/** A program's own bounds (secrets and verbs of its token) belong here: what they leave out, no row can give. */
function verbsOf(on: Service, { policies }: View, asker: Asker, name: SecretName): readonly Verb[] {
  return VERBS.filter((verb) => couldUse(policies, asker, verb, name, on.settings))
}

function ownRow(on: Service, view: View, secret: SecretName): User {
  const { id, name, kind, roles } = view.principal
  return {
    id,
    name,
    kind: kind === "program" ? kind : "person",
    roles,
    verbs: verbsOf(on, view, view.principal, secret),
  }
}

/** People, then programs, in order of name: those who could use at least one verb. */
async function usersFrom(on: Service, view: View, ask: WhoRequest): Promise<Pick<Who, "users" | "next">> {
  const users: User[] = []
  const turn = new Turn(on.clock)
  let { kind, name: after } = ask.after ?? { kind: "person", name: "" }
  for (let seen = 0; seen < SCAN_LIMIT && users.length < ask.limit; ) {
    const rows = await on.reader.principals(kind, after, ROSTER_PAGE)
    for (const row of rows) {
      after = row.name
      seen++
      const verbs = verbsOf(on, view, askerOf(row), ask.name)
      if (verbs.length > 0 && counts(on, row))
        users.push({ id: row.id, name: row.name, kind: row.kind, roles: row.roles, verbs })
      if (users.length === ask.limit) return { users, next: { kind, name: after } }
      await turn.giveWay()
    }
    if (rows.length === ROSTER_PAGE) continue
    if (kind === "program") return { users, next: null }
    kind = "program"
    after = ""
  }
  return { users, next: { kind, name: after } }
}

/** From the audit log. What was read under this name before this secret was created was another secret. */
async function readersOf(on: Service, secret: SecretRow): Promise<Readers> {
  const since = on.clock.now() - READ_DAYS * DAY_MS
  const found = new Map<string, ReaderOfSecret>()
  const wanted = { resourceName: secret.name, action: "GET", result: "SUCCESS", from: secret.createdAt }
  let before: number | undefined
  for (let looked = 0; looked < READS_MAX; ) {
    const query = before === undefined ? wanted : { ...wanted, before }
    const entries = await on.reader.entries({ ...query, limit: Math.min(READS_PAGE, READS_MAX - looked) })
    for (const entry of entries) note(found, entry, since)
    looked += entries.length
    before = entries.at(-1)?.index
    if (entries.length < READS_PAGE) return { readers: [...found.values()], cut: false }
  }
  return { readers: [...found.values()], cut: true }
}

function note(found: Map<string, ReaderOfSecret>, entry: EntryRow, since: number): void {
  const { userId, username, timestamp } = entry
  const reader = found.get(userId) ?? { userId, username, lastRead: timestamp, reads: 0, unmasked: 0 }
  const counted = timestamp < since ? 0 : 1
  const unmasked = reader.unmasked + (wasUnmasked(entry) ? counted : 0)
  found.set(userId, { ...reader, reads: reader.reads + counted, unmasked })
}

/** Of a read's entry: `details` begins with the word. */
export function wasUnmasked({ details }: EntryRow): boolean {
  return details?.split(" ", 1)[0] === "unmasked"
}
