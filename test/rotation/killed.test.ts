import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { killedAtEachPoint } from "../kit/killed-rotation.ts"
import { noMariadb, startMariadb } from "../kit/mariadb-server.ts"
import { noCluster, startCluster } from "../kit/postgres-cluster.ts"
import { noRabbitmq, startRabbit } from "../kit/rabbitmq-server.ts"
import { noRedis, startRedis } from "../kit/redis-server.ts"
import { mariadbVictim, postgresVictim, rabbitVictim, redisUsers, redisVictim } from "../kit/victims.ts"

/** About the changes at a target; `npm run soak -- --only rotation` takes all points of all of them. */
const SOME = [9, 11]

describe("kill -9 at each point of a rotation", () => {
  test("PostgreSQL, one user: at every point", { skip: noCluster }, async () => {
    await using cluster = await startCluster()
    const { deaths } = await killedAtEachPoint(await postgresVictim(cluster, "postgres-single"))
    assert.ok(deaths >= 20, `only ${deaths} points`)
  })

  test("PostgreSQL, two users", { skip: noCluster }, async () => {
    await using cluster = await startCluster()
    await killedAtEachPoint(await postgresVictim(cluster, "postgres-alternating"), SOME)
  })

  test("MariaDB, one user at two hosts", { skip: noMariadb }, async () => {
    await using server = await startMariadb()
    await killedAtEachPoint(mariadbVictim(server, "mariadb-single"), SOME)
  })

  test("Redis", { skip: noRedis }, async () => {
    await using server = await startRedis([...redisUsers()])
    await killedAtEachPoint(await redisVictim(server), SOME)
  })

  test("RabbitMQ, two users", { skip: noRabbitmq }, async () => {
    await using server = await startRabbit()
    await killedAtEachPoint(await rabbitVictim(server, "rabbitmq-alternating"), SOME)
  })
})
