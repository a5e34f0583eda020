import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { after, before, test } from "node:test"
import type { ReviewAnswer, ReviewRecorded } from "../../src/api/access-review.ts"
import { DAY_MS } from "../../src/core/clock.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { stepUp } from "../kit/factors.ts"
import { type Governed, governed, pending } from "../kit/governed.ts"
import { addPerson, addProgram } from "../kit/people.ts"
import { createSecret, type OrProblem, read, REASON } from "../kit/secrets.ts"

type Subject = ReviewAnswer["subjects"][number]

let scene: Governed<"aud" | "dev" | "finn" | "bela">
let robot: { readonly id: string; readonly client: Client }
before(async () => {
  scene = await governed({ aud: ["auditor"], dev: ["developer"], finn: ["finance"], bela: ["admin"] })
  const { ada } = scene
  robot = await addProgram(ada.client, "robot", ["devops"])
  for (const name of ["config/app", "config/web"]) await createSecret(ada.client, name, "value")
  await createSecret(ada.client, "database/main", "value")
})
after(() => scene.stage.close())

function page(client: Client, query = ""): Promise<OrProblem<ReviewAnswer>> {
  return client.get(`/api/access-review${query}`)
}

async function review(client: Client, query = ""): Promise<ReviewAnswer> {
  const answer = await page(client, query)
  assert.equal(answer.status, 200, answer.text)
  return answer.body as ReviewAnswer
}

function subject({ subjects }: ReviewAnswer, name: string): Subject {
  const found = subjects.find((one) => one.name === name)
  assert.ok(found, `${name} of ${subjects.map((one) => one.name).join(", ")}`)
  return found
}

function right(one: Subject, pattern: string): Subject["rights"][number] {
  const found = one.rights.find(({ patterns }) => patterns.includes(pattern))
  assert.ok(found, `${pattern} of ${JSON.stringify(one.rights)}`)
  return found
}

const patternsOf = (one: Subject): readonly string[] => one.rights.flatMap(({ patterns }) => patterns).toSorted()

test("who could read what, by which rows and roles: people, programs, and patterns that no secret has yet", async () => {
  const now = await review(scene.people.aud)
  assert.deepEqual(
    now.subjects.map(({ name, kind }) => `${kind} ${name}`),
    ["person ada", "person bela", "person dev", "person finn", "program robot"],
  )
  assert.deepEqual(now.secrets, { count: 4, cut: false })
  assert.deepEqual(patternsOf(subject(now, "ada")), [
    "**",
    "api-keys/*",
    "config/*",
    "database/*",
    "employee/*",
    "financial/*",
  ])
  assert.deepEqual(patternsOf(subject(now, "dev")), ["api-keys/*", "config/*"])
  const books = right(subject(now, "finn"), "financial/*")
  assert.deepEqual(books, {
    patterns: ["financial/*"],
    policyIds: ["financial"],
    roles: ["finance"],
    verbs: ["read", "reveal"],
    secrets: 1,
    examples: ["financial/ledger"],
    secondFactor: true,
    approval: true,
    lastUse: null,
    uses: 0,
    dormant: false,
  })
  assert.equal(right(subject(now, "dev"), "config/*").secrets, 2)
  assert.equal(right(subject(now, "dev"), "api-keys/*").secrets, 0)
  assert.equal(subject(now, "robot").ownerId, scene.ada.id)
})

test("last use, and rights that nobody used: of an account that is older than the time looked at, by its limit", async () => {
  const { people, clock, ada } = scene
  assert.equal((await read(people.dev, "config/app")).status, 200)
  assert.equal((await read(people.dev, "config/web", { unmask: false })).status, 200)
  assert.equal((await read(robot.client, "config/app")).status, 200)
  assert.equal((await read(people.finn, "config/app")).status, 403)
  const used = right(subject(await review(people.aud), "dev"), "config/*")
  assert.deepEqual([used.uses, used.dormant], [2, false])
  assert.equal(used.lastUse?.slice(0, 10), new Date(clock.now()).toISOString().slice(0, 10))

  clock.advance(10 * DAY_MS)
  const aud = await scene.signIn("aud")
  const at = async (days: number) => right(subject(await review(aud, `?days=${days}`), "dev"), "config/*").dormant
  assert.deepEqual([await at(9), await at(11)], [true, false])
  assert.equal(right(subject(await review(aud, "?days=9"), "finn"), "financial/*").dormant, true)
  const admin = await scene.signIn("ada", ada.app)
  await addPerson(admin, "newcomer", ["developer"])
  assert.equal(right(subject(await review(aud, "?days=9"), "newcomer"), "config/*").dormant, false)
})

test("disabled people, and others than admins and auditors", async () => {
  const admin = await scene.signIn("ada", scene.ada.app)
  const { id } = await addPerson(admin, "leaver", ["developer"])
  assert.ok((await review(admin)).subjects.some(({ name }) => name === "leaver"))
  assert.equal((await admin.patch(`/api/users/${id}`, { disabled: true, reason: REASON })).status, 200)
  assert.ok(!(await review(admin)).subjects.some(({ name }) => name === "leaver"))
  assert.equal((await page(await scene.signIn("dev"))).status, 403)
})

