import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { DAY_MS } from "../../src/core/clock.ts"
import type { PoliciesAnswer, PolicyAnswer, PolicyDraft } from "../../src/api/policies.ts"
import type { DiffAnswer, PolicyCase, TestAnswer } from "../../src/api/what-if.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { addProgram, logIn } from "../kit/people.ts"
import { createSecret, type OrProblem, read } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const clock = movableClock()
let stage: Stage<"dev" | "ops" | "audit">
let shipped: readonly PolicyAnswer[]

before(async () => {
  stage = await openStage({ dev: ["developer"], ops: ["devops"], audit: ["auditor"] }, { clock })
  await addProgram(stage.admin, "deployer", ["devops"])
  await createSecret(stage.admin, "config/app", "value")
  shipped = (await stage.admin.get<PoliciesAnswer>("/api/policies")).body.policies
})
after(() => stage.close())
beforeEach(() => clock.advance(60_000))

type Drafts = readonly PolicyDraft[]
const with_ = (id: string, change: Partial<PolicyDraft>): Drafts =>
  shipped.map((row) => (row.id === id ? { ...row, ...change } : row))

function diff(policies: Drafts, client: Client = stage.admin): Promise<OrProblem<DiffAnswer>> {
  return client.post("/api/policies/diff", { policies })
}

async function diffed(policies: Drafts): Promise<DiffAnswer> {
  const answer = await diff(policies)
  assert.equal(answer.status, 200, answer.text)
  return answer.body as DiffAnswer
}

function tried(
  cases: readonly object[],
  policies?: Drafts,
  client: Client = stage.admin,
): Promise<OrProblem<TestAnswer>> {
  return client.post("/api/policies/test", { cases, ...(policies === undefined ? {} : { policies }) })
}

test("the rows as they are listed change nothing", async () => {
  const same = await diffed(shipped)
  assert.deepEqual([same.changes, same.complete, same.loosensApproval, same.reads.refused], [[], true, false, 0])
  assert.deepEqual((await diffed(shipped.toReversed())).changes, [])
})

test("who gains and who loses, by role and by name, on which patterns", async () => {
  const { changes } = await diffed(with_("config", { allowedRoles: ["admin", "developer", "auditor"] }))
  const seen = changes.map(({ verbs, patterns, gains, losses, looser, stricter }) => ({
    verbs,
    patterns,
    gains,
    losses,
    looser,
    stricter,
  }))
  const same = {
    patterns: ["config/*"],
    gains: { count: 1, names: ["audit"] },
    losses: { count: 2, names: ["deployer", "ops"] },
    looser: ["roles"],
    stricter: ["roles"],
  }
  assert.deepEqual(seen, [
    { verbs: ["list", "read", "write"], ...same },
    { verbs: ["reveal"], ...same },
  ])
  assert.deepEqual(changes[0]?.before.roles, ["admin", "developer", "devops"])
  assert.deepEqual(changes[0]?.after.roles, ["admin", "developer", "auditor"])
})

test("what is asked besides is compared part by part, and losing an approval is said to need a second person", async () => {
  const { changes, loosensApproval } = await diffed(with_("financial", { requiresApproval: false, requiresMfa: false }))
  assert.equal(loosensApproval, true)
  const reveal = changes.find(({ verbs }) => verbs.includes("reveal"))
  assert.deepEqual(reveal?.looser, ["second_factor", "approval"])
  assert.deepEqual(reveal?.gains, { count: 0, names: [] })
  const kept = await diffed(with_("financial", { minApprovals: 2, grantMinutes: 5 }))
  assert.equal(kept.loosensApproval, false)
  assert.deepEqual(
    kept.changes.flatMap(({ looser }) => looser),
    [],
  )
})

test("reads of the last 30 days that would have been refused, by person, secret and reason", async () => {
  const { dev, ops } = stage.people
  for (let at = 0; at < 3; at++) assert.equal((await read(dev.client, "config/app")).status, 200)
  assert.equal((await read(ops.client, "config/app", { unmask: false })).status, 200)
  const none = await diffed(with_("config", { maxAccessPerDay: 3 }))
  assert.equal(none.reads.refused, 0)
  const limited = await diffed(with_("config", { maxAccessPerDay: 2 }))
  const seen = limited.reads.groups.map(({ username, secret, code, missing, reads }) => [
    username,
    secret,
    code,
    missing,
    reads,
  ])
  assert.deepEqual(seen, [["dev", "config/app", "quota_exceeded", ["quota"], 1]])
  const guarded = await diffed(with_("config", { requiresMfa: true }))
  assert.equal(guarded.reads.refused, 4)
  assert.deepEqual(
    guarded.reads.groups.map(({ username, code, reads }) => [username, code, reads]),
    [
      ["dev", "verification_required", 3],
      ["ops", "verification_required", 1],
    ],
  )
  assert.equal(guarded.reads.groups[0]?.reasons[0]?.pattern, "config/*")
  assert.equal(guarded.reads.cut, false)

  clock.advance(31 * DAY_MS)
  const admin = await logIn(stage.admin.url, "ada")
  const later = await diff(with_("config", { requiresMfa: true }), admin)
  assert.equal(later.body.reads?.refused, 0)
})

