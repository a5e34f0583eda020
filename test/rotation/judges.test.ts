import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { Client } from "../kit/client.ts"
import type { Victim } from "../kit/killed-rotation.ts"
import { noMariadb, startMariadb } from "../kit/mariadb-server.ts"
import { noCluster, startCluster } from "../kit/postgres-cluster.ts"
import { noRabbitmq, startRabbit } from "../kit/rabbitmq-server.ts"
import { noRedis, startRedis } from "../kit/redis-server.ts"
import { ROTATES_HERE, rotated, scheduled } from "../kit/rotated.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { mariadbVictim, postgresVictim, rabbitVictim, redisUsers, redisVictim } from "../kit/victims.ts"

const ROUNDS = 2

describe("an application keeps logging in with whatever the service hands it, while that is rotated in a loop", () => {
  let stage: Stage<never>
  let admin: Client
  before(async () => {
    stage = await openStage({}, { env: ROTATES_HERE })
    admin = stage.admin
  })
  after(() => stage.close())

  async function handed(name: string): Promise<Record<string, string>> {
    const answer = await read(admin, name)
    assert.equal(answer.status, 200, answer.text)
    return answer.body.value as Record<string, string>
  }

  let count = 0
  /** @returns logins, and how many failed: of those that were not repeated with what was read anew, and of all */
  async function used(victim: Victim): Promise<{ logins: number; failed: number; stuck: number }> {
    const name = `app/used${++count}`
    const boss = `app/boss${count}`
    await createSecret(admin, boss, victim.boss ?? {})
    const { masterarn } = victim.value
    await createSecret(admin, name, { ...victim.value, ...(masterarn === undefined ? {} : { masterarn: boss }) })
    await scheduled(admin, name, { strategy: victim.strategy })
    const seen = { logins: 0, failed: 0, stuck: 0 }
    const over = new AbortController()
    const using = (async () => {
      while (!over.signal.aborted) {
        const good = await victim.logsIn(await handed(name))
        seen.logins++
        if (!good) seen.failed++
      }
    })()
    for (let round = 0; round < ROUNDS; round++) {
      await rotated(admin, name)
      if (!(await victim.logsIn(await handed(name)))) seen.stuck++
    }
    over.abort()
    await using
    return seen
  }

  /** Two names or two passwords: never. One of each: only from the change until the promotion, and never after. */
  async function judged(victim: Victim): Promise<void> {
    const { logins, failed, stuck } = await used(victim)
    assert.ok(logins > ROUNDS, `only ${logins} logins`)
    assert.equal(stuck, 0)
    if (victim.oldStaysGood) assert.equal(failed, 0)
    assert.ok(failed < logins)
  }

  test("PostgreSQL", { skip: noCluster }, async () => {
    await using cluster = await startCluster()
    await judged(await postgresVictim(cluster, "postgres-single"))
    await judged(await postgresVictim(cluster, "postgres-alternating"))
  })

  test("MariaDB", { skip: noMariadb }, async () => {
    await using server = await startMariadb()
    await judged(mariadbVictim(server, "mariadb-single"))
    await judged(mariadbVictim(server, "mariadb-alternating"))
  })

  test("Redis", { skip: noRedis }, async () => {
    await using server = await startRedis([...redisUsers()])
    await judged(await redisVictim(server))
  })

  test("RabbitMQ", { skip: noRabbitmq }, async () => {
    await using server = await startRabbit()
    await judged(await rabbitVictim(server, "rabbitmq-single"))
    await judged(await rabbitVictim(server, "rabbitmq-alternating"))
  })
})
