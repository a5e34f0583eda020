import type { ProofAnswer } from "../../src/api/audit.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import type { ServerProcess } from "../kit/process.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { between, type Campaign, type Outcome, pick, type Setting, sleep } from "./campaign.ts"
import { at, type Cast, enter } from "./cast.ts"
import { install } from "./installation.ts"

/** Each writer has a secret of its own and waits for every answer, so that it knows what must be there afterwards. */
const WRITERS = 12
const READERS = 4
/** A kill comes within this many answers; how long that takes is the machine's business. */
const ANSWERS = 120
/** Some kills come by time alone, so that they also meet a server that has answered nothing yet. */
const BY_TIME = 0.2
const STALLED_MS = 10_000
/** The whole log is exported and verified this often, and at the end. */
const VERIFIED_EVERY = 25

/** A secret takes 100 versions a day: well before, its writer goes on with a new one. */
const VERSIONS = 60

interface Model {
  name: string
  versions: number
  /** The last state that was acknowledged. */
  known: State
  /** What requests without a clear answer may have made of it since. */
  maybe: State[]
}

interface State {
  readonly value: string
  readonly deleted: boolean
}

interface Seen {
  readonly violations: string[]
  /** Receipts of delivered values: entry number to leaf hash. */
  readonly receipts: Map<number, string>
  writes: number
  reads: number
}

/** kill -9 at random moments while people read and write. */
export const kill: Campaign = {
  engines: ["sqlite", "postgres"],
  rounds: 200,
  async run(setting: Setting): Promise<Outcome> {
    await using home = await install(setting.engine)
    const seen: Seen = { violations: [], receipts: new Map(), writes: 0, reads: 0 }
    let server = await home.start()
    const cast = await enter(server, READERS)
    const models = await firstSecrets(at(server, cast.admin))
    for (let round = 1; round <= setting.rounds; round++) {
      await renew(at(server, cast.admin), models, round)
      await killDuring(server, cast, models, seen, setting.draw)
      server = await home.start()
      await check(server, cast, models, seen)
      if (round % VERIFIED_EVERY === 0 || round === setting.rounds) await verify(at(server, cast.admin), seen)
      setting.progress(`round ${round}: ${seen.writes} writes, ${seen.reads} reads`)
    }
    const checked = `${seen.writes} acknowledged writes, ${seen.reads} delivered values`
    return { checked, violations: seen.violations }
  },
}

async function firstSecrets(admin: Client): Promise<Model[]> {
  const models: Model[] = []
  for (let writer = 0; writer < WRITERS; writer++) {
    const name = `soak/kill-${writer}`
    await createSecret(admin, name, "first")
    models.push({ name, versions: 1, known: { value: "first", deleted: false }, maybe: [] })
  }
  return models
}

/** A new secret for each writer whose own has had enough versions. */
async function renew(admin: Client, models: readonly Model[], round: number): Promise<void> {
  for (const [writer, model] of models.entries()) {
    if (model.versions < VERSIONS) continue
    const name = `soak/kill-${writer}-${round}`
    await createSecret(admin, name, "first")
    Object.assign(model, { name, versions: 1, known: { value: "first", deleted: false }, maybe: [] })
  }
}

async function killDuring(
  server: ServerProcess,
  cast: Cast,
  models: readonly Model[],
  seen: Seen,
  draw: () => number,
): Promise<void> {
  const admin = at(server, cast.admin)
  const running = { on: true }
  const busy = [
    ...models.map((model) => write(admin, model, seen, draw, running)),
    ...cast.readers.map((token) => readOn(at(server, token), models, seen, draw, running)),
  ]
  await aMoment(seen, draw)
  await server.stop("SIGKILL")
  running.on = false
  await Promise.all(busy)
}

/** Sleeps until a drawn number of answers have come and a little longer, or for a drawn time. */
async function aMoment(seen: Seen, draw: () => number): Promise<void> {
  if (draw() < BY_TIME) return sleep(between(draw, 5, 400))
  const due = seen.writes + seen.reads + between(draw, 1, ANSWERS)
  const late = performance.now() + STALLED_MS
  while (seen.writes + seen.reads < due && performance.now() < late) await sleep(1)
  return sleep(between(draw, 0, 20))
}

