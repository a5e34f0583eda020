import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { example } from "./synthesis.ts"

/**
 * W3010: zones are written down in the configuration, so that nothing is looked up in an account.
 * W3005: CDK orders resources that CloudFormation would order by itself.
 */
const MEANT = ["W3010", "W3005"]

const there = spawnSync("cfn-lint", ["--version"], { encoding: "utf8" }).status === 0
const required = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("cfn-lint")

test("cfn-lint has nothing to say", { skip: !there && !required && "no cfn-lint here (pip install cfn-lint)" }, () => {
  assert.ok(there, "cfn-lint is required and not here")
  const { folder, config } = example()
  const templates = readdirSync(folder).filter((name) => name.endsWith(".template.json"))
  assert.equal(templates.length, 11)
  const run = spawnSync(
    "cfn-lint",
    ["--regions", config.region, "--ignore-checks", ...MEANT, "--", ...templates.map((name) => join(folder, name))],
    { encoding: "utf8" },
  )
  assert.equal(run.stdout + run.stderr, "")
  assert.equal(run.status, 0)
})
