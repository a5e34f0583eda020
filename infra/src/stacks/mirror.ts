import type { Construct } from "constructs"
import type { Config } from "../config.ts"
import type { Arns } from "../place.ts"
import { mirrorBucketPolicy } from "../policies/buckets.ts"
import { lockedBucket } from "./bucket.ts"
import { keptLog } from "./log.ts"
import { TylerStack } from "./stack.ts"

/** Copies of every audit entry: the bucket for keeping, the log group for searching. */
export class MirrorStack extends TylerStack {
  constructor(app: Construct, config: Config, keys: Arns) {
    super(app, "mirror", config)
    lockedBucket(this, "bucket", {
      name: this.at.bucket("mirror"),
      keyArn: keys.evidence,
      lockDays: config.evidence.lockDays,
      accessLogs: this.at.bucket("access-logs"),
      policy: mirrorBucketPolicy(this.at),
    })
    keptLog(this, keys, "audit")
  }
}
