import { setTimeout as sleep } from "node:timers/promises"
import { stepsOf } from "../src/adapters/targets/open.ts"
import type { Client } from "../test/kit/client.ts"
import { type Cluster, noCluster, startCluster } from "../test/kit/postgres-cluster.ts"
import { startProcess } from "../test/kit/process.ts"
import { Rehearsal } from "../test/kit/rehearsal.ts"
import { ROTATES_HERE, rotate, scheduled } from "../test/kit/rotated.ts"
import { createSecret, secretPath } from "../test/kit/secrets.ts"
import { cpuNanoseconds, median, pin, progress, row } from "./kit.ts"
import { load } from "./reads/load.ts"
import { ENVIRONMENT, setStage } from "./reads/stage.ts"

/** A hundred users of a real PostgreSQL, due at once, while others read; and what ten thousand schedules cost at rest. */
const USERS = 100
const ROUNDS = 5
/** Each waits for a full minute: a schedule is no finer. */
const SCHEDULED_ROUNDS = 3
const MINUTE_MS = 60_000
/** About as long as a hundred take. */
const LOAD_MS = 6000
const CONNECTIONS = 16
const WARM_UP_MS = 5000
const SERVER_CORE = 0
const LOAD_CORE = 1
const SCHEDULES = 10_000
/** What ten thousand creations leave behind is collected within 20 s, on threads that this would count (measured). */
const SETTLE_MS = 40_000
const REST_MS = 60_000
const AT_ONCE = 8

async function main(): Promise<void> {
  if (noCluster !== false) {
    row("100 secrets due at once", `not measured: no ${noCluster}`, "")
    return
  }
  await using cluster = await startCluster()
  const server = await startProcess({ env: { ...ENVIRONMENT, ...ROTATES_HERE } })
  try {
    const stage = await setStage(server, 1000)
    const { admin } = stage
    const names = await makeUsers(cluster, admin)
    pin(server.pid, SERVER_CORE)
    pin(process.pid, LOAD_CORE)
    await load(server.port, CONNECTIONS, WARM_UP_MS, stage.reads)
    const quiet: number[] = []
    const busy: number[] = []
    const took: number[] = []
    const alone: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      progress(`round ${round + 1}`)
      alone.push(await targetsOwnTime(cluster, round))
      took.push(await rotateAll(admin, names))
    }
    for (let round = 0; round < SCHEDULED_ROUNDS; round++) {
      progress(`round ${round + 1}, by schedule`)
      await dueTogether(admin, names)
      quiet.push((await load(server.port, CONNECTIONS, LOAD_MS, stage.reads)).p99)
      await begun(admin, names)
      busy.push((await load(server.port, CONNECTIONS, LOAD_MS, stage.reads)).p99)
      await allIdle(admin, names)
    }
    const ratio = (median(took) / median(alone)).toFixed(2)
    const times = `${Math.round(median(took))} ms to ${Math.round(median(alone))} ms`
    row(`${USERS} secrets due at once, to the same steps one after another`, `${ratio}x (${times})`, "at most 2x")
    const p99 = `${median(busy).toFixed(2)} ms to ${median(quiet).toFixed(2)} ms`
    row("p99 of reads meanwhile", `${(median(busy) / median(quiet)).toFixed(2)}x (${p99})`, "at most 1.25x")
    await atRest(server.pid, admin)
  } finally {
    await server.close()
  }
}

function value(cluster: Cluster, username: string): Record<string, unknown> {
  const place = { engine: "postgres", host: "127.0.0.1", port: cluster.port, dbname: "postgres", ssl: false }
  return { ...place, username, password: "first" }
}

async function makeUsers(cluster: Cluster, admin: Client): Promise<readonly string[]> {
  const names: string[] = []
  for (let at = 0; at < USERS; at++) {
    const username = `bench${at}`
    await cluster.sql(`create role ${username} login password 'first'`)
    const name = `app/${username}`
    await createSecret(admin, name, value(cluster, username))
    await scheduled(admin, name, { strategy: "postgres-single" })
    names.push(name)
  }
  return names
}

/** The same steps without a service, one after another. */
async function targetsOwnTime(cluster: Cluster, round: number): Promise<number> {
  const steps = await stepsOf("postgres-single")
  const users = Array.from({ length: USERS }, (_, at) => `own${round}x${at}`)
  for (const username of users) await cluster.sql(`create role ${username} login password 'first'`)
  const began = performance.now()
  for (const username of users) await new Rehearsal(steps, value(cluster, username)).rotate()
  return performance.now() - began
}

/** From the first start to the last end. */
async function rotateAll(admin: Client, names: readonly string[]): Promise<number> {
  const began = performance.now()
  await Promise.all(names.map((name) => rotate(admin, name)))
  await allIdle(admin, names)
  return performance.now() - began
}

async function allIdle(admin: Client, names: readonly string[]): Promise<void> {
  for (const name of names)
    for (;;) {
      const state = await stateOf(admin, name)
      if (state === "idle") break
      if (state === "failed") throw new Error(`${name} failed`)
      await sleep(50)
    }
}

async function stateOf(admin: Client, name: string): Promise<string> {
  return (await admin.get<{ state: string }>(secretPath(name, "rotation"))).body.state
}

/** All are due at the same full minute, which leaves time for a measurement before. */
async function dueTogether(admin: Client, names: readonly string[]): Promise<void> {
  const left = MINUTE_MS - (Date.now() % MINUTE_MS)
  if (left < 15_000) await sleep(left)
  const at = new Date(Date.now() + MINUTE_MS)
  const expression = `cron(${at.getUTCMinutes()} ${at.getUTCHours()} * * ? *)`
  for (const name of names) await scheduled(admin, name, { strategy: "postgres-single", expression })
}

async function begun(admin: Client, names: readonly string[]): Promise<void> {
  const [first = ""] = names
  while ((await stateOf(admin, first)) === "idle") await sleep(20)
}

/** CPU time of a service that has nothing to do but to look whether something is due. */
async function atRest(pid: number, admin: Client): Promise<void> {
  progress(`${SCHEDULES} schedules`)
  const make = async (at: number): Promise<void> => {
    const name = `rest/secret${at}`
    await createSecret(admin, name, { generate: { kind: "token" } })
    await scheduled(admin, name, { strategy: "generated", days: 30 })
  }
  for (let from = 0; from < SCHEDULES; from += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => make(from + at)))
  await sleep(SETTLE_MS)
  const before = cpuNanoseconds(pid)
  await sleep(REST_MS)
  const share = ((cpuNanoseconds(pid) - before) / (REST_MS * 1e6)) * 100
  row(`${SCHEDULES} schedules at rest: of one core`, `${share.toFixed(2)} %`, "under 0.5 %")
}

await main()
