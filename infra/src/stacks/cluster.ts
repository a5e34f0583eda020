import { readFileSync } from "node:fs"
import {
  Capability,
  Cluster,
  ContainerInsights,
  FargateTaskDefinition,
  LinuxParameters,
  LogDrivers,
  Secret as TaskSecret,
} from "aws-cdk-lib/aws-ecs"
import { Secret } from "aws-cdk-lib/aws-secretsmanager"
import type { Construct } from "constructs"
import type { Config } from "../config.ts"
import type { Arns } from "../place.ts"
import type { AccessStack } from "./access.ts"
import { DATABASE, type DataStack } from "./data.ts"
import { pinnedImage } from "./image.ts"
import { keptLog } from "./log.ts"
import type { NetworkStack } from "./network.ts"
import { DATABASE_PORT } from "./ports.ts"
import { TylerStack } from "./stack.ts"

const ROLES = readFileSync(new URL("../sql/roles.sql", import.meta.url), "utf8")
/** `nobody`, in every image. */
const USER = "65534"

export interface ClusterParts {
  readonly keys: Arns
  readonly network: NetworkStack
  readonly access: AccessStack
  readonly data: DataStack
}

/** Where tasks run, and the one that has to run before the service can: it makes the roles of the database. */
export class ClusterStack extends TylerStack {
  readonly cluster: Cluster

  constructor(app: Construct, config: Config, parts: ClusterParts) {
    super(app, "cluster", config)
    this.cluster = new Cluster(this, "cluster", {
      vpc: parts.network.vpc,
      clusterName: config.name,
      containerInsightsV2: ContainerInsights.ENHANCED,
    })
    this.#databaseTask(parts)
  }

  /**
   * To be run by hand, once, as RDS's administrator, whose password nobody needs to see. It asks for TLS without a check of
   * names, for psql's image does not know RDS's authorities, and never leaves this network.
   */
  #databaseTask({ keys, access, data }: ClusterParts): void {
    const task = new FargateTaskDefinition(this, "database-task", {
      family: `${this.at.prefix}-database`,
      taskRole: access.roles.database.withoutPolicyUpdates(),
      executionRole: access.roles.execution.withoutPolicyUpdates(),
    })
    const linux = new LinuxParameters(this, "database-linux", {})
    linux.dropCapabilities(Capability.ALL)
    const administrator = Secret.fromSecretCompleteArn(this, "administrator", data.administratorArn)
    task.addContainer("psql", {
      image: pinnedImage(this, this.at.config.data.psqlImage),
      user: USER,
      readonlyRootFilesystem: true,
      linuxParameters: linux,
      entryPoint: ["psql"],
      command: ["--no-psqlrc", "--set=ON_ERROR_STOP=1", `--command=${ROLES}`],
      environment: {
        PGHOST: data.database.attrEndpointAddress,
        PGPORT: `${DATABASE_PORT}`,
        PGDATABASE: DATABASE,
        PGSSLMODE: "require",
      },
      secrets: {
        PGUSER: TaskSecret.fromSecretsManager(administrator, "username"),
        PGPASSWORD: TaskSecret.fromSecretsManager(administrator, "password"),
      },
      logging: LogDrivers.awsLogs({ logGroup: keptLog(this, keys, "database"), streamPrefix: "psql" }),
    })
  }
}
