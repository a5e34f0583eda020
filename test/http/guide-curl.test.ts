import assert from "node:assert/strict"
import { execFile, execFileSync } from "node:child_process"
import { after, test } from "node:test"
import { promisify } from "node:util"
import type { AuditEntry } from "../../src/api/audit.ts"
import { openStage } from "../kit/stage.ts"

/** The guide's own lines, as printed. Only the host is exchanged; the tokens come from the environment, as there. */
const PRINTED = [
  `curl -X POST https://api.tyler-setup.com/api/secrets \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "test-secret",
    "value": "test-value",
    "category": "config",
    "description": "Test secret"
  }'`,
  `curl -X POST https://api.tyler-setup.com/api/secrets/config/test-secret/access \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "reason": "Testing secret access functionality",
    "unmask": false
  }'`,
  `curl -X GET https://api.tyler-setup.com/api/secrets/config/test-secret/audit \\
  -H "Authorization: Bearer $ADMIN_TOKEN"`,
] as const

function hasCurl(): boolean {
  try {
    execFileSync("curl", ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

const required = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("curl")

test("the guide's three curl lines work as printed", { skip: hasCurl() || required ? false : "curl" }, async () => {
  const stage = await openStage({})
  after(() => stage.close())
  const token = stage.admin.token ?? ""
  const env = { PATH: process.env["PATH"], TOKEN: token, ADMIN_TOKEN: token, NO_PROXY: "*" }
  const answers: Record<string, unknown>[] = []
  for (const printed of PRINTED) {
    const line = printed.replace("https://api.tyler-setup.com", stage.server.url)
    const { stdout } = await promisify(execFile)("sh", ["-c", line], { env })
    answers.push(JSON.parse(stdout) as Record<string, unknown>)
  }
  const [created, accessed, audited] = answers
  assert.equal(created?.["message"], "Secret created successfully")
  assert.equal(created["name"], "config/test-secret")
  assert.equal(accessed?.["name"], "config/test-secret")
  assert.equal(accessed["masked"], true)
  assert.notEqual(accessed["value"], "test-value")
  assert.ok(!Number.isNaN(Date.parse(String(accessed["accessTime"]))))
  assert.equal(audited?.["secretName"], "config/test-secret")
  const logs = audited["auditLogs"] as AuditEntry[]
  assert.equal(audited["total"], logs.length)
  assert.deepEqual(logs.map(({ action, result }) => [action, result]).slice(-2), [
    ["GET", "SUCCESS"],
    ["CREATE", "SUCCESS"],
  ])
  for (const column of "id user_id resource_type resource_name action result reason details ip_address user_agent timestamp".split(
    " ",
  ))
    assert.ok(
      logs.every((entry) => column in entry),
      column,
    )
  assert.match(logs.at(-2)?.user_agent ?? "", /^curl\//)
})
