import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { DAY_MS } from "../../src/core/clock.ts"
import type { WhoAnswer } from "../../src/api/who.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { addPerson, addProgram, logIn } from "../kit/people.ts"
import { createSecret, type OrProblem, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const clock = movableClock()
let stage: Stage<"dev" | "audit" | "hr" | "maker">

before(async () => {
  const people = { dev: ["developer"], audit: ["auditor"], hr: ["hr"], maker: ["developer"] }
  stage = await openStage(people, { clock })
  await addProgram(stage.admin, "deployer", ["devops"])
  await addProgram(stage.admin, "ledger", ["finance"])
  await createSecret(stage.admin, "config/app", "value")
  await createSecret(stage.admin, "financial/ledger", "value")
})
after(() => stage.close())
beforeEach(() => clock.advance(60_000))

function who(client: Client, name: string, query = ""): Promise<OrProblem<WhoAnswer>> {
  return client.get(`${secretPath(name, "who")}${query}`)
}

function couldOf(answer: OrProblem<WhoAnswer>): object {
  return Object.fromEntries((answer.body.users ?? []).map(({ name, verbs }) => [name, verbs.join(" ")]))
}

test("an owner sees everybody who could use it, programs too, and for each verb what is asked by which rows", async () => {
  const answer = await who(stage.admin, "config/app")
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(couldOf(answer), {
    ada: "list read reveal create write delete restore rotate purge audit",
    audit: "audit",
    deployer: "list read reveal write",
    dev: "list read reveal write",
    maker: "list read reveal write",
  })
  const reveal = answer.body.verbs?.find(({ verb }) => verb === "reveal")
  assert.deepEqual(reveal, {
    verb: "reveal",
    roles: ["admin", "developer", "devops"],
    programs: null,
    secondFactor: false,
    approval: null,
    perDay: 10,
    programPerDay: 10,
    policyIds: ["config"],
  })
})

test("what is asked besides is told, and a program that cannot give it is not among those who could", async () => {
  const answer = await who(stage.admin, "financial/ledger")
  const reveal = answer.body.verbs?.find(({ verb }) => verb === "reveal")
  assert.equal(reveal?.secondFactor, true)
  assert.deepEqual(reveal?.approval, { least: 1, approvers: ["admin", "finance"], minutes: 60 })
  assert.deepEqual(couldOf(answer), {
    ada: "list read reveal create write delete restore rotate purge audit",
    audit: "audit",
    ledger: "list",
  })
})

test("policy comes before existence, and others than owners see no more than themselves", async () => {
  const there = await who(stage.people.hr.client, "config/app")
  const missing = await who(stage.people.hr.client, "config/nothing")
  assert.deepEqual([there.status, there.body.code], [403, "forbidden"])
  assert.deepEqual({ ...there.body, requestId: "" }, { ...missing.body, requestId: "" })
  assert.equal((await who(stage.people.dev.client, "config/nothing")).status, 404)
  assert.equal((await who(stage.people.audit.client, "config/nothing")).status, 404)
  const own = await who(stage.people.dev.client, "config/app")
  assert.deepEqual([own.body.owner, own.body.readers, own.body.nextCursor], [false, null, null])
  assert.deepEqual(couldOf(own), { dev: "list read reveal write" })
})

test("owners are those who may audit it, and whoever made it while they may list it", async () => {
  assert.equal((await who(stage.people.audit.client, "config/app")).body.owner, true)
  const row = { secretPattern: "made/*", allowedRoles: ["developer"], verbRoles: { create: ["admin", "developer"] } }
  const made = await stage.admin.post<{ id: string }>("/api/policies", { ...row, reason: REASON })
  assert.equal(made.status, 201, made.text)
  await createSecret(stage.people.maker.client, "made/one", "value")
  const owner = await who(stage.people.maker.client, "made/one")
  assert.equal(owner.body.owner, true)
  assert.ok(owner.body.readers)
  assert.equal((await who(stage.people.dev.client, "made/one")).body.owner, false)
  const narrowed = { ...row, allowedRoles: ["devops"], reason: REASON }
  assert.equal((await stage.admin.put(`/api/policies/${made.body.id}`, narrowed)).status, 200)
  assert.equal((await who(stage.people.maker.client, "made/one")).status, 403)
})

test("who has read it: the last time, and how often in 30 days; what was read of an earlier secret is not counted", async () => {
  await createSecret(stage.admin, "config/seen", "value")
  const { dev, maker } = stage.people
  for (const unmask of [true, false, true])
    assert.equal((await read(dev.client, "config/seen", { unmask })).status, 200)
  assert.equal((await read(maker.client, "config/seen", { unmask: false })).status, 200)
  await read(stage.people.hr.client, "config/seen")
  const answer = await who(stage.admin, "config/seen")
  const seen = answer.body.readers?.readers.map(({ username, reads, unmasked }) => [username, reads, unmasked])
  assert.deepEqual(seen, [
    ["maker", 1, 0],
    ["dev", 3, 2],
  ])
  assert.equal(answer.body.readers?.cut, false)

  clock.advance(31 * DAY_MS)
  const [admin, again] = [await logIn(stage.admin.url, "ada"), await logIn(stage.admin.url, "dev")]
  await read(again, "config/seen", { unmask: false })
  const later = await who(admin, "config/seen")
  const known = later.body.readers?.readers.map(({ username, reads, unmasked }) => [username, reads, unmasked])
  assert.deepEqual(known, [
    ["dev", 1, 0],
    ["maker", 0, 0],
  ])
  assert.equal((await who(admin, "config/app")).body.readers?.readers.length, 0)
})

test("pages hold as many as asked for, and together everybody once", async () => {
  const admin = await logIn(stage.admin.url, "ada")
  for (let at = 0; at < 5; at++) await addPerson(admin, `extra-${at}`, ["devops"])
  const all = (await who(admin, "config/app")).body.users?.map(({ name }) => name) ?? []
  const found: string[] = []
  let cursor: string | null | undefined = null
  do {
    const query: string = cursor === null ? "?limit=2" : `?limit=2&cursor=${cursor}`
    const page = await who(admin, "config/app", query)
    assert.equal(page.status, 200, page.text)
    assert.ok((page.body.users?.length ?? 0) <= 2)
    assert.equal(page.body.readers === null, cursor !== null)
    found.push(...(page.body.users?.map(({ name }) => name) ?? []))
    cursor = page.body.nextCursor
  } while (typeof cursor === "string")
  assert.deepEqual(found, all)
  assert.ok(all.length >= 9)
})

test("limits and cursors that this server did not give are refused, and asking leaves an entry", async () => {
  const admin = await logIn(stage.admin.url, "ada")
  for (const [query, status] of [
    ["?limit=0", 400],
    ["?limit=1", 200],
    ["?limit=100", 200],
    ["?limit=101", 400],
    ["?cursor=!!", 400],
    [`?cursor=${Buffer.from("ada").toString("base64url")}`, 400],
    [`?cursor=${Buffer.from("job ada").toString("base64url")}`, 400],
    ["?more=1", 400],
  ] as const)
    assert.equal((await who(admin, "config/app", query)).status, status, query)
  const entries = await entriesOf(admin, { action: "WHO", result: "SUCCESS", resource: "config/app" })
  assert.match(entries.at(-1)?.details ?? "", /^users=\d+ readers=\d+$/)
})

test("somebody who is disabled could do nothing", async () => {
  const admin = await logIn(stage.admin.url, "ada")
  const { id } = await addPerson(admin, "leaver", ["devops"])
  assert.ok("leaver" in couldOf(await who(admin, "config/app")))
  assert.equal((await admin.patch(`/api/users/${id}`, { disabled: true, reason: REASON })).status, 200)
  assert.ok(!("leaver" in couldOf(await who(admin, "config/app"))))
})
