import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { MetadataAnswer, VersionsAnswer, WrittenAnswer } from "../../src/api/secrets.ts"
import { movableClock } from "../kit/clock.ts"
import type { Client } from "../kit/client.ts"
import { ADMIN_NAME, logIn } from "../kit/people.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

/** Writers of one thing at once: far more than anybody plans again for. */
const WRITERS = 100

const clock = movableClock()
let stage: Stage<never>
let admin: Client
before(async () => {
  stage = await openStage({}, { clock })
  await createSecret(stage.admin, "config/busy", "value-first")
  // Of the last day 100 versions are the most there may be.
  clock.advance(25 * 3_600_000)
  admin = await logIn(stage.server.url, ADMIN_NAME)
})
after(() => stage.close())

const times = <T>(count: number, of: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => of(at)))

test(`${WRITERS} writes of one secret at once are all done, one after the other, while others read it`, async () => {
  const reading = times(20, () => read(admin, "config/busy", { unmask: false }))
  const written = await times(WRITERS, (at) =>
    admin.put<WrittenAnswer>(secretPath("config/busy"), { value: `value-${at}`, reason: REASON }),
  )
  assert.deepEqual(
    written.filter(({ status }) => status !== 200).map(({ text }) => text),
    [],
  )
  for (const { status, text } of await reading) assert.equal(status, 200, text)
  const { versions } = (await admin.get<VersionsAnswer>(secretPath("config/busy", "versions"))).body
  const made = new Map(written.map(({ body }, at) => [body.versionId, `value-${at}`]))
  assert.equal(made.size, WRITERS)
  assert.equal(versions.filter(({ versionId }) => made.has(versionId)).length, WRITERS)
  const { body } = await read(admin, "config/busy")
  assert.equal(body.value, made.get(versions[0]?.versionId ?? ""), "the last one is current")
})

test("of writes that insist on the version they saw exactly one is done", async () => {
  const first = await createSecret(admin, "config/insist", "value-first")
  const answers = await times(WRITERS, (at) =>
    admin.put(secretPath("config/insist"), { value: `value-${at}`, reason: REASON, expectedVersion: first.versionId }),
  )
  const count = (wanted: number): number => answers.filter(({ status }) => status === wanted).length
  assert.deepEqual([count(200), count(412)], [1, WRITERS - 1])
})

test("labels that many move at once stand on one version", async () => {
  const first = await createSecret(admin, "config/moved", "value-first")
  const put = await admin.put<WrittenAnswer>(secretPath("config/moved"), { value: "value-second", reason: REASON })
  const ids = [first.versionId, put.body.versionId]
  const answers = await times(WRITERS, (at) =>
    admin.post(secretPath("config/moved", "rollback"), { versionId: ids[at % 2], reason: REASON }),
  )
  for (const { status, text } of answers) assert.equal(status, 200, text)
  const { versions } = (await admin.get<VersionsAnswer>(secretPath("config/moved", "versions"))).body
  assert.deepEqual(versions.flatMap(({ stages }) => stages).toSorted(), ["current", "previous"])
})

test("who changes the tags puts no older description back", async () => {
  await createSecret(admin, "config/described", "a value")
  for (let round = 0; round < 10; round++) {
    const description = `round ${round}`
    const tags = [{ Key: "round", Value: String(round) }]
    const [one, other] = await Promise.all([
      admin.patch(secretPath("config/described"), { description, reason: REASON }),
      admin.patch(secretPath("config/described"), { tags, reason: REASON }),
    ])
    assert.deepEqual([one.status, other.status], [200, 200])
    const { body } = await admin.get<MetadataAnswer>(secretPath("config/described", "metadata"))
    assert.deepEqual([body.description, body.tags], [description, tags])
  }
})

test("many policy rows made at once are all made", async () => {
  const answers = await times(30, (at) =>
    admin.post("/api/policies", { secretPattern: `team-${at}/*`, allowedRoles: ["admin"], reason: REASON }),
  )
  for (const { status, text } of answers) assert.equal(status, 201, text)
})
