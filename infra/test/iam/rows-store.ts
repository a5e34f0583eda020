import { ACCOUNT, REGION, type Row, tableOf } from "./row.ts"

const secret = (name: string): string => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}`
export const OURS = secret("tyler-setup/config/one-AbCdEf")
/** Another application's; another account's; one whose name only begins alike. */
export const FOREIGN = secret("other/config/one-AbCdEf")
const ELSEWHERE = OURS.replace(ACCOUNT, "999999999999")
const ALIKE = secret("tyler-setup-cache-url-AbCdEf")
export const PROBE = secret("tyler-setup/tyler-doctor-absent")
export const VALUES = `arn:aws:kms:${REGION}:${ACCOUNT}:key/values`
const OTHER_KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/another`

export const TAGGED = {
  "aws:ResourceTag/Application": "tyler-setup",
  "aws:ResourceTag/Environment": "production",
}
const STAMPED = { "aws:RequestTag/Application": "tyler-setup", "aws:RequestTag/Environment": "production" }
const sm = (...operations: readonly string[]): readonly string[] => operations.map((one) => `secretsmanager:${one}`)
const ID = { "secretsmanager:SecretId": "tyler-setup/config/one" }
export const SEALED = {
  "kms:ViaService": `secretsmanager.${REGION}.amazonaws.com`,
  "kms:EncryptionContext:SecretARN": OURS,
}
/** The guide's literal word, and the neighbour. */
const OTHER_VIA = { other: { "kms:ViaService": "secretsmanager.region.amazonaws.com" } }

const reader = tableOf("reader")
const writer = tableOf("writer")
const deleter = tableOf("deleter")
const guard = tableOf("guard")

const WRITES = sm("PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage", "TagResource", "UntagResource")
const WINDOW = "secretsmanager:RecoveryWindowInDays"
const FORCE = "secretsmanager:ForceDeleteWithoutRecovery"
const KEY = "secretsmanager:KmsKeyArn"

