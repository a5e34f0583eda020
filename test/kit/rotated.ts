import assert from "node:assert/strict"
import type { RotateAnswer, RotationAnswer, ScheduledAnswer } from "../../src/api/rotation.ts"
import type { Client } from "./client.ts"
import { type OrProblem, REASON, secretPath } from "./secrets.ts"

/** Targets of tests are on this machine, and nobody has a second factor at hand. */
export const ROTATES_HERE = {
  TYLER_ENVIRONMENT: "development",
  ENABLE_MFA_FOR_SECRETS: "false",
  ROTATION_NETWORKS: "public,private,loopback",
} as const

export function schedule(client: Client, name: string, body: object): Promise<OrProblem<ScheduledAnswer>> {
  return client.post(secretPath(name, "schedule"), { enabled: true, ...body })
}

export async function scheduled(client: Client, name: string, body: object): Promise<ScheduledAnswer> {
  const answer = await schedule(client, name, body)
  assert.equal(answer.status, 200, answer.text)
  return answer.body as ScheduledAnswer
}

export function rotate(client: Client, name: string, body: object = {}): Promise<OrProblem<RotateAnswer>> {
  return client.post(secretPath(name, "rotate"), { reason: REASON, ...body })
}

export async function statusOf(client: Client, name: string, query = ""): Promise<RotationAnswer> {
  const answer = await client.get<RotationAnswer>(`${secretPath(name, "rotation")}${query}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

/** Waits until the newest rotation has come so far. Rejects after a minute. */
export async function until(
  client: Client,
  name: string,
  wanted: (status: RotationAnswer) => boolean,
): Promise<RotationAnswer> {
  const deadline = Date.now() + 60_000
  let status = await statusOf(client, name)
  while (!wanted(status)) {
    assert.ok(Date.now() < deadline, `it stays at ${JSON.stringify(status.rotations[0])}`)
    status = await statusOf(client, name, `?seen=${status.seen}&wait=5`)
  }
  return status
}

/** Rotates, and insists on it. */
export async function rotated(client: Client, name: string, body: object = {}): Promise<RotationAnswer> {
  const started = await rotate(client, name, body)
  assert.equal(started.status, 202, started.text)
  const status = await until(client, name, ({ state }) => state !== "running")
  assert.equal(status.rotations[0]?.state, "done", JSON.stringify(status.rotations[0]))
  assert.equal(status.rotations[0]?.rotationId, started.body.rotationId)
  return status
}

/** A secret of the strategy `http-key` whose API does not answer. */
export const deadApi = {
  engine: "http-key",
  apiKey: "k",
  keyId: "1",
  ssl: false,
  http: {
    create: { method: "POST", url: "http://127.0.0.1:1/keys", body: { name: "{{token}}" }, id: "/id", secret: "/key" },
    list: { url: "http://127.0.0.1:1/keys", items: "", id: "/id", name: "/name" },
    test: { url: "http://127.0.0.1:1/me" },
    revoke: { method: "DELETE", url: "http://127.0.0.1:1/keys/{{keyId}}" },
  },
}
