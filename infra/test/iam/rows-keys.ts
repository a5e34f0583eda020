import { ACCOUNT, REGION, type Row, role, tableOf } from "./row.ts"
import { keyArn } from "./rows-service.ts"

const caller = (arn: string) => ({ "aws:PrincipalArn": arn })
const as = (arn: string) => ({ principal: arn })
const ROOT = `arn:aws:iam::${ACCOUNT}:root`
const BY_CDK = role(`cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`)
const ADMINISTRATOR = role("key-administrator")
const SERVICE = role("tyler-setup-service")
const ROTATOR = role("tyler-setup-rotation-postgres-single")
const BREAK_GLASS = role("tyler-setup-break-glass")
const EXECUTION = role("tyler-setup-execution")
const AUDITOR = role("auditor")
const TRAIL = `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/tyler-setup`
const via = (service: string) => ({ "kms:ViaService": `${service}.${REGION}.amazonaws.com` })

/** One for each of the patterns. */
const ADMINISTRATION = [
  "CreateAlias",
  "DescribeKey",
  "EnableKeyRotation",
  "ListGrants",
  "PutKeyPolicy",
  "UpdateKeyDescription",
  "RevokeGrant",
  "DisableKey",
  "GetKeyPolicy",
  "DeleteAlias",
  "TagResource",
  "UntagResource",
  "ScheduleKeyDeletion",
  "CancelKeyDeletion",
  "ReplicateKey",
  "RotateKeyOnDemand",
].map((operation) => `kms:${operation}`)

const USE = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:CreateGrant"]
const WINDOW = "kms:ScheduleKeyDeletionPendingWindowInDays"

/** What is the same for all four: who looks after a key, and that this is no use of it. Each may do everything as far as IAM goes. */
function administration(use: string): readonly Row[] {
  const key = tableOf(`key ${use}`, { everything: true })
  const arn = keyArn(use)
  return [
    ...[ROOT, BY_CDK, ADMINISTRATOR].flatMap((who) =>
      key.allows("Administer", "kms:DescribeKey", arn, caller(who), { ...as(who), other: caller(role("somebody")) }),
    ),
    ...key.lets("Administer", ADMINISTRATION, arn, caller(ADMINISTRATOR), as(ADMINISTRATOR)),
    ...key.ignores(USE, arn, caller(ADMINISTRATOR), as(ADMINISTRATOR)),
    ...key
      .refuses(
        "DeletionSlowly",
        "kms:ScheduleKeyDeletion",
        arn,
        { [WINDOW]: "29" },
        {
          ...as(ADMINISTRATOR),
          beside: caller(ADMINISTRATOR),
          other: { [WINDOW]: "30" },
        },
      )
      .map((row) => (row.gives === "allowed" ? { ...row, by: "Administer" } : row)),
    ...["kms:DescribeKey", "kms:CancelKeyDeletion", "kms:EnableKey"].flatMap((action) =>
      key.allows("Rescue", action, arn, caller(BREAK_GLASS), {
        ...as(BREAK_GLASS),
        other: caller(SERVICE.replace("service", "x")),
      }),
    ),
    ...key.ignores("kms:ScheduleKeyDeletion", arn, { ...caller(SERVICE) }, as(SERVICE)),
  ]
}

const KEYRING = { "kms:EncryptionContext:app": "tyler-setup", "kms:EncryptionContext:environment": "production" }
const keyring = tableOf("key keyring", { everything: true })
const values = tableOf("key values", { everything: true })
const evidence = tableOf("key evidence", { everything: false })
const data = tableOf("key data", { everything: true })

const BY_TRAIL = { "aws:SourceArn": TRAIL }
const trail = { principal: "cloudtrail.amazonaws.com" }
const LOG_GROUP = {
  "kms:EncryptionContext:aws:logs:arn": `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/tyler-setup/audit`,
}

