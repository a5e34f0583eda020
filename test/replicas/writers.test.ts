import assert from "node:assert/strict"
import { test } from "node:test"
import type { MetadataAnswer, VersionsAnswer, WrittenAnswer } from "../../src/api/secrets.ts"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { type Client, clientOf } from "../kit/client.ts"
import { setUpAdmin } from "../kit/people.ts"
import { replicaSet } from "../kit/replicas.ts"
import { createSecret, type OrProblem, read, REASON, secretPath } from "../kit/secrets.ts"

const skip = (await postgresAnswers()) ? false : "postgres"

/** Less than the versions of one day that there may be. */
const WRITERS = 90
const NAME = "config/contended"

async function twoReplicas(use: (clients: readonly [Client, Client]) => Promise<void>): Promise<void> {
  await using replicas = await replicaSet()
  const first = await replicas.start(0)
  const second = await replicas.start(1)
  const admin = await setUpAdmin(first)
  await createSecret(admin, NAME, "value-first")
  await use([admin, clientOf(second.url, admin.token)])
  assert.equal((await verdictOn(await exportLog(admin))).ok, true)
}

const refusedAsBusy = (answer: OrProblem<unknown>): boolean => {
  if (answer.status === 200) return false
  assert.deepEqual(
    [answer.status, answer.body.code, answer.headers.get("retry-after")],
    [503, "busy", "1"],
    answer.text,
  )
  return true
}

test("writers of one secret on two replicas: none is lost, and who does not get through hears busy", { skip }, () =>
  twoReplicas(async (clients) => {
    const answers = await Promise.all(
      Array.from({ length: WRITERS }, (_, at) =>
        (clients[at % 2] as Client).put<Partial<WrittenAnswer>>(secretPath(NAME), {
          value: `value-${at}`,
          reason: REASON,
        }),
      ),
    )
    const made = new Map<string, string>()
    for (const [at, answer] of answers.entries())
      if (!refusedAsBusy(answer)) made.set(answer.body.versionId ?? "", `value-${at}`)
    assert.ok(made.size > 0, "nobody got through")
    const { versions } = (await clients[0].get<VersionsAnswer>(secretPath(NAME, "versions"))).body
    assert.deepEqual(new Set(versions.slice(0, -1).map(({ versionId }) => versionId)), new Set(made.keys()))
    for (const client of clients)
      assert.equal((await read(client, NAME)).body.value, made.get(versions[0]?.versionId ?? ""))
  }),
)

test("description and tags that two replicas change at once are both as they were last set", { skip }, () =>
  twoReplicas(async ([one, other]) => {
    for (let round = 0; round < 20; round++) {
      const description = `round ${round}`
      const tags = [{ Key: "round", Value: String(round) }]
      const answers = await Promise.all([
        one.patch(secretPath(NAME), { description, reason: REASON }),
        other.patch(secretPath(NAME), { tags, reason: REASON }),
      ])
      for (const { status, text } of answers) assert.equal(status, 200, text)
      const { body } = await one.get<MetadataAnswer>(secretPath(NAME, "metadata"))
      assert.deepEqual([body.description, body.tags], [description, tags])
    }
  }),
)
