import { exportLog, verdictOn } from "../kit/audit.ts"
import { type AwsStage, newPrefix, stageOn } from "../kit/aws-stage.ts"
import { type Client, clientOf } from "../kit/client.ts"
import { parseExposition } from "../kit/exposition.ts"
import { ownAws } from "../kit/own-aws.ts"
import { noRedis, startRedis } from "../kit/redis-server.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { between, type Campaign, type Outcome, type Setting, sleep } from "./campaign.ts"
import { policy } from "./cast.ts"

/** After which what one replica wrote is what the other serves. */
const WITHIN_MS = 1_000
/** A new secret after so many updates of one. */
const UPDATES = 20
/** Readers at each replica beside the slow one. */
const CROWD = 2
/** Longest wait of a slow read after the update, well below what our client waits for an answer. */
const LATE_MS = 15

/** In so many rounds with Redis some look finds something, however busy the machine is. */
const ENOUGH = 100

interface Scene {
  readonly stage: AwsStage
  /** One for each replica. */
  readonly replicas: readonly [Client, Client]
  readonly draw: () => number
  readonly name: string
  /** What was written, by version. */
  readonly written: Map<string, string>
}

type Read = Awaited<ReturnType<typeof read>>

interface Raced {
  readonly violations: readonly string[]
  readonly slowest: number
}

/**
 * A read that AWS answers late, with the value of before, while the other replica or the same one updates: what it brings
 * is never delivered after the update, and never stays in a cache. AWS is played by our own endpoint. In the second half
 * of the rounds the replicas share a Redis, where there is one.
 */
export const awsRaces: Campaign = {
  engines: ["postgres"],
  rounds: 1_000,
  async run(setting: Setting): Promise<Outcome> {
    const { rounds } = setting
    const apart = noRedis === false ? Math.ceil(rounds / 2) : rounds
    const first = await races(setting, { from: 0, to: apart }, {})
    const second = apart === rounds ? null : await sharing(setting, { from: apart, to: rounds })
    const slowest = Math.ceil(Math.max(first.slowest, second?.slowest ?? 0))
    const redis = second === null ? "no Redis" : `${rounds - apart} of them with Redis, which had ${second.hits} values`
    const checked = `${rounds} slow reads against updates over two replicas, ${redis}; served elsewhere within ${slowest} ms`
    return { checked, violations: [...first.violations, ...(second?.violations ?? [])] }
  },
}

interface Span {
  readonly from: number
  readonly to: number
}

async function sharing(setting: Setting, span: Span): Promise<Raced & { readonly hits: number }> {
  await using redis = await startRedis(["user default on nopass ~* +@all"])
  let hits = 0
  const { violations, slowest } = await races(
    setting,
    span,
    { REDIS_URL: `redis://127.0.0.1:${redis.port}` },
    async (one) => {
      hits += await hitsOf(one)
    },
  )
  const idle =
    hits === 0 && span.to - span.from >= ENOUGH ? ["no look at Redis found anything: nothing was shown of it"] : []
  return { violations: [...violations, ...idle], slowest, hits }
}

async function hitsOf(client: Client): Promise<number> {
  const looks = parseExposition((await client.get("/metrics")).text).get("tyler_shared_cache_looks_total")
  return looks?.samples.get('{outcome="hit"}') ?? 0
}

/** @param after told of each replica when the rounds are over */
async function races(
  { draw, progress }: Setting,
  { from, to }: Span,
  env: Readonly<Record<string, string>>,
  after: (replica: Client) => Promise<void> = async () => undefined,
): Promise<Raced> {
  const prefix = newPrefix()
  await using stage = await stageOn(await ownAws(prefix), prefix, env)
  // One seals what it writes, the other does not: both read both.
  const other = await stage.start(1, { ENABLE_SECRET_ENCRYPTION: "false" })
  const replicas = [stage.admin, clientOf(other.url, stage.admin.token)] as const
  await policy(stage.admin, "soak/*", {})
  const violations: string[] = []
  let slowest = 0
  let scene: Scene | undefined
  for (let round = from; round < to; round++) {
    if (scene === undefined || round % UPDATES === 0)
      scene = await newScene(stage, replicas, draw, `soak/race-${Math.floor(round / UPDATES)}`)
    const { found, servedMs } = await race(scene, `value ${round}`)
    violations.push(...found.map((what) => `round ${round}: ${what}`))
    slowest = Math.max(slowest, servedMs)
    if (round % 50 === 49) progress(`round ${round + 1}: served elsewhere within ${Math.ceil(slowest)} ms`)
  }
  const verdict = await verdictOn(await exportLog(stage.admin))
  if (!verdict.ok) violations.push(`the log does not verify: ${JSON.stringify(verdict.faults)}`)
  for (const replica of replicas) await after(replica)
  return { violations, slowest }
}

