import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { clientOf } from "../kit/client.ts"
import { ONE_TIME, type Servers, useAtOnce } from "../kit/one-time.ts"
import { ADMIN_NAME, PASSWORD } from "../kit/people.ts"
import { type ServerProcess, startProcess } from "../kit/process.ts"
import { type ReplicaSet, replicaSet } from "../kit/replicas.ts"

const skip = (await postgresAnswers()) ? false : "postgres"
const USES = 100

describe("what works once works once over two processes too", { skip }, () => {
  let set: ReplicaSet
  let servers: Servers
  const running: ServerProcess[] = []

  before(async () => {
    set = await replicaSet()
    for (const at of [0, 1]) running.push(await startProcess({ folder: set.folder, env: set.env(at) }))
  })
  after(async () => {
    await Promise.all(running.map((one) => one.close()))
    await set[Symbol.asyncDispose]()
  })

  test("the setup token", async () => {
    const [first] = running as [ServerProcess]
    const answers = await Promise.all(
      Array.from({ length: USES }, (_, at) =>
        clientOf(running[at % 2]?.url ?? "", null).post<{ token: string }>("/api/setup", {
          token: first.setupToken,
          username: `${ADMIN_NAME}${at}`,
          password: PASSWORD,
        }),
      ),
    )
    const made = answers.filter(({ status }) => status === 201)
    assert.equal(made.length, 1)
    const admin = clientOf(first.url, made[0]?.body.token ?? "")
    const urls = running.map(({ url }) => url)
    servers = { urls, publicUrl: first.publicUrl, admin, now: Date.now }
  })

  let person = 0
  for (const [what, make] of Object.entries(ONE_TIME))
    test(what, async () => {
      const use = await make(servers, `person${++person}`)
      assert.equal(await useAtOnce(use, USES), 1)
      for (const at of [0, 1, 2]) assert.ok((await use(at)).status >= 400, "and not later either, at neither of them")
    })
})
