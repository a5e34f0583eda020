import { CfnOutput, Duration } from "aws-cdk-lib"
import { Certificate } from "aws-cdk-lib/aws-certificatemanager"
import { type ISecurityGroup, SecurityGroup, type Vpc } from "aws-cdk-lib/aws-ec2"
import {
  Capability,
  type ContainerDefinition,
  FargateService,
  FargateTaskDefinition,
  LinuxParameters,
  LogDrivers,
  Secret as TaskSecret,
} from "aws-cdk-lib/aws-ecs"
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  DesyncMitigationMode,
  SslPolicy,
} from "aws-cdk-lib/aws-elasticloadbalancingv2"
import { Secret } from "aws-cdk-lib/aws-secretsmanager"
import type { Construct } from "constructs"
import type { Config } from "../config.ts"
import { type Arns, DRAIN_SECONDS, PORT } from "../place.ts"
import { variables } from "../variables.ts"
import type { DataStack } from "./data.ts"
import type { ClusterParts, ClusterStack } from "./cluster.ts"
import { pinnedImage } from "./image.ts"
import { keptLog } from "./log.ts"
import type { NetworkStack } from "./network.ts"
import { TylerStack } from "./stack.ts"

const SSL_POLICY = { "1.3": SslPolicy.TLS13_13, "1.2": SslPolicy.RECOMMENDED_TLS } as const
/** As the Dockerfile declares them, so that each volume takes its owner. */
const VOLUMES = { data: "/data", mirror: "/mirror" } as const

/** Beside the drain: 10 s for requests under way, 15 s at most for what is still to be sent, and some air. At most 120 together. */
const STOP_SECONDS = DRAIN_SECONDS + 30

export interface ServiceParts extends ClusterParts {
  readonly cluster: ClusterStack
}

/** Tasks of Fargate behind a balancer that ends TLS. */
export class ServiceStack extends TylerStack {
  constructor(app: Construct, config: Config, parts: ServiceParts) {
    super(app, "service", config)
    const service = this.#service(parts)
    this.#scale(service)
    this.#balance(service, parts.network)
  }

  #service({ cluster: { cluster }, keys, network, access, data }: ServiceParts): FargateService {
    const task = new FargateTaskDefinition(this, "task", {
      family: this.at.prefix,
      cpu: 1024,
      memoryLimitMiB: 2048,
      taskRole: access.roles.service.withoutPolicyUpdates(),
      executionRole: access.roles.execution.withoutPolicyUpdates(),
    })
    const container = this.#container(task, keys, network.vpc, data)
    for (const [name, containerPath] of Object.entries(VOLUMES)) {
      task.addVolume({ name })
      container.addMountPoints({ containerPath, sourceVolume: name, readOnly: false })
    }
    return new FargateService(this, "service", {
      cluster,
      serviceName: this.at.prefix,
      taskDefinition: task,
      desiredCount: this.at.config.service.least,
      vpcSubnets: { subnetGroupName: "service" },
      securityGroups: [this.#shut("service", network)],
      assignPublicIp: false,
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      healthCheckGracePeriod: Duration.minutes(2),
      enableExecuteCommand: false,
    })
  }

  #container(task: FargateTaskDefinition, keys: Arns, vpc: Vpc, data: DataStack): ContainerDefinition {
    const { image, user, node, program } = this.at.config.service
    const linux = new LinuxParameters(this, "linux", { initProcessEnabled: true })
    linux.dropCapabilities(Capability.ALL)
    return task.addContainer("tyler", {
      image: pinnedImage(this, image),
      user,
      readonlyRootFilesystem: true,
      linuxParameters: linux,
      stopTimeout: Duration.seconds(STOP_SECONDS),
      portMappings: [{ containerPort: PORT }],
      environment: variables(this.at, keys, data.database.attrEndpointAddress, {
        volumes: VOLUMES,
        proxies: vpc.selectSubnets({ subnetGroupName: "balancer" }).subnets.map(({ ipv4CidrBlock }) => ipv4CidrBlock),
      }),
      secrets: {
        REDIS_URL: TaskSecret.fromSecretsManager(Secret.fromSecretCompleteArn(this, "cache-url", data.redisUrlArn)),
      },
      logging: LogDrivers.awsLogs({ logGroup: keptLog(this, keys, "service"), streamPrefix: "tyler" }),
      healthCheck: {
        // Whether it lives: a task that is not ready is left by the balancer, and ending all of them heals no database.
        command: ["CMD", node, program, "health", "--live"],
        interval: Duration.seconds(15),
        timeout: Duration.seconds(10),
        retries: 3,
        startPeriod: Duration.minutes(1),
      },
    })
  }

  #scale(service: FargateService): void {
    const { least, most } = this.at.config.service
    const tasks = service.autoScaleTaskCount({ minCapacity: least, maxCapacity: most })
    tasks.scaleOnCpuUtilization("cpu", {
      targetUtilizationPercent: 60,
      scaleInCooldown: Duration.minutes(5),
      scaleOutCooldown: Duration.minutes(1),
    })
  }

  #balance(service: FargateService, network: NetworkStack): void {
    const { certificateArn, reach, tls } = this.at.config.service
    const balancer = new ApplicationLoadBalancer(this, "balancer", {
      vpc: network.vpc,
      loadBalancerName: this.at.prefix,
      internetFacing: reach === "internet",
      vpcSubnets: { subnetGroupName: "balancer" },
      securityGroup: this.#shut("balancer", network),
      deletionProtection: true,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
    })
    balancer.setAttribute("access_logs.s3.enabled", "true")
    balancer.setAttribute("access_logs.s3.bucket", this.at.bucket("access-logs"))
    balancer.setAttribute("access_logs.s3.prefix", "balancer")
    new CfnOutput(this, "address", { value: balancer.loadBalancerDnsName })
    const listener = balancer.addListener("https", {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      certificates: [Certificate.fromCertificateArn(this, "certificate", certificateArn)],
      sslPolicy: SSL_POLICY[tls],
      open: false,
    })
    listener.addTargets("tasks", {
      port: PORT,
      protocol: ApplicationProtocol.HTTP,
      targets: [service],
      deregistrationDelay: Duration.seconds(15),
      healthCheck: {
        // By address, which this route is answered under too: src/http/hosts.ts.
        path: "/api/ready",
        healthyHttpCodes: "200",
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    })
  }

  /** The group as it is: constructs here would add rules to it. */
  #shut(what: "service" | "balancer", { groups }: NetworkStack): ISecurityGroup {
    return SecurityGroup.fromSecurityGroupId(this, `${what}-group`, groups[what].securityGroupId, { mutable: false })
  }
}
