import { AccountRootPrincipal, AnyPrincipal, type PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam"
import type { KeyUse, Place } from "../place.ts"
import { bootstrapRole } from "./people.ts"
import { KEYRING_CONTEXT } from "./service.ts"
import { allow, deny } from "./statement.ts"

/** All that concerns the key itself, nothing that uses it. */
const ADMINISTRATION = [
  // CreateGrant is use by another name.
  "CreateAlias",
  "Describe*",
  "Enable*",
  "List*",
  "Put*",
  "Update*",
  "Revoke*",
  "Disable*",
  "Get*",
  "Delete*",
  "TagResource",
  "UntagResource",
  "ScheduleKeyDeletion",
  "CancelKeyDeletion",
  "ReplicateKey",
  "RotateKeyOnDemand",
].map((operation) => `kms:${operation}`)

/** In days: the longest that KMS offers. */
const DELETION_DAYS = 30

/**
 * Principals are named by a condition and not as principals: KMS refuses a policy that names a role that does not exist yet,
 * and turns one that is deleted into an id that nobody can use again. What is allowed here must also be allowed by
 * the role's own policy. The account's root is among the administrators, so a key can never become nobody's.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
const rotators = (at: Place): string[] =>
  at.config.rotation.functions.map(({ strategy }) => at.rotationRoleArn(strategy))
const account = new AccountRootPrincipal()
const anybody = new AnyPrincipal()
const calledBy = (...arns: readonly string[]) => ({ ArnLike: { "aws:PrincipalArn": arns } })

export function keyPolicy(at: Place, use: KeyUse): PolicyStatement[] {
  return [...administration(at), ...USES[use](at)]
}

function administration(at: Place): PolicyStatement[] {
  const administrators = [
    at.globalArn("iam", "root"),
    bootstrapRole(at, "cfn-exec"),
    ...at.config.people.keyAdministrators,
  ]
  return [
    allow("Administer", {
      principals: [account],
      actions: ADMINISTRATION,
      resources: ["*"],
      conditions: calledBy(...administrators),
    }),
    deny("DeletionSlowly", {
      principals: [anybody],
      actions: ["kms:ScheduleKeyDeletion"],
      resources: ["*"],
      conditions: { NumericLessThan: { "kms:ScheduleKeyDeletionPendingWindowInDays": `${DELETION_DAYS}` } },
    }),
    allow("Rescue", {
      principals: [account],
      actions: ["kms:DescribeKey", "kms:CancelKeyDeletion", "kms:EnableKey"],
      resources: ["*"],
      conditions: calledBy(at.roleArn("break-glass")),
    }),
  ]
}

const USES: Readonly<Record<KeyUse, (at: Place) => PolicyStatement[]>> = {
  keyring: (at) => [
    allow("SeeKeyring", {
      principals: [account],
      actions: ["kms:DescribeKey"],
      resources: ["*"],
      conditions: calledBy(at.roleArn("service")),
    }),
    allow("UseKeyring", {
      principals: [account],
      actions: ["kms:Encrypt", "kms:Decrypt"],
      resources: ["*"],
      conditions: { ...calledBy(at.roleArn("service")), StringEquals: KEYRING_CONTEXT },
    }),
    allow("OpenKeyring", {
      principals: [account],
      actions: ["kms:Decrypt"],
      resources: ["*"],
      conditions: { ...calledBy(at.roleArn("break-glass")), StringEquals: KEYRING_CONTEXT },
    }),
  ],

  values: (at) => [
    allow("UseThroughSecretsManager", {
      principals: [account],
      actions: ["kms:Decrypt", "kms:GenerateDataKey"],
      resources: ["*"],
      conditions: {
        ...calledBy(at.roleArn("service"), at.roleArn("break-glass"), ...rotators(at)),
        StringEquals: { "kms:ViaService": at.via("secretsmanager"), "kms:CallerAccount": at.config.account },
      },
    }),
  ],

  evidence: (at) => [
    allow("WriteTrail", {
      principals: [new ServicePrincipal("cloudtrail.amazonaws.com")],
      actions: ["kms:GenerateDataKey*"],
      resources: ["*"],
      conditions: {
        StringEquals: { "aws:SourceArn": at.trailArn(), "kms:EncryptionContext:aws:cloudtrail:arn": at.trailArn() },
      },
    }),
    allow("SeeForTrail", {
      principals: [new ServicePrincipal("cloudtrail.amazonaws.com")],
      actions: ["kms:DescribeKey"],
      resources: ["*"],
      conditions: { StringEquals: { "aws:SourceArn": at.trailArn() } },
    }),
    allow("SealLogs", {
      principals: [new ServicePrincipal(at.via("logs"))],
      actions: ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
      resources: ["*"],
      conditions: {
        ArnLike: { "kms:EncryptionContext:aws:logs:arn": at.arn("logs", `log-group:/${at.prefix}/*`) },
      },
    }),
    allow("TellOfAlarms", {
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
      resources: ["*"],
      conditions: { StringEquals: { "aws:SourceAccount": at.config.account } },
    }),
    allow("TellOfEvents", {
      // EventBridge gives no SourceAccount with its calls of KMS.
      principals: [new ServicePrincipal("events.amazonaws.com")],
      actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
      resources: ["*"],
    }),
    allow("SealMirror", {
      principals: [account],
      actions: ["kms:GenerateDataKey", "kms:Decrypt"],
      resources: ["*"],
      conditions: { ...calledBy(at.roleArn("service")), StringEquals: { "kms:ViaService": at.via("s3") } },
    }),
    allow("ReadEvidence", {
      principals: [account],
      actions: ["kms:Decrypt"],
      resources: ["*"],
      conditions: { ...calledBy(...at.config.people.auditors), StringEquals: { "kms:ViaService": at.via("s3") } },
    }),
  ],

  data: (at) => [
    allow("SealStores", {
      principals: [account],
      actions: ["kms:CreateGrant", "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
      resources: ["*"],
      conditions: {
        ...calledBy(bootstrapRole(at, "cfn-exec")),
        StringEquals: {
          "kms:ViaService": [at.via("rds"), at.via("elasticache"), at.via("secretsmanager")],
          "kms:CallerAccount": at.config.account,
        },
      },
    }),
    allow("HandSecretsToTasks", {
      principals: [account],
      actions: ["kms:Decrypt"],
      resources: ["*"],
      conditions: {
        ...calledBy(at.roleArn("execution")),
        StringEquals: { "kms:ViaService": at.via("secretsmanager") },
      },
    }),
  ],
}
