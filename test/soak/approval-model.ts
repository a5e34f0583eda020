import type { Clock } from "../../src/core/clock.ts"
import type { DecidedAnswer, RequestItem } from "../../src/api/access-requests.ts"
import { type Answer, type Client, clientOf, type Loose } from "../kit/client.ts"
import { type App, appCode, enrolApp, logInWith, STEP_MS, stepUp } from "../kit/factors.ts"
import { addPerson, addRoles, ADMIN_NAME, logIn, setUpAdmin } from "../kit/people.ts"
import { createSecret, REASON, secretPath } from "../kit/secrets.ts"
import type { TestServer } from "../kit/server.ts"
import { pick } from "./campaign.ts"

/**
 * Requests, decisions, grants and reads against a model of a few maps: what each call must answer is worked out before
 * it is made. Written from spec/policy.md and docs/api.md, not from the sources.
 */

const WEEK_MS = 7 * 86_400_000
const SESSION_MS = 11 * 3_600_000
const MINUTE_MS = 60_000
const NAMES = ["finn", "gail", "hana", "bob"] as const
type Name = (typeof NAMES)[number]
const ROLES: Readonly<Record<Name, readonly string[]>> = {
  finn: ["finance"],
  gail: ["finance"],
  hana: ["finance"],
  bob: ["admin"],
}
const OPEN_MAX = 50

/** Stands still unless it is moved, so that the model knows every instant. */
export interface FrozenClock extends Clock {
  advance(ms: number): void
}

export function frozenClock(): FrozenClock {
  let now = Date.UTC(2026, 10, 24, 12)
  let steady = 1000
  return {
    now: () => now,
    monotonic: () => steady,
    advance(ms) {
      now += ms
      steady += ms
    },
  }
}

interface ModelRequest {
  readonly id: string
  readonly by: Name
  readonly secret: string
  readonly uses: number | null
  readonly minutes: number
  readonly needed: number
  readonly expires: number
  state: "pending" | "approved" | "denied" | "cancelled"
  readonly approvers: Set<Name>
}

interface ModelGrant {
  readonly id: string
  readonly by: Name
  /** Name and generation: a secret made again is another one. */
  readonly secret: string
  readonly approvals: number
  readonly made: number
  readonly expires: number
  left: number | null
}

interface ModelPerson {
  readonly id: string
  client: Client
  loggedIn: number
  alive: boolean
  role: boolean
  disabled: boolean
  /** When bob last changed the account. */
  changed: number
}

export interface ModelRun {
  readonly steps: number
  readonly draw: () => number
  readonly clock: FrozenClock
  readonly start: () => Promise<TestServer>
  readonly progress?: (text: string) => void
}

export interface ModelOutcome {
  readonly counts: Readonly<Record<string, number>>
  readonly violations: readonly string[]
  readonly admin: Client
  readonly server: TestServer
}

export async function playApprovals(run: ModelRun): Promise<ModelOutcome> {
  const world = await World.open(run)
  for (let step = 1; step <= run.steps && world.violations.length === 0; step++) {
    run.clock.advance(1)
    await world.step(step)
    if (step % 500 === 0) run.progress?.(`step ${step}`)
  }
  return { counts: world.counts, violations: world.violations, admin: await world.admin(), server: world.server }
}

class World {
  readonly counts: Record<string, number> = {}
  readonly violations: string[] = []
  server: TestServer
  readonly #run: ModelRun
  readonly #people: Record<Name, ModelPerson>
  readonly #app: App
  #admin: Client
  #adminIn: number
  #needed = 1
  #address = 0
  readonly #generation = [0, 0, 0]
  #requests: ModelRequest[] = []
  #grants: ModelGrant[] = []

  private constructor(run: ModelRun, server: TestServer, admin: Client, app: App, people: Record<Name, ModelPerson>) {
    this.#run = run
    this.server = server
    this.#admin = admin
    this.#adminIn = run.clock.now()
    this.#app = app
    this.#people = people
  }

  static async open(run: ModelRun): Promise<World> {
    const server = await run.start()
    const admin = await setUpAdmin(server)
    const ids: Partial<Record<Name, string>> = {}
    await addRoles(admin, ["visitor"])
    for (const name of NAMES) ids[name] = (await addPerson(admin, name, ROLES[name])).id
    const made = await admin.post("/api/policies", policy(1))
    if (made.status !== 201) throw new Error(made.text)
    for (let at = 0; at < 3; at++) await createSecret(admin, secretName(at), "value")
    const app = await enrolApp(admin, run.clock.now())
    run.clock.advance(WEEK_MS)
    const people: Partial<Record<Name, ModelPerson>> = {}
    for (const name of NAMES)
      people[name] = {
        id: ids[name] ?? "",
        client: await logIn(server.url, name),
        loggedIn: run.clock.now(),
        alive: true,
        role: true,
        disabled: false,
        changed: Number.NEGATIVE_INFINITY,
      }
    const world = new World(run, server, admin, app, people as Record<Name, ModelPerson>)
    world.#adminIn = Number.NEGATIVE_INFINITY
    return world
  }

