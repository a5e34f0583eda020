import assert from "node:assert/strict"
import { test } from "node:test"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { balancerOver } from "../kit/balancer.ts"
import { type Client, clientOf } from "../kit/client.ts"
import { freePort } from "../kit/free-port.ts"
import { setUpAdmin } from "../kit/people.ts"
import { type ServerProcess, startProcess } from "../kit/process.ts"
import { replicaSet } from "../kit/replicas.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"

const skip = (await postgresAnswers()) ? false : "postgres"

/** Each replica is restarted so often; 25 rounds were run by hand. */
const ROUNDS = 2

/** Callers that ask one read after another, on connections that are kept. */
const READERS = 4

/** Many looks of the balancer, even on a machine that is busy with other tests. */
const DRAIN = { TYLER_DRAIN_SECONDS: "2" }

test(`not one of many reads fails while two replicas are restarted in turn, ${ROUNDS} times each`, {
  skip,
}, async () => {
  await using replicas = await replicaSet()
  const ports = [await freePort(), await freePort()] as const
  const running = new Map<number, ServerProcess>()
  const start = async (port: number): Promise<void> => {
    const env = { ...replicas.env(port), ...DRAIN, PORT: `${port}` }
    running.set(port, await startProcess({ folder: replicas.folder, env }))
  }
  try {
    for (const port of ports) await start(port)
    await using balancer = await balancerOver(ports)
    for (const port of ports) await balancer.until(port, true)
    const first = running.get(ports[0])
    assert.ok(first !== undefined)
    const ada = clientOf(balancer.url, (await setUpAdmin(first)).token)
    const policy = { secretPattern: "load/*", allowedRoles: ["admin"], maxAccessPerDay: 1_000_000, reason: REASON }
    assert.equal((await ada.post("/api/policies", policy)).status, 201)
    await createSecret(ada, "load/app", "kept")
    const load = reading(ada)
    for (let round = 0; round < ROUNDS; round++)
      for (const port of ports) {
        const was = load.answered()
        assert.equal(await running.get(port)?.stop("SIGTERM"), 0)
        await balancer.until(port, false)
        await start(port)
        const before = balancer.given(port)
        await balancer.until(port, true)
        assert.ok(load.answered() > was, "the other one went on")
        while (balancer.given(port) === before && load.failures.size === 0) await read(ada, "load/app")
      }
    await load.stop()
    assert.deepEqual([load.failures.size, ...load.failures], [0])
    for (const port of ports) assert.ok(balancer.given(port) > 100, `${port}: ${balancer.given(port)}`)
    assert.equal((await verdictOn(await exportLog(ada))).ok, true)
  } finally {
    for (const server of running.values()) await server.close()
  }
})

/** Reads without a pause until it is stopped, and keeps what was answered but the value. */
function reading(client: Client) {
  const failures = new Set<string>()
  let answered = 0
  const over = new AbortController()
  const reader = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const answer = await read(client, "load/app").catch((fault: Error) => fault)
      answered++
      if (answer instanceof Error) failures.add(answer.message)
      else if (answer.body.value !== "kept") failures.add(`${answer.status} ${answer.body.code ?? answer.text}`)
    }
  }
  const readers = Array.from({ length: READERS }, reader)
  return {
    failures,
    answered: () => answered,
    async stop() {
      over.abort()
      await Promise.all(readers)
    },
  }
}
