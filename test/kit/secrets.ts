import assert from "node:assert/strict"
import type { AccessAnswer, AccessBody } from "../../src/api/access.ts"
import type { CreateBody, WrittenAnswer } from "../../src/api/secrets.ts"
import type { Answer, Client, HeaderFields, Problem } from "./client.ts"

/** Long enough for a deletion too. */
export const REASON = "Checking that the promise is kept"

/** An answer that may be a refusal: all fields of both may be looked at. */
export type OrProblem<T> = Answer<Partial<T> & Partial<Problem>>

export function secretPath(name: string, verb?: string): string {
  return `/api/secrets/${name}${verb === undefined ? "" : `/${verb}`}`
}

/** Makes a secret, and insists on it. */
export async function createSecret(
  client: Client,
  name: string,
  value: CreateBody["value"],
  more: Partial<CreateBody> = {},
): Promise<WrittenAnswer> {
  const answer = await client.post<WrittenAnswer>("/api/secrets", { name, value, ...more })
  assert.equal(answer.status, 201, answer.text)
  return answer.body
}

/** Asks for a value, unmasked unless said otherwise. */
export function read(
  client: Client,
  name: string,
  ask: Partial<AccessBody> = {},
  headers: HeaderFields = {},
): Promise<OrProblem<AccessAnswer>> {
  return client.post(secretPath(name, "access"), { reason: REASON, unmask: true, ...ask }, headers)
}