async function newScene(
  stage: AwsStage,
  replicas: Scene["replicas"],
  draw: () => number,
  name: string,
): Promise<Scene> {
  const { versionId } = await createSecret(stage.admin, name, "value of before")
  return { stage, replicas, draw, name, written: new Map([[versionId, "value of before"]]) }
}

async function race(
  scene: Scene,
  value: string,
): Promise<{ readonly found: readonly string[]; readonly servedMs: number }> {
  const { stage, replicas, draw, name, written } = scene
  const reader = draw() < 0.5 ? 0 : 1
  const writer = draw() < 0.5 ? 0 : 1
  const away = replicas[1 - writer] as Client
  const gate = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const moved = Promise.withResolvers<void>()
  stage.proxy.judge((operation, nth) => {
    if (operation === "UpdateSecretVersionStage") {
      moved.resolve()
      return { slowMs: LATE_MS }
    }
    if (operation !== "GetSecretValue" || nth > 1) return "pass"
    arrived.resolve()
    return { hold: gate.promise }
  })
  const slow = read(replicas[reader], name, { skipCache: true })
  await arrived.promise
  const crowd = Array.from({ length: CROWD * 2 }, (_, at) =>
    read(replicas[at % 2 === 0 ? 0 : 1], name, { skipCache: draw() < 0.5 }),
  )
  // While AWS has the new value, and we have not heard of it.
  const unheard = moved.promise.then(async () => {
    await sleep(between(draw, 0, LATE_MS))
    return Promise.all(replicas.map((client) => read(client, name, { skipCache: true })))
  })
  // Let go in the midst of the update, or once it has answered.
  const midway = draw() < 0.3
  if (midway) void sleep(between(draw, 0, LATE_MS)).then(gate.resolve)
  const put = await replicas[writer].put(secretPath(name), { value, reason: REASON })
  const versionId = String(put.body["versionId"])
  if (put.status !== 200) {
    gate.resolve()
    await Promise.all([slow, ...crowd])
    return { found: [`the update answered ${put.status}: ${put.text}`], servedMs: 0 }
  }
  written.set(versionId, value)
  const began = performance.now()
  const quick = await read(away, name)
  const servedMs = performance.now() - began
  if (!midway) {
    await sleep(between(draw, 0, LATE_MS))
    gate.resolve()
  }
  const late = await slow
  const during = [...(await Promise.all(crowd)), ...(await unheard)]
  stage.proxy.judge(() => "pass")
  const after = await Promise.all(replicas.map((client) => read(client, name)))
  return {
    servedMs,
    found: faultsIn({
      scene,
      versionId,
      quick,
      late: midway ? null : late,
      during: midway ? [...during, late] : during,
      after,
      servedMs,
    }),
  }
}

interface Seen {
  readonly scene: Scene
  readonly versionId: string
  /** Of the other replica, right after the update. */
  readonly quick: Read
  /** Let go once the update had answered; null where that was not so. */
  readonly late: Read | null
  /** Of those that the update overtook perhaps. */
  readonly during: readonly Read[]
  readonly after: readonly Read[]
  readonly servedMs: number
}

function faultsIn({ scene: { written }, versionId, quick, late, during, after, servedMs }: Seen): string[] {
  const isNew = ({ status, body }: Read): boolean =>
    status === 200 && body.versionId === versionId && body.value === written.get(versionId)
  const isWhole = ({ status, body }: Read): boolean =>
    status === 200 && written.has(body.versionId ?? "") && body.value === written.get(body.versionId ?? "")
  const told = ({ status, body, text }: Read): string =>
    status === 200 ? `${JSON.stringify(body.value)} of ${String(body.versionId)}` : text
  return [
    ...(servedMs <= WITHIN_MS ? [] : [`served elsewhere after ${Math.ceil(servedMs)} ms`]),
    ...(isNew(quick) ? [] : [`the other replica served ${told(quick)}`]),
    ...(late === null || isNew(late) ? [] : [`the slow read delivered ${told(late)}`]),
    ...during.filter((one) => !isWhole(one)).map((one) => `amid the update: ${told(one)}`),
    ...after.filter((one) => !isNew(one)).map((one) => `a stale fill survived: ${told(one)}`),
  ]
}
