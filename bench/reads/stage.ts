import type { CreatedUser } from "../../src/api/users.ts"
import { type Client, clientOf } from "../../test/kit/client.ts"
import { logIn, PASSWORD, setUpAdmin } from "../../test/kit/people.ts"
import { REASON, secretPath } from "../../test/kit/secrets.ts"
import { progress } from "../kit.ts"
import { load, type NextRequest } from "./load.ts"

const PEOPLE = 100
const POLICIES = 200
const LOGINS_AT_ONCE = 4
const WRITERS = 32

/** As long as an ordinary connection string. */
const VALUE = "postgres://orders:correct-horse-battery@db.internal:5432/orders"

/** Limits as the design has them for measuring: none but the policies' own. */
export const ENVIRONMENT = {
  TYLER_ENVIRONMENT: "development",
  MAX_SECRET_ACCESS_PER_USER: undefined,
  SECRETS_RATE_LIMIT_MAX: undefined,
}

export interface Stage {
  readonly admin: Client
  readonly secrets: number
  readonly tokens: readonly string[]
  /** Unmasked reads. Every connection is another person; the order of secrets is one no cache of ours could guess. */
  readonly reads: NextRequest
}

export interface Started {
  readonly url: string
  readonly port: number
  readonly setupToken: string | null
}

/** Policies, people and secrets, made through the API like anybody's. */
export async function setStage(server: Started, secrets: number): Promise<Stage> {
  const admin = await setUpAdmin(server)
  for (let at = 0; at < POLICIES; at++) await addPolicy(admin, at)
  const tokens: string[] = []
  for (let at = 0; at < PEOPLE; at += LOGINS_AT_ONCE) {
    const group = Array.from({ length: LOGINS_AT_ONCE }, (_, one) => addDeveloper(admin, `person-${at + one}`))
    tokens.push(...(await Promise.all(group)))
  }
  await addSecrets(server.port, admin, secrets)
  progress(`  ${POLICIES} policies, ${PEOPLE} people, ${secrets} secrets`)
  return { admin, secrets, tokens, reads: readsOf(tokens, secrets) }
}

async function addPolicy(admin: Client, at: number): Promise<void> {
  const answer = await admin.post("/api/policies", {
    secretPattern: `team-${at}/*`,
    allowedRoles: ["developer", "devops"],
    maxAccessPerDay: 1_000_000,
    reason: "A team's own secrets",
  })
  if (answer.status !== 201) throw new Error(answer.text)
}

async function addDeveloper(admin: Client, username: string): Promise<string> {
  const made = await admin.post<CreatedUser>("/api/users", { username, password: PASSWORD, roles: ["developer"] })
  if (made.status !== 201) throw new Error(made.text)
  const { token } = await logIn(admin.url, username)
  if (token === null) throw new Error("no token")
  return token
}

/** The name of a secret that `setStage` makes. */
export function nameOf(at: number): string {
  return `team-${at % POLICIES}/secret-${Math.floor(at / POLICIES)}`
}

async function addSecrets(port: number, admin: Client, count: number): Promise<void> {
  let made = 0
  await load(port, WRITERS, Number.POSITIVE_INFINITY, () => {
    if (made === count) return undefined
    const body = JSON.stringify({ name: nameOf(made++), value: VALUE })
    return requestOf("POST /api/secrets HTTP/1.1\r\n", admin.token, body)
  })
}

function readsOf(tokens: readonly string[], secrets: number): NextRequest {
  return (connection, turn) => {
    const name = nameOf((connection * 7919 + turn * 271) % secrets)
    return readRequest(tokens[connection % tokens.length] ?? null, name)
  }
}

const READ = JSON.stringify({ reason: REASON, unmask: true })

/** An unmasked read. */
export function readRequest(token: string | null, name: string): Buffer {
  return requestOf(`POST ${secretPath(name, "access")} HTTP/1.1\r\n`, token, READ)
}

function requestOf(line: string, token: string | null, body: string): Buffer {
  const head = `${line}Host: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`
  return Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n${body}`, "latin1")
}

/** GET requests of one person, again and again. */
export function gets(token: string | null, path: string): NextRequest {
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  return () => request
}

export async function sampleAnswer(stage: Stage): Promise<string> {
  const asked = await clientOf(stage.admin.url, stage.tokens[0] ?? "").post(secretPath(nameOf(0), "access"), {
    reason: REASON,
    unmask: true,
  })
  if (asked.status !== 200) throw new Error(asked.text)
  return asked.text
}
