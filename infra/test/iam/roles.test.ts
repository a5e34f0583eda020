import assert from "node:assert/strict"
import { test } from "node:test"
import { PERMISSIONS } from "../../../src/adapters/aws/permissions.ts"
import { DUTIES } from "../../src/config.ts"
import { example, synthesise } from "../synthesis.ts"
import { type Document, documentsOf, policiesOf } from "./documents.ts"
import { ACCOUNT, REGION, role } from "./row.ts"
import { ENTRY, keyArn, MIRROR } from "./rows-service.ts"
import { FOREIGN, OURS, PROBE, TAGGED, VALUES } from "./rows-store.ts"
import { type Answer, type Context, type Simulated, simulate } from "./simulate.ts"

const synthesis = example()
const documents = new Map(documentsOf(synthesis).map((one) => [one.name, one]))

/** Taken by AWS in our name, in one of our calls; no command of ours is named so. */
const INDIRECT = {
  "kms:GenerateDataKey": "by Secrets Manager and S3, for what is written there",
  "rds-db:connect": "by PostgreSQL's sign-on, not by a call of an API",
} as const

const actionsOf = (names: readonly string[]): ReadonlySet<string> =>
  new Set(
    names
      .flatMap((name) => documents.get(name)?.statements ?? [])
      .filter(({ Effect }) => Effect === "Allow")
      .flatMap(({ Action }) => Action),
  )

/** Of `tyler-server aws alarms apply`, which a person runs; here the stacks make the alarms. */
const NOT_BY_THE_SERVICE = "alarms"

const called = new Set(
  Object.values(PERMISSIONS)
    .flat()
    .filter(({ need }) => need !== NOT_BY_THE_SERVICE)
    .map(({ action }) => action),
)

test("the service is allowed each call that it makes, and no other", () => {
  const allowed = actionsOf(policiesOf(synthesis, "service"))
  assert.deepEqual([...allowed].toSorted(), [...called, ...Object.keys(INDIRECT)].toSorted())
})

interface Whole {
  readonly resource: string
  readonly context?: Context
  /** The resource's own policy. */
  readonly at?: string
  /** The endpoint through which it goes; Secrets Manager asks KMS by itself. */
  readonly through?: string
}

