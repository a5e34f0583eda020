import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import type { SeenAnswer, SeenVersion } from "../../src/api/seen.ts"
import { accessKey } from "../kit/access-key.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { ADMIN_NAME, addPerson, addProgram, logIn, type Program } from "../kit/people.ts"
import { ROTATES_HERE, scheduled } from "../kit/rotated.ts"
import { createSecret, type OrProblem, read, REASON, secretPath } from "../kit/secrets.ts"
import { sendSigned } from "../kit/sign-aws.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const clock = movableClock()
let stage: Stage<"audit" | "dba">
let robot: Program
let count = 0

before(async () => {
  stage = await openStage({ audit: ["auditor"], dba: ["dba"] }, { clock, env: ROTATES_HERE })
  robot = await addProgram(stage.admin, "robot", ["dba"])
})
after(() => stage.close())
beforeEach(() => clock.advance(60_000))

function seen(client: Client, query: Readonly<Record<string, string>>): Promise<OrProblem<SeenAnswer>> {
  return client.get(`/api/audit/seen?${new URLSearchParams(query).toString()}`)
}

/** All pages. */
async function seenBy(client: Client, query: Readonly<Record<string, string>>): Promise<SeenVersion[]> {
  const found: SeenVersion[] = []
  let cursor: string | null | undefined
  do {
    const answer = await seen(client, { ...query, ...(cursor == null ? {} : { cursor }) })
    assert.equal(answer.status, 200, answer.text)
    found.push(...(answer.body.seen ?? []))
    cursor = answer.body.nextCursor
  } while (cursor != null)
  return found
}

const textOf = ({ name, stage: label, outlook, reads }: SeenVersion): string =>
  `${name} ${label ?? "-"} ${outlook} ${reads}`

/** A reader who has read nothing yet, so that tests do not see each other's reads. */
async function newcomer(): Promise<Client & { readonly named: string }> {
  const named = `reader${++count}`
  const { client } = await addPerson(stage.admin, named, ["dba"])
  return Object.assign(client, { named })
}

const login = { engine: "postgres", host: "127.0.0.1", username: "app", password: "first", ssl: false }
const redis = { ...login, engine: "redis" }
let secrets = 0

/** Nothing of it is asked of a server: a schedule is set on the form of the value alone. */
async function newSecret(value: Readonly<Record<string, unknown>>, strategy?: string): Promise<string> {
  const name = `database/s${++secrets}`
  await createSecret(stage.admin, name, value)
  if (strategy !== undefined) await scheduled(stage.admin, name, { strategy })
  return name
}

async function replaced(name: string, value: object): Promise<void> {
  const put = await stage.admin.put(secretPath(name), { value, reason: REASON })
  assert.equal(put.status, 200, put.text)
}

async function deleted(name: string): Promise<void> {
  const confirmationCode = `DELETE-${name}-${new Date(clock.now()).toISOString().slice(0, 10)}`
  const body = { confirmationCode, reason: REASON, recoveryDays: 7 }
  assert.equal((await stage.admin.send("DELETE", secretPath(name), body)).status, 200)
}

test("unmasked reads, single and in a batch, count; masked, refused and other people's do not", async () => {
  const reader = await newcomer()
  const [one, two, three] = [await newSecret(login), await newSecret(login), await newSecret(login)]
  await read(reader, one)
  await read(reader, one)
  await read(reader, two, { unmask: false })
  await read(stage.admin, two)
  const batch = { names: [one, three, "database/none"], reason: REASON, unmask: true }
  assert.equal((await reader.post("/api/secrets/access", batch)).status, 200)
  const answer = await seen(stage.admin, { person: reader.named.toUpperCase() })
  assert.equal(answer.body.person?.name, reader.named, answer.text)
  assert.deepEqual(answer.body.seen?.map(textOf), [`${three} current no_schedule 1`, `${one} current no_schedule 3`])
  assert.ok(answer.body.seen?.every(({ username }) => username === reader.named))
  const byId = await seenBy(stage.people.audit.client, { person: answer.body.person?.id ?? "" })
  assert.deepEqual(byId, answer.body.seen)
  const [entry] = (await entriesOf(stage.admin, { action: "AUDIT_SEEN" })).toReversed()
  assert.match(entry?.details ?? "", new RegExp(`^person=${answer.body.person?.id} since=first versions=2$`))
})

