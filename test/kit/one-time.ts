import assert from "node:assert/strict"
import type { RecoveryAnswer, TotpAnswer } from "../../src/api/factors.ts"
import { type Answer, type Client, clientOf } from "./client.ts"
import { type App, appCode, enrolApp, enrolPasskey, logInHalf, passkeyShown, STEP_MS, stepUp } from "./factors.ts"
import { addPerson } from "./people.ts"
import { createSecret, REASON, secretPath } from "./secrets.ts"

/** Servers on one database; one or several. */
export interface Servers {
  readonly urls: readonly string[]
  readonly publicUrl: string
  readonly admin: Client
  now(): number
}

/** One more use of the same thing. @param at the number of the use: whatever may differ without mattering does. */
type Use = (at: number) => Promise<Answer<unknown>>

/** Makes something that is good once. @param name of nobody yet */
type Make = (servers: Servers, name: string) => Promise<Use>

interface Holder {
  readonly client: Client
  readonly app: App
  /** A code that was not shown yet: enrolling used the one of the step before. */
  readonly code: string
}

async function holder(servers: Servers, name: string): Promise<Holder> {
  const { client } = await addPerson(servers.admin, name, ["dba"])
  const at = servers.now()
  const app = await enrolApp(client, at - STEP_MS)
  return { client, app, code: appCode(app.seed, at) }
}

async function guardedSecret({ admin }: Servers, name: string): Promise<string> {
  await createSecret(admin, `database/${name}`, "value")
  return `database/${name}`
}

/** The same caller, at each server in turn. */
function spread({ urls }: Servers, client: Client): (at: number) => Client {
  const clients = urls.map((url) => clientOf(url, client.token))
  return (at) => clients[at % clients.length] as Client
}

/** With an authenticator that does not count, as most do not: nothing but the challenge stands in the way. */
async function keyHolder(servers: Servers, name: string, role = "dba") {
  const { client } = await addPerson(servers.admin, name, [role])
  const passkey = await enrolPasskey(client, servers.publicUrl, {}, { counts: false })
  return { client, passkey }
}

async function recoveryCodes({ client, code }: Holder): Promise<readonly string[]> {
  const answer = await client.post<RecoveryAnswer>(
    "/api/me/factors/recovery",
    {},
    await stepUp(client, "govern", [], { code }),
  )
  assert.equal(answer.status, 200, answer.text)
  return answer.body.codes
}

/** Everything that works once, each with what it is good for. */
export const ONE_TIME = {
  "a code of an app, to sign in": async (servers, name) => {
    const { code } = await holder(servers, name)
    const halves: Client[] = []
    for (let at = 0; at < 4; at++) halves.push(await logInHalf(servers.urls[at % servers.urls.length] ?? "", name))
    return (at) => (halves[at % halves.length] as Client).post("/api/auth/factor", { code })
  },

  "a code of an app, to step up": async (servers, name) => {
    const { client, code } = await holder(servers, name)
    const of = spread(servers, client)
    return (at) => of(at).post("/api/auth/verify", { verb: "govern", code })
  },

  "a step-up token, for its secret": async (servers, name) => {
    const secret = await guardedSecret(servers, name)
    const { client, code } = await holder(servers, name)
    const token = await stepUp(client, "read", [secret], { code })
    const of = spread(servers, client)
    return (at) => of(at).post(secretPath(secret, "access"), { reason: REASON, unmask: at % 3 !== 0 }, token)
  },

  "a step-up token, by itself and in batches": async (servers, name) => {
    const secret = await guardedSecret(servers, name)
    const { client, code } = await holder(servers, name)
    const token = await stepUp(client, "read", [secret], { code })
    const of = spread(servers, client)
    return async (at) => {
      if (at % 2 === 0) return of(at >> 1).post(secretPath(secret, "access"), { reason: REASON }, token)
      const batch = { names: [secret], reason: REASON, unmask: true }
      const answer = await of(at >> 1).post<{ items: { code?: string }[] }>("/api/secrets/access", batch, token)
      return answer.body.items?.[0]?.code === undefined ? answer : { ...answer, status: 403 }
    }
  },

  "a token for an act of administration": async (servers, name) => {
    const { client, code } = await holder(servers, name)
    const token = await stepUp(client, "govern", [], { code })
    const of = spread(servers, client)
    return (at) => of(at).post("/api/me/factors/recovery", {}, token)
  },

  "a recovery code, to step up": async (servers, name) => {
    const made = await holder(servers, name)
    const [code] = await recoveryCodes(made)
    const of = spread(servers, made.client)
    return (at) => of(at).post("/api/auth/verify", { verb: "govern", code })
  },

  "a recovery code, to sign in": async (servers, name) => {
    const [code] = await recoveryCodes(await holder(servers, name))
    const halves: Client[] = []
    for (let at = 0; at < 4; at++) halves.push(await logInHalf(servers.urls[at % servers.urls.length] ?? "", name))
    return (at) => (halves[at % halves.length] as Client).post("/api/auth/factor", { code })
  },

  "a passkey's challenge, to sign in": async (servers, name) => {
    const { passkey } = await keyHolder(servers, name)
    const half = await logInHalf(servers.urls[0] ?? "", name)
    const shown = await passkeyShown(half, passkey, "sign_in")
    const of = spread(servers, half)
    return (at) => of(at).post("/api/auth/factor", shown)
  },

  "a passkey's challenge, to step up": async (servers, name) => {
    const { client, passkey } = await keyHolder(servers, name)
    const shown = await passkeyShown(client, passkey, "verify")
    const of = spread(servers, client)
    return (at) => of(at).post("/api/auth/verify", { verb: "govern", ...shown })
  },

  "a passkey's challenge, to approve": async (servers, name) => {
    const { client, passkey } = await keyHolder(servers, name, "finance")
    const other = await addPerson(servers.admin, `${name}asks`, ["finance"])
    await createSecret(servers.admin, `financial/${name}`, "value")
    const asks = { secrets: [`financial/${name}`], verb: "read", reason: REASON }
    const asked = await other.client.post<{ id: string }>("/api/access-requests", asks)
    assert.equal(asked.status, 201, asked.text)
    const shown = await passkeyShown(client, passkey, "approve", asked.body.id)
    const of = spread(servers, client)
    return (at) => of(at).post(`/api/access-requests/${asked.body.id}/approve`, shown)
  },

  "an enrolment": async (servers, name) => {
    const made = await holder(servers, name)
    const tokens: Readonly<Record<string, string>>[] = []
    for (const code of await recoveryCodes(made)) tokens.push(await stepUp(made.client, "govern", [], { code }))
    const { enrolment, secret } = (await made.client.post<TotpAnswer>("/api/me/factors/totp")).body
    const body = { enrolment, code: appCode(secret, servers.now()), label: "second phone" }
    const of = spread(servers, made.client)
    return (at) => of(at).post("/api/me/factors/totp/confirm", body, tokens[(at >> 1) % tokens.length])
  },
} satisfies Record<string, Make>

/** @returns how many of the uses were good; none may be an accident. */
export async function useAtOnce(use: Use, times: number): Promise<number> {
  const answers = await Promise.all(Array.from({ length: times }, (_, at) => use(at)))
  const odd = answers.filter(({ status }) => status >= 500 && status !== 503)
  assert.deepEqual(
    odd.map(({ text }) => text),
    [],
  )
  return answers.filter(({ status }) => status < 300).length
}
