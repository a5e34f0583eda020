import { ACCOUNT, type Row, role, tableOf } from "./row.ts"

const TASKS = "ecs-tasks.amazonaws.com"
const FROM_US = { "aws:SourceAccount": ACCOUNT }
const OTHERS = { other: { "aws:SourceAccount": "999999999999" } }
const ours = (use: string): string => role(`tyler-setup-${use}`)
const ASSUME = "sts:AssumeRole"

export const TRUST_ROWS: readonly Row[] = [
  ...["service", "execution", "database"].flatMap((use) => {
    const trust = tableOf(`trust ${use}`)
    return [
      ...trust.allows("Trust", ASSUME, ours(use), FROM_US, { principal: TASKS, ...OTHERS }),
      ...trust.ignores(ASSUME, ours(use), FROM_US, { principal: "lambda.amazonaws.com" }),
      ...trust.ignores(ASSUME, ours(use), {}, { principal: role("deployment"), everything: true }),
    ]
  }),
  ...[
    ["rotation-postgres-single", "lambda.amazonaws.com"],
    ["flows", "vpc-flow-logs.amazonaws.com"],
  ].flatMap(([use = "", principal = ""]) => {
    const trust = tableOf(`trust ${use}`)
    return [
      ...trust.lets("Trust", ASSUME, ours(use), {}, { principal }),
      ...trust.ignores(ASSUME, ours(use), {}, { principal: TASKS }),
    ]
  }),
  ...tableOf("trust deployer").lets("Trust", ASSUME, ours("deployer"), {}, { principal: role("deployment") }),
  ...tableOf("trust deployer").ignores(ASSUME, ours("deployer"), {}, { principal: role("somebody"), everything: true }),
  ...tableOf("trust break-glass").allows(
    "Trust",
    ASSUME,
    ours("break-glass"),
    { "aws:MultiFactorAuthPresent": "true" },
    { principal: role("on-call") },
  ),
  ...tableOf("trust break-glass").ignores(
    ASSUME,
    ours("break-glass"),
    { "aws:MultiFactorAuthPresent": "true" },
    { principal: role("somebody"), everything: true },
  ),
]
