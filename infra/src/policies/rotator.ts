import type { PolicyStatement } from "aws-cdk-lib/aws-iam"
import type { RotationFunction } from "../config.ts"
import type { Place } from "../place.ts"
import { allow, deny } from "./statement.ts"

/** Network interfaces have no ARN before they are made: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
const INTERFACES = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
]

/** One rotation function: its own secrets, if their rotation is its, and the administrators that it was given. */
export function rotator(at: Place, one: RotationFunction, valuesKey: string): PolicyStatement[] {
  const arn = at.rotationArn(one.strategy)
  return [
    allow("RotateOurs", {
      actions: ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"].map(
        (operation) => `secretsmanager:${operation}`,
      ),
      resources: at.rotated(one.secrets),
      conditions: { StringEquals: { "secretsmanager:resource/AllowRotationLambdaArn": arn } },
    }),
    ...(one.admins.length === 0 ? [] : [readAdministrators(one)]),
    allow("SealValues", {
      actions: ["kms:GenerateDataKey", "kms:Decrypt"],
      resources: [valuesKey],
      conditions: {
        StringEquals: { "kms:ViaService": at.via("secretsmanager") },
        StringLike: { "kms:EncryptionContext:SecretARN": at.secrets() },
      },
    }),
    allow("WriteOwnLog", {
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [at.logStreams("rotation")],
    }),
    allow("JoinNetwork", { actions: INTERFACES, resources: ["*"] }),
    deny("CodeJoinsNoNetwork", {
      // The service makes interfaces before our code runs; our code has no use for that.
      actions: INTERFACES,
      resources: ["*"],
      conditions: { ArnEquals: { "lambda:SourceFunctionArn": arn } },
    }),
  ]
}

function readAdministrators({ admins }: RotationFunction): PolicyStatement {
  const resources = [...new Set(admins.map(({ secret }) => secret))]
  return allow("ReadAdministrators", { actions: ["secretsmanager:GetSecretValue"], resources })
}

/** The service orders rotations: of its own secrets, by the functions that are ours, and by no other. */
export function orderer(at: Place): PolicyStatement[] {
  const ours = at.tags("aws:ResourceTag")
  return [
    allow("OrderRotation", {
      actions: ["secretsmanager:RotateSecret"],
      resources: [at.secrets()],
      conditions: { StringEquals: { ...ours, "secretsmanager:RotationLambdaARN": at.rotationArns() } },
    }),
    allow("CancelRotation", {
      actions: ["secretsmanager:CancelRotateSecret"],
      resources: [at.secrets()],
      conditions: { StringEquals: ours },
    }),
    allow("OrderProbe", {
      actions: ["secretsmanager:RotateSecret", "secretsmanager:CancelRotateSecret"],
      resources: at.probe(),
    }),
    // Asked of whoever orders a rotation, though Secrets Manager makes the call.
    allow("InvokeFunctions", { actions: ["lambda:InvokeFunction"], resources: at.rotationArns() }),
  ]
}
