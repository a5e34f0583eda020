import { AnyPrincipal, type PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam"
import { MIRROR_PREFIX, type Place } from "../place.ts"
import { allow, deny } from "./statement.ts"

const anybody = new AnyPrincipal()
const cloudTrail = new ServicePrincipal("cloudtrail.amazonaws.com")

function tlsOnly(bucket: string): PolicyStatement {
  return deny("PlainTextNever", {
    principals: [anybody],
    actions: ["s3:*"],
    resources: [bucket, `${bucket}/*`],
    conditions: { Bool: { "aws:SecureTransport": "false" } },
  })
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html */
export function trailBucketPolicy(at: Place): PolicyStatement[] {
  const bucket = at.bucketArn("trail")
  const fromTrail = { "aws:SourceArn": at.trailArn() }
  return [
    tlsOnly(bucket),
    allow("TrailLooks", {
      principals: [cloudTrail],
      actions: ["s3:GetBucketAcl"],
      resources: [bucket],
      conditions: { StringEquals: fromTrail },
    }),
    allow("TrailWrites", {
      principals: [cloudTrail],
      actions: ["s3:PutObject"],
      resources: [`${bucket}/AWSLogs/${at.config.account}/*`],
      conditions: { StringEquals: { ...fromTrail, "s3:x-amz-acl": "bucket-owner-full-control" } },
    }),
    allow("AuditorsRead", {
      principals: [anybody],
      actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
      resources: [bucket, `${bucket}/*`],
      conditions: { ArnEquals: { "aws:PrincipalArn": at.config.people.auditors } },
    }),
  ]
}

/** Nothing there is ever replaced: each object is put on the condition that there is none. */
export function mirrorBucketPolicy(at: Place): PolicyStatement[] {
  const bucket = at.bucketArn("mirror")
  return [
    tlsOnly(bucket),
    deny("ReplacingNever", {
      principals: [anybody],
      actions: ["s3:PutObject"],
      resources: [`${bucket}/*`],
      conditions: { StringNotEquals: { "s3:if-none-match": "*" } },
    }),
    deny("OthersWriteNever", {
      principals: [anybody],
      actions: ["s3:PutObject"],
      resources: [`${bucket}/*`],
      conditions: { ArnNotEquals: { "aws:PrincipalArn": at.roleArn("service") } },
    }),
    deny("DeletingNever", {
      principals: [anybody],
      actions: ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"],
      resources: [`${bucket}/*`],
    }),
    allow("AuditorsRead", {
      principals: [anybody],
      actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
      resources: [bucket, `${bucket}/${MIRROR_PREFIX}/*`],
      conditions: { ArnEquals: { "aws:PrincipalArn": at.config.people.auditors } },
    }),
  ]
}

/** Where S3 and the balancer write who asked them. */
export function accessLogsPolicy(at: Place): PolicyStatement[] {
  const bucket = at.bucketArn("access-logs")
  return [
    tlsOnly(bucket),
    allow("BucketsWrite", {
      principals: [new ServicePrincipal("logging.s3.amazonaws.com")],
      actions: ["s3:PutObject"],
      resources: [`${bucket}/s3/*`],
      conditions: {
        StringEquals: { "aws:SourceAccount": at.config.account },
        ArnLike: { "aws:SourceArn": [at.bucketArn("trail"), at.bucketArn("mirror")] },
      },
    }),
    allow("BalancerWrites", {
      principals: [new ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
      actions: ["s3:PutObject"],
      resources: [`${bucket}/balancer/AWSLogs/${at.config.account}/*`],
      conditions: {
        ArnLike: { "aws:SourceArn": at.arn("elasticloadbalancing", "loadbalancer/*") },
      },
    }),
  ]
}
