import { RemovalPolicy } from "aws-cdk-lib"
import type { ISecurityGroup } from "aws-cdk-lib/aws-ec2"
import { CfnReplicationGroup, CfnSubnetGroup } from "aws-cdk-lib/aws-elasticache"
import { CfnDBInstance, CfnDBParameterGroup, CfnDBSubnetGroup } from "aws-cdk-lib/aws-rds"
import { CfnSecret } from "aws-cdk-lib/aws-secretsmanager"
import type { Construct } from "constructs"
import type { Config } from "../config.ts"
import type { Arns } from "../place.ts"
import { DATABASE_PORT, REDIS_PORT } from "./ports.ts"
import type { NetworkStack } from "./network.ts"
import { TylerStack } from "./stack.ts"

/** PostgreSQL's administrator, whom RDS gives a new password every seven days. */
const ADMINISTRATOR = "tyler_admin"
export const DATABASE = "tyler"
const POSTGRES = "17.7"
const REDIS = "7.1"

/** The log and the catalog, in PostgreSQL; sealed values for a few minutes, in Redis. */
export class DataStack extends TylerStack {
  readonly database: CfnDBInstance
  /** REDIS_URL, with its password. */
  readonly redisUrlArn: string
  /** Name and password of PostgreSQL's administrator. */
  readonly administratorArn: string

  constructor(app: Construct, config: Config, keys: Arns, network: NetworkStack) {
    super(app, "data", config)
    const { vpc, groups } = network
    const subnets = vpc.selectSubnets({ subnetGroupName: "stores" }).subnetIds
    this.database = this.#postgres(subnets, keys, groups.database)
    this.administratorArn = this.database.attrMasterUserSecretSecretArn
    this.redisUrlArn = this.#redis(subnets, keys, groups.cache)
  }

  #postgres(subnetIds: string[], keys: Arns, group: ISecurityGroup): CfnDBInstance {
    const { instance, storageGiB, backupDays } = this.at.config.data
    const subnets = new CfnDBSubnetGroup(this, "database-subnets", {
      dbSubnetGroupDescription: "Subnets of the stores",
      subnetIds,
    })
    const parameters = new CfnDBParameterGroup(this, "parameters", {
      description: "TLS for everybody",
      family: `postgres${POSTGRES.split(".")[0]}`,
      parameters: { "rds.force_ssl": "1" },
    })
    const database = new CfnDBInstance(this, "database", {
      dbInstanceIdentifier: this.at.prefix,
      dbName: DATABASE,
      engine: "postgres",
      engineVersion: POSTGRES,
      dbInstanceClass: instance,
      port: `${DATABASE_PORT}`,
      allocatedStorage: `${storageGiB}`,
      maxAllocatedStorage: storageGiB * 4,
      storageType: "gp3",
      storageEncrypted: true,
      kmsKeyId: keys.data,
      multiAz: true,
      publiclyAccessible: false,
      enableIamDatabaseAuthentication: true,
      manageMasterUserPassword: true,
      masterUsername: ADMINISTRATOR,
      masterUserSecret: { kmsKeyId: keys.data },
      backupRetentionPeriod: backupDays,
      copyTagsToSnapshot: true,
      deletionProtection: true,
      deleteAutomatedBackups: false,
      autoMinorVersionUpgrade: true,
      enablePerformanceInsights: true,
      performanceInsightsKmsKeyId: keys.data,
      enableCloudwatchLogsExports: ["postgresql", "upgrade"],
      dbSubnetGroupName: subnets.ref,
      dbParameterGroupName: parameters.ref,
      vpcSecurityGroups: [group.securityGroupId],
    })
    database.applyRemovalPolicy(RemovalPolicy.SNAPSHOT)
    return database
  }

  #redis(subnetIds: string[], keys: Arns, group: ISecurityGroup): string {
    const password = new CfnSecret(this, "cache-password", {
      name: `${this.at.prefix}-cache-password`,
      description: "ElastiCache asks for it",
      kmsKeyId: keys.data,
      // Letters and digits alone: it stands in a URL.
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    })
    // CloudFormation puts it in when it deploys; no template holds it.
    const secret = `{{resolve:secretsmanager:${password.ref}:SecretString}}`
    const subnets = new CfnSubnetGroup(this, "cache-subnets", { description: "Subnets of the stores", subnetIds })
    const cache = new CfnReplicationGroup(this, "cache", {
      replicationGroupId: this.at.prefix,
      replicationGroupDescription: "Sealed values, for minutes",
      engine: "redis",
      engineVersion: REDIS,
      cacheNodeType: this.at.config.data.cacheNode,
      port: REDIS_PORT,
      numCacheClusters: 2,
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      atRestEncryptionEnabled: true,
      kmsKeyId: keys.data,
      transitEncryptionEnabled: true,
      transitEncryptionMode: "required",
      authToken: secret,
      snapshotRetentionLimit: 0,
      cacheSubnetGroupName: subnets.ref,
      securityGroupIds: [group.securityGroupId],
    })
    const url = new CfnSecret(this, "cache-url", {
      name: `${this.at.prefix}-cache-url`,
      description: "REDIS_URL of the service",
      kmsKeyId: keys.data,
      secretString: `rediss://:${secret}@${cache.attrPrimaryEndPointAddress}:${REDIS_PORT}`,
    })
    return url.ref
  }
}
