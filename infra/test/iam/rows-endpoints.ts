import { ACCOUNT, REGION, type Row, role, tableOf } from "./row.ts"
import { ENTRY, keyArn, MIRROR } from "./rows-service.ts"
import { FOREIGN, OURS } from "./rows-store.ts"

const through = (name: string) => tableOf(`endpoint ${name}`, { everything: true })
const FROM_US = { "aws:PrincipalAccount": ACCOUNT }
const OTHERS = { other: { "aws:PrincipalAccount": "999999999999" } }
const secret = (name: string): string => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-AbCdEf`
const GROUP = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/tyler-setup/audit:log-stream:one`
const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:tyler-setup-alarms`
const LAYERS = `arn:aws:s3:::prod-${REGION}-starport-layer-bucket/one`
const image = (name: string): string => `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/${name}`
const PULL = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
const WRITES_LOGS = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents"]
const OBJECTS = ["s3:PutObject", "s3:PutObjectRetention", "s3:GetObject"]
/** Somebody's own credentials, and his own account's secrets: he would carry values away. */
const STRANGER = { principal: "arn:aws:iam::999999999999:role/thief" }

const secrets = through("secretsmanager")
const kms = through("kms")
const logs = through("logs")
const metrics = through("monitoring")
const sts = through("sts")
const sns = through("sns")
const ecrApi = through("ecrapi")
const ecrDocker = through("ecrdkr")
const s3 = through("s3")

export const ENDPOINT_ROWS: readonly Row[] = [
  ...[OURS, secret("tyler-setup-cache-url"), secret("rds!db-example")].flatMap((arn) =>
    secrets.allows("OurSecrets", "secretsmanager:GetSecretValue", arn, FROM_US, OTHERS),
  ),
  ...secrets.ignores("secretsmanager:GetSecretValue", FOREIGN, FROM_US),
  ...secrets.allows("ListNames", "secretsmanager:ListSecrets", "*", FROM_US, OTHERS),
  ...kms.allows("Keyring", ["kms:DescribeKey", "kms:Encrypt", "kms:Decrypt"], keyArn("keyring"), FROM_US, OTHERS),
  ...kms.ignores(["kms:DescribeKey", "kms:Encrypt", "kms:Decrypt"], keyArn("another"), FROM_US),
  ...logs.allows("OurLogs", WRITES_LOGS, GROUP, FROM_US, OTHERS),
  ...logs.ignores(WRITES_LOGS, GROUP.replace("/tyler-setup/", "/another/"), FROM_US),
  ...metrics.allows(
    "OurMetrics",
    "cloudwatch:PutMetricData",
    "*",
    { ...FROM_US, "cloudwatch:namespace": "TylerSetup/Security" },
    OTHERS,
  ),
  // No policy can deny it, and the simulator looks at none.
  ...sts.lets(undefined, "sts:GetCallerIdentity", "*"),
  ...sts.lets(undefined, "sts:GetCallerIdentity", "*", {}, STRANGER),
  ...sts.ignores("sts:AssumeRole", role("tyler-setup-break-glass")),
  ...sns.allows("OurTopic", "sns:Publish", TOPIC, FROM_US, OTHERS),
  ...sns.ignores("sns:Publish", TOPIC.replace("tyler-setup", "another"), FROM_US),
  ...ecrApi.allows("SignIn", "ecr:GetAuthorizationToken", "*", FROM_US, OTHERS),
  ...[ecrApi, ecrDocker].flatMap((ecr) => [
    ...["tyler-setup", "postgres"].flatMap((name) => ecr.allows("OurImages", PULL, image(name), FROM_US, OTHERS)),
    ...ecr.ignores(PULL, image("another"), FROM_US),
  ]),
  ...s3.allows("OurMirror", OBJECTS, ENTRY, FROM_US, OTHERS),
  ...s3.allows("OurMirror", ["s3:ListBucket", "s3:GetBucketObjectLockConfiguration"], MIRROR, FROM_US, OTHERS),
  ...s3.ignores(OBJECTS, "arn:aws:s3:::another/one", FROM_US),
  ...s3.lets("ImageLayers", "s3:GetObject", LAYERS),
]
