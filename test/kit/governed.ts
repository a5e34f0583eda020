import assert from "node:assert/strict"
import type { AccessAnswer } from "../../src/api/access.ts"
import type { DecidedAnswer, PendingAnswer, RequestItem } from "../../src/api/access-requests.ts"
import type { Answer, Client, HeaderFields } from "./client.ts"
import { type MovableClock, movableClock } from "./clock.ts"
import { type App, appCode, enrolApp, logInWith, STEP_MS, stepUp } from "./factors.ts"
import { ADMIN_NAME, logIn } from "./people.ts"
import { createSecret, type OrProblem, read, REASON } from "./secrets.ts"
import type { ServerOptions } from "./server.ts"
import { openStage, type Stage } from "./stage.ts"

/** Guarded by the shipped row `financial`: admin or finance, second factor, approval. */
export const LEDGER = "financial/ledger"
export const WEEK_MS = 7 * 86_400_000

/** Somebody with an app, who can step up any number of times: the clock moves on for each code. */
export interface Equipped {
  readonly id: string
  readonly client: Client
  readonly app: App
  readonly stepUp: (verb: string, secrets?: readonly string[]) => Promise<HeaderFields>
  /** A code that was not shown yet. */
  readonly code: () => { readonly code: string }
}

export interface Governed<Names extends string> {
  readonly clock: MovableClock
  readonly stage: Stage<Names>
  /** In a session of his own; admins have an app, the others none. */
  readonly people: Readonly<Record<Names, Client>>
  readonly ids: Readonly<Record<Names, string>>
  readonly ada: Equipped
  /** Gives somebody an app. */
  readonly equip: (name: Names) => Promise<Equipped>
  /** Everybody signs in anew: sessions end with time, and with changes to an account. */
  readonly signIn: (name: string, app?: App) => Promise<Client>
}

/**
 * A production server with the secret `financial/ledger`, its first admin ada, and people whom she made long enough ago
 * to decide what she asks for.
 */
export async function governed<Names extends string = never>(
  roles: Readonly<Record<Names, readonly string[]>>,
  options: Omit<ServerOptions, "clock"> & {
    /** What is done before there is anything that takes a second person. */
    readonly first?: (admin: Client) => Promise<unknown>
  } = {},
): Promise<Governed<Names>> {
  const clock = movableClock()
  const { first, ...server } = options
  const stage = await openStage(roles, { ...server, clock })
  await first?.(stage.admin)
  await createSecret(stage.admin, LEDGER, "the books")
  const adaApp = await enrolApp(stage.admin, clock.now())
  clock.advance(WEEK_MS + 1000)
  const signIn = async (name: string, app?: App): Promise<Client> => {
    if (app === undefined) return logIn(stage.server.url, name)
    clock.advance(STEP_MS)
    return logInWith(stage.server.url, name, () => ({ code: appCode(app.seed, clock.now()) }))
  }
  const equipped = (id: string, client: Client, app: App): Equipped => {
    const code = () => {
      clock.advance(STEP_MS)
      return { code: appCode(app.seed, clock.now()) }
    }
    return { id, client, app, code, stepUp: (verb, secrets = []) => stepUp(client, verb, secrets, code()) }
  }
  const people: Partial<Record<Names, Client>> = {}
  const ids: Partial<Record<Names, string>> = {}
  for (const name of Object.keys(roles) as Names[]) {
    people[name] = await signIn(name)
    ids[name] = stage.people[name].id
  }
  const ada = await signIn(ADMIN_NAME, adaApp)
  const adaId = (await ada.get<{ id: string }>("/api/me")).body.id
  return {
    clock,
    stage,
    people: people as Record<Names, Client>,
    ids: ids as Record<Names, string>,
    ada: equipped(adaId, ada, adaApp),
    async equip(name) {
      const client = (people as Record<Names, Client>)[name]
      return equipped((ids as Record<Names, string>)[name], client, await enrolApp(client, clock.now()))
    },
    signIn,
  }
}

export function access(client: Client, headers: HeaderFields = {}, name = LEDGER): Promise<OrProblem<AccessAnswer>> {
  return read(client, name, {}, headers)
}

export function ask(client: Client, over: object = {}, headers: HeaderFields = {}): Promise<OrProblem<RequestItem>> {
  const body = { secrets: [LEDGER], verb: "read", reason: "Closing the books of November", ...over }
  return client.post("/api/access-requests", body, headers)
}

/** Asks, and insists on it. @returns the request's id */
export async function asked(client: Client, over: object = {}, headers: HeaderFields = {}): Promise<string> {
  const answer = await ask(client, over, headers)
  assert.equal(answer.status, 201, answer.text)
  return answer.body.id ?? ""
}

export function approve(client: Client, id: string, shown?: object): Promise<OrProblem<DecidedAnswer>> {
  return client.post(`/api/access-requests/${id}/approve`, shown)
}

export function deny(client: Client, id: string): Promise<OrProblem<DecidedAnswer>> {
  return client.post(`/api/access-requests/${id}/deny`, { reason: REASON })
}

export function cancel(client: Client, id: string): Promise<OrProblem<RequestItem>> {
  return client.post(`/api/access-requests/${id}/cancel`)
}

export async function stateOf(client: Client, id: string): Promise<string | undefined> {
  return (await client.get<RequestItem>(`/api/access-requests/${id}`)).body.state
}

/** A change that waits, and insists that it does. */
export function pending(answer: Answer<unknown>): PendingAnswer {
  assert.equal(answer.status, 202, answer.text)
  return answer.body as PendingAnswer
}
