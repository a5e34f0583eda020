import { ACCOUNT, REGION, type Row, role, tableOf } from "./row.ts"
import { keyArn } from "./rows-service.ts"
import { FOREIGN, OURS, PROBE, SEALED, TAGGED, VALUES } from "./rows-store.ts"

const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:tyler-setup-rotation-postgres-single`
const ROTATED = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:tyler-setup/database/orders-AbCdEf`
const ADMIN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:tyler-setup/database/admin-AbCdEf`
const OTHER_FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:another`
const ROTATED_BY_US = { "secretsmanager:resource/AllowRotationLambdaArn": FUNCTION }
const ROTATES = ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"].map(
  (operation) => `secretsmanager:${operation}`,
)
const ORDERS = ["secretsmanager:RotateSecret", "secretsmanager:CancelRotateSecret"]
const OUR_ROTATION = { ...TAGGED, "secretsmanager:RotationLambdaARN": FUNCTION }
const INTERFACES = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
]
const ANY_INTERFACE = `arn:aws:ec2:${REGION}:${ACCOUNT}:network-interface/eni-1`
const interfaceOf = (action: string): string => (action.includes("Describe") ? "*" : ANY_INTERFACE)
const bootstrap = (what: string): string => role(`cdk-hnb659fds-${what}-role-${ACCOUNT}-${REGION}`)
const logStream = (group: string): string =>
  `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/tyler-setup/${group}:log-stream:one`
const SERVICE = `arn:aws:ecs:${REGION}:${ACCOUNT}:service/tyler-setup/tyler-setup`
const DATABASE_TASK = `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/tyler-setup-database:3`
const CLUSTER = { "ecs:cluster": `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/tyler-setup` }
const TO_TASKS = { "iam:PassedToService": "ecs-tasks.amazonaws.com" }
const TRAIL = `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/tyler-setup`

const rotator = tableOf("rotation-postgres-single", { principal: role("tyler-setup-rotation-postgres-single") })
const orderer = tableOf("orderer")
const deployer = tableOf("deployer", { principal: role("tyler-setup-deployer") })
const breakGlass = tableOf("break-glass", { principal: role("tyler-setup-break-glass") })