test("what a rotation would do: by label, by what the strategy promises, by who asks", async () => {
  const reader = await newcomer()
  const window = await newSecret(login, "postgres-single")
  const overlap = await newSecret(redis, "redis")
  const elsewhere = await newSecret({ generate: { kind: "password" } }, "generated")
  const byHand = await newSecret(login)
  const replacedTwice = await newSecret(redis, "redis")
  const all = [window, overlap, elsewhere, byHand, replacedTwice]
  for (const name of all) assert.equal((await read(reader, name)).status, 200)
  const outlooks = async (client: Client) =>
    Object.fromEntries(
      (await seenBy(client, { person: reader.named })).map((one) => [one.name, `${one.stage} ${one.outlook}`]),
    )
  assert.deepEqual(await outlooks(stage.admin), {
    [window]: "current rotatable",
    [overlap]: "current rotatable",
    [elsewhere]: "current used_elsewhere",
    [byHand]: "current no_schedule",
    [replacedTwice]: "current rotatable",
  })
  assert.equal((await outlooks(stage.people.audit.client))[window], "current forbidden")
  for (const name of all)
    await replaced(name, { ...(name === window || name === byHand ? login : redis), password: "x" })
  await replaced(replacedTwice, { ...redis, password: "y" })
  assert.deepEqual(await outlooks(stage.admin), {
    [window]: "previous replaced",
    [overlap]: "previous rotatable",
    [elsewhere]: "previous used_elsewhere",
    [byHand]: "previous no_schedule",
    [replacedTwice]: "null replaced",
  })
  await deleted(overlap)
  await deleted(replacedTwice)
  const later = await outlooks(stage.admin)
  assert.equal(later[overlap], "previous secret_pending_deletion")
  assert.equal(later[replacedTwice], "null replaced")
})

test("a program by name, and since a day; an access key stands for its holder since it was made", async () => {
  const name = await newSecret(login)
  const before = clock.now()
  await read(robot.client, name)
  clock.advance(60_000)
  const byProgram = await seenBy(stage.admin, { person: "robot" })
  assert.deepEqual(byProgram.map(textOf), [`${name} current no_schedule 1`])
  assert.deepEqual(await seenBy(stage.admin, { person: "robot", since: new Date(clock.now()).toISOString() }), [])
  const everybody = await seenBy(stage.admin, { since: new Date(before).toISOString() })
  assert.deepEqual(
    everybody.map(({ username }) => username),
    ["robot"],
  )

  const key = await accessKey(stage.admin, { serviceAccountId: robot.id })
  assert.deepEqual(await seenBy(stage.admin, { person: key.accessKeyId }), [])
  const over = await newSecret(login)
  const host = `localhost:${stage.server.port}`
  const body = JSON.stringify({ SecretId: over })
  const answer = await sendSigned(stage.server.port, { key, host, now: clock.now(), body })
  assert.equal(answer.status, 200, answer.text)
  const byKey = await seen(stage.admin, { person: key.accessKeyId })
  assert.deepEqual(byKey.body.seen?.map(textOf), [`${over} current no_schedule 1`], byKey.text)
  assert.equal(byKey.body.person?.name, "robot")
  assert.ok(byKey.body.since != null && Date.parse(byKey.body.since) > before)
})

test("pages hold each version once for each reader while nothing is read meanwhile", async () => {
  const reader = await newcomer()
  const names: string[] = []
  for (let at = 0; at < 7; at++) names.push(await newSecret(login))
  for (const name of [...names, ...names]) await read(reader, name)
  for (const limit of ["1", "3", "100"]) {
    const found = await seenBy(stage.admin, { person: reader.named, limit })
    const reads = new Map<string, number>()
    for (const one of found) reads.set(one.name, (reads.get(one.name) ?? 0) + one.reads)
    assert.deepEqual(
      new Map(names.map((name) => [name, 2])),
      new Map([...reads].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    )
    assert.ok(limit !== "100" || found.length === 7)
  }
})

test("what is asked for badly is refused by name; nobody is never taken for a person who saw nothing", async () => {
  const { admin } = stage
  for (const [query, status, field] of [
    [{}, 400, "/person"],
    [{ person: "" }, 400, "/person"],
    [{ person: "x".repeat(129) }, 400, "/person"],
    [{ person: "nobody-of-that-name" }, 404, undefined],
    [{ person: "TYAK5Q7XR2MWJ4ZB6LNC" }, 404, undefined],
    [{ person: "not a name" }, 404, undefined],
    [{ since: "2026-02-30" }, 400, "/since"],
    [{ since: "yesterday" }, 400, "/since"],
    [{ person: "ada", limit: "0" }, 400, "/limit"],
    [{ person: "ada", limit: "101" }, 400, "/limit"],
    [{ person: "ada", cursor: "bm9wZQ" }, 400, "/cursor"],
    [{ person: "ada", cursor: "!" }, 400, "/cursor"],
  ] as const) {
    const answer = await seen(admin, query)
    assert.equal(answer.status, status, `${JSON.stringify(query)} ${answer.text}`)
    assert.equal(answer.body.field, field, JSON.stringify(query))
  }
  assert.equal((await seen(admin, { person: "ada", limit: "100" })).status, 200)
  assert.equal((await seen(stage.people.dba.client, { person: "ada" })).body.code, "forbidden")
  assert.equal((await seen(stage.people.audit.client, { person: "ada" })).status, 200)
})

test("a name that was given anew is another secret; one that is purged is gone", async () => {
  const reader = await newcomer()
  const [again, away] = [await newSecret(login), await newSecret(login)]
  for (const name of [again, away]) await read(reader, name)
  for (const name of [again, away]) await deleted(name)
  clock.advance(8 * 86_400_000)
  await stage.server.runJobs()
  // Eight days end a session.
  const admin = await logIn(stage.server.url, ADMIN_NAME)
  await createSecret(admin, again, login)
  const found = await seenBy(admin, { person: reader.named })
  assert.deepEqual(found.map(textOf).toSorted(), [`${again} - gone 1`, `${away} - gone 1`].toSorted())
})
