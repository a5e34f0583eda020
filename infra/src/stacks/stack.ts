import { Stack } from "aws-cdk-lib"
import type { Construct } from "constructs"
import type { Config } from "../config.ts"
import { ENVIRONMENT, Place } from "../place.ts"

/** What each stack here is: of one account and Region, named and tagged as the configuration says, and not deleted by mistake. */
export class TylerStack extends Stack {
  readonly at: Place

  constructor(app: Construct, part: string, config: Config) {
    super(app, `${config.name}-${part}`, {
      env: { account: config.account, region: config.region },
      terminationProtection: true,
      // CloudFormation hands them to every resource that takes tags.
      tags: { Application: config.name, Environment: ENVIRONMENT },
    })
    this.at = new Place(this, config)
  }

  /** Those that were written down: CDK would ask an account for them. */
  override get availabilityZones(): string[] {
    return [...this.at.config.availabilityZones]
  }
}
