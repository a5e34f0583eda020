import { type Killed, killedAtEachPoint, type Victim } from "../kit/killed-rotation.ts"
import { noMariadb, startMariadb } from "../kit/mariadb-server.ts"
import { noCluster, startCluster } from "../kit/postgres-cluster.ts"
import { noRabbitmq, startRabbit } from "../kit/rabbitmq-server.ts"
import { noRedis, startRedis } from "../kit/redis-server.ts"
import { mariadbVictim, postgresVictim, rabbitVictim, redisUsers, redisVictim } from "../kit/victims.ts"
import type { Campaign, Outcome, Setting } from "./campaign.ts"

interface Target {
  readonly name: string
  readonly missing: string | false
  /** Of the rounds, one in so many. */
  readonly every: number
  open(): Promise<AsyncDisposable & { victims: readonly (() => Promise<Victim> | Victim)[] }>
}

const TARGETS: readonly Target[] = [
  {
    name: "PostgreSQL",
    missing: noCluster,
    every: 1,
    async open() {
      const cluster = await startCluster()
      const of = (strategy: "postgres-single" | "postgres-alternating") => () => postgresVictim(cluster, strategy)
      return opened(cluster, [of("postgres-single"), of("postgres-alternating")])
    },
  },
  {
    name: "MariaDB",
    missing: noMariadb,
    every: 4,
    async open() {
      const server = await startMariadb()
      const of = (strategy: "mariadb-single" | "mariadb-alternating") => () => mariadbVictim(server, strategy)
      return opened(server, [of("mariadb-single"), of("mariadb-alternating")])
    },
  },
  {
    name: "Redis",
    missing: noRedis,
    every: 4,
    async open() {
      const server = await startRedis([...redisUsers()])
      return opened(server, [() => redisVictim(server)])
    },
  },
  {
    name: "RabbitMQ",
    missing: noRabbitmq,
    every: 4,
    async open() {
      const server = await startRabbit()
      const of = (strategy: "rabbitmq-single" | "rabbitmq-alternating") => () => rabbitVictim(server, strategy)
      return opened(server, [of("rabbitmq-single"), of("rabbitmq-alternating")])
    },
  },
]

function opened(server: AsyncDisposable, victims: readonly (() => Promise<Victim> | Victim)[]) {
  return { victims, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/**
 * A rotation killed at each of its points, one after another, on every kind of server: after each death something that we
 * hold logs in, and it finishes by itself. A round is all points once; on servers other than PostgreSQL every fourth.
 */
export const rotation: Campaign = {
  engines: ["sqlite"],
  rounds: 20,
  async run({ rounds, progress }: Setting): Promise<Outcome> {
    const violations: string[] = []
    const checked: string[] = []
    for (const target of TARGETS) {
      if (target.missing !== false) {
        checked.push(`${target.name} not there`)
        continue
      }
      await using server = await target.open()
      const seen: Killed[] = []
      for (let round = 0; round < rounds; round += target.every)
        for (const make of server.victims)
          try {
            seen.push(await killedAtEachPoint(await make()))
            progress(`${target.name} round ${round + 1}: ${seen.at(-1)?.deaths} deaths`)
          } catch (error) {
            violations.push(
              `${target.name} round ${round + 1}: ${error instanceof Error ? error.message : String(error)}`,
            )
          }
      const deaths = seen.reduce((sum, one) => sum + one.deaths, 0)
      const slowest = Math.round(Math.max(0, ...seen.map((one) => one.slowest)))
      checked.push(`${target.name} ${deaths} deaths (slowest end ${slowest} ms)`)
    }
    return { checked: checked.join(", "), violations }
  },
}
