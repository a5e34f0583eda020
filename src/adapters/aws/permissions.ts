/** What asks for it: a part of the configuration, or only a command: `aws alarms apply`, `aws doctor` itself. */
type Need = "kms" | "store" | "metrics" | "logs mirror" | "s3 mirror" | "alarms" | "doctor"

interface Permission {
  readonly need: Need
  /** In IAM's terms, as the service authorization reference spells it. */
  readonly action: string
  /** The row of `aws doctor` that tries it, or says that it is not tried. */
  readonly check: string
}

const store = (operation: string): readonly Permission[] => [
  { need: "store", action: `secretsmanager:${operation}`, check: `secrets ${operation}` },
]
const logs = (need: "metrics" | "logs mirror", operation: string): Permission => ({
  need,
  action: `logs:${operation}`,
  check: `${need} ${operation}`,
})
const s3 = (operation: string): Permission => ({
  need: "s3 mirror",
  action: `s3:${operation}`,
  check: `s3 mirror ${operation}`,
})

/**
 * Every call of AWS that this folder can send, by the SDK's name of its command, and what IAM asks for it. Most are named
 * alike; those of S3 are not.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export const PERMISSIONS: Readonly<Record<string, readonly Permission[]>> = {
  // Needs none, and no policy can deny it: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  GetCallerIdentityCommand: [],

  DescribeKeyCommand: [{ need: "kms", action: "kms:DescribeKey", check: "kms key" }],
  EncryptCommand: [{ need: "kms", action: "kms:Encrypt", check: "kms wrap" }],
  DecryptCommand: [{ need: "kms", action: "kms:Decrypt", check: "kms unwrap" }],

  ListSecretsCommand: [{ need: "store", action: "secretsmanager:ListSecrets", check: "secrets list" }],
  // With tags, as this server always sends it: TagResource too, which has its own row.
  CreateSecretCommand: store("CreateSecret"),
  DeleteSecretCommand: store("DeleteSecret"),
  DescribeSecretCommand: store("DescribeSecret"),
  GetSecretValueCommand: store("GetSecretValue"),
  PutSecretValueCommand: store("PutSecretValue"),
  RestoreSecretCommand: store("RestoreSecret"),
  // Beside it, AWS asks for lambda:InvokeFunction on the function, which a secret that is not there does not tell.
  RotateSecretCommand: [
    ...store("RotateSecret"),
    { need: "store", action: "lambda:InvokeFunction", check: "secrets rotation function" },
  ],
  CancelRotateSecretCommand: store("CancelRotateSecret"),
  TagResourceCommand: store("TagResource"),
  UntagResourceCommand: store("UntagResource"),
  UpdateSecretCommand: store("UpdateSecret"),
  UpdateSecretVersionStageCommand: store("UpdateSecretVersionStage"),

  PutMetricDataCommand: [{ need: "metrics", action: "cloudwatch:PutMetricData", check: "metrics PutMetricData" }],
  DescribeAlarmsCommand: [{ need: "alarms", action: "cloudwatch:DescribeAlarms", check: "alarms DescribeAlarms" }],
  PutMetricAlarmCommand: [{ need: "alarms", action: "cloudwatch:PutMetricAlarm", check: "alarms PutMetricAlarm" }],
  CreateLogStreamCommand: [logs("metrics", "CreateLogStream"), logs("logs mirror", "CreateLogStream")],
  PutLogEventsCommand: [logs("metrics", "PutLogEvents"), logs("logs mirror", "PutLogEvents")],
  GetLogEventsCommand: [logs("logs mirror", "GetLogEvents")],

  ListObjectsV2Command: [s3("ListBucket")],
  GetObjectCommand: [s3("GetObject")],
  // The second where AUDIT_MIRROR_S3_LOCK is set.
  PutObjectCommand: [s3("PutObject"), s3("PutObjectRetention")],
  GetObjectLockConfigurationCommand: [
    { need: "doctor", action: "s3:GetBucketObjectLockConfiguration", check: "s3 mirror Object Lock" },
  ],
}

/** What a row of `aws doctor` tries, in IAM's terms; null: nothing that takes a permission. */
export function permissionTried(check: string): string | null {
  const all = Object.values(PERMISSIONS).flat()
  return all.find((one) => one.check === check)?.action ?? null
}
