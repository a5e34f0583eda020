import type { PolicyStatement } from "aws-cdk-lib/aws-iam"
import type { Place } from "../place.ts"
import { allow, deny } from "./statement.ts"

/** A secret that carries both of our tags. A key that is absent matches nothing, so no tag is no permission. */
const ours = (at: Place) => ({ StringEquals: at.tags("aws:ResourceTag") })

const sealedFor = (at: Place) => ({
  StringEquals: { "kms:ViaService": at.via("secretsmanager") },
  StringLike: { "kms:EncryptionContext:SecretARN": at.secrets() },
})

/**
 * Reading. ListSecrets knows neither resources nor conditions. Descriptions are for all names below the prefix, since the
 * catalog shows what is not adopted yet; values only with both tags. The doctor asks for a name that is not there and so
 * has no tags.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
 */
export function reader(at: Place, valuesKey: string): PolicyStatement[] {
  return [
    allow("ListNames", { actions: ["secretsmanager:ListSecrets"], resources: ["*"] }),
    allow("Describe", { actions: ["secretsmanager:DescribeSecret"], resources: [at.secrets()] }),
    allow("ReadOurs", {
      actions: ["secretsmanager:GetSecretValue"],
      resources: [at.secrets()],
      conditions: ours(at),
    }),
    allow("ReadProbe", { actions: ["secretsmanager:GetSecretValue"], resources: at.probe() }),
    allow("OpenValues", { actions: ["kms:Decrypt"], resources: [valuesKey], conditions: sealedFor(at) }),
  ]
}

const CONTROL_TAGS = ["Application", "Environment"]
/** Tag keys of conditions are compared without regard to case, so another spelling of a control tag is one too. */
const NAMES_CONTROL_TAG = { "ForAnyValue:StringEqualsIgnoreCase": { "aws:TagKeys": CONTROL_TAGS } }

const WRITES = ["PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage", "TagResource", "UntagResource"].map(
  (operation) => `secretsmanager:${operation}`,
)

/**
 * Writing. CreateSecret with tags asks for TagResource as well, in a request that has no SecretId; a call of TagResource by
 * itself has one. By that a secret gets its two control tags at birth and never later: whoever could stamp them on
 * a foreign secret could read it. With adoption a secret that has neither may get both, once, and that is all.
 */
export function writer(at: Place, valuesKey: string): PolicyStatement[] {
  const stamped = { StringEquals: at.tags("aws:RequestTag") }
  const { adoption } = at.config.service
  return [
    allow("CreateTagged", {
      actions: ["secretsmanager:CreateSecret"],
      resources: [at.secrets()],
      // The service names the first of SECRETS_KMS_KEYS. A call without a key would be under AWS's own, which all of the account may use.
      conditions: { StringEquals: { ...at.tags("aws:RequestTag"), "secretsmanager:KmsKeyArn": valuesKey } },
    }),
    allow("TagAtBirth", {
      actions: ["secretsmanager:TagResource"],
      resources: [at.secrets()],
      conditions: { ...stamped, Null: { "secretsmanager:SecretId": "true" } },
    }),
    allow("WriteOurs", { actions: WRITES, resources: [at.secrets()], conditions: ours(at) }),
    allow("WriteProbe", { actions: WRITES, resources: at.probe() }),
    deny("ControlTagsStay", {
      actions: ["secretsmanager:TagResource", "secretsmanager:UntagResource"],
      resources: ["*"],
      conditions: {
        ...NAMES_CONTROL_TAG,
        Null: {
          "secretsmanager:SecretId": "false",
          ...(adoption ? { "aws:ResourceTag/Application": "false" } : {}),
        },
      },
    }),
    ...(adoption ? [adopt(at, stamped)] : []),
    deny("ForeignKeysNever", {
      actions: ["secretsmanager:CreateSecret", "secretsmanager:UpdateSecret"],
      resources: ["*"],
      conditions: {
        // An update mostly names none, and leaves the key as it is; without this line that would be denied too.
        Null: { "secretsmanager:KmsKeyArn": "false" },
        StringNotEquals: { "secretsmanager:KmsKeyArn": valuesKey },
      },
    }),
    allow("SealValues", {
      // Decrypt too: AWS compares a value that is put again under the same token.
      actions: ["kms:GenerateDataKey", "kms:Decrypt"],
      resources: [valuesKey],
      conditions: sealedFor(at),
    }),
  ]
}

function adopt(at: Place, stamped: { StringEquals: Record<string, string> }): PolicyStatement {
  return allow("Adopt", {
    actions: ["secretsmanager:TagResource"],
    resources: [at.secrets()],
    conditions: {
      ...stamped,
      Null: {
        "aws:ResourceTag/Application": "true",
        "aws:ResourceTag/Environment": "true",
      },
    },
  })
}

/**
 * Deleting, with the window said in the call: 7 to 30 days. A call without it carries no such key and is not allowed,
 * and one that forces is denied whatever else is attached.
 */
export function deleter(at: Place): PolicyStatement[] {
  return [
    allow("DeleteOurs", {
      actions: ["secretsmanager:DeleteSecret"],
      resources: [at.secrets()],
      conditions: {
        ...ours(at),
        NumericGreaterThanEquals: { "secretsmanager:RecoveryWindowInDays": "7" },
        NumericLessThanEquals: { "secretsmanager:RecoveryWindowInDays": "30" },
      },
    }),
    allow("RestoreOurs", {
      actions: ["secretsmanager:RestoreSecret"],
      resources: [at.secrets()],
      conditions: ours(at),
    }),
    allow("DeleteProbe", {
      actions: ["secretsmanager:DeleteSecret", "secretsmanager:RestoreSecret"],
      resources: at.probe(),
    }),
    deny("ForceNever", {
      actions: ["secretsmanager:DeleteSecret"],
      resources: ["*"],
      conditions: { Bool: { "secretsmanager:ForceDeleteWithoutRecovery": "true" } },
    }),
  ]
}

/**
 * Values leave AWS through our endpoint and no other way. A key that is absent makes StringNotEquals true, so a call from
 * the internet is denied as well as one from another network.
 */
export function guard(endpointId: string): PolicyStatement[] {
  return [
    deny("OutsideEndpointNever", {
      actions: ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"],
      resources: ["*"],
      conditions: { StringNotEquals: { "aws:SourceVpce": endpointId } },
    }),
  ]
}
