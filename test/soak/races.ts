import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import type { Answer, Client } from "../kit/client.ts"
import { addPerson, addProgram } from "../kit/people.ts"
import type { ServerProcess } from "../kit/process.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { type Campaign, type Outcome, pick, type Setting } from "./campaign.ts"
import { at, type Cast, enter, policy } from "./cast.ts"
import { install } from "./installation.ts"

const LIMIT = 10
const READS = 200

interface Scene {
  readonly servers: readonly ServerProcess[]
  readonly admin: Client
  /** Names of this round are its own. */
  readonly round: number
}

/** Something that ends a reader's right to one secret, in the midst of his reads. */
interface Ending {
  readonly action: string
  prepare(
    scene: Scene,
    name: string,
  ): Promise<{ readonly token: string; readonly end: (admin: Client) => Promise<Answer<unknown>> }>
}

/** Limits and changes under many requests at once; on PostgreSQL over two replicas, the change on the other one. */
export const races: Campaign = {
  engines: ["sqlite", "postgres"],
  rounds: 30,
  async run({ engine, rounds, draw, progress }: Setting): Promise<Outcome> {
    await using home = await install(engine)
    const servers = await home.startAll(2, { TRUSTED_PROXIES: "127.0.0.1/32" })
    const cast = await firstCast(servers)
    const violations: string[] = []
    const first = servers[0] as ServerProcess
    for (let round = 1; round <= rounds; round++) {
      const scene = { servers, admin: at(first, cast.admin), round }
      violations.push(...(await quota(scene)))
      const [kind, ending] = pick(draw, Object.entries(ENDINGS))
      violations.push(...(await midway(scene, ending)).map((what) => `${kind}: ${what}`))
      progress(`round ${round}: quota, ${kind}`)
    }
    const verdict = await verdictOn(await exportLog(at(first, cast.admin)))
    if (!verdict.ok) violations.push(`the log does not verify: ${JSON.stringify(verdict.faults)}`)
    return { checked: `${rounds} limits under 100 reads, ${rounds} changes amid ${READS}`, violations }
  },
}

async function firstCast(servers: readonly ServerProcess[]): Promise<Cast> {
  const withToken = servers.find(({ setupToken }) => setupToken !== null)
  if (withToken === undefined) throw new Error("no replica printed a setup token")
  return enter(withToken, 0)
}

/** Refusals are limited by address: those of one round must not shut out the next one's people. */
function readAs(server: ServerProcess, token: string, name: string, round: number) {
  return read(at(server, token), name, {}, { "x-forwarded-for": `10.1.${round >> 8}.${round & 255}` })
}

/** One of the replicas, in turn. */
function serverAt({ servers }: Scene, turn: number): ServerProcess {
  return servers[turn % servers.length] as ServerProcess
}

async function quota(scene: Scene): Promise<string[]> {
  const name = `quota-${scene.round}/secret`
  await policy(scene.admin, `quota-${scene.round}/*`, { maxAccessPerDay: LIMIT })
  await createSecret(scene.admin, name, "counted")
  const { client } = await addPerson(scene.admin, `counted-${scene.round}`, ["developer"])
  const asks = Array.from({ length: 100 }, (_, turn) => read(at(serverAt(scene, turn), client.token ?? ""), name))
  const answers = await Promise.all(asks)
  const delivered = answers.filter(({ status }) => status === 200).length
  const refused = answers.filter(({ body }) => body.code === "quota_exceeded").length
  return delivered === LIMIT && delivered + refused === 100 ? [] : [`${delivered} delivered, ${refused} refused of 100`]
}

/** No read whose entry follows the change's delivers. */
async function midway(scene: Scene, ending: Ending): Promise<string[]> {
  const name = `midway-${scene.round}/secret`
  await createSecret(scene.admin, name, "value")
  const { token, end } = await ending.prepare(scene, name)
  const reads = Array.from({ length: READS / 2 }, (_, turn) => readAs(serverAt(scene, turn), token, name, scene.round))
  await Promise.race(reads)
  const ended = end(at(serverAt(scene, 1), scene.admin.token ?? ""))
  for (let turn = 0; turn < READS / 2; turn++) {
    if (turn % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    reads.push(readAs(serverAt(scene, turn), token, name, scene.round))
  }
  const { status, text } = await ended
  if (status !== 200) return [`the change answered ${status}: ${text}`]
  const last = (await entriesOf(scene.admin, { action: ending.action })).findLast(({ result }) => result === "SUCCESS")
  const answers = await Promise.all(reads)
  const late = answers.filter(({ body }) => (body.receipt?.index ?? -1) > (last?.id ?? -1))
  const after = await readAs(serverAt(scene, 0), token, name, scene.round)
  return [
    ...(late.length === 0 ? [] : [`${late.length} delivered after entry ${last?.id}`]),
    ...(after.status === 200 ? ["a read afterwards delivered"] : []),
    ...answers
      .filter(({ status, body }) => status >= 500 || body.code === "quota_exceeded")
      .map((one) => `a read answered ${one.status}: ${one.text}`),
  ]
}

/** Opens `midway-N/*` to developers, and somebody who is one. */
async function reader({ admin, round }: Scene) {
  const row = await policy(admin, `midway-${round}/*`, {})
  const one = await addPerson(admin, `midway-${round}`, ["developer"])
  return { row, id: one.id, token: one.client.token ?? "" }
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  disable: {
    action: "USER_CHANGE",
    async prepare(scene) {
      const { id, token } = await reader(scene)
      return { token, end: (admin) => admin.patch(`/api/users/${id}`, { disabled: true }) }
    },
  },
  role: {
    action: "USER_CHANGE",
    async prepare(scene) {
      const { id, token } = await reader(scene)
      return { token, end: (admin) => admin.patch(`/api/users/${id}`, { roles: ["hr"] }) }
    },
  },
  policy: {
    action: "POLICY_CHANGE",
    async prepare(scene) {
      const { row, token } = await reader(scene)
      const tighter = { secretPattern: `midway-${scene.round}/*`, allowedRoles: ["admin"], reason: REASON }
      return { token, end: (admin) => admin.put(`/api/policies/${row}`, tighter) }
    },
  },
  revoke: {
    action: "TOKEN_REVOKE",
    async prepare(scene) {
      await reader(scene)
      const program = await addProgram(scene.admin, `program-${scene.round}`, ["developer"])
      const path = `/api/service-accounts/${program.id}/tokens/${program.tokenId}`
      return { token: program.client.token ?? "", end: (admin) => admin.delete(path) }
    },
  },
  delete: {
    action: "DELETE",
    async prepare(scene, name) {
      const { token } = await reader(scene)
      const confirmationCode = `DELETE-${name}-${new Date().toISOString().slice(0, 10)}`
      return { token, end: (admin) => admin.delete(secretPath(name), { confirmationCode, reason: REASON }) }
    },
  },
}
