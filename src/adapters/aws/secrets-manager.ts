import type * as Sdk from "@aws-sdk/client-secrets-manager"
import type { SecretListEntry, SecretsManagerClient } from "@aws-sdk/client-secrets-manager"
import { conceal } from "../../core/secret-value.ts"
import { STAGED } from "../../core/stage.ts"
import type { VersionId } from "../../core/version.ts"
import type {
  LabelMove,
  Material,
  NewSecret,
  OutsideSecret,
  OutsideStore,
  OutsideValue,
} from "../../secrets/outside.ts"
import { StoreFault } from "../../secrets/outside.ts"
import { type AwsPlace, clientSettings } from "./client.ts"
import { fromAws, toAws } from "./labels.ts"
import { rotationIn, rulesOf } from "./rotation-rules.ts"
import { storeFault } from "./store-faults.ts"

interface Loaded {
  readonly sdk: typeof Sdk
  readonly client: SecretsManagerClient
}

const PAGE = 100

/**
 * AWS Secrets Manager of one account and Region. The SDK is loaded with the first call. What it holds of a value is text
 * of the engine's, which nobody can wipe; ours is wiped.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/
 */
export function secretsManager(place: AwsPlace): OutsideStore & { close(): void } {
  let loading: Promise<Loaded> | undefined
  const loaded = (): Promise<Loaded> => (loading ??= load(place))

  async function call<T>(send: (on: Loaded) => Promise<T>): Promise<T> {
    try {
      return await send(await loaded())
    } catch (error) {
      throw storeFault(error)
    }
  }

  return {
    value: (arn, which) =>
      call(async ({ sdk, client }) => {
        const asked = "versionId" in which ? { VersionId: which.versionId } : { VersionStage: toAws(which.label) }
        return valueOf(await client.send(new sdk.GetSecretValueCommand({ SecretId: arn, ...asked })))
      }),

    describe: (id) =>
      call(async ({ sdk, client }) => {
        try {
          return secretOf(await client.send(new sdk.DescribeSecretCommand({ SecretId: id })), "VersionIdsToStages")
        } catch (error) {
          if (storeFault(error).code === "not_found") return undefined
          throw error
        }
      }),

    async *list(prefix) {
      let token: string | undefined
      do {
        const page = await call(({ sdk, client }) =>
          client.send(
            new sdk.ListSecretsCommand({
              Filters: [{ Key: "name", Values: [prefix] }],
              IncludePlannedDeletion: true,
              MaxResults: PAGE,
              ...(token === undefined ? {} : { NextToken: token }),
            }),
          ),
        )
        token = page.NextToken
        yield (page.SecretList ?? []).map((secret) => secretOf(secret, "SecretVersionsToStages"))
      } while (token !== undefined)
    },

    create: (secret) => call((on) => create(on, secret)),

    stage: (arn, versionId, material) =>
      call(async ({ sdk, client }) => {
        const version = { SecretId: arn, ClientRequestToken: versionId, VersionStages: [STAGED] }
        await client.send(new sdk.PutSecretValueCommand({ ...version, ...given(material) }))
      }),

    move: (arn, move) =>
      call(async ({ sdk, client }) => {
        await client.send(new sdk.UpdateSecretVersionStageCommand({ SecretId: arn, ...moved(move) }))
      }).catch((error: StoreFault) => {
        // Of parameters we make ourselves only one can be wrong: who carries the label.
        throw error.code === "invalid_request" ? new StoreFault("version_conflict", error.said, error.done) : error
      }),

    redescribe: (arn, description) =>
      call(async ({ sdk, client }) => {
        await client.send(new sdk.UpdateSecretCommand({ SecretId: arn, Description: description }))
      }),

    tag: (arn, tags) =>
      call(async ({ sdk, client }) => {
        const all = tags.map(({ Key, Value }) => ({ Key, Value }))
        await client.send(new sdk.TagResourceCommand({ SecretId: arn, Tags: all }))
      }),

    untag: (arn, keys) =>
      call(async ({ sdk, client }) => {
        await client.send(new sdk.UntagResourceCommand({ SecretId: arn, TagKeys: [...keys] }))
      }),

    rotate: (arn, { token, lambdaArn, timetable, now }) =>
      call(async ({ sdk, client }) => {
        const order = { SecretId: arn, ClientRequestToken: token, RotationLambdaARN: lambdaArn, RotateImmediately: now }
        await client.send(new sdk.RotateSecretCommand({ ...order, ...rulesOf(timetable) }))
      }),

    cancelRotation: (arn) =>
      call(async ({ sdk, client }) => {
        await client.send(new sdk.CancelRotateSecretCommand({ SecretId: arn }))
      }),

    scheduleDeletion: (arn, days) =>
      call(async ({ sdk, client }) => {
        await client.send(new sdk.DeleteSecretCommand({ SecretId: arn, RecoveryWindowInDays: days }))
      }),

    restore: (arn) =>
      call(async ({ sdk, client }) => {
        await client.send(new sdk.RestoreSecretCommand({ SecretId: arn }))
      }),

    close() {
      void loading?.then(({ client }) => client.destroy())
      loading = undefined
    },
  }
}

