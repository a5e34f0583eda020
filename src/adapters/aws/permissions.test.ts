import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { type Checked, checksFor } from "./checks.ts"
import { PERMISSIONS } from "./permissions.ts"

const HERE = dirname(fileURLToPath(import.meta.url))
const SRC = join(HERE, "../..")

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => join(folder, name))
}

/** Commands of the SDK that a source names, imported or of a namespace. */
function commandsIn(file: string): readonly string[] {
  if (file.endsWith("permissions.ts")) return []
  return [...readFileSync(file, "utf8").matchAll(/\b[A-Z]\w*Command\b/g)].map(([name]) => name)
}

test("every command that the sources can send has its row, and every row is of a command that they send", () => {
  const sent = [...new Set(sources(HERE).flatMap(commandsIn))].toSorted()
  assert.deepEqual(sent, Object.keys(PERMISSIONS).toSorted())
})

test("clients of AWS are used nowhere else but with credentials that are not ours: a person's, or a rotated secret's", () => {
  const users = sources(SRC)
    .filter((file) => readFileSync(file, "utf8").includes("@aws-sdk/client-"))
    .map((file) => relative(SRC, file))
    .filter((file) => dirname(file) !== "adapters/aws")
  assert.deepEqual(users.toSorted(), [
    "adapters/targets/iam.ts",
    "cli/transfer/aws.ts",
    "lambda/handler.ts",
    "lambda/secrets.ts",
  ])
})

/** Everything that can be configured; the two ways of metrics exclude each other. */
function everything(metrics: Checked["copies"]["metrics"]): Checked {
  return {
    place: { region: "eu-central-1", endpoints: {} },
    accountId: null,
    kmsKeys: [{ variable: "KMS_KEY_ID", keyId: "alias/tyler" }],
    environment: "production",
    prefix: "tyler-setup",
    copies: {
      metrics,
      logs: { group: "/audit", stream: "tyler-audit" },
      s3: { bucket: "audit", prefix: "tyler-audit", lock: { mode: "COMPLIANCE", days: 1 }, entries: 1, seconds: 1 },
    },
    now: () => 0,
    seen: {},
  }
}

test("the doctor has a row for each permission, and rows that take none are those that should", () => {
  const rows = [
    ...checksFor(everything({ by: "put", namespace: "Tyler" })),
    ...checksFor(everything({ by: "logs", group: "/metrics" })),
  ]
  const names = new Set(rows.map(({ name }) => name))
  const permissions = Object.values(PERMISSIONS).flat()
  for (const { check, action } of permissions) assert.ok(names.has(check), `${action}: ${check}`)
  assert.equal(new Set(permissions.map(({ check }) => check)).size, permissions.length, "each row tries one permission")
  const free = rows.filter(({ permission }) => permission === null).map(({ name }) => name)
  assert.deepEqual([...new Set(free)], ["region", "identity", "endpoint", "clock", "kms context"])
})

test("the manual names each permission", () => {
  const manual = readFileSync(join(SRC, "../docs/aws.md"), "utf8")
  const table = manual.slice(manual.indexOf("| permission | needed for |"), manual.indexOf("## Metrics in CloudWatch"))
  for (const { action } of Object.values(PERMISSIONS).flat())
    assert.match(table, new RegExp(`\`(${action}|${action.split(":")[1]})\``))
})

test("nothing that is not configured is tried", () => {
  const none = { ...everything(null), kmsKeys: [], prefix: null, copies: { metrics: null, logs: null, s3: null } }
  assert.deepEqual(
    checksFor(none).map(({ name }) => name),
    ["region", "identity", "endpoint", "clock"],
  )
})
