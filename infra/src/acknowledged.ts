import { Validations } from "aws-cdk-lib"
import type { App } from "aws-cdk-lib"
import type { Config, RotationFunction } from "./config.ts"

/** A rule of cdk-nag that does not hold somewhere, and why that is meant. */
export interface Acknowledged {
  /** Below the application, the stack without the installation's name: `access/reader-policy/Resource`. */
  readonly path: string
  readonly rule: string
  readonly reason: string
}

const BELOW_PREFIX =
  "Names are made by people, so a policy can only name their prefix; tags decide which secrets below it"
const STREAMS = "A log group's streams are named by the tasks that write them"
const NO_RESOURCES = "These actions know no resources"

const access = (policy: string, resource: string, reason: string): Acknowledged => ({
  path: `access/${policy}-policy/Resource`,
  rule: `AwsSolutions-IAM5[Resource::${resource}]`,
  reason,
})

/** All of them. One that is no longer needed fails the tests, as one that is missing does. */
export function acknowledged(config: Config): readonly Acknowledged[] {
  const { account, region, name, service, rotation } = config
  const secrets = `arn:aws:secretsmanager:${region}:${account}:secret:${name}/*`
  const streams = (group: string): string =>
    `arn:aws:logs:${region}:${account}:log-group:/${name}/${group}:log-stream:*`
  const variables = "None of these variables is secret; what is comes from Secrets Manager"
  return [
    ...["reader", "writer", "deleter", "break-glass"].map((policy) => access(policy, secrets, BELOW_PREFIX)),
    ...(service.duties.includes("rotate") ? [access("orderer", secrets, BELOW_PREFIX)] : []),
    ...rotation.functions.flatMap((one) => ofRotation(one, secrets, streams("rotation"))),
    access("reader", "*", `${NO_RESOURCES}: ListSecrets`),
    access("break-glass", "*", `${NO_RESOURCES}: ListSecrets`),
    access("evidence", "*", `${NO_RESOURCES}: PutMetricData; its namespace is fixed`),
    access("execution", "*", `${NO_RESOURCES}: GetAuthorizationToken`),
    access(
      "evidence",
      `arn:aws:s3:::${name}-mirror-${account}-${region}/tyler-audit/*`,
      "Objects are named by entries",
    ),
    access("evidence", streams("audit"), STREAMS),
    access("execution", streams("service"), STREAMS),
    access("execution", streams("database"), STREAMS),
    {
      path: "network/flows-policy/Resource",
      rule: `AwsSolutions-IAM5[Resource::${streams("network")}]`,
      reason: STREAMS,
    },
    access(
      "deployer",
      `arn:aws:ecs:${region}:${account}:task-definition/${name}-database:*`,
      "A task definition's revision is new with each deployment",
    ),
    { path: "service/task/Resource", rule: "AwsSolutions-ECS2", reason: variables },
    { path: "cluster/database-task/Resource", rule: "AwsSolutions-ECS2", reason: variables },
    {
      path: "data/cache-password",
      rule: "AwsSolutions-SMG4",
      reason: "What it protects is sealed and minutes old; it is changed by hand: infra/README.md",
    },
    {
      path: "data/cache-url",
      rule: "AwsSolutions-SMG4",
      reason: "Made from the cache's password, and changes with it",
    },
  ]
}

function ofRotation(one: RotationFunction, secrets: string, streams: string): readonly Acknowledged[] {
  const policy = `rotation-${one.strategy}`
  const interfaces = `${NO_RESOURCES}: network interfaces before they are made; the function's own code is denied them`
  return [
    ...one.secrets.map((folder) => access(policy, secrets.replace(/\*$/, folder), BELOW_PREFIX)),
    access(policy, streams, STREAMS),
    access(policy, "*", interfaces),
  ]
}

export function acknowledge(app: App, config: Config): void {
  for (const { path, rule, reason } of acknowledged(config)) {
    const construct = app.node.findAll().find(({ node }) => node.path === `${config.name}-${path}`)
    if (construct === undefined) throw new Error(`${path} is acknowledged and is not there`)
    Validations.of(construct).acknowledge({ id: `AwsSolutions::${rule}`, reason })
  }
}
