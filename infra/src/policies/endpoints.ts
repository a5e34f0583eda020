import { StarPrincipal, type PolicyStatement } from "aws-cdk-lib/aws-iam"
import { type Arns, MIRROR_PREFIX, NAMESPACE, type Place } from "../place.ts"
import { allow } from "./statement.ts"

const anybody = new StarPrincipal()

/**
 * What may pass through an endpoint, at most: a cap, no grant. It is for a process in this network that has got hold of
 * credentials of a foreign account, and would carry values there, which no policy of ours could stop.
 * https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
 */
export type EndpointUse =
  | "secretsmanager"
  | "kms"
  | "logs"
  | "monitoring"
  | "sts"
  | "sns"
  | "ecr.api"
  | "ecr.dkr"
  | "s3"

export function endpointPolicy(at: Place, keys: Arns, use: EndpointUse): PolicyStatement[] {
  return POLICIES[use](at, keys)
}

const fromHere = (at: Place) => ({ StringEquals: { "aws:PrincipalAccount": at.config.account } })

const POLICIES: Readonly<Record<EndpointUse, (at: Place, keys: Arns) => PolicyStatement[]>> = {
  secretsmanager: (at) => [
    allow("OurSecrets", {
      principals: [anybody],
      actions: ["secretsmanager:*"],
      resources: [
        at.secrets(),
        at.arn("secretsmanager", `secret:${at.prefix}-*`),
        at.arn("secretsmanager", "secret:rds!*"),
      ],
      conditions: fromHere(at),
    }),
    allow("ListNames", {
      principals: [anybody],
      actions: ["secretsmanager:ListSecrets"],
      resources: ["*"],
      conditions: fromHere(at),
    }),
  ],

  kms: (at, keys) => [
    allow("Keyring", {
      principals: [anybody],
      actions: ["kms:DescribeKey", "kms:Encrypt", "kms:Decrypt"],
      resources: [keys.keyring],
      conditions: fromHere(at),
    }),
  ],

  logs: (at) => [
    allow("OurLogs", {
      principals: [anybody],
      actions: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents"],
      resources: [at.arn("logs", `log-group:/${at.prefix}/*`)],
      conditions: fromHere(at),
    }),
  ],

  monitoring: (at) => [
    allow("OurMetrics", {
      principals: [anybody],
      actions: ["cloudwatch:PutMetricData"],
      resources: ["*"],
      conditions: {
        StringEquals: { "aws:PrincipalAccount": at.config.account, "cloudwatch:namespace": NAMESPACE },
      },
    }),
  ],

  // Programs of any account show us a signature of theirs, and we ask STS whose it is: so anybody, but that one question.
  sts: () => [allow("WhoIsThis", { principals: [anybody], actions: ["sts:GetCallerIdentity"], resources: ["*"] })],

  sns: (at) => [
    allow("OurTopic", {
      principals: [anybody],
      actions: ["sns:Publish"],
      resources: [at.topicArn()],
      conditions: fromHere(at),
    }),
  ],

  "ecr.api": (at) => [
    allow("SignIn", {
      principals: [anybody],
      actions: ["ecr:GetAuthorizationToken"],
      resources: ["*"],
      conditions: fromHere(at),
    }),
    allow("OurImages", {
      principals: [anybody],
      actions: ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
      resources: imageRepositories(at),
      conditions: fromHere(at),
    }),
  ],

  "ecr.dkr": (at) => [
    allow("OurImages", {
      principals: [anybody],
      actions: ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
      resources: imageRepositories(at),
      conditions: fromHere(at),
    }),
  ],

  s3: (at) => [
    allow("OurMirror", {
      principals: [anybody],
      actions: [
        "s3:PutObject",
        "s3:PutObjectRetention",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:GetBucketObjectLockConfiguration",
      ],
      resources: [at.bucketArn("mirror"), `${at.bucketArn("mirror")}/${MIRROR_PREFIX}/*`],
      conditions: fromHere(at),
    }),
    // ECR hands out addresses in a bucket of its own: https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    allow("ImageLayers", {
      principals: [anybody],
      actions: ["s3:GetObject"],
      resources: [at.bucketOfAws(`prod-${at.config.region}-starport-layer-bucket`)],
    }),
  ],
}

function imageRepositories(at: Place): string[] {
  return [...new Set([at.config.service.image, at.config.data.psqlImage].map((image) => at.repositoryArn(image)))]
}
