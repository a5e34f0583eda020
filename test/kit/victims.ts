import { Client as Postgres } from "pg"
import type { Victim } from "./killed-rotation.ts"
import type { Cluster } from "./postgres-cluster.ts"

let count = 0

/** A PostgreSQL user that a test rotates. */
export async function postgresVictim(
  cluster: Cluster,
  strategy: "postgres-single" | "postgres-alternating",
): Promise<Victim> {
  const username = `victim${++count}`
  await cluster.sql(`create role ${username} login password 'first'`)
  const place = { engine: "postgres", host: "127.0.0.1", port: cluster.port, dbname: "postgres", ssl: false }
  const turns = strategy === "postgres-alternating"
  return {
    strategy,
    value: { ...place, username, password: "first", ...(turns ? { masterarn: "app/boss" } : {}) },
    boss: { ...place, ...cluster.superuser },
    oldStaysGood: turns,
    async logsIn({ username: user, password }) {
      const client = new Postgres({ host: "127.0.0.1", port: cluster.port, database: "postgres", user, password })
      client.on("error", () => undefined)
      try {
        await client.connect()
        return true
      } catch {
        return false
      } finally {
        await client.end().catch(() => undefined)
      }
    },
  }
}
