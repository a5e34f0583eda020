import assert from "node:assert/strict"
import { after, test } from "node:test"
import { entriesOf } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { codeOf } from "../kit/factors.ts"
import { access, approve, ask, asked, cancel, deny, governed, LEDGER, stateOf, WEEK_MS } from "../kit/governed.ts"
import { addProgram, ADMIN_NAME, type Program } from "../kit/people.ts"
import { createSecret, REASON } from "../kit/secrets.ts"

/** Every way to approve what one has asked for oneself. */

async function play<Names extends string>(
  roles: Readonly<Record<Names, readonly string[]>>,
  first?: (admin: Client) => Promise<unknown>,
) {
  const scene = await governed(roles, first === undefined ? {} : { first })
  after(() => scene.stage.close())
  return scene
}

function barOf(answer: { readonly status: number; readonly body: object }): unknown {
  assert.equal(answer.status, 403, JSON.stringify(answer.body))
  return (answer.body as { bar?: string }).bar
}

test("an account that the requester made cannot decide for seven days; later its approval says so", async () => {
  const { stage, clock, ada, signIn } = await play({ gail: ["finance"] })
  const create = { username: "puppet", password: "several unrelated harbour words", roles: ["finance"] }
  const born = await ada.client.post<{ id: string; pending?: { requestId: string } }>(
    "/api/users",
    create,
    await ada.stepUp("govern"),
  )
  assert.equal(born.status, 201, born.text)
  assert.equal(born.body.pending !== undefined, true, "finance takes a second person")
  const puppet = await signIn("puppet")
  const id = await asked(ada.client)
  assert.equal(codeOf(await approve(puppet, id)), "not_found", "without the role it does not even see it")
  // Nobody else is an admin: a day later she has it her way, and the log has the alarm.
  clock.advance(86_400_000 + 1000)
  await stage.server.runJobs()
  const began = clock.now() - 86_400_000 - 1000
  const later = await signIn("puppet")
  const admin = await signIn(ADMIN_NAME, ada.app)
  const second = await asked(admin)
  assert.equal(barOf(await approve(later, second)), "made_by_requester")
  clock.advance(began + WEEK_MS - clock.now() - 60_000)
  const almost = await signIn("puppet")
  const third = await asked(await signIn(ADMIN_NAME, ada.app))
  assert.equal(barOf(await approve(almost, third)), "made_by_requester")
  // The roles were given a day after the account was made, by her too: that bars as long.
  clock.advance(120_000)
  assert.equal(barOf(await approve(await signIn("puppet"), third)), "changed_by_requester")
  clock.advance(86_400_000 + 60_000)
  const old = await signIn("puppet")
  const fourth = await asked(await signIn(ADMIN_NAME, ada.app))
  const approved = await approve(old, fourth)
  assert.equal(approved.status, 200, approved.text)
  const reader = await signIn(ADMIN_NAME, ada.app)
  const entry = (await entriesOf(reader, { action: "ACCESS_APPROVE" })).findLast(({ result }) => result === "SUCCESS")
  assert.match(entry?.details ?? "", /approverCreatedByRequester=true/)
})

test("a new role, a reset and a disabling by the other bar for seven days, in both directions, at their limits", async () => {
  const { clock, ada, ids, signIn } = await play({ bob: ["admin"], gail: ["finance", "hr"], finn: ["finance"] })
  const demoted = await ada.client.patch(`/api/users/${ids.gail}`, { roles: ["finance"] })
  assert.equal(demoted.status, 200, demoted.text)
  const changedAt = clock.now()
  const atAge = async (age: number) => {
    clock.advance(changedAt + age - clock.now())
    const [gail, admin] = [await signIn("gail"), await signIn(ADMIN_NAME, ada.app)]
    const fromAda = await asked(admin)
    const fromGail = await asked(gail)
    const answers = { byGail: await approve(gail, fromAda), byAda: await approve(admin, fromGail, ada.code()) }
    for (const [client, id] of [
      [admin, fromAda],
      [gail, fromGail],
    ] as const)
      await cancel(client, id)
    return answers
  }
  const young = await atAge(0)
  assert.equal(barOf(young.byGail), "changed_by_requester")
  assert.equal(barOf(young.byAda), "changed_requester")
  const last = await atAge(WEEK_MS - 120_000)
  assert.equal(barOf(last.byGail), "changed_by_requester")
  assert.equal(barOf(last.byAda), "changed_requester")
  const old = await atAge(WEEK_MS + 1000)
  assert.equal(old.byGail.status, 200, old.byGail.text)
  assert.equal(old.byAda.status, 200, old.byAda.text)
})

