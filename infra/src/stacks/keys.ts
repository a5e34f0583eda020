import { RemovalPolicy } from "aws-cdk-lib"
import { PolicyDocument } from "aws-cdk-lib/aws-iam"
import { CfnAlias, CfnKey, type IKey, Key } from "aws-cdk-lib/aws-kms"
import type { Construct } from "constructs"
import type { Config } from "../config.ts"
import { type Arns, KEYS, type KeyUse } from "../place.ts"
import { keyPolicy } from "../policies/keys.ts"
import { TylerStack } from "./stack.ts"

const ABOUT: Readonly<Record<KeyUse, string>> = {
  keyring: "wraps the keyring",
  values: "values in Secrets Manager",
  evidence: "trail, mirror, logs and alarms",
  data: "database, cache and their passwords",
}

/** Those whose ciphertext of ours may be wanted in another Region. */
const MULTI_REGION: ReadonlySet<KeyUse> = new Set(["keyring", "values"])

/** Four keys, so that who may use one learns nothing of what another protects. Kept when the stack goes. */
export class KeysStack extends TylerStack {
  readonly arns: Arns

  constructor(app: Construct, config: Config) {
    super(app, "keys", config)
    const made = KEYS.map((use) => [use, this.#make(use)] as const)
    this.arns = Object.fromEntries(made.map(([use, { attrArn }]) => [use, attrArn])) as Arns
  }

  #make(use: KeyUse): CfnKey {
    const key = new CfnKey(this, use, {
      description: `${this.at.prefix}: ${ABOUT[use]}`,
      enableKeyRotation: true,
      multiRegion: this.at.config.keys.multiRegionKey && MULTI_REGION.has(use),
      pendingWindowInDays: 30,
      keyPolicy: new PolicyDocument({ statements: keyPolicy(this.at, use) }),
    })
    key.applyRemovalPolicy(RemovalPolicy.RETAIN)
    new CfnAlias(this, `${use}-alias`, { aliasName: this.alias(use), targetKeyId: key.ref })
    return key
  }

  alias(use: KeyUse): string {
    return `alias/${this.at.prefix}-${use}`
  }
}

/** The key as other constructs want it. They cannot add to its policy, which is written in one place. */
export function keyOf(scope: Construct, arns: Arns, use: KeyUse): IKey {
  const id = `${use}-key`
  return (scope.node.tryFindChild(id) as IKey | undefined) ?? Key.fromKeyArn(scope, id, arns[use])
}
