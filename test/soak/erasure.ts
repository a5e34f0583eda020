import { signCheckpoint } from "../../src/audit/checkpoint.ts"
import { exportEnd, exportHeader, exportLine } from "../../src/audit/export.ts"
import type { Act } from "../../src/audit/ledger.ts"
import { verifyExport } from "../../src/audit/verify.ts"
import { LOG_ORIGIN, logKey, publicLogKey } from "../../src/operations/audit.ts"
import type { Service } from "../../src/operations/service.ts"
import { draft } from "../conformance/rows.ts"
import { filesBelow } from "../kit/encodings.ts"
import { orderErasure } from "../kit/erasure.ts"
import { offlineService } from "../kit/offline.ts"
import { addPerson } from "../kit/people.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { between, type Campaign, type Outcome, type Setting, sleep } from "./campaign.ts"
import { at, type Cast, enter } from "./cast.ts"
import { install, type Installation } from "./installation.ts"

/** Entries of each of the two people that a round stands for. */
const PER_ROUND = 1_000
const PEOPLE = ["first-to-go", "second-to-go"] as const
/** What a person's entries hold, and nobody else's. */
const canaryOf = (name: string): string => `CanaryBrowser of ${name}`

interface Erased {
  readonly name: string
  readonly id: string
}

/**
 * kill -9 in the middle of an erasure, again and again, while somebody reads: it goes on after each start, the log
 * verifies after each kill, and in the end nothing of the person lies in any file. Then the same for the person whose
 * entries stand between, so that what SQLite moved about in its pages is looked for too.
 */
export const erasure: Campaign = {
  engines: ["sqlite", "postgres"],
  rounds: 50,
  async run(setting: Setting): Promise<Outcome> {
    await using home = await install(setting.engine)
    const server = await home.start()
    const cast = await enter(server, 1)
    const admin = at(server, cast.admin)
    await createSecret(admin, "soak/shared", "a value")
    const people: Erased[] = []
    for (const name of PEOPLE) people.push({ name, id: (await addPerson(admin, name, ["developer"])).id })
    for (const { id } of people) await admin.patch(`/api/users/${id}`, { disabled: true, reason: REASON })
    await server.stop("SIGTERM")
    await stopped(home, (on) => writeHistory(on, people, setting.rounds * PER_ROUND))
    const violations: string[] = []
    let kills = 0
    for (const person of people) kills += await eraseUnderKills(home, cast, person, setting, violations)
    return { checked: `${people.length * setting.rounds * PER_ROUND} entries, ${kills} kills`, violations }
  },
}

function stopped<T>(home: Installation, use: (on: Service) => Promise<T>): Promise<T> {
  return offlineService(home.folder, home.env, use)
}

/** Entries of all of them in turn, so that they share pages. */
async function writeHistory(on: Service, people: readonly Erased[], each: number): Promise<void> {
  for (let from = 0; from < each; from += PER_ROUND) {
    const acts = Array.from({ length: PER_ROUND }, (_, place) =>
      people.map(({ id, name }): Act => {
        const entry = draft({ userId: id, username: name, userAgent: `${canaryOf(name)} ${from + place}` })
        return { entry, policyEpoch: null, principal: null, secret: null, grant: null, quota: null, changes: [] }
      }),
    )
    await on.ledger.recordAll(acts.flat())
  }
}

/** @returns how often the server was killed before it had finished. */
async function eraseUnderKills(
  home: Installation,
  cast: Cast,
  person: Erased,
  setting: Setting,
  violations: string[],
): Promise<number> {
  let left = await stopped(home, async (on) => {
    await orderErasure(on, person.id)
    return look(on, person, violations)
  })
  let kills = 0
  for (; left > 0; kills++) {
    await killDuring(home, cast, between(setting.draw, 50, 2500), violations)
    const now = await stopped(home, (on) => look(on, person, violations))
    if (now > left) violations.push(`${now} entries stand whole where ${left} did before`)
    left = now
    setting.progress(`${person.name}: ${left} entries left after ${kills + 1} kills`)
  }
  // A start and an orderly stop: what was overwritten is in the write-ahead log no more.
  await (await home.start()).stop("SIGTERM")
  if (setting.engine === "sqlite")
    for (const { path, bytes } of filesBelow(home.folder))
      for (const text of [canaryOf(person.name), person.name])
        if (bytes.includes(text)) violations.push(`${text} is in ${path}`)
  return kills
}

/** Verifies the whole log. @returns how many of the person's entries still stand whole. */
async function look(on: Service, { id }: Erased, violations: string[]): Promise<number> {
  const { size, root } = await on.reader.head()
  let whole = 0
  async function* lines(): AsyncGenerator<readonly string[]> {
    yield [exportHeader(LOG_ORIGIN)]
    for (let from = 0; from < size; from += 2000) {
      const rows = await on.reader.entryRange(from, size, 2000)
      whole += rows.filter((row) => row.userId === id && row.erasedBy === null).length
      yield rows.map(exportLine)
    }
    yield [exportEnd(signCheckpoint(logKey(on), size, root))]
  }
  const verdict = await verifyExport(lines(), { key: publicLogKey(on) })
  if (!verdict.ok) violations.push(`the log does not verify: ${JSON.stringify(verdict.faults)}`)
  return whole
}

async function killDuring(home: Installation, cast: Cast, ms: number, violations: string[]): Promise<void> {
  const server = await home.start()
  const reader = at(server, cast.readers[0] ?? "")
  const running = { on: true }
  const reading = readOn(() => read(reader, "soak/shared"), running, violations)
  await sleep(ms)
  running.on = false
  await server.stop("SIGKILL")
  await reading
}

async function readOn(
  ask: () => Promise<{ readonly status: number; readonly text: string }>,
  running: { readonly on: boolean },
  violations: string[],
): Promise<void> {
  while (running.on)
    try {
      const { status, text } = await ask()
      // Refused by the daily limit after a while: an entry all the same.
      if (status !== 200 && status !== 429) violations.push(`a read beside the erasure answered ${status}: ${text}`)
    } catch {
      // The server is gone: killed.
      return
    }
}
