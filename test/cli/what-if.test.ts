import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { PolicyAnswer } from "../../src/api/policies.ts"
import type { Ended } from "./kit.ts"
import { type Team, team } from "./server.ts"

let all: Team
let rows: readonly PolicyAnswer[]
before(async () => {
  all = await team()
  assert.equal((await all.ada.tyler(["set", "config/app"], { input: "value" })).code, 0)
  assert.equal((await all.ada.tyler(["get", "config/app", "--reveal"])).code, 0)
  const listed = await all.ada.tyler(["policy", "ls", "--json"])
  all.ada.write("same.json", listed.out)
  rows = JSON.parse(listed.out) as readonly PolicyAnswer[]
})
after(() => all.stop())

function write(name: string, id: string, change: Partial<PolicyAnswer>): void {
  const changed = rows.map((row) => (row.id === id ? { ...row, ...change } : row))
  all.ada.write(name, JSON.stringify({ policies: changed }))
}

async function diff(file: string, ...options: string[]): Promise<Ended> {
  return all.ada.tyler(["policy", "diff", file, ...options])
}

test("policy ls --json goes into policy diff as it is and changes nothing, as a list or one row a line", async () => {
  all.ada.write("lines.json", rows.map((row) => `${JSON.stringify(row)}\n`).join(""))
  for (const file of ["same.json", "lines.json"]) {
    const { code, out, err } = await diff(file)
    assert.equal(code, 0, err)
    assert.match(out, /^nobody gains or loses anything\nreads since \d{4}-\d\d-\d\d that would have been refused: 0\n$/)
  }
})

test("what changes is told, and leaves with 3 by what it is told to fail on", async () => {
  write("looser.json", "financial", { requiresApproval: false })
  write("stricter.json", "database", { minApprovals: 1, maxAccessPerDay: 5 })
  write("refusing.json", "config", { requiresMfa: true })
  for (const [file, any, loosened, refused] of [
    ["same.json", 0, 0, 0],
    ["looser.json", 3, 3, 0],
    ["stricter.json", 3, 0, 0],
    ["refusing.json", 3, 0, 3],
  ] as const) {
    assert.equal((await diff(file)).code, any, file)
    assert.equal((await diff(file, "--fail-on", "any")).code, any, file)
    assert.equal((await diff(file, "--fail-on", "loosened")).code, loosened, file)
    assert.equal((await diff(file, "--fail-on", "refused")).code, refused, file)
  }
  const looser = await diff("looser.json")
  assert.match(looser.out, /^financial\/\*: reveal: looser$/m)
  assert.match(looser.out, /^ {2}asks less: approval$/m)
  assert.match(looser.out, /^loosens what asks for an approval: a second person has to agree$/m)
  const refusing = await diff("refusing.json")
  assert.match(refusing.out, /^reads since .* refused: 1\n {2}ada {2}config\/app {2}verification {2}once$/m)
  const json = JSON.parse((await diff("refusing.json", "--json")).out) as { reads: { refused: number } }
  assert.equal(json.reads.refused, 1)
})

test("a role that is taken away and given is told with the people it hits", async () => {
  write("roles.json", "config", { allowedRoles: ["admin", "finance"] })
  const { out } = await diff("roles.json")
  assert.match(out, /^ {2}1 gain: fin$/m)
  assert.match(out, /^ {2}asks less: roles$/m)
})

test("a file that is none, or rows that could not be, is said in one line", async () => {
  all.ada.write("broken.json", "{")
  all.ada.write("text.json", '"rows"')
  all.ada.write("long.json", " ".repeat(1_048_577))
  all.ada.write("few.json", JSON.stringify(rows.filter(({ id }) => id !== "unmatched")))
  all.ada.write("odd.json", JSON.stringify([{ secretPattern: "db*" }]))
  for (const [file, code, says] of [
    ["missing.json", 1, /ENOENT/],
    ["broken.json", 2, /broken\.json: line 1 is not valid JSON/],
    ["text.json", 2, /text\.json: must be a JSON list of policies/],
    ["long.json", 2, /longer than 1048576 bytes/],
    ["few.json", 3, /policy_lockout/],
    ["odd.json", 2, /invalid_request/],
  ] as const) {
    const ended = await diff(file)
    assert.equal(ended.code, code, `${file}: ${ended.err}`)
    assert.match(ended.err, says)
    assert.equal(ended.err.trim().split("\n").length, 1)
  }
  assert.equal((await diff("same.json", "--fail-on", "everything")).code, 2)
  assert.equal((await all.fin.tyler(["policy", "diff", `${all.ada.path}/same.json`])).code, 3)
})

test("policy test leaves with 0 if all cases pass and with 3 if one fails, and says why", async () => {
  const dev = { roles: ["developer"] }
  const good = [
    { principal: dev, verb: "reveal", secret: "config/x", expect: "permit" },
    { principal: { roles: ["hr"] }, verb: "read", secret: "employee/x", expect: "refuse", code: "approval_required" },
  ]
  const bad = { title: "developers read payroll", principal: dev, verb: "read", secret: "employee/x", expect: "permit" }
  all.ada.write("good.json", JSON.stringify({ cases: good }))
  all.ada.write("bad.json", [...good, bad].map((one) => JSON.stringify(one)).join("\n"))
  const passed = await all.ada.tyler(["policy", "test", "good.json"])
  assert.deepEqual([passed.code, passed.out], [0, "2 passed, 0 failed\n"])
  const failed = await all.ada.tyler(["policy", "test", "bad.json"])
  assert.equal(failed.code, 3)
  assert.match(failed.out, /^case 3 failed \(developers read payroll\): person with developer, read employee\/x$/m)
  assert.match(
    failed.out,
    /^ {2}expected permit\n {2}decided {2}refuse, forbidden\n {4}employee\/\*: allows read to admin, hr$/m,
  )
  assert.match(failed.out, /2 passed, 1 failed\n$/)
  write("closed.json", "config", { allowedRoles: ["admin"] })
  assert.equal((await all.ada.tyler(["policy", "test", "good.json", "--policies", "closed.json"])).code, 3)
  assert.equal((await all.ada.tyler(["policy", "test", "good.json", "--policies", "same.json"])).code, 0)
})

test("who shows what is asked, who could, and who has read it; others see themselves", async () => {
  const { code, out, err } = await all.ada.tyler(["who", "config/app"])
  assert.equal(code, 0, err)
  assert.match(out, /^reveal +admin, developer, devops; 10 a day$/m)
  assert.match(out, /^ada +person +admin +list, read, reveal/m)
  assert.match(out, /^HAS READ +LAST .*\nada +.* ago +1 +1$/m)
  assert.equal((await all.fin.tyler(["who", "config/app"])).code, 3)
  const json = JSON.parse((await all.ada.tyler(["who", "config/app", "--json"])).out) as { nextCursor: null }
  assert.equal(json.nextCursor, null)
})