test("rows that could not be installed are refused as installing them would be", async () => {
  const admin = await logIn(stage.admin.url, "ada")
  const without = await diff(
    shipped.filter(({ id }) => id !== "unmatched"),
    admin,
  )
  assert.deepEqual([without.status, without.body.code], [409, "policy_lockout"])
  const [first] = shipped as [PolicyAnswer]
  for (const [rows, field] of [
    [[...shipped, { secretPattern: "DATABASE/*" }], "/policies/6/secretPattern"],
    [[...shipped, { secretPattern: "other/*", id: first.id }], "/policies/6/id"],
    [[...shipped, { secretPattern: "db*" }], "/policies/6/secretPattern"],
    [[...shipped, { secretPattern: "x/*", id: "a\nb" }], "/policies/6/id"],
    [[...shipped, { secretPattern: "x/*", more: 1 }], "/policies/6/more"],
    [[...shipped, { allowedRoles: ["admin"] }], "/policies/6/secretPattern"],
  ] as const) {
    const answer = await diff(rows as Drafts, admin)
    assert.deepEqual([answer.status, answer.body["field"]], [400, field], answer.text)
  }
})

test("2,000 rows are compared, 2,001 are refused", async () => {
  const admin = await logIn(stage.admin.url, "ada")
  const rows = (count: number): Drafts => [
    ...shipped,
    ...Array.from({ length: count - shipped.length }, (_, at) => ({ secretPattern: `config/app-${at}/*` })),
  ]
  for (const count of [1_999, 2_000]) {
    const answer = await diff(rows(count), admin)
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.body.complete, true)
  }
  const answer = await diff(rows(2_001), admin)
  assert.deepEqual([answer.status, answer.body["field"]], [400, "/policies"])
})

const PERMITTED: PolicyCase = {
  principal: { roles: ["developer"] },
  verb: "reveal",
  secret: "config/x",
  expect: "permit",
}

test("cases are decided by the present rows or by those that are sent, and told one by one", async () => {
  const admin = await logIn(stage.admin.url, "ada")
  const refused = {
    principal: { roles: ["hr"] },
    verb: "read",
    secret: "employee/x",
    expect: "refuse",
    code: "approval_required",
    missing: ["verification", "approval"],
  }
  const program = {
    principal: { roles: ["dba"], kind: "program" },
    verb: "read",
    secret: "database/x",
    expect: "permit",
  }
  const { status, body, text } = await tried([PERMITTED, refused, program], undefined, admin)
  assert.equal(status, 200, text)
  assert.deepEqual(
    body.cases?.map(({ passed }) => passed),
    [true, true, false],
  )
  assert.equal(body.failed, 1)
  assert.equal(body.cases?.[2]?.code, "verification_required")
  const closed = await tried([PERMITTED], with_("config", { allowedRoles: ["admin"] }), admin)
  assert.deepEqual([closed.body.failed, closed.body.cases?.[0]?.code], [1, "forbidden"])
  assert.match(closed.body.cases?.[0]?.reasons[0]?.says ?? "", /admin/)
})

test("1 to 1,000 cases; a name must be one", async () => {
  const admin = await logIn(stage.admin.url, "ada")
  for (const [count, status] of [
    [0, 400],
    [1, 200],
    [999, 200],
    [1_000, 200],
    [1_001, 400],
  ] as const)
    assert.equal(
      (
        await tried(
          Array.from({ length: count }, () => PERMITTED),
          undefined,
          admin,
        )
      ).status,
      status,
      String(count),
    )
  assert.equal((await tried([{ ...PERMITTED, secret: "config/../x" }], undefined, admin)).body.code, "invalid_name")
  for (const wrong of [
    { verb: "dance" },
    { expect: "maybe" },
    { code: "no_such_code" },
    { approvals: 11 },
    { extra: 1 },
  ])
    assert.equal((await tried([{ ...PERMITTED, ...wrong }], undefined, admin)).status, 400, JSON.stringify(wrong))
})

test("both are for admins and auditors, and leave entries that name no case", async () => {
  const [admin, dev, audit] = [
    await logIn(stage.admin.url, "ada"),
    await logIn(stage.admin.url, "dev"),
    await logIn(stage.admin.url, "audit"),
  ]
  for (const ask of [
    (client: Client) => diff(shipped, client),
    (client: Client) => tried([PERMITTED], undefined, client),
  ]) {
    const refused = await ask(dev)
    assert.deepEqual(
      [refused.status, refused.body.code, refused.body["requires"]],
      [403, "forbidden", "role admin or auditor"],
    )
    assert.equal((await ask(audit)).status, 200)
  }
  const [diffs, tests] = [
    await entriesOf(admin, { action: "POLICY_DIFF" }),
    await entriesOf(admin, { action: "POLICY_TEST" }),
  ]
  assert.equal(diffs.at(-1)?.details, "rows=6 changes=0 refused=0")
  assert.equal(tests.at(-1)?.details, "cases=1 failed=0")
})
