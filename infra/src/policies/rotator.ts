import type { PolicyStatement } from "aws-cdk-lib/aws-iam"
import type { Place } from "../place.ts"
import { allow, deny } from "./statement.ts"

/** A secret with this tag holds an administrator's credential that rotations may use (`masterarn`). */
export const ADMINISTRATOR_TAG = "RotationAdministrator"

/** Network interfaces have no ARN before they are made: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
const INTERFACES = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
]

/** The rotation function: secrets whose rotation is this function's, and administrators that were marked as such. */
export function rotator(at: Place, valuesKey: string): PolicyStatement[] {
  return [
    allow("RotateOurs", {
      actions: ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"].map(
        (operation) => `secretsmanager:${operation}`,
      ),
      resources: [at.secrets()],
      conditions: { StringEquals: { "secretsmanager:resource/AllowRotationLambdaArn": at.rotationArn() } },
    }),
    allow("ReadAdministrators", {
      actions: ["secretsmanager:GetSecretValue"],
      resources: [at.secrets()],
      conditions: {
        StringEquals: {
          ...at.tags("aws:ResourceTag"),
          [`aws:ResourceTag/${ADMINISTRATOR_TAG}`]: "true",
        },
      },
    }),
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
      conditions: { ArnEquals: { "lambda:SourceFunctionArn": at.rotationArn() } },
    }),
  ]
}