export const KEY_ROWS: readonly Row[] = [
  ...["keyring", "values", "evidence", "data"].flatMap(administration),

  ...keyring.allows("SeeKeyring", "kms:DescribeKey", keyArn("keyring"), caller(SERVICE), as(SERVICE)),
  ...keyring.allows(
    "UseKeyring",
    ["kms:Encrypt", "kms:Decrypt"],
    keyArn("keyring"),
    { ...KEYRING, ...caller(SERVICE) },
    as(SERVICE),
  ),
  ...keyring.allows(
    "OpenKeyring",
    "kms:Decrypt",
    keyArn("keyring"),
    { ...KEYRING, ...caller(BREAK_GLASS) },
    as(BREAK_GLASS),
  ),
  ...keyring.ignores("kms:Encrypt", keyArn("keyring"), { ...KEYRING, ...caller(BREAK_GLASS) }, as(BREAK_GLASS)),
  ...keyring.ignores("kms:Decrypt", keyArn("keyring"), { ...KEYRING, ...caller(ROTATOR) }, as(ROTATOR)),

  ...[SERVICE, ROTATOR, BREAK_GLASS].flatMap((who) =>
    values.allows(
      "UseThroughSecretsManager",
      ["kms:Decrypt", "kms:GenerateDataKey"],
      keyArn("values"),
      { ...via("secretsmanager"), "kms:CallerAccount": ACCOUNT, ...caller(who) },
      { ...as(who), other: { "kms:CallerAccount": "999999999999", ...caller(role("somebody")) } },
    ),
  ),

  ...evidence.allows(
    "WriteTrail",
    "kms:GenerateDataKey",
    keyArn("evidence"),
    {
      ...BY_TRAIL,
      "kms:EncryptionContext:aws:cloudtrail:arn": TRAIL,
    },
    trail,
  ),
  ...evidence.allows("SeeForTrail", "kms:DescribeKey", keyArn("evidence"), BY_TRAIL, trail),
  ...evidence.ignores("kms:Decrypt", keyArn("evidence"), BY_TRAIL, trail),
  ...evidence.allows(
    "SealLogs",
    ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey"],
    keyArn("evidence"),
    LOG_GROUP,
    { principal: `logs.${REGION}.amazonaws.com` },
  ),
  ...["cloudwatch.amazonaws.com"].flatMap((principal) =>
    evidence.allows(
      "TellOfAlarms",
      ["kms:Decrypt", "kms:GenerateDataKey"],
      keyArn("evidence"),
      { "aws:SourceAccount": ACCOUNT },
      {
        principal,
        other: { "aws:SourceAccount": "999999999999" },
      },
    ),
  ),
  ...evidence.lets(
    "TellOfEvents",
    ["kms:Decrypt", "kms:GenerateDataKey"],
    keyArn("evidence"),
    {},
    { principal: "events.amazonaws.com" },
  ),
  ...evidence.ignores(
    ["kms:Decrypt", "kms:GenerateDataKey"],
    keyArn("evidence"),
    {},
    { principal: "s3.amazonaws.com" },
  ),
  ...evidence.allows(
    "SealMirror",
    ["kms:GenerateDataKey", "kms:Decrypt"],
    keyArn("evidence"),
    { ...via("s3"), ...caller(SERVICE) },
    {
      ...as(SERVICE),
      everything: true,
    },
  ),
  ...evidence.allows(
    "ReadEvidence",
    "kms:Decrypt",
    keyArn("evidence"),
    { ...via("s3"), ...caller(AUDITOR) },
    {
      ...as(AUDITOR),
      everything: true,
    },
  ),
  ...evidence.ignores(
    "kms:GenerateDataKey",
    keyArn("evidence"),
    { ...via("s3"), ...caller(AUDITOR) },
    {
      ...as(AUDITOR),
      everything: true,
    },
  ),

  ...["rds", "elasticache", "secretsmanager"].flatMap((service) =>
    data.allows(
      "SealStores",
      ["kms:CreateGrant", "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey"],
      keyArn("data"),
      { ...via(service), "kms:CallerAccount": ACCOUNT, ...caller(BY_CDK) },
      { ...as(BY_CDK), other: { "kms:CallerAccount": "999999999999", ...caller(role("somebody")) } },
    ),
  ),
  ...data.allows(
    "HandSecretsToTasks",
    "kms:Decrypt",
    keyArn("data"),
    { ...via("secretsmanager"), ...caller(EXECUTION) },
    as(EXECUTION),
  ),
]
