import assert from "node:assert/strict"
import { test } from "node:test"
import type { RequestItem } from "../../src/api/access-requests.ts"
import type { TylerClient } from "../../src/client/client.ts"
import { TylerApiError } from "../../src/client/error.ts"
import { untilDecided } from "../../src/cli/wait.ts"
import { fakeWorld } from "./world.ts"

const REQUEST = { id: "r", state: "pending", needed: 2, decisions: [{ verdict: "approve" }] } as unknown as RequestItem

function answering(answers: readonly (Partial<RequestItem> | Error)[]): { client: TylerClient; asked: () => number } {
  let asked = 0
  const get = async (): Promise<RequestItem> => {
    const answer = answers[asked++]
    if (answer instanceof Error) throw answer
    return { ...REQUEST, ...answer }
  }
  return { client: { requests: { get } } as unknown as TylerClient, asked: () => asked }
}

const wait = { request: REQUEST, done: ({ state }: RequestItem) => state !== "pending", left: "still there" }

test("a server that does not answer is asked again, and the line says so", async () => {
  const world = fakeWorld({ terminal: true })
  const down = new TylerApiError(0, "unreachable", "The server cannot be reached")
  const { client, asked } = answering([down, { state: "approved" }])
  assert.equal((await untilDecided(world, client, wait)).state, "approved")
  assert.equal(asked(), 2)
  assert.match(world.said.err, /^\rwaiting 0 s: 1 of 2 approvals \(Ctrl-C stops waiting\)/)
  assert.match(world.said.err, /\rwaiting 0 s: the server does not answer .*\n$/)
})

test("what is decided already is not waited for, and any other refusal ends the wait", async () => {
  const { client, asked } = answering([new TylerApiError(401, "unauthenticated", "no")])
  const world = fakeWorld()
  assert.equal((await untilDecided(world, client, { ...wait, done: () => true })).id, "r")
  assert.equal(asked(), 0)
  await assert.rejects(untilDecided(world, client, wait), { code: "unauthenticated" })
  assert.equal(world.said.err, "tyler: still there\n")
  assert.equal(process.listenerCount("SIGINT"), 0)
})
