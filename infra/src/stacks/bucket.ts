import { RemovalPolicy } from "aws-cdk-lib"
import { PolicyDocument, type PolicyStatement } from "aws-cdk-lib/aws-iam"
import { CfnBucket, CfnBucketPolicy } from "aws-cdk-lib/aws-s3"
import type { Construct } from "constructs"

const PRIVATE = {
  publicAccessBlockConfiguration: {
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  },
  ownershipControls: { rules: [{ objectOwnership: "BucketOwnerEnforced" }] },
}

interface Locked {
  readonly name: string
  readonly keyArn: string
  readonly lockDays: number
  readonly accessLogs: string
  readonly policy: PolicyStatement[]
}

/**
 * What is written there stays for its days, whoever asks: compliance mode binds the account's root too, and the bucket
 * outlives its stack. Afterwards it moves to cheaper storage and is kept.
 */
export function lockedBucket(scope: Construct, id: string, of: Locked): CfnBucket {
  const bucket = new CfnBucket(scope, id, {
    ...PRIVATE,
    bucketName: of.name,
    objectLockEnabled: true,
    objectLockConfiguration: {
      objectLockEnabled: "Enabled",
      rule: { defaultRetention: { mode: "COMPLIANCE", days: of.lockDays } },
    },
    versioningConfiguration: { status: "Enabled" },
    bucketEncryption: {
      serverSideEncryptionConfiguration: [
        {
          bucketKeyEnabled: true,
          serverSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: of.keyArn },
        },
      ],
    },
    loggingConfiguration: { destinationBucketName: of.accessLogs, logFilePrefix: "s3/" },
    lifecycleConfiguration: {
      rules: [
        {
          id: "cheaper-with-age",
          status: "Enabled",
          transitions: [{ storageClass: "GLACIER_IR", transitionInDays: 90 }],
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
      ],
    },
  })
  bucket.applyRemovalPolicy(RemovalPolicy.RETAIN)
  policyOf(scope, id, bucket, of.name, of.policy)
  return bucket
}

const ACCESS_LOG_DAYS = 400

/** Logs of access: S3 and the balancer can write to nothing that is encrypted by a key of ours. */
export function accessLogsBucket(scope: Construct, id: string, name: string, policy: PolicyStatement[]): CfnBucket {
  const bucket = new CfnBucket(scope, id, {
    ...PRIVATE,
    bucketName: name,
    versioningConfiguration: { status: "Enabled" },
    bucketEncryption: {
      serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    },
    lifecycleConfiguration: {
      rules: [
        {
          id: "gone-with-age",
          status: "Enabled",
          expirationInDays: ACCESS_LOG_DAYS,
          noncurrentVersionExpiration: { noncurrentDays: 30 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
      ],
    },
  })
  bucket.applyRemovalPolicy(RemovalPolicy.RETAIN)
  policyOf(scope, id, bucket, name, policy)
  return bucket
}

function policyOf(scope: Construct, id: string, bucket: CfnBucket, name: string, statements: PolicyStatement[]): void {
  const policy = new CfnBucketPolicy(scope, `${id}-policy`, {
    bucket: name,
    policyDocument: new PolicyDocument({ statements }),
  })
  policy.addResourceDependency(bucket)
  policy.applyRemovalPolicy(RemovalPolicy.RETAIN)
}
