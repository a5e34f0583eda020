import type { CreatedUser } from "../../src/api/users.ts"
import { type Client, clientOf } from "../../test/kit/client.ts"
import { logIn, PASSWORD, setUpAdmin } from "../../test/kit/people.ts"
import { createSecret, REASON, secretPath } from "../../test/kit/secrets.ts"
import { progress } from "../kit.ts"
import type { NextRequest } from "./load.ts"

export const SECRETS = 1000
export const PEOPLE = 100
export const POLICIES = 200
const PER_POLICY = SECRETS / POLICIES
const LOGINS_AT_ONCE = 4

/** As long as an ordinary connection string. */
const VALUE = "postgres://orders:correct-horse-battery@db.internal:5432/orders"

export interface Stage {
  readonly admin: Client
  readonly tokens: readonly string[]
  readonly next: NextRequest
}

/** Policies, people and secrets, made through the API like anybody's. */
export async function setStage(server: { url: string; setupToken: string | null }): Promise<Stage> {
  const admin = await setUpAdmin(server)
  for (let at = 0; at < POLICIES; at++) await addPolicy(admin, at)
  progress(`  ${POLICIES} policies`)
  const tokens: string[] = []
  for (let at = 0; at < PEOPLE; at += LOGINS_AT_ONCE) {
    const group = Array.from({ length: LOGINS_AT_ONCE }, (_, one) => addDeveloper(admin, `person-${at + one}`))
    tokens.push(...(await Promise.all(group)))
  }
  progress(`  ${PEOPLE} people`)
  for (let at = 0; at < SECRETS; at += 50)
    await Promise.all(Array.from({ length: 50 }, (_, one) => createSecret(admin, nameOf(at + one), VALUE)))
  progress(`  ${SECRETS} secrets`)
  return { admin, tokens, next: requests(tokens) }
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

function nameOf(at: number): string {
  return `team-${Math.floor(at / PER_POLICY)}/secret-${at % PER_POLICY}`
}

/** Every connection is another person; secrets come in an order that no cache of ours could guess. */
function requests(tokens: readonly string[]): NextRequest {
  const body = JSON.stringify({ reason: REASON, unmask: true })
  const heads = Array.from({ length: SECRETS }, (_, at) => `POST ${secretPath(nameOf(at), "access")} HTTP/1.1\r\n`)
  const tails = tokens.map((token) =>
    [
      "Host: 127.0.0.1",
      `Authorization: Bearer ${token}`,
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      "",
      body,
    ].join("\r\n"),
  )
  return (connection, turn) => {
    const secret = (connection * 7919 + turn * 271) % SECRETS
    return Buffer.from(`${heads[secret]}${tails[connection % tails.length]}`, "latin1")
  }
}

export async function sampleAnswer(stage: Stage): Promise<string> {
  const asked = await clientOf(stage.admin.url, stage.tokens[0] ?? "").post(secretPath(nameOf(0), "access"), {
    reason: REASON,
    unmask: true,
  })
  if (asked.status !== 200) throw new Error(asked.text)
  return asked.text
}
