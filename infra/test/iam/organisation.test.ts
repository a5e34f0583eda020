import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { test } from "node:test"
import { runSimulation } from "@cloud-copilot/iam-simulate"
import { ACCOUNT, role } from "./row.ts"
import { FOREIGN, OURS } from "./rows-store.ts"
import type { Context } from "./simulate.ts"

const INFRA = fileURLToPath(new URL("../..", import.meta.url))
const ENDPOINT = "vpce-0123456789abcdef0"

function printed(...args: readonly string[]) {
  const env = { ...process.env, TYLER_INFRA_CONFIG: "config.example.json" }
  return spawnSync(process.execPath, ["src/organisation.ts", ...args], { cwd: INFRA, env, encoding: "utf8" })
}

const caller = (name: string): Context => ({ "aws:PrincipalArn": role(name) })

const ASKED: readonly (readonly [string, string, Context, "Allowed" | "ExplicitlyDenied"])[] = [
  ["administrator", OURS, {}, "ExplicitlyDenied"],
  ["administrator", OURS, { "aws:SourceVpce": "vpce-00000000" }, "ExplicitlyDenied"],
  ["administrator", OURS, { "aws:ViaAWSService": "false" }, "ExplicitlyDenied"],
  ["administrator", OURS, { "aws:PrincipalIsAWSService": "false" }, "ExplicitlyDenied"],
  ["administrator", OURS, { "aws:SourceVpce": ENDPOINT }, "Allowed"],
  ["administrator", FOREIGN, {}, "Allowed"],
  ["tyler-setup-break-glass", OURS, {}, "Allowed"],
  ["administrator", OURS, { "aws:ViaAWSService": "true" }, "Allowed"],
  ["administrator", OURS, { "aws:PrincipalIsAWSService": "true" }, "Allowed"],
]

test("the organisation's policy holds everybody to the endpoint, but break-glass and AWS itself", async () => {
  const { stdout, stderr, status } = printed(ENDPOINT)
  assert.equal(status, 0, stderr)
  const policy: unknown = JSON.parse(stdout)
  for (const [who, resource, context, answer] of ASKED) {
    const response = await runSimulation(
      {
        request: {
          principal: role(who),
          action: "secretsmanager:GetSecretValue",
          resource: { resource, accountId: ACCOUNT },
          contextVariables: { ...caller(who), ...context } as Record<string, string>,
        },
        identityPolicies: [
          {
            name: "all",
            policy: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] },
          },
        ],
        serviceControlPolicies: [],
        resourceControlPolicies: [{ orgIdentifier: "r-root", policies: [{ name: "guard", policy }] }],
      },
      {},
    )
    assert.ok(response.resultType === "single", JSON.stringify(response))
    assert.equal(response.overallResult, answer, `${who} ${resource} ${JSON.stringify(context)}`)
  }
})

test("it is not made for an endpoint that is none", () => {
  for (const args of [[], ["vpc-0123456789abcdef0"], ["vpce-"]]) assert.equal(printed(...args).status, 2)
})
