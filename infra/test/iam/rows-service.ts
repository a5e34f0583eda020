import { ACCOUNT, REGION, type Row, tableOf } from "./row.ts"

export const keyArn = (use: string): string => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${use}`
export const MIRROR = `arn:aws:s3:::tyler-setup-mirror-${ACCOUNT}-${REGION}`
export const ENTRY = `${MIRROR}/tyler-audit/entries/0000000000000000.ndjson`
const logStream = (group: string): string =>
  `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/tyler-setup/${group}:log-stream:one`
const KEYRING = { "kms:EncryptionContext:app": "tyler-setup", "kms:EncryptionContext:environment": "production" }
const VIA_S3 = { "kms:ViaService": `s3.${REGION}.amazonaws.com`, "kms:EncryptionContext:aws:s3:arn": MIRROR }
const databaseUser = (name: string): string => `arn:aws:rds-db:${REGION}:${ACCOUNT}:dbuser:db-EXAMPLE/${name}`
const image = (name: string): string => `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/${name}`
const secret = (name: string): string => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-AbCdEf`

const keyring = tableOf("keyring")
const evidence = tableOf("evidence")
const login = tableOf("database-login")
const execution = tableOf("execution")
const flows = tableOf("flows")

const PULL = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]

export const SERVICE_ROWS: readonly Row[] = [
  ...keyring.lets("SeeKeyring", "kms:DescribeKey", keyArn("keyring")),
  ...keyring.allows("UseKeyring", ["kms:Encrypt", "kms:Decrypt"], keyArn("keyring"), KEYRING),
  ...keyring.ignores("kms:DescribeKey", keyArn("values")),
  ...keyring.ignores(["kms:Encrypt", "kms:Decrypt"], keyArn("values"), KEYRING),
  ...keyring.ignores(["kms:GenerateDataKey", "kms:CreateGrant"], keyArn("keyring"), KEYRING),
  ...keyring.ignores(["kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"], keyArn("keyring")),

  ...evidence.lets("WriteMirror", ["s3:PutObject", "s3:PutObjectRetention", "s3:GetObject"], ENTRY),
  ...evidence.ignores(["s3:PutObject", "s3:PutObjectRetention", "s3:GetObject"], `${MIRROR}/elsewhere/one`),
  ...evidence.ignores(["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"], ENTRY),
  ...evidence.allows(
    "ListMirror",
    "s3:ListBucket",
    MIRROR,
    { "s3:prefix": "tyler-audit/entries/" },
    { other: { "s3:prefix": "" } },
  ),
  ...evidence.ignores("s3:ListBucket", "arn:aws:s3:::another", { "s3:prefix": "tyler-audit/entries/" }),
  ...evidence.lets("SeeMirrorLock", "s3:GetBucketObjectLockConfiguration", MIRROR),
  ...evidence.ignores("s3:GetBucketObjectLockConfiguration", "arn:aws:s3:::another"),
  ...evidence.ignores(["s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"], MIRROR),
  ...evidence.allows("SealMirror", ["kms:GenerateDataKey", "kms:Decrypt"], keyArn("evidence"), VIA_S3),
  ...evidence.lets("SealMirror", "kms:Decrypt", keyArn("evidence"), {
    ...VIA_S3,
    "kms:EncryptionContext:aws:s3:arn": ENTRY,
  }),
  ...evidence.ignores("kms:Decrypt", keyArn("keyring"), VIA_S3),
  ...evidence.lets(
    "WriteLogMirror",
    ["logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents"],
    logStream("audit"),
  ),
  ...evidence.ignores(["logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents"], logStream("service")),
  ...evidence.ignores("logs:DeleteLogStream", logStream("audit")),
  ...evidence.allows("CountMetrics", "cloudwatch:PutMetricData", "*", {
    "cloudwatch:namespace": "TylerSetup/Security",
  }),

  ...["tyler", "tyler_owner"].flatMap((name) => login.lets("EnterDatabase", "rds-db:connect", databaseUser(name))),
  ...login.ignores("rds-db:connect", databaseUser("tyler_admin")),

  ...execution.lets("SignIn", "ecr:GetAuthorizationToken", "*"),
  ...["tyler-setup", "postgres"].flatMap((name) => execution.lets("PullImages", PULL, image(name))),
  ...execution.ignores(PULL, image("another")),
  ...["service", "database"].flatMap((group) =>
    execution.lets("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], logStream(group)),
  ),
  ...execution.ignores(["logs:CreateLogStream", "logs:PutLogEvents"], logStream("audit")),
  ...["tyler-setup-cache-url", "rds!db-example"].flatMap((name) =>
    execution.lets("HandSecretsToTasks", "secretsmanager:GetSecretValue", secret(name)),
  ),
  ...execution.ignores("secretsmanager:GetSecretValue", secret("tyler-setup/config/one")),
  ...execution.allows("OpenSecrets", "kms:Decrypt", keyArn("data"), {
    "kms:ViaService": `secretsmanager.${REGION}.amazonaws.com`,
  }),
  ...execution.ignores("kms:Decrypt", keyArn("values"), { "kms:ViaService": `secretsmanager.${REGION}.amazonaws.com` }),

  ...flows.lets(
    "WriteFlows",
    ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
    logStream("network"),
  ),
  ...flows.ignores(["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"], logStream("audit")),
]