export const PEOPLE_ROWS: readonly Row[] = [
  ...rotator.allows("RotateOurs", ROTATES, ROTATED, ROTATED_BY_US, {
    other: { "secretsmanager:resource/AllowRotationLambdaArn": OTHER_FUNCTION },
  }),
  ...rotator.ignores(ROTATES, OURS, ROTATED_BY_US),
  ...rotator.lets("ReadAdministrators", "secretsmanager:GetSecretValue", ADMIN),
  ...rotator.ignores("secretsmanager:PutSecretValue", ADMIN),
  ...rotator.ignores("secretsmanager:GetSecretValue", ROTATED, TAGGED),
  ...rotator.ignores(["secretsmanager:DeleteSecret", "secretsmanager:TagResource"], ROTATED, ROTATED_BY_US),
  ...rotator.allows("SealValues", ["kms:GenerateDataKey", "kms:Decrypt"], VALUES, SEALED),
  ...rotator.ignores(["kms:GenerateDataKey", "kms:Decrypt"], keyArn("keyring"), SEALED),
  ...rotator.lets("WriteOwnLog", ["logs:CreateLogStream", "logs:PutLogEvents"], logStream("rotation")),
  ...rotator.ignores(["logs:CreateLogStream", "logs:PutLogEvents"], logStream("audit")),
  ...INTERFACES.flatMap((action) => rotator.lets("JoinNetwork", action, interfaceOf(action))),
  ...INTERFACES.flatMap((action) =>
    rotator.refuses(
      "CodeJoinsNoNetwork",
      action,
      interfaceOf(action),
      { "lambda:SourceFunctionArn": FUNCTION },
      {
        other: { "lambda:SourceFunctionArn": OTHER_FUNCTION },
      },
    ),
  ),

  ...orderer.allows("OrderRotation", "secretsmanager:RotateSecret", OURS, OUR_ROTATION, {
    other: { "secretsmanager:RotationLambdaARN": OTHER_FUNCTION },
  }),
  ...orderer.ignores("secretsmanager:RotateSecret", FOREIGN, OUR_ROTATION),
  ...orderer.allows("CancelRotation", "secretsmanager:CancelRotateSecret", OURS, TAGGED),
  ...orderer.ignores("secretsmanager:CancelRotateSecret", FOREIGN, TAGGED),
  ...[PROBE, `${PROBE}-AbCdEf`].flatMap((arn) => orderer.lets("OrderProbe", ORDERS, arn)),
  ...orderer.ignores(ORDERS, `${PROBE}/below-AbCdEf`),
  ...orderer.lets("InvokeFunctions", "lambda:InvokeFunction", FUNCTION),
  ...orderer.ignores("lambda:InvokeFunction", OTHER_FUNCTION),
  ...orderer.ignores("lambda:UpdateFunctionCode", FUNCTION),

  ...["deploy", "file-publishing", "image-publishing", "lookup"].flatMap((what) =>
    deployer.lets("Deploy", "sts:AssumeRole", bootstrap(what)),
  ),
  ...deployer.ignores("sts:AssumeRole", role("tyler-setup-break-glass")),
  ...deployer.lets("RollService", ["ecs:UpdateService", "ecs:DescribeServices"], SERVICE),
  ...deployer.ignores(["ecs:UpdateService", "ecs:DescribeServices"], SERVICE.replace(/tyler-setup$/, "another")),
  ...deployer.allows("MakeDatabaseRoles", "ecs:RunTask", DATABASE_TASK, CLUSTER),
  ...deployer.ignores("ecs:RunTask", DATABASE_TASK.replace("-database", ""), CLUSTER),
  ...["database", "execution"].flatMap((use) =>
    deployer.allows("HandRolesToTasks", "iam:PassRole", role(`tyler-setup-${use}`), TO_TASKS),
  ),
  ...deployer.ignores("iam:PassRole", role("tyler-setup-service"), TO_TASKS),
  ...deployer.ignores("lambda:InvokeFunction", FUNCTION),
  ...deployer.refuses("ValuesNever", "secretsmanager:GetSecretValue", OURS),
  ...deployer.refuses("ValuesNever", "secretsmanager:BatchGetSecretValue", "*"),
  ...["keyring", "values"].flatMap((use) =>
    deployer.refuses(
      "KeysNever",
      ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:CreateGrant"],
      keyArn(use),
    ),
  ),
  ...deployer.lets("Everything", "kms:Decrypt", keyArn("data"), {}, { everything: true }),

  ...breakGlass.lets("ListNames", "secretsmanager:ListSecrets", "*"),
  ...breakGlass.lets("ReadOurs", ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], OURS),
  ...breakGlass.ignores(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], FOREIGN),
  ...breakGlass.ignores(["secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"], OURS, TAGGED),
  ...breakGlass.allows("OpenValues", "kms:Decrypt", VALUES, { "kms:ViaService": SEALED["kms:ViaService"] }),
  ...breakGlass.ignores("kms:Decrypt", keyArn("data"), { "kms:ViaService": SEALED["kms:ViaService"] }),
  ...["keyring", "values"].flatMap((use) =>
    breakGlass.lets("SaveKeys", ["kms:DescribeKey", "kms:CancelKeyDeletion", "kms:EnableKey"], keyArn(use)),
  ),
  ...breakGlass.ignores(["kms:DescribeKey", "kms:CancelKeyDeletion", "kms:EnableKey"], keyArn("evidence")),
  ...breakGlass.allows("OpenKeyring", "kms:Decrypt", keyArn("keyring"), {
    "kms:EncryptionContext:environment": "production",
  }),
  ...breakGlass.ignores("kms:Decrypt", keyArn("evidence"), { "kms:EncryptionContext:environment": "production" }),
  ...breakGlass.lets("StartTrail", "cloudtrail:StartLogging", TRAIL),
  ...breakGlass.ignores("cloudtrail:StartLogging", TRAIL.replace(/tyler-setup$/, "another")),
  ...breakGlass.ignores("cloudtrail:StopLogging", TRAIL),
]
