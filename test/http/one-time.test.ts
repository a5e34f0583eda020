import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { Client, Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { STEP_MS } from "../kit/factors.ts"
import { ONE_TIME, type Servers, useAtOnce } from "../kit/one-time.ts"
import { ADMIN_NAME, PASSWORD } from "../kit/people.ts"
import { startServer, type TestServer } from "../kit/server.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const USES = 100

describe("what works once works once, also of 100 uses at the same time", () => {
  const clock = movableClock()
  let stage: Stage<never>
  let servers: Servers
  before(async () => {
    stage = await openStage({}, { clock })
    const { server, admin } = stage
    servers = { urls: [server.url], publicUrl: server.publicUrl, admin, now: () => clock.now() }
  })
  after(() => stage.close())

  let person = 0
  for (const [what, make] of Object.entries(ONE_TIME))
    test(what, async () => {
      clock.advance(20 * STEP_MS)
      const use = await make(servers, `person${++person}`)
      assert.equal(await useAtOnce(use, USES), 1)
      const later = await use(0)
      assert.ok(later.status >= 400 && later.status < 500, `later: ${later.status} ${later.text}`)
    })
})

test("the setup token makes one admin", async (t) => {
  const server: TestServer = await startServer()
  t.after(() => server.close())
  const anonymous: Client = server.anonymous
  const answers = await Promise.all(
    Array.from({ length: USES }, (_, at) =>
      anonymous.post<Problem>("/api/setup", {
        token: server.setupToken,
        username: `${ADMIN_NAME}${at}`,
        password: PASSWORD,
      }),
    ),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.deepEqual(
    answers.filter(({ status }) => status >= 500 && status !== 503).map(({ text }) => text),
    [],
  )
})
