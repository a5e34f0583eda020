import { existsSync } from "node:fs"
import { join } from "node:path"
import { Duration } from "aws-cdk-lib"
import { SecurityGroup } from "aws-cdk-lib/aws-ec2"
import { CfnPermission, Code, type FunctionProps, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda"
import type { Construct } from "constructs"
import type { Config, RotationFunction } from "../config.ts"
import type { Arns } from "../place.ts"
import type { AccessStack } from "./access.ts"
import { keptLog } from "./log.ts"
import type { NetworkStack } from "./network.ts"
import { TylerStack } from "./stack.ts"

type Common = Pick<FunctionProps, "logGroup" | "securityGroups">

const BUNDLE = "rotation.mjs"

export interface RotationParts {
  readonly keys: Arns
  readonly network: NetworkStack
  readonly access: AccessStack
}

/** The rotation functions, inside the network: Secrets Manager is reached through the endpoint, targets beside it. */
export class RotationStack extends TylerStack {
  constructor(app: Construct, config: Config, parts: RotationParts) {
    super(app, "rotation", config)
    const { bundle, functions } = config.rotation
    if (!existsSync(join(bundle, BUNDLE)))
      throw new Error(`rotation.bundle: ${join(bundle, BUNDLE)} is not there; build it first (infra/README.md)`)
    const logGroup = keptLog(this, parts.keys, "rotation")
    const { securityGroupId } = parts.network.groups.rotation
    const group = SecurityGroup.fromSecurityGroupId(this, "group", securityGroupId, { mutable: false })
    for (const one of functions) this.#function(one, parts, { logGroup, securityGroups: [group] })
  }

  #function(one: RotationFunction, { network, access }: RotationParts, common: Common): void {
    const { bundle } = this.at.config.rotation
    const rotation = new LambdaFunction(this, one.strategy, {
      ...common,
      functionName: this.at.rotation(one.strategy),
      runtime: Runtime.NODEJS_24_X,
      handler: "rotation.handler",
      code: Code.fromAsset(bundle),
      role: access.rotators.get(one.strategy)?.withoutPolicyUpdates(),
      vpc: network.vpc,
      vpcSubnets: { subnetGroupName: "service" },
      environment: {
        ROTATION_STRATEGY: one.strategy,
        ROTATION_SECRETS: this.at.rotated(one.secrets).join(","),
        ROTATION_ADMINS: JSON.stringify(one.admins),
      },
      timeout: Duration.minutes(5),
      memorySize: 512,
      // Rotations of one account are few; a loop that starts them must not use up the account's concurrency.
      reservedConcurrentExecutions: 5,
    })
    new CfnPermission(this, `${one.strategy}-caller`, {
      action: "lambda:InvokeFunction",
      functionName: rotation.functionName,
      principal: "secretsmanager.amazonaws.com",
      sourceAccount: this.at.config.account,
    })
  }
}
