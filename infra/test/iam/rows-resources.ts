import { ACCOUNT, REGION, type Row, role, tableOf } from "./row.ts"
import { ENTRY, MIRROR } from "./rows-service.ts"

const bucketArn = (what: string): string => `arn:aws:s3:::tyler-setup-${what}-${ACCOUNT}-${REGION}`
const TRAIL_BUCKET = bucketArn("trail")
const LOGS_BUCKET = bucketArn("access-logs")
const TRAIL_FILE = `${TRAIL_BUCKET}/AWSLogs/${ACCOUNT}/CloudTrail/one.json.gz`
const TRAIL = `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/tyler-setup`
const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:tyler-setup-alarms`
const SERVICE = role("tyler-setup-service")
const AUDITOR = role("auditor")
const PLAIN = { "aws:SecureTransport": "false" }
const caller = (arn: string) => ({ "aws:PrincipalArn": arn })
const FROM_US = { "aws:SourceAccount": ACCOUNT }
const FROM_OTHERS = { "aws:SourceAccount": "999999999999" }

const trail = tableOf("bucket trail")
const mirror = tableOf("bucket mirror")
const accessLogs = tableOf("bucket access-logs")
const topic = tableOf("topic")

const cloudTrail = { principal: "cloudtrail.amazonaws.com" }
const auditor = { principal: AUDITOR, other: caller(role("somebody")) }
const READS = ["s3:GetObject", "s3:GetObjectVersion"]
/** What the service's own policy allows it, so that only what this one takes away is seen. */
const MIRRORING = { principal: SERVICE, everything: true }
const NEW = { "s3:if-none-match": "*" }

export const RESOURCE_ROWS: readonly Row[] = [
  ...trail.refuses("PlainTextNever", "s3:GetObject", TRAIL_FILE, PLAIN),
  ...trail.refuses("PlainTextNever", "s3:ListBucket", TRAIL_BUCKET, PLAIN),
  ...trail.allows("TrailLooks", "s3:GetBucketAcl", TRAIL_BUCKET, { "aws:SourceArn": TRAIL }, cloudTrail),
  ...trail.allows(
    "TrailWrites",
    "s3:PutObject",
    TRAIL_FILE,
    {
      "aws:SourceArn": TRAIL,
      "s3:x-amz-acl": "bucket-owner-full-control",
    },
    cloudTrail,
  ),
  ...trail.ignores(
    "s3:PutObject",
    `${TRAIL_BUCKET}/AWSLogs/999999999999/one`,
    {
      "aws:SourceArn": TRAIL,
      "s3:x-amz-acl": "bucket-owner-full-control",
    },
    cloudTrail,
  ),
  ...trail.allows("AuditorsRead", READS, TRAIL_FILE, caller(AUDITOR), auditor),
  ...trail.allows("AuditorsRead", "s3:ListBucket", TRAIL_BUCKET, caller(AUDITOR), auditor),
  ...trail.ignores("s3:DeleteObject", TRAIL_FILE, caller(AUDITOR), { principal: AUDITOR }),

  ...mirror.refuses("PlainTextNever", "s3:GetObject", ENTRY, PLAIN),
  ...mirror.refuses("PlainTextNever", "s3:ListBucket", MIRROR, PLAIN),
  ...mirror.refuses(
    "ReplacingNever",
    "s3:PutObject",
    ENTRY,
    { "s3:if-none-match": "" },
    {
      ...MIRRORING,
      beside: caller(SERVICE),
      other: NEW,
      holdsWithout: ["s3:if-none-match"],
    },
  ),
  ...mirror.refuses("OthersWriteNever", "s3:PutObject", ENTRY, caller(role("somebody")), {
    ...MIRRORING,
    beside: NEW,
    other: caller(SERVICE),
    holdsWithout: ["aws:PrincipalArn"],
  }),
  ...mirror.refuses(
    "DeletingNever",
    ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"],
    ENTRY,
  ),
  ...mirror.allows("AuditorsRead", READS, ENTRY, caller(AUDITOR), auditor),
  ...mirror.allows("AuditorsRead", "s3:ListBucket", MIRROR, caller(AUDITOR), auditor),
  ...mirror.ignores(READS, `${MIRROR}/elsewhere/one`, caller(AUDITOR), { principal: AUDITOR }),

  ...accessLogs.refuses("PlainTextNever", "s3:GetObject", `${LOGS_BUCKET}/s3/one`, PLAIN),
  ...accessLogs.refuses("PlainTextNever", "s3:ListBucket", LOGS_BUCKET, PLAIN),
  ...["trail", "mirror"].flatMap((what) =>
    accessLogs.allows(
      "BucketsWrite",
      "s3:PutObject",
      `${LOGS_BUCKET}/s3/one`,
      { ...FROM_US, "aws:SourceArn": bucketArn(what) },
      {
        principal: "logging.s3.amazonaws.com",
        other: { ...FROM_OTHERS, "aws:SourceArn": "arn:aws:s3:::another" },
      },
    ),
  ),
  ...accessLogs.ignores(
    "s3:PutObject",
    `${LOGS_BUCKET}/balancer/one`,
    { ...FROM_US, "aws:SourceArn": bucketArn("trail") },
    {
      principal: "logging.s3.amazonaws.com",
    },
  ),
  ...accessLogs.allows(
    "BalancerWrites",
    "s3:PutObject",
    `${LOGS_BUCKET}/balancer/AWSLogs/${ACCOUNT}/one`,
    { "aws:SourceArn": `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:loadbalancer/app/tyler-setup/1` },
    { principal: "logdelivery.elasticloadbalancing.amazonaws.com" },
  ),
  ...accessLogs.ignores(
    "s3:PutObject",
    `${LOGS_BUCKET}/s3/one`,
    { "aws:SourceArn": `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:loadbalancer/app/tyler-setup/1` },
    { principal: "logdelivery.elasticloadbalancing.amazonaws.com" },
  ),

  ...topic.allows(
    "AlarmsPublish",
    "sns:Publish",
    TOPIC,
    { ...FROM_US, "aws:SourceArn": `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:tyler-setup-secret-deletion` },
    { principal: "cloudwatch.amazonaws.com", other: FROM_OTHERS },
  ),
  ...topic.allows(
    "EventsPublish",
    "sns:Publish",
    TOPIC,
    { "aws:SourceArn": `arn:aws:events:${REGION}:${ACCOUNT}:rule/tyler-setup-key-or-trail-tampering` },
    { principal: "events.amazonaws.com" },
  ),
  ...topic.refuses("PlainTextNever", "sns:Publish", TOPIC, PLAIN),
  ...topic.ignores("sns:Publish", TOPIC, {}, { principal: role("somebody") }),
]
