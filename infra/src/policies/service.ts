import type { PolicyStatement } from "aws-cdk-lib/aws-iam"
import { DATABASE_ROLES, ENVIRONMENT, MIRROR_PREFIX, NAMESPACE, type Place } from "../place.ts"
import { allow } from "./statement.ts"

/** What `adapters/aws/kms.ts` puts into every context. */
export const KEYRING_CONTEXT = {
  "kms:EncryptionContext:app": "tyler-setup",
  "kms:EncryptionContext:environment": ENVIRONMENT,
}

/** The keyring: three keys and one more for each rotation, never a value. */
export function keyring(keyringKey: string): PolicyStatement[] {
  return [
    allow("SeeKeyring", { actions: ["kms:DescribeKey"], resources: [keyringKey] }),
    allow("UseKeyring", {
      actions: ["kms:Encrypt", "kms:Decrypt"],
      resources: [keyringKey],
      conditions: { StringEquals: KEYRING_CONTEXT },
    }),
  ]
}

/** Mirrors of the audit log, and metrics. PutMetricData knows no resources. */
export function evidence(at: Place, evidenceKey: string): PolicyStatement[] {
  const bucket = at.bucketArn("mirror")
  const objects = [`${bucket}/${MIRROR_PREFIX}/*`]
  return [
    allow("WriteMirror", { actions: ["s3:PutObject", "s3:PutObjectRetention", "s3:GetObject"], resources: objects }),
    allow("ListMirror", {
      actions: ["s3:ListBucket"],
      resources: [bucket],
      conditions: { StringLike: { "s3:prefix": `${MIRROR_PREFIX}/*` } },
    }),
    allow("SeeMirrorLock", { actions: ["s3:GetBucketObjectLockConfiguration"], resources: [bucket] }),
    allow("SealMirror", {
      actions: ["kms:GenerateDataKey", "kms:Decrypt"],
      resources: [evidenceKey],
      conditions: {
        StringEquals: { "kms:ViaService": at.via("s3") },
        // With bucket keys the context is the bucket's ARN, else the object's.
        StringLike: { "kms:EncryptionContext:aws:s3:arn": [bucket, `${bucket}/*`] },
      },
    }),
    allow("WriteLogMirror", {
      actions: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents"],
      resources: [at.logStreams("audit")],
    }),
    allow("CountMetrics", {
      actions: ["cloudwatch:PutMetricData"],
      resources: ["*"],
      conditions: { StringEquals: { "cloudwatch:namespace": NAMESPACE } },
    }),
  ]
}

/** Passwords for PostgreSQL that IAM makes, each good for 15 minutes. @param resourceId of the instance, `db-...` */
export function database(at: Place, resourceId: string): PolicyStatement[] {
  const users = DATABASE_ROLES.map((role) => at.arn("rds-db", `dbuser:${resourceId}/${role}`))
  return [allow("EnterDatabase", { actions: ["rds-db:connect"], resources: users })]
}

/** Starting a task: its image, its log, the secrets in its environment. Not what runs in it. */
export function execution(at: Place, dataKey: string, secrets: readonly string[]): PolicyStatement[] {
  const { service, data } = at.config
  const images = [...new Set([service.image, data.psqlImage].map((image) => at.repositoryArn(image)))]
  return [
    allow("SignIn", { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] }),
    allow("PullImages", {
      actions: ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
      resources: images,
    }),
    allow("WriteLogs", {
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [at.logStreams("service"), at.logStreams("database")],
    }),
    allow("HandSecretsToTasks", { actions: ["secretsmanager:GetSecretValue"], resources: [...secrets] }),
    allow("OpenSecrets", {
      actions: ["kms:Decrypt"],
      resources: [dataKey],
      conditions: { StringEquals: { "kms:ViaService": at.via("secretsmanager") } },
    }),
  ]
}

/** The network's flow logs, written by AWS. */
export function flows(at: Place): PolicyStatement[] {
  return [
    allow("WriteFlows", {
      actions: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
      resources: [at.logStreams("network")],
    }),
  ]
}
