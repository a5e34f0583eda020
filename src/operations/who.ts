import type { SecretName } from "../core/name.ts"
import { Turn } from "../core/turn.ts"
import { VERBS, type Verb } from "../core/verb.ts"
import { combine } from "../policy/combine.ts"
import { admit, type Asker } from "../policy/decide.ts"
import { type Terms, termsOf } from "../policy/terms.ts"
import { couldUse } from "../policy/what-if.ts"
import type { PrincipalRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { perform, type View } from "./perform.ts"
import { permitFor } from "./permission.ts"
import { type Readers, readersOf } from "./readers.ts"
import { askerOf, counts, ROSTER_PAGE } from "./roster.ts"
import { findSecret } from "./secret.ts"
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
      const { secret } = await findSecret(on, view, verb, ask, "accepted")
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