export const STORE_ROWS: readonly Row[] = [
  ...reader.lets("ListNames", "secretsmanager:ListSecrets", "*"),
  ...reader.lets("Describe", "secretsmanager:DescribeSecret", OURS),
  ...reader.ignores("secretsmanager:DescribeSecret", FOREIGN),
  ...reader.ignores("secretsmanager:DescribeSecret", ALIKE),
  ...reader.allows("ReadOurs", "secretsmanager:GetSecretValue", OURS, TAGGED, {
    other: { "aws:ResourceTag/Environment": "staging" },
  }),
  ...reader.ignores("secretsmanager:GetSecretValue", FOREIGN, TAGGED),
  ...reader.ignores("secretsmanager:GetSecretValue", ALIKE, TAGGED),
  ...reader.ignores("secretsmanager:GetSecretValue", ELSEWHERE, TAGGED),
  ...reader.lets("ReadProbe", "secretsmanager:GetSecretValue", PROBE),
  ...reader.lets("ReadProbe", "secretsmanager:GetSecretValue", `${PROBE}-AbCdEf`),
  ...reader.ignores("secretsmanager:GetSecretValue", `${PROBE}/below-AbCdEf`),
  ...reader.allows("OpenValues", "kms:Decrypt", VALUES, SEALED, OTHER_VIA),
  ...reader.ignores("kms:Decrypt", VALUES, { ...SEALED, "kms:EncryptionContext:SecretARN": FOREIGN }),
  ...reader.ignores("kms:Decrypt", OTHER_KEY, SEALED),
  ...reader.ignores(sm("CreateSecret", "PutSecretValue", "DeleteSecret"), OURS, TAGGED),
  ...reader.ignores("secretsmanager:BatchGetSecretValue", "*"),

  // No secret comes into being without its tags.
  ...writer.allows("CreateTagged", "secretsmanager:CreateSecret", OURS, STAMPED, {
    beside: { [KEY]: VALUES },
    other: { "aws:RequestTag/Environment": "staging" },
  }),
  ...writer.ignores("secretsmanager:CreateSecret", FOREIGN, { ...STAMPED, [KEY]: VALUES }),
  // AWS's own key of the account is what a call without a key would get.
  ...writer.ignores("secretsmanager:CreateSecret", OURS, STAMPED),
  ...writer.refuses(
    "ForeignKeysNever",
    sm("CreateSecret", "UpdateSecret"),
    OURS,
    { [KEY]: OTHER_KEY },
    { other: { [KEY]: VALUES } },
  ),
  // It gets them at birth...
  ...writer.allows("TagAtBirth", "secretsmanager:TagResource", OURS, STAMPED),
  ...writer.ignores("secretsmanager:TagResource", FOREIGN, STAMPED),
  // ...and not by a call of its own: neither on a secret without tags, nor by another spelling, nor is one taken away.
  ...writer.ignores("secretsmanager:TagResource", OURS, { ...STAMPED, ...ID }),
  ...["Application", "Environment", "environment"].flatMap((key) =>
    writer.refuses(
      "ControlTagsStay",
      sm("TagResource", "UntagResource"),
      OURS,
      { ...ID, "aws:TagKeys": [key] },
      {
        beside: TAGGED,
        other: { "aws:TagKeys": ["Team"] },
        anyOf: ["secretsmanager:SecretId"],
      },
    ),
  ),
  ...writer.allows("WriteOurs", WRITES, OURS, TAGGED),
  ...writer.ignores(WRITES, FOREIGN, TAGGED),
  ...writer.lets("WriteProbe", WRITES, PROBE),
  ...writer.lets("WriteProbe", WRITES, `${PROBE}-AbCdEf`),
  ...writer.ignores(WRITES, `${PROBE}/below-AbCdEf`),
  ...writer.allows("SealValues", ["kms:GenerateDataKey", "kms:Decrypt"], VALUES, SEALED, OTHER_VIA),
  ...writer.ignores("kms:GenerateDataKey", OTHER_KEY, SEALED),
  ...writer.ignores("kms:Encrypt", VALUES, SEALED),
  ...writer.ignores(sm("GetSecretValue", "DeleteSecret"), OURS, TAGGED),
  ...writer.ignores(sm("PutResourcePolicy", "ReplicateSecretToRegions", "RotateSecret"), OURS, TAGGED),

  ...deleter.allows(
    "DeleteOurs",
    "secretsmanager:DeleteSecret",
    OURS,
    { ...TAGGED, [WINDOW]: "7" },
    { other: { [WINDOW]: "6" } },
  ),
  ...deleter.lets("DeleteOurs", "secretsmanager:DeleteSecret", OURS, { ...TAGGED, [WINDOW]: "30" }),
  ...deleter.ignores("secretsmanager:DeleteSecret", OURS, { ...TAGGED, [WINDOW]: "31" }),
  ...deleter.ignores("secretsmanager:DeleteSecret", FOREIGN, { ...TAGGED, [WINDOW]: "7" }),
  ...deleter.refuses("ForceNever", "secretsmanager:DeleteSecret", OURS, { [FORCE]: "true" }),
  ...deleter.allows("RestoreOurs", "secretsmanager:RestoreSecret", OURS, TAGGED),
  ...deleter.ignores("secretsmanager:RestoreSecret", FOREIGN, TAGGED),
  ...[PROBE, `${PROBE}-AbCdEf`].flatMap((arn) => deleter.lets("DeleteProbe", sm("DeleteSecret", "RestoreSecret"), arn)),
  ...deleter.ignores(sm("DeleteSecret", "RestoreSecret"), `${PROBE}/below-AbCdEf`),

  ...guard.refuses(
    "OutsideEndpointNever",
    "secretsmanager:GetSecretValue",
    OURS,
    { "aws:SourceVpce": "vpce-other" },
    {
      other: { "aws:SourceVpce": "vpce-secretsmanager" },
      holdsWithout: ["aws:SourceVpce"],
    },
  ),
  ...guard.refuses("OutsideEndpointNever", "secretsmanager:BatchGetSecretValue", "*"),
]