  async step(at: number): Promise<void> {
    const what = this.#kind()
    this.counts[what] = (this.counts[what] ?? 0) + 1
    try {
      await this.#acts[what]?.()
    } catch (error) {
      this.violations.push(`step ${at}, ${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  readonly #acts: Readonly<Record<string, () => Promise<void>>> = {
    read: () => this.#read(),
    ask: () => this.#ask(),
    approve: () => this.#decide("approve"),
    deny: () => this.#decide("deny"),
    cancel: () => this.#cancel(),
    revoke: () => this.#revoke(),
    time: async () =>
      this.#run.clock.advance(pick(this.#run.draw, [1000, 5 * MINUTE_MS, 59 * MINUTE_MS, 60 * MINUTE_MS])),
    night: async () => this.#run.clock.advance(pick(this.#run.draw, [86_400_000, 3 * 86_400_000])),
    disable: () => this.#disable(),
    demote: () => this.#demote(),
    restoreRole: () => this.#restoreRole(),
    tighten: () => this.#policy(),
    purge: () => this.#purge(),
    restart: () => this.#restart(),
  }

  #kind(): string {
    const weights = {
      read: 400,
      ask: 150,
      approve: 200,
      deny: 30,
      cancel: 30,
      revoke: 30,
      time: 60,
      night: 2,
      disable: 10,
      demote: 6,
      restoreRole: 12,
      tighten: 6,
      purge: 4,
      restart: 2,
    }
    let left = this.#run.draw() * Object.values(weights).reduce((all, one) => all + one, 0)
    for (const [name, weight] of Object.entries(weights)) {
      left -= weight
      if (left < 0) return name
    }
    return "read"
  }

  /** Refusals are limited by address; each call comes from its own. */
  get #from(): Readonly<Record<string, string>> {
    const n = ++this.#address
    return { "x-forwarded-for": `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}` }
  }

  async #as(name: Name): Promise<Client> {
    const person = this.#people[name]
    const old = this.#run.clock.now() - person.loggedIn > SESSION_MS
    if (!person.disabled && (old || !person.alive)) {
      person.client = await logIn(this.server.url, name)
      person.loggedIn = this.#run.clock.now()
      person.alive = true
    }
    return clientOf(this.server.url, person.client.token)
  }

  async admin(): Promise<Client> {
    if (this.#run.clock.now() - this.#adminIn > SESSION_MS) {
      this.#admin = await logInWith(this.server.url, ADMIN_NAME, () => this.#code())
      this.#adminIn = this.#run.clock.now()
    }
    return clientOf(this.server.url, this.#admin.token)
  }

  #code(): { readonly code: string } {
    this.#run.clock.advance(STEP_MS)
    return { code: appCode(this.#app.seed, this.#run.clock.now()) }
  }

  #someone(): Name {
    return pick(this.#run.draw, NAMES)
  }

  #secret(): number {
    return Math.floor(this.#run.draw() * 3)
  }

  #uid(at: number): string {
    return `${secretName(at)}#${this.#generation[at]}`
  }

  #allowed(name: Name): boolean {
    return this.#people[name].role
  }

