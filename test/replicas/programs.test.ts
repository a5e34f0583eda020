import assert from "node:assert/strict"
import { test } from "node:test"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { clientOf } from "../kit/client.ts"
import { addPerson, addProgram, setUpAdmin } from "../kit/people.ts"
import { replicaSet } from "../kit/replicas.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"

const skip = (await postgresAnswers()) ? false : "postgres"
const NAME = "config/shared"

test("who is disabled on one replica is out on the other, with every program he owns, for good", { skip }, async () => {
  await using replicas = await replicaSet()
  const first = await replicas.start(0)
  const second = await replicas.start(1)
  const admin = await setUpAdmin(first)
  await createSecret(admin, NAME, "value")
  const owner = await addPerson(admin, "owner", ["developer"])
  const program = await addProgram(admin, "job", ["developer"])
  const given = await admin.patch(`/api/service-accounts/${program.id}`, { ownerId: owner.id, reason: REASON })
  assert.equal(given.status, 200, given.text)
  const there = [owner, program].map(({ client }) => clientOf(second.url, client.token))
  for (const client of there) assert.equal((await read(client, NAME)).status, 200, "the other replica holds it")
  const disabled = async (value: boolean) => {
    const answer = await admin.patch(`/api/users/${owner.id}`, { disabled: value })
    assert.equal(answer.status, 200, answer.text)
  }
  await disabled(true)
  for (const client of there) assert.equal((await read(client, NAME)).status, 401)
  await disabled(false)
  for (const client of there) assert.equal((await read(client, NAME)).status, 401, "enabling revives none")
})
