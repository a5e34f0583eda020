import type { PolicyStatement } from "aws-cdk-lib/aws-iam"
import { type Arns, ENVIRONMENT, type Place } from "../place.ts"
import { allow, deny } from "./statement.ts"

/** Roles that `cdk bootstrap` makes; the first one's name is in every version of it. */
const BOOTSTRAP = ["deploy", "file-publishing", "image-publishing", "lookup"]

export function bootstrapRole(at: Place, what: string): string {
  const { account, region } = at.config
  return at.globalArn("iam", `role/cdk-hnb659fds-${what}-role-${account}-${region}`)
}

/** Deploying, and nothing that is deployed: no value, no key. */
export function deployer(at: Place, { keyring, values }: Arns): PolicyStatement[] {
  const cluster = at.arn("ecs", `cluster/${at.prefix}`)
  return [
    allow("Deploy", {
      actions: ["sts:AssumeRole"],
      resources: BOOTSTRAP.map((what) => bootstrapRole(at, what)),
    }),
    allow("RollService", {
      actions: ["ecs:UpdateService", "ecs:DescribeServices"],
      resources: [at.arn("ecs", `service/${at.prefix}/${at.prefix}`)],
    }),
    allow("MakeDatabaseRoles", {
      actions: ["ecs:RunTask"],
      resources: [at.arn("ecs", `task-definition/${at.prefix}-database:*`)],
      conditions: { ArnEquals: { "ecs:cluster": cluster } },
    }),
    allow("HandRolesToTasks", {
      actions: ["iam:PassRole"],
      resources: [at.roleArn("database"), at.roleArn("execution")],
      conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    }),
    deny("ValuesNever", {
      actions: ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"],
      resources: ["*"],
    }),
    deny("KeysNever", {
      actions: ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:CreateGrant"],
      resources: [keyring, values],
    }),
  ]
}

/** For the night when nothing else works. Whoever takes it on is told of by an alarm. */
export function breakGlass(at: Place, { keyring, values }: Arns): PolicyStatement[] {
  return [
    allow("ListNames", { actions: ["secretsmanager:ListSecrets"], resources: ["*"] }),
    allow("ReadOurs", {
      actions: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
      resources: [at.secrets()],
    }),
    allow("OpenValues", {
      actions: ["kms:Decrypt"],
      resources: [values],
      conditions: { StringEquals: { "kms:ViaService": at.via("secretsmanager") } },
    }),
    allow("SaveKeys", {
      actions: ["kms:DescribeKey", "kms:CancelKeyDeletion", "kms:EnableKey"],
      resources: [keyring, values],
    }),
    allow("OpenKeyring", {
      actions: ["kms:Decrypt"],
      resources: [keyring],
      conditions: { StringEquals: { "kms:EncryptionContext:environment": ENVIRONMENT } },
    }),
    allow("StartTrail", { actions: ["cloudtrail:StartLogging"], resources: [at.trailArn()] }),
  ]
}