test("the owner of a program does not approve what it asks for", async () => {
  const row = { secretPattern: "payroll/*", allowedRoles: ["admin", "finance"], requiresApproval: true, reason: REASON }
  const made: Program[] = []
  const { ada, people } = await play({ gail: ["finance"], bob: ["admin"] }, async (admin) => {
    await admin.post("/api/policies", row)
    made.push(await addProgram(admin, "payer", ["finance"]))
  })
  await createSecret(ada.client, "payroll/list", "salaries")
  const [program] = made as [Program]
  const wanted = await ask(program.client, { secrets: ["payroll/list"] })
  assert.equal(wanted.status, 201, wanted.text)
  const id = wanted.body.id ?? ""
  assert.equal(barOf(await approve(ada.client, id, ada.code())), "own_program")
  assert.equal(codeOf(await approve(program.client, id)), "forbidden")
  assert.equal((await approve(people.gail, id)).status, 200)
  assert.equal((await access(program.client, {}, "payroll/list")).status, 200)
})

test("two people are two people: twice, three times, and never the same one again", async () => {
  const { ada, people } = await play({
    finn: ["finance"],
    gail: ["finance"],
    hana: ["finance"],
    ivor: ["finance"],
  })
  for (const minApprovals of [2, 3]) {
    const row = { secretPattern: "financial/*", allowedRoles: ["admin", "finance"], requiresApproval: true }
    const tighter = { ...row, maxAccessPerDay: null, minApprovals, reason: REASON }
    assert.equal((await ada.client.put("/api/policies/financial", tighter, await ada.stepUp("govern"))).status, 202)
    const stricter = { ...tighter, requiresMfa: true, maxAccessPerDay: 10 }
    assert.equal((await ada.client.put("/api/policies/financial", stricter)).status, 200)
    const id = await asked(people.finn)
    const approvers = [people.gail, people.hana, people.ivor].slice(0, minApprovals)
    for (const [at, approver] of approvers.entries()) {
      const given = await approve(approver, id)
      assert.equal(given.status, 200, given.text)
      assert.deepEqual([given.body.approvals, given.body.needed], [at + 1, minApprovals])
      assert.equal(given.body.grants?.length, at + 1 === minApprovals ? 1 : 0)
      const again = at + 1 === minApprovals ? "request_closed" : "already_decided"
      assert.equal(codeOf(await approve(approver, id)), again)
      assert.equal(codeOf(await deny(approver, id)), again)
    }
  }
})

test("one refusal ends a request that others have approved", async () => {
  const { ada, people } = await play({ finn: ["finance"], gail: ["finance"], hana: ["finance"] })
  const row = { secretPattern: "financial/*", allowedRoles: ["admin", "finance"], requiresApproval: true }
  const strict = { ...row, requiresMfa: true, maxAccessPerDay: 10, minApprovals: 2, reason: REASON }
  assert.equal((await ada.client.put("/api/policies/financial", strict)).status, 200)
  const id = await asked(people.finn)
  assert.equal((await approve(people.gail, id)).status, 200)
  assert.equal((await deny(people.hana, id)).status, 200)
  assert.equal(await stateOf(people.finn, id), "denied")
  assert.equal(codeOf(await approve(people.hana, id)), "request_closed")
})

