import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { SessionsAnswer } from "../../src/api/auth.ts"
import { entriesOf, entryOf } from "../kit/audit.ts"
import type { Answer, Client, Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { enrolApp, logInHalf } from "../kit/factors.ts"
import { addPerson, addProgram, logIn, PASSWORD } from "../kit/people.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const clock = movableClock()
let stage: Stage<"dev" | "aud" | "second">

before(async () => {
  stage = await openStage({ dev: ["developer"], aud: ["auditor"], second: ["admin"] }, { clock })
})
after(() => stage.close())

type Sessions = SessionsAnswer["sessions"]

function pathOf(person: string, session?: string): string {
  return `/api/users/${person}/sessions${session === undefined ? "" : `/${session}`}`
}

async function sessionsOf(id: string): Promise<Sessions> {
  const answer = await stage.admin.get<SessionsAnswer>(pathOf(id))
  assert.equal(answer.status, 200, answer.text)
  return answer.body.sessions
}

async function currentOf(client: Client): Promise<string> {
  const { sessions } = (await client.get<SessionsAnswer>("/api/sessions")).body
  return sessions.find(({ current }) => current)?.id ?? ""
}

function bytesOf({ status, text, body }: Answer<Problem>): string {
  return `${status} ${text.replaceAll(body.requestId, "")}`
}

test("an admin sees a person's sessions, oldest first, and ends one; the others go on", async () => {
  const one = await addPerson(stage.admin, "reader", ["developer"])
  clock.advance(1000)
  const laptop = await logIn(stage.server.url, "reader")
  const listed = await sessionsOf(one.id)
  assert.deepEqual(
    listed.map(({ id }) => id),
    [await currentOf(one.client), await currentOf(laptop)],
  )
  assert.ok(listed.every(({ current }) => !current))
  assert.ok(!JSON.stringify(listed).includes(one.client.token ?? "?"))
  const ended = await stage.admin.delete<Problem>(pathOf(one.id, listed[0]?.id))
  assert.equal(ended.status, 200, ended.text)
  assert.equal((await one.client.get("/api/me")).status, 401)
  assert.equal((await laptop.get("/api/me")).status, 200)
  assert.deepEqual(await sessionsOf(one.id), listed.slice(1))
  const entries = await entriesOf(stage.admin, { action: "SESSION_END", resource: one.id })
  assert.deepEqual(
    entries.map(({ result, decision, details, username }) => [result, decision, details, username]),
    [["SUCCESS", "role admin", `session=${listed[0]?.id}`, "ada"]],
  )
  const looked = await entriesOf(stage.admin, { action: "SESSION_LIST", resource: one.id })
  assert.deepEqual(
    looked.map(({ result }) => result),
    ["SUCCESS", "SUCCESS"],
  )
})

test("a session that has run out is not listed", async () => {
  const one = await addPerson(stage.admin, "sleeper", [])
  await logIn(stage.server.url, "sleeper")
  assert.equal((await sessionsOf(one.id)).length, 2)
  clock.advance(12 * 3_600_000 + 1)
  stage = { ...stage, admin: await logIn(stage.server.url, "ada") }
  assert.deepEqual(await sessionsOf(one.id), [])
})

test("an admin ends his own session here too", async () => {
  const admin = await logIn(stage.server.url, "second")
  const { id } = stage.people.second
  const listed = (await admin.get<SessionsAnswer>(pathOf(id))).body.sessions
  const own = listed.find(({ current }) => current)?.id
  assert.equal((await admin.delete(pathOf(id, own))).status, 200)
  assert.equal((await admin.get("/api/me")).status, 401)
})

test("whoever is unknown has no sessions, and the answers are equal byte for byte", async () => {
  const dev = await logIn(stage.server.url, "dev")
  const robot = await addProgram(stage.admin, "robot", ["developer"])
  const theirs = await currentOf(dev)
  const nobody = "00000000-0000-4000-8000-000000000000"
  const lists = [nobody, robot.id, "none", "..%2f..", "x".repeat(90)]
  const listed = await Promise.all(lists.map((id) => stage.admin.get<Problem>(pathOf(id))))
  const ends = [
    [nobody, theirs],
    [nobody, nobody],
    [stage.people.dev.id, nobody],
    [stage.people.aud.id, theirs],
    [robot.id, robot.tokenId],
    ["..%2f..", theirs],
  ] as const
  const ended = await Promise.all(ends.map(([id, session]) => stage.admin.delete<Problem>(pathOf(id, session))))
  for (const answers of [listed, ended]) {
    const [first = "", ...others] = answers.map(bytesOf)
    assert.match(first, /^404 /)
    for (const other of others) assert.equal(other, first)
  }
  const [, refused] = ended
  const entry = await entryOf(stage.admin, refused?.body.requestId ?? "")
  assert.deepEqual([entry.action, entry.resource_name, entry.decision], ["SESSION_END", nobody, "not_found"])
  for (const client of [dev, robot.client]) assert.equal((await client.get("/api/me")).status, 200)
})

test("who is no admin learns nothing, of anybody, himself included", async () => {
  const { dev, aud } = stage.people
  const client = await logIn(stage.server.url, "aud")
  const session = await currentOf(client)
  const people = [dev.id, aud.id, "nobody-of-that-id"]
  const lists = await Promise.all(people.map((id) => client.get<Problem>(pathOf(id))))
  const ends = await Promise.all(people.map((id) => client.delete<Problem>(pathOf(id, session))))
  for (const answers of [lists, ends]) {
    const [first = "", ...others] = answers.map(bytesOf)
    assert.match(first, /^403 /)
    for (const other of others) assert.equal(other, first)
  }
  assert.equal((await client.get("/api/me")).status, 200)
})

test("half a session administers no other: neither with a factor due nor with a password to change", async () => {
  const half = await addPerson(stage.admin, "half", ["admin"])
  await enrolApp(half.client, clock.now())
  const made = { username: "fresh", password: PASSWORD, roles: ["admin"], mustChangePassword: true }
  assert.equal((await stage.admin.post("/api/users", made)).status, 201)
  const target = await logIn(stage.server.url, "dev")
  const session = await currentOf(target)
  for (const client of [await logInHalf(stage.server.url, "half"), await logIn(stage.server.url, "fresh")]) {
    for (const answer of [
      await client.get<Problem>(pathOf(stage.people.dev.id)),
      await client.delete<Problem>(pathOf(stage.people.dev.id, session)),
    ])
      assert.equal(answer.status, 403, answer.text)
  }
  assert.equal((await target.get("/api/me")).status, 200)
  const halves = await sessionsOf(half.id)
  assert.ok(halves.length >= 2, "half a session is listed like any other")
  for (const { id } of halves) assert.equal((await stage.admin.delete(pathOf(half.id, id))).status, 200)
  assert.equal((await half.client.get("/api/me")).status, 401)
})

test("of many who end one session at once one does, while its owner signs in", async () => {
  const one = await addPerson(stage.admin, "busy", ["developer"])
  const session = await currentOf(one.client)
  const admins = [stage.admin, await logIn(stage.server.url, "second")]
  const ends = Array.from({ length: 20 }, (_, at) => admins[at % 2]?.delete(pathOf(one.id, session)))
  const [fresh, ...answers] = await Promise.all([logIn(stage.server.url, "busy"), ...ends])
  const statuses = answers.map((answer) => answer?.status)
  assert.equal(statuses.filter((status) => status === 200).length, 1, statuses.join())
  assert.ok(statuses.every((status) => status === 200 || status === 404 || status === 409 || status === 503))
  assert.equal((await one.client.get("/api/me")).status, 401)
  assert.equal((await fresh.get("/api/me")).status, 200, "who signs in meanwhile stays signed in")
  const entries = await entriesOf(stage.admin, { action: "SESSION_END", resource: one.id, result: "SUCCESS" })
  assert.equal(entries.length, 1)
})
