import { existsSync } from "node:fs"
import { join } from "node:path"
import { Duration } from "aws-cdk-lib"
import { SecurityGroup } from "aws-cdk-lib/aws-ec2"
import { CfnPermission, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda"
import type { Construct } from "constructs"
import type { Config } from "../config.ts"
import type { Arns } from "../place.ts"
import type { AccessStack } from "./access.ts"
import { keptLog } from "./log.ts"
import type { NetworkStack } from "./network.ts"
import { TylerStack } from "./stack.ts"

const BUNDLE = "rotation.mjs"

export interface RotationParts {
  readonly keys: Arns
  readonly network: NetworkStack
  readonly access: AccessStack
}

/** The rotation function, inside the network: it reaches Secrets Manager through the endpoint and targets beside it. */
export class RotationStack extends TylerStack {
  constructor(app: Construct, config: Config, { keys, network, access }: RotationParts) {
    super(app, "rotation", config)
    const { bundle } = config.rotation
    if (!existsSync(join(bundle, BUNDLE)))
      throw new Error(`rotation.bundle: ${join(bundle, BUNDLE)} is not there; build it first (infra/README.md)`)
    const logGroup = keptLog(this, keys, "rotation")
    const rotation = new LambdaFunction(this, "function", {
      functionName: `${config.name}-rotation`,
      runtime: Runtime.NODEJS_24_X,
      handler: "rotation.handler",
      code: Code.fromAsset(bundle),
      role: access.roles.rotator.withoutPolicyUpdates(),
      logGroup,
      vpc: network.vpc,
      vpcSubnets: { subnetGroupName: "service" },
      securityGroups: [
        SecurityGroup.fromSecurityGroupId(this, "group", network.groups.rotation.securityGroupId, { mutable: false }),
      ],
      timeout: Duration.minutes(5),
      memorySize: 512,
      // Rotations of one account are few; a loop that starts them must not use up the account's concurrency.
      reservedConcurrentExecutions: 5,
    })
    new CfnPermission(this, "secrets-manager", {
      action: "lambda:InvokeFunction",
      functionName: rotation.functionName,
      principal: "secretsmanager.amazonaws.com",
      sourceAccount: config.account,
    })
  }
}
