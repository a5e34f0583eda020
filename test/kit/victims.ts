import { createHash } from "node:crypto"
import { Client as Postgres } from "pg"
import { createConnection } from "mysql2/promise"
import { amqpLogin } from "../../src/adapters/targets/amqp-login.ts"
import { RedisSession } from "../../src/adapters/targets/resp.ts"
import { systemResolve } from "../../src/adapters/webhook/pin.ts"
import { judgedAddress } from "../../src/adapters/targets/address.ts"
import { systemRandom } from "../../src/core/random.ts"
import type { Login } from "../../src/rotation/login.ts"
import type { StepContext } from "../../src/rotation/steps.ts"
import type { Victim } from "./killed-rotation.ts"
import type { MariadbServer } from "./mariadb-server.ts"
import type { Cluster } from "./postgres-cluster.ts"
import type { RabbitServer } from "./rabbitmq-server.ts"
import type { RedisServer } from "./redis-server.ts"

/** Users of real servers that a test rotates, each with the first password `first`. */

const sha256Hex = (text: string): string => createHash("sha256").update(text).digest("hex")

let count = 0
const newName = (): string => `victim${++count}`

export async function postgresVictim(
  cluster: Cluster,
  strategy: "postgres-single" | "postgres-alternating",
): Promise<Victim> {
  const username = newName()
  await cluster.sql(`create role ${username} login password 'first'`)
  const place = { engine: "postgres", host: "127.0.0.1", port: cluster.port, dbname: "postgres", ssl: false }
  return victim(strategy, { ...place, username }, { ...place, ...cluster.superuser }, async ({ user, password }) => {
    const client = new Postgres({ host: "127.0.0.1", port: cluster.port, database: "postgres", user, password })
    client.on("error", () => undefined)
    try {
      await client.connect()
    } finally {
      await client.end().catch(() => undefined)
    }
  })
}

export function mariadbVictim(server: MariadbServer, strategy: "mariadb-single" | "mariadb-alternating"): Victim {
  const username = newName()
  server.sql(`create user if not exists boss@'%' identified by 'boss'; grant all on *.* to boss@'%' with grant option;
    create user ${username}@'127.0.0.1' identified by 'first'; create user ${username}@'10.9.8.7' identified by 'first'`)
  const place = { engine: "mariadb", host: "127.0.0.1", port: server.port, ssl: false }
  return victim(strategy, { ...place, username }, { ...place, ...BOSS }, async ({ user, password }) => {
    const connection = await createConnection({ host: "127.0.0.1", port: server.port, user, password })
    connection.destroy()
  })
}

/** What a Redis server of victims is started with. */
export function redisUsers(): readonly string[] {
  return ["user default off", `user boss on #${sha256Hex("boss")} ~* &* +@all`]
}

export async function redisVictim(server: RedisServer): Promise<Victim> {
  const username = newName()
  const place = { engine: "redis", host: "127.0.0.1", port: server.port, ssl: false }
  const open = async (user: string, password: string): Promise<RedisSession> => {
    const login = { host: "127.0.0.1", port: server.port, tls: false, ca: undefined } as unknown as Login
    const session = await RedisSession.connect(login, context())
    if ((await session.ask("AUTH", user, password)) === "OK") return session
    await session[Symbol.asyncDispose]()
    throw new Error("refused")
  }
  await using session = await open("boss", "boss")
  await session.ask("ACL", "SETUSER", username, "on", `#${sha256Hex("first")}`, "~*", "+@read")
  return victim("redis", { ...place, username }, { ...place, ...BOSS }, async ({ user, password }) => {
    await (await open(user, password))[Symbol.asyncDispose]()
  })
}

export async function rabbitVictim(
  server: RabbitServer,
  strategy: "rabbitmq-single" | "rabbitmq-alternating",
): Promise<Victim> {
  const username = newName()
  await server.api("PUT", `users/${username}`, { password: "first", tags: "monitoring" })
  await server.api("PUT", `permissions/%2F/${username}`, { configure: "^x", write: ".*", read: "" })
  const { port, managementPort } = server
  const place = { engine: "rabbitmq", host: "127.0.0.1", port, managementPort, ssl: false }
  return victim(strategy, { ...place, username }, { ...place, ...BOSS }, async ({ user, password }) => {
    const login = { ...place, username: user, password, tls: false } as unknown as Login
    if (!(await amqpLogin(login, "/", context()))) throw new Error("refused")
  })
}

const BOSS = { username: "boss", password: "boss" }

function victim(
  strategy: string,
  value: Record<string, unknown>,
  boss: Record<string, unknown>,
  logIn: (login: { user: string; password: string }) => Promise<void>,
): Victim {
  return {
    strategy,
    value: { ...value, password: "first", ...(strategy === "postgres-single" ? {} : { masterarn: "app/boss" }) },
    boss,
    oldStaysGood: !strategy.endsWith("-single"),
    logsIn: ({ username: user = "", password = "" }) =>
      logIn({ user, password }).then(
        () => true,
        () => false,
      ),
  }
}

function context(): StepContext {
  return {
    token: "",
    random: systemRandom,
    now: Date.now,
    signal: new AbortController().signal,
    addressOf: judgedAddress(["loopback"], systemResolve),
    hosts: [],
    effect: (_, act) => act(),
  }
}
