import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import type { AuditEntry } from "../../src/api/audit.ts"
import { FORMS, type Review } from "../../src/cli/review/forms.ts"
import { onTerminal, SKIP } from "./on-terminal.ts"
import { PASSWORD, REASON, type Team, team, tokenIn } from "./server.ts"

let all: Team
before(async () => {
  all = await team()
  for (const [name, roles] of [
    ["dev", "developer,devops"],
    ["gone", "developer"],
    ["stays", "hr"],
  ] as const)
    assert.equal((await add(name, roles)).code, 0)
})
after(() => all.stop())

const add = (name: string, roles: string) =>
  all.ada.tyler(["users", "add", name, "--roles", roles, "--password-file", "-"], { input: PASSWORD })
const review = (...options: string[]) => all.ada.tyler(["access-review", ...options])

async function rolesOf(name: string): Promise<readonly string[] | "disabled"> {
  for await (const one of all.admin.users.list())
    if (one.username === name) return one.disabled ? "disabled" : one.roles
  return []
}

async function lastRecord(): Promise<AuditEntry | undefined> {
  return (await all.admin.audit.page({ action: "REVIEW", limit: 1 })).auditLogs[0]
}

test("a table to look at, and the same as CSV, JSON and Markdown; only what is dormant", async () => {
  const table = await review()
  assert.equal(table.code, 0, table.err)
  assert.match(table.out, /^NAME +KIND +ROLES +MAY +PATTERNS/)
  assert.match(
    table.out,
    /^fin +person +finance +read reveal +financial\/\* +0 +financial +finance +second factor, approval +never +0 +no$/m,
  )
  assert.match(table.out, /5 people and programs, 0 secrets; dormant: not used in 90 days/)
  const csv = await review("--format", "csv", "--out", "review.csv")
  assert.equal(csv.code, 0, csv.err)
  const lines = readFileSync(join(all.ada.path, "review.csv"), "utf8").split("\r\n")
  assert.equal(lines[0], "name,kind,roles,may,patterns,secrets,by rows,by roles,asked besides,last use,uses,dormant")
  assert.ok(
    lines.includes(
      'fin,person,finance,read reveal,financial/*,0,financial,finance,"second factor, approval",never,0,no',
    ),
  )
  const json = JSON.parse((await review("--json")).out) as Review
  assert.deepEqual(
    json.subjects.map(({ name }) => name),
    ["ada", "dev", "fin", "gone", "stays"],
  )
  assert.match((await review("--format", "markdown")).out, /^# Who could read what\n[^]*\| fin \| person \| finance \|/)
  assert.equal(JSON.parse((await review("--json", "--dormant")).out).subjects.length, 0)
})

test("a cell that a spreadsheet would take for a formula is text", () => {
  const right = {
    patterns: ["=1+1"],
    policyIds: ["+x"],
    roles: [],
    verbs: [],
    secrets: 0,
    examples: [],
    secondFactor: false,
    approval: false,
    lastUse: null,
    uses: 0,
    dormant: false,
  }
  const one = {
    id: "x",
    name: '@a"b',
    kind: "person",
    roles: [],
    ownerId: null,
    breakGlass: false,
    createdAt: "",
    lastSeen: null,
    rights: [right],
  }
  const csv = FORMS["csv"]?.({
    days: 90,
    looked: { since: "", entries: 0, cut: false },
    secrets: { count: 0, cut: false },
    subjects: [one],
  } as unknown as Review)
  assert.match(csv ?? "", /^"'@a""b",person,,,'=1\+1,0,'\+x,/m)
})

test("decisions of a file are all judged before one is made, then made, and put on record", async () => {
  const decide = (rows: readonly object[]) => {
    all.ada.write("decisions.json", JSON.stringify(rows))
    return review("--decide", "decisions.json")
  }
  for (const [rows, why] of [
    [
      [
        { subject: "gone", decision: "disable" },
        { subject: "nobody", decision: "keep" },
      ],
      /decision 2: nobody of that name/,
    ],
    [
      [
        { subject: "gone", decision: "disable" },
        { subject: "gone", decision: "keep" },
      ],
      /decision 2: gone has another decision/,
    ],
    [[{ subject: "dev", decision: "remove-role" }], /a role is named with remove-role/],
    [[{ subject: "dev", decision: "keep", role: "devops" }], /a role is named with remove-role/],
    [[{ subject: "dev", decision: "remove-role", role: "hr" }], /dev has no such role/],
    [[{ subject: "dev", decision: "erase" }], /"keep", "remove-role" or "disable"/],
    [[{ subject: "dev", decision: "keep", note: "x" }], /only subject, decision and role/],
  ] as const) {
    const { code, err } = await decide(rows)
    assert.deepEqual([code, why.test(err)], [2, true], err)
  }
  assert.deepEqual([await rolesOf("gone"), await rolesOf("dev")], [["developer"], ["developer", "devops"]])
  assert.equal(await lastRecord(), undefined)

  const done = await decide([
    { subject: "gone", decision: "disable" },
    { subject: "dev", decision: "remove-role", role: "devops" },
    { subject: "fin", decision: "keep" },
  ])
  assert.equal(done.code, 0, done.err)
  assert.match(done.out, /^on record as entry \d+: kept 1, roles removed 1, disabled 1, waiting 0\n$/)
  assert.deepEqual(
    [await rolesOf("gone"), await rolesOf("dev"), await rolesOf("fin")],
    ["disabled", ["developer"], ["finance"]],
  )
  assert.match((await lastRecord())?.details ?? "", /^days=90 subjects=3 kept=1 roles_removed=1 disabled=1 waiting=0 /)
})

test("what is refused is told, is not on record as done, and the rest is", async () => {
  all.ada.write(
    "last.json",
    JSON.stringify([
      { subject: "ada", decision: "disable" },
      { subject: "stays", decision: "keep" },
    ]),
  )
  const { code, out, err } = await review("--decide", "last.json", "--json")
  assert.equal(code, 3)
  assert.match(err, /^tyler: ada: /m)
  const said = JSON.parse(out) as { recorded: { kept: number; disabled: number; waiting: number }; refused: string[] }
  assert.deepEqual(
    [said.recorded.kept, said.recorded.disabled, said.recorded.waiting, said.refused],
    [1, 0, 0, ["ada"]],
  )
})

test("on a terminal one after the other is asked about; q ends it, and what was decided counts", {
  skip: SKIP,
}, async () => {
  const env = { HOME: all.ada.path, TYLER_URL: all.url, TYLER_TOKEN: tokenIn(all.ada), TYLER_REASON: REASON }
  const asked = await onTerminal(["access-review", "--ask"], env, [
    [/ada \(person; admin\)[^]*q to end: /, "k\r"],
    [/dev \(person; developer\)[^]*q to end: /, "hr\r"],
    [/dev has the roles developer[^]*q to end: /, "developer\r"],
    [/fin \(person; finance\)[^]*q to end: /, "q\r"],
  ])
  assert.equal(asked.code, 0, asked.shown)
  assert.match(asked.shown, /on record as entry \d+: kept 1, roles removed 1, disabled 0, waiting 0/)
  assert.deepEqual([await rolesOf("dev"), await rolesOf("fin")], [[], ["finance"]])
})

test("what the command takes, and who may", async () => {
  for (const [options, why] of [
    [["--format", "pdf"], /--format is csv, json or markdown/],
    [["--days", "0"], /--days must be a whole number from 1 to 365/],
    [["--days", "366"], /--days must be a whole number/],
    [["--ask"], /--ask needs a terminal/],
    [["--ask", "--decide", "x.json"], /exclude each other/],
  ] as const) {
    const { code, err } = await review(...options)
    assert.deepEqual([code, why.test(err)], [2, true], err)
  }
  assert.equal((await all.fin.tyler(["access-review"])).code, 3)
})