  #expect(what: string, answer: Answer<unknown>, wanted: string): void {
    const got = answer.status < 300 ? "ok" : String((answer.body as Loose)["code"])
    if (got !== wanted)
      this.violations.push(`${what}: the model says ${wanted}, the server ${answer.status} ${answer.text}`)
  }

  /** Newer ones come first in both. */
  #pick<T>(from: readonly T[]): T | undefined {
    if (from.length === 0) return undefined
    const recent = from.slice(-8)
    return pick(this.#run.draw, this.#run.draw() < 0.8 ? recent : from)
  }

  async #read(): Promise<void> {
    const [who, at] = [this.#someone(), this.#secret()]
    const client = await this.#as(who)
    const now = this.#run.clock.now()
    const live = this.#grants
      .filter((one) => one.by === who && one.secret === this.#uid(at) && one.expires > now && one.left !== 0)
      .filter(({ approvals }) => approvals >= this.#needed)
      .toSorted((a, b) => Number(b.left === null) - Number(a.left === null) || b.made - a.made)
    const [lease] = live
    const wanted = this.#people[who].disabled
      ? "unauthenticated"
      : !this.#allowed(who)
        ? "forbidden"
        : lease === undefined
          ? "approval_required"
          : "ok"
    const answer = await client.post(secretPath(secretName(at), "access"), { reason: REASON }, this.#from)
    this.#expect(`${who} reads ${this.#uid(at)}`, answer, wanted)
    if (wanted === "ok" && lease !== undefined && lease.left !== null) lease.left--
  }

  async #ask(): Promise<void> {
    const [who, at] = [this.#someone(), this.#secret()]
    const client = await this.#as(who)
    const now = this.#run.clock.now()
    const open = this.#requests.filter((one) => one.by === who && one.state === "pending" && one.expires > now)
    const uses = pick(this.#run.draw, [1, 2, 3, null])
    const minutes = pick(this.#run.draw, [1, 10, 60])
    const wanted = this.#people[who].disabled
      ? "unauthenticated"
      : open.length >= OPEN_MAX
        ? "rate_limited"
        : this.#allowed(who)
          ? "ok"
          : "forbidden"
    const body = { secrets: [secretName(at)], verb: "read", reason: REASON, uses, minutes }
    const answer = await client.post<RequestItem>("/api/access-requests", body, this.#from)
    this.#expect(`${who} asks for ${this.#uid(at)}`, answer, wanted)
    if (wanted !== "ok") return
    const { id } = answer.body
    const common = { id, by: who, secret: this.#uid(at), uses, minutes, needed: this.#needed }
    this.#requests.push({ ...common, expires: now + WEEK_MS, state: "pending", approvers: new Set() })
  }

  /** Why this person may not decide, in the order of the API. */
  #undecidable(who: Name, request: ModelRequest): string | undefined {
    const now = this.#run.clock.now()
    if (this.#people[who].disabled) return "unauthenticated"
    if (request.by === who) return "forbidden"
    if (!this.#allowed(who)) return "not_found"
    const changed =
      who === "bob" ? this.#people[request.by].changed : request.by === "bob" ? this.#people[who].changed : null
    if (changed !== null && now < changed + WEEK_MS) return "forbidden"
    if (request.state !== "pending" || request.expires <= now) return "request_closed"
    return request.approvers.has(who) ? "already_decided" : undefined
  }

  async #decide(verb: "approve" | "deny"): Promise<void> {
    const request = this.#pick(this.#requests)
    if (request === undefined) return
    const who = this.#someone()
    const client = await this.#as(who)
    const last = verb === "approve" && request.approvers.size + 1 >= request.needed
    const lost = last && this.#people[request.by].disabled ? "request_closed" : undefined
    const wanted = this.#undecidable(who, request) ?? lost ?? "ok"
    const body = verb === "deny" ? { reason: REASON } : undefined
    const answer = await client.post<DecidedAnswer>(`/api/access-requests/${request.id}/${verb}`, body, this.#from)
    this.#expect(`${who} ${verb}s the request of ${request.by} (${request.state})`, answer, wanted)
    if (wanted !== "ok") return
    if (verb === "deny") request.state = "denied"
    else request.approvers.add(who)
    if (!last) return
    request.state = "approved"
    const now = this.#run.clock.now()
    const [grant] = answer.body.grants
    this.#grants.push({
      id: grant?.id ?? "",
      by: request.by,
      secret: request.secret,
      approvals: request.approvers.size,
      made: now,
      expires: now + request.minutes * MINUTE_MS,
      left: request.uses,
    })
  }

  async #cancel(): Promise<void> {
    const request = this.#pick(this.#requests)
    if (request === undefined) return
    const who = this.#run.draw() < 0.6 ? request.by : this.#someone()
    const client = await this.#as(who)
    const open = request.state === "pending" && request.expires > this.#run.clock.now()
    const wanted = this.#people[who].disabled
      ? "unauthenticated"
      : request.by === who
        ? open
          ? "ok"
          : "request_closed"
        : this.#allowed(who)
          ? "forbidden"
          : "not_found"
    this.#expect(
      `${who} cancels the request of ${request.by} (${request.state})`,
      await client.post(`/api/access-requests/${request.id}/cancel`, undefined, this.#from),
      wanted,
    )
    if (wanted === "ok") request.state = "cancelled"
  }

  async #revoke(): Promise<void> {
    const grant = this.#pick(this.#grants.filter(({ expires }) => expires > this.#run.clock.now()))
    if (grant === undefined) return
    const who = this.#someone()
    const client = await this.#as(who)
    const may = grant.by === who || this.#allowed(who)
    const wanted = this.#people[who].disabled ? "unauthenticated" : may ? "ok" : "not_found"
    this.#expect(
      `${who} revokes a grant of ${grant.by}`,
      await client.delete(`/api/grants/${grant.id}`, undefined, this.#from),
      wanted,
    )
    if (wanted === "ok") this.#grants = this.#grants.filter((one) => one !== grant)
  }

  async #disable(): Promise<void> {
    const who = pick(this.#run.draw, ["finn", "gail", "hana"] as const)
    const person = this.#people[who]
    const disabled = !person.disabled
    const bob = await this.#as("bob")
    const answer = await bob.patch(`/api/users/${person.id}`, { disabled }, this.#from)
    this.#expect(`bob disables ${who}: ${disabled}`, answer, "ok")
    person.disabled = disabled
    person.alive = false
    if (!disabled) return
    person.changed = this.#run.clock.now()
    this.#grants = this.#grants.filter((one) => one.by !== who)
  }

  async #demote(): Promise<void> {
    const who = pick(this.#run.draw, ["finn", "gail", "hana"] as const)
    const person = this.#people[who]
    if (!person.role || person.disabled) return
    const bob = await this.#as("bob")
    this.#expect(
      `bob demotes ${who}`,
      await bob.patch(`/api/users/${person.id}`, { roles: ["visitor"] }, this.#from),
      "ok",
    )
    person.role = false
    person.alive = false
    person.changed = this.#run.clock.now()
  }

  async #govern(
    ask: (admin: Client, headers: Readonly<Record<string, string>>) => Promise<Answer<Loose>>,
  ): Promise<void> {
    const admin = await this.admin()
    const token = await stepUp(admin, "govern", [], this.#code())
    const proposed = await ask(admin, { ...token, ...this.#from })
    if (proposed.status !== 202) throw new Error(`no second person is asked: ${proposed.text}`)
    const bob = await this.#as("bob")
    const path = `/api/access-requests/${String(proposed.body["requestId"])}/approve`
    this.#expect("bob approves a change", await bob.post(path, undefined, this.#from), "ok")
  }

  async #restoreRole(): Promise<void> {
    const lost = (["finn", "gail", "hana"] as const).filter((name) => !this.#people[name].role)
    const who = lost[0]
    if (who === undefined) return
    const person = this.#people[who]
    await this.#govern((admin, headers) => admin.patch(`/api/users/${person.id}`, { roles: ["finance"] }, headers))
    person.role = true
    person.alive = false
  }

  async #policy(): Promise<void> {
    const admin = await this.admin()
    const { policies } = (await admin.get<{ policies: { id: string; secretPattern: string }[] }>("/api/policies")).body
    const id = policies.find(({ secretPattern }) => secretPattern === "vault/*")?.id
    const needed = this.#needed === 1 ? 2 : 1
    const put = (client: Client, headers: Readonly<Record<string, string>>) =>
      client.put(`/api/policies/${id}`, policy(needed), headers)
    if (needed === 2) this.#expect("a stricter policy", await put(admin, this.#from), "ok")
    else await this.#govern(put)
    this.#needed = needed
  }

  /** Needs a second person's approval and a second factor; the name is used again at once. */
  async #purge(): Promise<void> {
    const at = this.#secret()
    const name = secretName(at)
    const admin = await this.admin()
    if (this.#needed > 1) return
    const asked = await admin.post<RequestItem>(
      "/api/access-requests",
      { secrets: [name], verb: "purge", reason: `${REASON} for good` },
      this.#from,
    )
    this.#expect(`ada asks to purge ${name}`, asked, "ok")
    const bob = await this.#as("bob")
    this.#expect(
      "bob approves",
      await bob.post(`/api/access-requests/${asked.body.id}/approve`, undefined, this.#from),
      "ok",
    )
    const token = await stepUp(admin, "purge", [name], this.#code())
    const day = new Date(this.#run.clock.now()).toISOString().slice(0, 10)
    const body = { confirmationCode: `DELETE-${name}-${day}`, reason: `${REASON} for good`, forceDelete: true }
    this.#expect(`ada purges ${name}`, await admin.delete(secretPath(name), body, { ...token, ...this.#from }), "ok")
    await createSecret(admin, name, "another value")
    this.#generation[at] = (this.#generation[at] ?? 0) + 1
  }

  async #restart(): Promise<void> {
    await this.server.close()
    this.server = await this.#run.start()
  }
}

function secretName(at: number): string {
  return `vault/box-${at}`
}

function policy(minApprovals: number): object {
  return {
    secretPattern: "vault/*",
    allowedRoles: ["admin", "finance"],
    requiresApproval: true,
    maxAccessPerDay: null,
    minApprovals,
    reason: REASON,
  }
}
