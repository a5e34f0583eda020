import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { killedAtEachPoint } from "../kit/killed-rotation.ts"
import { type Cluster, noCluster, startCluster } from "../kit/postgres-cluster.ts"
import { postgresVictim } from "../kit/victims.ts"

describe("kill -9 at each point of a rotation", { skip: noCluster }, () => {
  let cluster: Cluster
  before(async () => {
    cluster = await startCluster()
  })
  after(() => cluster[Symbol.asyncDispose]())

  for (const strategy of ["postgres-single", "postgres-alternating"] as const)
    test(strategy, async () => {
      const { deaths } = await killedAtEachPoint(await postgresVictim(cluster, strategy))
      assert.ok(deaths >= 20, `only ${deaths} points`)
    })
})
