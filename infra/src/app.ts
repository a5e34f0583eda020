import { App, Validations } from "aws-cdk-lib"
import { AwsSolutionsChecks } from "cdk-nag"
import type { Config } from "./config.ts"
import { acknowledge } from "./acknowledged.ts"
import { AccessStack } from "./stacks/access.ts"
import { AlarmsStack } from "./stacks/alarms.ts"
import { ClusterStack } from "./stacks/cluster.ts"
import { DashboardStack } from "./stacks/dashboard.ts"
import { DataStack } from "./stacks/data.ts"
import { KeysStack } from "./stacks/keys.ts"
import { MirrorStack } from "./stacks/mirror.ts"
import { NetworkStack } from "./stacks/network.ts"
import { RotationStack } from "./stacks/rotation.ts"
import { ServiceStack } from "./stacks/service.ts"
import { TrailStack } from "./stacks/trail.ts"

/** What is exported cannot go while another stack uses it. */
const KEPT_EXPORTS = { "@aws-cdk/core:defaultCrossStackReferences": "strong" }
/** ARNs then say `aws` where CloudFormation would be asked for the partition: what a policy is about is plain to read. */
const PLAIN_ARNS = { "@aws-cdk/core:enablePartitionLiterals": true }

export function emptyApp(outdir?: string): App {
  return new App({ outdir, analyticsReporting: false, context: { ...PLAIN_ARNS, ...KEPT_EXPORTS } })
}

/** Every stack, in the order in which they need each other. @param outdir where the templates go */
export function buildApp(config: Config, outdir?: string): App {
  const app = emptyApp(outdir)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }))
  const { arns: keys } = new KeysStack(app, config)
  const network = new NetworkStack(app, config, keys)
  const trail = new TrailStack(app, config, keys)
  new MirrorStack(app, config, keys).addStackDependency(trail, "the bucket of access logs")
  const data = new DataStack(app, config, keys, network)
  const access = new AccessStack(app, config, {
    keys,
    secretsEndpointId: network.secretsEndpointId,
    databaseResourceId: data.database.attrDbiResourceId,
    taskSecrets: [data.redisUrlArn, data.administratorArn],
  })
  const cluster = new ClusterStack(app, config, { keys, network, access, data })
  new ServiceStack(app, config, { keys, network, access, data, cluster }).addStackDependency(
    trail,
    "the bucket of access logs",
  )
  if (config.rotation.functions.length > 0) new RotationStack(app, config, { keys, network, access })
  const alarms = new AlarmsStack(app, config, keys)
  new DashboardStack(app, config, alarms)
  acknowledge(app, config)
  return app
}