const STAMPED = { "aws:RequestTag/Application": "tyler-setup", "aws:RequestTag/Environment": "production" }
const BORN = { ...STAMPED, "secretsmanager:KmsKeyArn": VALUES }
const INSIDE = { "aws:SourceVpce": "vpce-secretsmanager" }
const ours = (context: Context = {}): Whole => ({
  resource: OURS,
  context: { ...TAGGED, ...context },
  through: "secretsmanager",
})
const KEYRING = { "kms:EncryptionContext:app": "tyler-setup", "kms:EncryptionContext:environment": "production" }
const keyring = (context: Context): Whole => ({
  resource: keyArn("keyring"),
  context: { ...context, "aws:PrincipalArn": role("tyler-setup-service") },
  at: "key keyring",
  through: "kms",
})
const entry = (context: Context = {}): Whole => ({
  resource: ENTRY,
  context: { ...context, "aws:PrincipalArn": role("tyler-setup-service") },
  at: "bucket mirror",
  through: "s3",
})
const bucket = (context: Context = {}): Whole => ({ resource: MIRROR, context, at: "bucket mirror", through: "s3" })
const stream: Whole = {
  resource: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/tyler-setup/audit:log-stream:tyler-audit`,
  through: "logs",
}

const FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:tyler-setup-rotation-postgres-single"

/** Each call as the service makes it, past every policy on its way: its own, the resource's, the endpoint's. */
const CALLS: Readonly<Record<string, Whole>> = {
  "kms:DescribeKey": keyring({}),
  "kms:Encrypt": keyring(KEYRING),
  "kms:Decrypt": keyring(KEYRING),
  "secretsmanager:ListSecrets": { resource: "*", through: "secretsmanager" },
  "secretsmanager:CreateSecret": { resource: OURS, context: BORN, through: "secretsmanager" },
  "secretsmanager:DeleteSecret": ours({ "secretsmanager:RecoveryWindowInDays": "7" }),
  "secretsmanager:DescribeSecret": ours(),
  "secretsmanager:GetSecretValue": ours(INSIDE),
  "secretsmanager:PutSecretValue": ours(),
  "secretsmanager:RestoreSecret": ours(),
  "secretsmanager:TagResource": ours({ "secretsmanager:SecretId": OURS, "aws:TagKeys": ["Team"] }),
  "secretsmanager:UntagResource": ours({ "secretsmanager:SecretId": OURS, "aws:TagKeys": ["Team"] }),
  "secretsmanager:UpdateSecret": ours(),
  "secretsmanager:UpdateSecretVersionStage": ours(),
  "secretsmanager:RotateSecret": ours({ "secretsmanager:RotationLambdaARN": FUNCTION }),
  "secretsmanager:CancelRotateSecret": ours(),
  "lambda:InvokeFunction": { resource: FUNCTION },
  "cloudwatch:PutMetricData": {
    resource: "*",
    context: { "cloudwatch:namespace": "TylerSetup/Security" },
    through: "monitoring",
  },
  "logs:CreateLogStream": stream,
  "logs:PutLogEvents": stream,
  "logs:GetLogEvents": stream,
  "s3:ListBucket": bucket({ "s3:prefix": "tyler-audit/entries/" }),
  "s3:GetObject": entry(),
  "s3:PutObject": entry({ "s3:if-none-match": "*" }),
  "s3:PutObjectRetention": entry(),
  "s3:GetBucketObjectLockConfiguration": bucket(),
}

function ask(use: string, action: string, whole: Whole): Promise<Simulated> {
  const named = (name: string): Document => {
    const found = documents.get(name)
    assert.ok(found, name)
    return found
  }
  const context = { "aws:PrincipalAccount": ACCOUNT, ...whole.context }
  return simulate(
    ACCOUNT,
    { principal: role(`tyler-setup-${use}`), action, resource: whole.resource, context },
    {
      identity: policiesOf(synthesis, use).map(named),
      resource: whole.at === undefined ? undefined : named(whole.at),
      endpoint: whole.through === undefined ? undefined : named(`endpoint ${whole.through}`),
    },
  )
}

test("each call passes all the policies on its way", async () => {
  assert.deepEqual(Object.keys(CALLS).toSorted(), [...called].toSorted())
  for (const [action, whole] of Object.entries(CALLS))
    assert.equal((await ask("service", action, whole)).answer, "allowed", action)
})

const ROTATOR = "rotation-postgres-single"
const OUTSIDE: Whole = { resource: OURS, context: TAGGED }

test("values come through the endpoint, and to those whom they are for", async () => {
  const asks: readonly (readonly [string, string, Whole, Answer])[] = [
    ["service", "GetSecretValue", OUTSIDE, "refused"],
    [
      "service",
      "GetSecretValue",
      { ...OUTSIDE, context: { ...TAGGED, "aws:SourceVpce": "vpce-of-somebody" } },
      "refused",
    ],
    ["service", "GetSecretValue", { ...ours(INSIDE), resource: FOREIGN }, "nothing"],
    ["service", "GetSecretValue", { resource: OURS, context: INSIDE, through: "secretsmanager" }, "nothing"],
    ["service", "GetSecretValue", { resource: PROBE, context: INSIDE, through: "secretsmanager" }, "allowed"],
    [ROTATOR, "GetSecretValue", OUTSIDE, "refused"],
    [ROTATOR, "GetSecretValue", ours(INSIDE), "nothing"],
    ["deployer", "GetSecretValue", OUTSIDE, "refused"],
    ["execution", "GetSecretValue", ours(INSIDE), "nothing"],
    ["break-glass", "GetSecretValue", OUTSIDE, "allowed"],
    ["break-glass", "DeleteSecret", OUTSIDE, "nothing"],
  ]
  for (const [use, operation, whole, answer] of asks)
    assert.equal(
      (await ask(use, `secretsmanager:${operation}`, whole)).answer,
      answer,
      `${use} ${operation} ${JSON.stringify(whole)}`,
    )
})

test("a service with one duty less holds one policy less", () => {
  const policies = { read: "reader", write: "writer", delete: "deleter", rotate: "orderer" } as const
  for (const missing of ["write", "delete", "rotate"] as const) {
    const duties = DUTIES.filter((duty) => duty !== missing)
    const held = policiesOf(
      synthesise((json) => Object.assign(json["service"] ?? {}, { duties })),
      "service",
    )
    assert.deepEqual(
      Object.values(policies).filter((name) => held.includes(name)),
      duties.map((duty) => policies[duty]),
    )
  }
})