test("pages hold as many as asked for, and together everybody once; limits, days and cursors are refused beyond", async () => {
  const aud = await scene.signIn("aud")
  const all = (await review(aud)).subjects.map(({ name }) => name)
  const found: string[] = []
  for (let cursor: string | null = ""; cursor !== null; ) {
    const next: ReviewAnswer = await review(aud, `?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`)
    assert.ok(next.subjects.length <= 2)
    found.push(...next.subjects.map(({ name }) => name))
    cursor = next.nextCursor
  }
  assert.deepEqual(found, all)
  for (const [query, status] of [
    ["?days=0", 400],
    ["?days=1", 200],
    ["?days=365", 200],
    ["?days=366", 400],
    ["?days=x", 400],
    ["?limit=0", 400],
    ["?limit=100", 200],
    ["?limit=101", 400],
    ["?cursor=!!", 400],
    ["?more=1", 400],
  ] as const)
    assert.equal((await page(aud, query)).status, status, query)
  const [entry] = (await entriesOf(aud, { action: "REVIEW_LIST", result: "SUCCESS" })).slice(-1)
  assert.match(entry?.details ?? "", /^days=90 subjects=\d+ secrets=4$/)
})

test("a record counts each decision as what it has come to, and its digest is of the list", async () => {
  const { ada, ids } = scene
  const admin = await scene.signIn("ada", ada.app)
  const changed = await admin.patch(`/api/users/${ids.dev}`, { roles: [], reason: REASON })
  assert.equal(changed.status, 200, changed.text)
  const off = await admin.patch(`/api/users/${robot.id}`, { disabled: true, reason: REASON })
  assert.equal(off.status, 200, off.text)
  // To take an admin's role takes a second person.
  const waits = await admin.patch(
    `/api/users/${ids.bela}`,
    { roles: [], reason: REASON },
    await stepUp(admin, "govern", [], ada.code()),
  )
  assert.ok(pending(waits).requestId)
  const decisions = [
    { id: ids.finn, decision: "keep" },
    { id: ids.dev, decision: "remove_role", role: "developer" },
    { id: robot.id, decision: "disable" },
    { id: ids.bela, decision: "remove_role", role: "admin" },
    { id: ids.aud, decision: "disable" },
  ]
  const made = await admin.post<ReviewRecorded>("/api/access-review", { reason: REASON, days: 90, decisions })
  assert.equal(made.status, 201, made.text)
  assert.deepEqual({ ...made.body, entry: 0 }, { entry: 0, kept: 1, rolesRemoved: 1, disabled: 1, waiting: 2 })
  const [entry, ...more] = await entriesOf(admin, { action: "REVIEW" })
  assert.deepEqual([entry?.id, more.length, entry?.reason], [made.body.entry, 0, REASON])
  const list = decisions.map(
    ({ id, decision, role = null }: { id: string; decision: string; role?: string | null }) => [id, decision, role],
  )
  const digest = createHash("sha256").update(JSON.stringify(list)).digest("hex")
  assert.equal(entry?.details, `days=90 subjects=5 kept=1 roles_removed=1 disabled=1 waiting=2 decisions=${digest}`)
  const report = await admin.get<{ claims: { checks: { name: string; state: string; entries: number[] }[] }[] }>(
    "/api/compliance",
  )
  const checked = report.body.claims[12]?.checks.find(({ name }) => name === "access-review")
  assert.deepEqual([checked?.state, checked?.entries], ["ok", [made.body.entry]])
})

test("what is no record is refused, and nobody is changed by one", async () => {
  const aud = await scene.signIn("aud")
  const { finn } = scene.ids
  const send = async (over: object): Promise<number> => {
    const body = { reason: REASON, days: 90, decisions: [{ id: finn, decision: "keep" }], ...over }
    return (await aud.post("/api/access-review", body)).status
  }
  assert.equal(await send({}), 201)
  for (const over of [
    { decisions: [] },
    { days: 0 },
    { days: 366 },
    { reason: "short" },
    { decisions: [{ id: finn, decision: "remove_role" }] },
    { decisions: [{ id: finn, decision: "keep", role: "finance" }] },
    { decisions: [{ id: finn, decision: "erase" }] },
    { decisions: [{ id: "nobody", decision: "keep" }] },
  ])
    assert.equal(await send(over), 400, JSON.stringify(over))
  const keep = { id: finn, decision: "keep" }
  assert.equal(await send({ decisions: Array.from({ length: 5_000 }, () => keep) }), 201)
  assert.equal(await send({ decisions: Array.from({ length: 5_001 }, () => keep) }), 400)
  assert.equal(await send({ decisions: [{ id: finn, decision: "disable" }] }), 201)
  assert.ok((await review(aud)).subjects.some(({ name }) => name === "finn"))
})