async function write(
  admin: Client,
  model: Model,
  seen: Seen,
  draw: () => number,
  running: { on: boolean },
): Promise<void> {
  while (running.on) {
    const { known } = model
    const next = known.deleted || draw() < 0.15 ? flipped(known) : { value: `value ${draw()}`, deleted: false }
    model.maybe.push(next)
    model.versions++
    try {
      const answer = await change(admin, model.name, known, next)
      if (answer.status === 503 || (answer.status === 409 && model.maybe.length > 1)) continue
      if (answer.status !== 200) {
        seen.violations.push(`a write answered ${answer.status}: ${answer.text}`)
        continue
      }
    } catch {
      return
    }
    model.known = next
    model.maybe = []
    seen.writes++
  }
}

function flipped(state: State): State {
  return { value: state.value, deleted: !state.deleted }
}

function change(admin: Client, name: string, from: State, to: State) {
  if (to.deleted) {
    const confirmationCode = `DELETE-${name}-${new Date().toISOString().slice(0, 10)}`
    return admin.delete(secretPath(name), { confirmationCode, reason: REASON })
  }
  if (from.deleted) return admin.post(secretPath(name, "restore"), { reason: REASON })
  return admin.put(secretPath(name), { value: to.value, reason: REASON })
}

async function readOn(
  reader: Client,
  models: readonly Model[],
  seen: Seen,
  draw: () => number,
  running: { on: boolean },
): Promise<void> {
  while (running.on) {
    try {
      const { status, body, text } = await read(reader, pick(draw, models).name)
      // Deleted meanwhile, or going down. Anything else, a limit above all, would mean that nothing is tried here.
      if (status === 409 || status === 503) continue
      if (status !== 200) seen.violations.push(`a read answered ${status}: ${text}`)
      seen.reads++
      if (body.receipt) seen.receipts.set(body.receipt.index, body.receipt.leafHash)
    } catch {
      return
    }
  }
}

/** What was acknowledged is there, what was in flight is there or not, and every receipt names an entry of the log. */
async function check(server: ServerProcess, cast: Cast, models: readonly Model[], seen: Seen): Promise<void> {
  const admin = at(server, cast.admin)
  for (const model of models) {
    const found = await stateOf(admin, model)
    const allowed = [model.known, ...model.maybe]
    const is = allowed.find(
      (state) => state.deleted === found.deleted && (found.deleted || state.value === found.value),
    )
    if (is === undefined)
      seen.violations.push(`${model.name}: ${JSON.stringify(found)} is none of ${JSON.stringify(allowed)}`)
    model.known = is ?? found
    model.maybe = []
  }
  const size = await sizeOf(admin)
  for (const [index, leafHash] of seen.receipts) {
    const { body } = await admin.get<ProofAnswer>(`/api/audit/proof?index=${index}&size=${size}`)
    if (body.leafHash !== leafHash) seen.violations.push(`the entry of receipt ${index} is gone or another`)
  }
  seen.receipts.clear()
}

async function stateOf(admin: Client, model: Model): Promise<State> {
  const { status, body, text } = await read(admin, model.name)
  if (status === 200) return { value: body.value as string, deleted: false }
  if (body.code === "secret_pending_deletion") return { value: model.known.value, deleted: true }
  return { value: `${status} ${text}`, deleted: false }
}

async function sizeOf(admin: Client): Promise<number> {
  const { body } = await admin.get<{ checkpoint: string }>("/api/audit/checkpoint")
  return Number(body.checkpoint.split("\n")[1])
}

async function verify(admin: Client, seen: Seen): Promise<void> {
  const verdict = await verdictOn(await exportLog(admin))
  if (!verdict.ok) seen.violations.push(`the log does not verify: ${JSON.stringify(verdict.faults)}`)
}
