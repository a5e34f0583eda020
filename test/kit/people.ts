import assert from "node:assert/strict"
import type { LoginAnswer, SetupAnswer } from "../../src/api/auth.ts"
import type { CreatedUser, IssuedToken } from "../../src/api/users.ts"
import { isBuiltIn } from "../../src/core/roles.ts"
import { type Client, clientOf } from "./client.ts"

/** Everybody's password in tests, unless a test is about passwords. */
export const PASSWORD = "several unrelated harbour words"
export const ADMIN_NAME = "ada"

/** Uses the setup token up. */
export async function setUpAdmin(server: { url: string; setupToken: string | null }): Promise<Client> {
  const answer = await clientOf(server.url, null).post<SetupAnswer>("/api/setup", {
    token: server.setupToken,
    username: ADMIN_NAME,
    password: PASSWORD,
  })
  assert.equal(answer.status, 201, answer.text)
  return clientOf(server.url, answer.body.token)
}

export async function logIn(url: string, username: string, password: string = PASSWORD): Promise<Client> {
  const answer = await clientOf(url, null).post<LoginAnswer>("/api/auth/login", { username, password })
  assert.equal(answer.status, 200, answer.text)
  return clientOf(url, answer.body.token)
}

export interface Person {
  readonly id: string
  readonly client: Client
}

/** Those of the roles that are not built in are there afterwards. */
export async function addRoles(admin: Client, roles: readonly string[]): Promise<void> {
  for (const name of roles.filter((role) => !isBuiltIn(role))) {
    const reason = "Made for this test"
    const made = await admin.post("/api/roles", { name, description: `The role ${name}`, reason })
    assert.ok(made.status === 201 || made.body["code"] === "role_exists", made.text)
  }
}

export async function addPerson(admin: Client, username: string, roles: readonly string[]): Promise<Person> {
  await addRoles(admin, roles)
  const made = await admin.post<CreatedUser>("/api/users", { username, password: PASSWORD, roles })
  assert.equal(made.status, 201, made.text)
  return { id: made.body.id, client: await logIn(admin.url, username) }
}

export interface Program extends Person {
  readonly tokenId: string
}

export async function addProgram(admin: Client, name: string, roles: readonly string[]): Promise<Program> {
  await addRoles(admin, roles)
  const reason = "Deploys the staging cluster"
  const made = await admin.post<IssuedToken>("/api/service-accounts", { name, roles, reason })
  assert.equal(made.status, 201, made.text)
  const { id, tokenId, token } = made.body
  return { id, tokenId, client: clientOf(admin.url, token) }
}
