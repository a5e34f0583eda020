import { CfnTrail } from "aws-cdk-lib/aws-cloudtrail"
import type { Construct } from "constructs"
import type { Config } from "../config.ts"
import type { Arns } from "../place.ts"
import { accessLogsPolicy, trailBucketPolicy } from "../policies/buckets.ts"
import { accessLogsBucket, lockedBucket } from "./bucket.ts"
import { TylerStack } from "./stack.ts"

/**
 * What AWS itself saw. Calls of Secrets Manager and KMS, reads too, are management events, which a trail records by
 * default. Its digests, one an hour, are signed: `aws cloudtrail validate-logs` looks at them.
 */
export class TrailStack extends TylerStack {
  constructor(app: Construct, config: Config, keys: Arns) {
    super(app, "trail", config)
    const accessLogs = this.at.bucket("access-logs")
    const logs = accessLogsBucket(this, "access-logs", accessLogs, accessLogsPolicy(this.at))
    const bucket = lockedBucket(this, "bucket", {
      name: this.at.bucket("trail"),
      keyArn: keys.evidence,
      lockDays: config.evidence.lockDays,
      accessLogs,
      policy: trailBucketPolicy(this.at),
    })
    bucket.addResourceDependency(logs)
    const trail = new CfnTrail(this, "trail", {
      trailName: config.name,
      s3BucketName: bucket.ref,
      kmsKeyId: keys.evidence,
      isLogging: true,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
    })
    // CloudTrail tries the bucket when the trail is made.
    trail.node.addDependency(this.node.findChild("bucket-policy"))
  }
}