async function load(place: AwsPlace): Promise<Loaded> {
  const sdk = await import("@aws-sdk/client-secrets-manager")
  return { sdk, client: new sdk.SecretsManagerClient(clientSettings(place, "secretsmanager")) }
}

async function create({ sdk, client }: Loaded, secret: NewSecret): Promise<string> {
  const { ARN } = await client.send(
    new sdk.CreateSecretCommand({
      Name: secret.fullName,
      ...(secret.first === null ? {} : { ClientRequestToken: secret.first.versionId, ...given(secret.first.material) }),
      ...(secret.description === "" ? {} : { Description: secret.description }),
      ...(secret.kmsKeyId === null ? {} : { KmsKeyId: secret.kmsKeyId }),
      Tags: secret.tags.map(({ Key, Value }) => ({ Key, Value })),
    }),
  )
  if (ARN === undefined) throw new StoreFault("store_fault", "NoArn", "perhaps")
  return ARN
}

function given({ form, bytes }: Material): { SecretString: string } | { SecretBinary: Uint8Array } {
  return form === "text" ? { SecretString: Buffer.from(bytes).toString("utf8") } : { SecretBinary: bytes }
}

function moved({ label, to, from }: LabelMove): {
  VersionStage: string
  MoveToVersionId?: string
  RemoveFromVersionId?: string
} {
  return {
    VersionStage: toAws(label),
    ...(to === null ? {} : { MoveToVersionId: to }),
    ...(from === null ? {} : { RemoveFromVersionId: from }),
  }
}

interface Answered {
  readonly ARN?: string | undefined
  readonly Name?: string | undefined
  readonly VersionId?: string | undefined
  readonly SecretString?: string | undefined
  readonly SecretBinary?: Uint8Array | undefined
}

function valueOf({ ARN, Name, VersionId, SecretString, SecretBinary }: Answered): OutsideValue {
  if (ARN === undefined || Name === undefined || VersionId === undefined)
    throw new StoreFault("store_fault", "NoIdentity", "no")
  const common = { arn: ARN, fullName: Name, versionId: VersionId as VersionId }
  if (SecretBinary !== undefined) return { ...common, form: "binary", value: conceal(SecretBinary) }
  if (SecretString === undefined) throw new StoreFault("store_fault", "NoValue", "no")
  return { ...common, form: "text", value: conceal(Buffer.from(SecretString, "utf8")) }
}

/** The two calls name one member differently. */
function secretOf<L extends "VersionIdsToStages" | "SecretVersionsToStages">(
  secret: Omit<SecretListEntry, "SecretVersionsToStages"> & {
    readonly [K in L]?: Record<string, string[]> | undefined
  },
  labels: L,
): OutsideSecret {
  return {
    arn: secret.ARN ?? "",
    fullName: secret.Name ?? "",
    description: secret.Description ?? "",
    tags: (secret.Tags ?? []).map(({ Key = "", Value = "" }) => ({ Key, Value })),
    labels: fromAws(secret[labels]),
    rotation: rotationIn(secret),
    createdAt: secret.CreatedDate?.getTime() ?? null,
    changedAt: secret.LastChangedDate?.getTime() ?? null,
    deletedAt: secret.DeletedDate?.getTime() ?? null,
  }
}
