import { readFileSync } from "node:fs"
import {
  Capability,
  ContainerImage,
  FargateTaskDefinition,
  LinuxParameters,
  LogDrivers,
  Secret as TaskSecret,
} from "aws-cdk-lib/aws-ecs"
import type { ILogGroup } from "aws-cdk-lib/aws-logs"
import { Secret } from "aws-cdk-lib/aws-secretsmanager"
import { DATABASE } from "./data.ts"
import { DATABASE_PORT } from "./ports.ts"
import type { ServiceParts } from "./service.ts"
import type { TylerStack } from "./stack.ts"

const ROLES = readFileSync(new URL("../sql/roles.sql", import.meta.url), "utf8")
/** `nobody`, in every image. */
const USER = "65534"

/**
 * A task to be run by hand, once: the two roles of the database, made as its administrator, whose password nobody needs to
 * see. It asks for TLS without a check of names, for psql's image does not know RDS's authorities, and never leaves this network.
 */
export function databaseTask(stack: TylerStack, { access, data }: ServiceParts, logGroup: ILogGroup): void {
  const task = new FargateTaskDefinition(stack, "database-task", {
    family: `${stack.at.prefix}-database`,
    taskRole: access.roles.database.withoutPolicyUpdates(),
    executionRole: access.roles.execution.withoutPolicyUpdates(),
  })
  const linux = new LinuxParameters(stack, "database-linux", {})
  linux.dropCapabilities(Capability.ALL)
  const administrator = Secret.fromSecretCompleteArn(stack, "administrator", data.administratorArn)
  task.addContainer("psql", {
    image: ContainerImage.fromRegistry(stack.at.config.data.psqlImage),
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
    logging: LogDrivers.awsLogs({ logGroup, streamPrefix: "psql" }),
  })
}