test("more approvals asked for later than were given: the grant opens nothing, and one with enough does", async () => {
  const { ada, people, equip } = await play({ finn: ["finance"], gail: ["finance"], hana: ["finance"] })
  const finn = await equip("finn")
  const steps = await finn.stepUp("read", [LEDGER])
  const id = await asked(people.finn, { uses: null }, steps)
  assert.equal((await approve(people.gail, id)).status, 200)
  assert.equal((await access(people.finn)).status, 200)
  const row = { secretPattern: "financial/*", allowedRoles: ["admin", "finance"], requiresApproval: true }
  const strict = { ...row, requiresMfa: true, maxAccessPerDay: 10, minApprovals: 2, reason: REASON }
  assert.equal((await ada.client.put("/api/policies/financial", strict)).status, 200)
  assert.equal(codeOf(await access(people.finn)), "approval_required")
  // The older one stands for the second factor, the newer one for more approvals: the newer one counts.
  const second = await asked(people.finn)
  for (const one of [people.gail, people.hana]) assert.equal((await approve(one, second)).status, 200)
  assert.equal(codeOf(await access(people.finn)), "verification_required")
  const read = await access(people.finn, await finn.stepUp("read", [LEDGER]))
  assert.equal(read.status, 200, read.text)
})

test("approvers that lose the role, are disabled, or were reset decide nothing; requesters neither", async () => {
  const { ada, people, ids, signIn } = await play({
    finn: ["finance"],
    gail: ["finance", "hr"],
    bob: ["admin"],
  })
  const id = await asked(people.finn)
  assert.equal((await people.gail.get(`/api/access-requests/${id}`)).status, 200)
  assert.equal((await ada.client.patch(`/api/users/${ids.gail}`, { roles: ["hr"] })).status, 200)
  assert.equal(codeOf(await approve(people.gail, id)), "unauthenticated")
  assert.equal(codeOf(await approve(await signIn("gail"), id)), "not_found")
  const bob = people.bob
  assert.equal((await ada.client.patch(`/api/users/${ids.finn}`, { disabled: true })).status, 200)
  const dead = await approve(bob, id)
  assert.deepEqual([dead.status, dead.body.code, dead.body["state"]], [409, "request_closed", "void"], dead.text)
  assert.equal((await ada.client.patch(`/api/users/${ids.finn}`, { disabled: false })).status, 200)
  const finn = await signIn("finn")
  assert.equal(codeOf(await access(finn)), "approval_required", "enabling revives nothing")
  // A reset account: what was asked for before it is not lent to whoever has the new password.
  const reset = { password: "another set of unrelated words", reason: REASON }
  const proposed = await ada.client.patch<{ requestId: string }>(
    `/api/users/${ids.finn}`,
    reset,
    await ada.stepUp("govern"),
  )
  assert.equal(proposed.status, 202, proposed.text)
  const applied = await approve(bob, proposed.body.requestId)
  assert.equal(applied.status, 200, applied.text)
  const refused = await approve(bob, id)
  assert.deepEqual([refused.body.code, refused.body["state"]], ["request_closed", "void"], refused.text)
})

test("approving while the requester is disabled: no grant outlives it, whichever came first", async () => {
  const { ada, ids, signIn, people } = await play({ finn: ["finance"], gail: ["finance"] })
  for (let round = 0; round < 8; round++) {
    const finn = await signIn("finn")
    const id = await asked(finn, { uses: null })
    const [approved, disabled] = await Promise.all([
      approve(people.gail, id),
      ada.client.patch(`/api/users/${ids.finn}`, { disabled: true }),
    ])
    assert.equal(disabled.status, 200, disabled.text)
    assert.ok([200, 409].includes(approved.status), approved.text)
    assert.equal((await ada.client.patch(`/api/users/${ids.finn}`, { disabled: false })).status, 200)
    const grants = await (await signIn("finn")).get<{ grants: unknown[] }>("/api/grants")
    assert.deepEqual(grants.body.grants, [])
  }
})
