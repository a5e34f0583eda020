import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { clientOf } from "../kit/client.ts"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { setUpAdmin } from "../kit/people.ts"
import { type ServerProcess, startProcess } from "../kit/process.ts"
import { type ReplicaSet, replicaSet } from "../kit/replicas.ts"
import { rotate, ROTATES_HERE, scheduled, until } from "../kit/rotated.ts"
import { type RotationHook, startRotationHook } from "../kit/rotation-hook.ts"
import { createSecret, read } from "../kit/secrets.ts"

const skip = (await postgresAnswers()) ? false : "postgres"

describe("rotations of two replicas", { skip }, () => {
  let hook: RotationHook
  let set: ReplicaSet
  let replicas: ServerProcess[]
  let token: string | null

  const start = (at: number): Promise<ServerProcess> =>
    startProcess({ folder: set.folder, env: { ...set.env(at), ...ROTATES_HERE, ROTATION_HOSTS: hook.host } })
  const clients = () => replicas.map(({ url }) => clientOf(url, token))

  before(async () => {
    hook = await startRotationHook()
    set = await replicaSet()
    const first = await start(0)
    token = (await setUpAdmin(first)).token
    replicas = [first, await start(1)]
  })
  after(async () => {
    for (const replica of replicas) await replica.close()
    await set[Symbol.asyncDispose]()
    await hook[Symbol.asyncDispose]()
  })

  test("50 starts at once, at both, are one; what it made is what both serve at once", async () => {
    const name = "app/both"
    const [one, two] = clients()
    assert.ok(one && two)
    await createSecret(one, name, hook.value(name))
    await scheduled(one, name, { strategy: "webhook" })
    // Both hold the old one in their caches.
    for (const client of [one, two]) assert.equal((await read(client, name)).status, 200)
    const { promise: answered, resolve: goOn } = Promise.withResolvers<undefined>()
    hook.on = () => answered
    const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => rotate(at % 2 === 0 ? one : two, name)))
    goOn(undefined)
    assert.equal(answers.filter(({ status }) => status === 202).length, 1)
    await until(two, name, ({ state }) => state !== "running")
    for (const client of [one, two]) {
      const value = (await read(client, name)).body.value as { password: string }
      assert.ok(hook.good(name).includes(value.password))
    }
    assert.equal(hook.told.filter(({ step }) => step === "set").length, 1)
  })

  test("the one that carries it on is killed in the middle: the other finishes it, within a minute", async () => {
    const name = "app/orphan"
    const [one] = clients()
    assert.ok(one)
    await createSecret(one, name, hook.value(name))
    await scheduled(one, name, { strategy: "webhook" })
    const killed = new Promise<void>((resolve) => {
      hook.on = async ({ step, current }) => {
        if (step !== "set" || current["user"] !== name) return undefined
        hook.on = () => undefined
        await replicas[0]?.stop("SIGKILL")
        resolve()
        return undefined
      }
    })
    assert.equal((await rotate(one, name)).status, 202)
    await killed
    const began = performance.now()
    const [, two] = clients()
    assert.ok(two)
    const status = await until(two, name, ({ state }) => state !== "running")
    assert.equal(status.rotations[0]?.state, "done")
    assert.ok(performance.now() - began < 60_000)
    const value = (await read(two, name)).body.value as { password: string }
    assert.ok(hook.good(name).includes(value.password))
    const told = hook.told.filter(({ step, current }) => step === "set" && current["user"] === name)
    assert.equal(new Set(told.map(({ pending }) => pending?.["password"])).size, 1, "the same password both times")
  })
})
