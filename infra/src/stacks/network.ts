import { CfnOutput, Validations } from "aws-cdk-lib"
import {
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  type InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  SubnetType,
  Vpc,
} from "aws-cdk-lib/aws-ec2"
import { ManagedPolicy, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam"
import type { Construct } from "constructs"
import type { Config } from "../config.ts"
import type { Arns } from "../place.ts"
import { type EndpointUse, endpointPolicy } from "../policies/endpoints.ts"
import { flows } from "../policies/service.ts"
import { type Groups, groupsIn } from "./groups.ts"
import { keptLog } from "./log.ts"
import { TylerStack } from "./stack.ts"

const INTERFACES = {
  secretsmanager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  kms: InterfaceVpcEndpointAwsService.KMS,
  logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  monitoring: InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
  sts: InterfaceVpcEndpointAwsService.STS,
  sns: InterfaceVpcEndpointAwsService.SNS,
  "ecr.api": InterfaceVpcEndpointAwsService.ECR,
  "ecr.dkr": InterfaceVpcEndpointAwsService.ECR_DOCKER,
} as const satisfies Partial<Record<EndpointUse, InterfaceVpcEndpointAwsService>>

/**
 * Three rows of subnets: the balancer's, the service's, the stores'. AWS is reached through endpoints, under its usual
 * names (private DNS). Without NAT gateways there is no way to the internet at all.
 */
export class NetworkStack extends TylerStack {
  readonly vpc: Vpc
  readonly groups: Groups
  /** Of the endpoint that values must come through. */
  readonly secretsEndpointId: string

  constructor(app: Construct, config: Config, keys: Arns) {
    super(app, "network", config)
    const reason = "Zones are written down in the configuration, so that nothing is looked up in an account"
    Validations.of(this).acknowledge({ id: "CloudFormation-Validate::W3010", reason })
    const { cidr, natGateways } = config.network
    this.vpc = new Vpc(this, "vpc", {
      vpcName: config.name,
      ipAddresses: IpAddresses.cidr(cidr),
      maxAzs: config.availabilityZones.length,
      natGateways,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: "balancer", cidrMask: 24, subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
        {
          name: "service",
          cidrMask: 22,
          subnetType: natGateways > 0 ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PRIVATE_ISOLATED,
        },
        { name: "stores", cidrMask: 24, subnetType: SubnetType.PRIVATE_ISOLATED },
      ],
    })
    this.groups = groupsIn(this, this.vpc, config)
    this.#log(keys)
    this.secretsEndpointId = this.#endpoints(keys).vpcEndpointId
    new CfnOutput(this, "secrets-endpoint", { value: this.secretsEndpointId })
    // As `aws ecs run-task --network-configuration` wants it, for the task that makes the database's roles.
    const { subnetIds } = this.vpc.selectSubnets({ subnetGroupName: "service" })
    const group = this.groups.service.securityGroupId
    new CfnOutput(this, "tasks", {
      value: `awsvpcConfiguration={subnets=[${subnetIds.join(",")}],securityGroups=[${group}]}`,
    })
  }

  #log(keys: Arns): void {
    const group = keptLog(this, keys, "network")
    const role = new Role(this, "flows-role", {
      roleName: `${this.at.prefix}-flows`,
      assumedBy: new ServicePrincipal("vpc-flow-logs.amazonaws.com"),
      managedPolicies: [
        new ManagedPolicy(this, "flows-policy", {
          managedPolicyName: `${this.at.prefix}-flows`,
          statements: flows(this.at),
        }),
      ],
    })
    this.vpc.addFlowLog("flow-log", {
      destination: FlowLogDestination.toCloudWatchLogs(group, role.withoutPolicyUpdates()),
    })
  }

  #endpoints(keys: Arns): InterfaceVpcEndpoint {
    const made = Object.entries(INTERFACES).map(([use, service]) => {
      const endpoint = this.vpc.addInterfaceEndpoint(use, {
        service,
        privateDnsEnabled: true,
        open: false,
        securityGroups: [this.groups.endpoints],
        subnets: { subnetGroupName: "service" },
      })
      for (const statement of endpointPolicy(this.at, keys, use as EndpointUse)) endpoint.addToPolicy(statement)
      return [use, endpoint] as const
    })
    const s3 = this.vpc.addGatewayEndpoint("s3", { service: GatewayVpcEndpointAwsService.S3 })
    for (const statement of endpointPolicy(this.at, keys, "s3")) s3.addToPolicy(statement)
    return Object.fromEntries(made)["secretsmanager"] as InterfaceVpcEndpoint
  }
}
