import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, describe, test } from "node:test"
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager"
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms"
import type { IssuedAccessKey } from "../../src/api/access-keys.ts"
import { accessKey } from "../kit/access-key.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { type AwsStage, awsStage, noAwsStore, PLAYERS } from "../kit/aws-store.ts"
import { clientOf, type Loose } from "../kit/client.ts"
import { moto, MOTO_REGION, takeTestCredentials } from "../kit/moto.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"

/** As a client that only knows the endpoint. */
function clientAt(endpoint: string, { clock }: AwsStage, key: IssuedAccessKey): SecretsManagerClient {
  // The header Date, by which the SDK sets its clock, is the machine's and not the test's.
  const systemClockOffset = clock.now() - Date.now()
  return new SecretsManagerClient({ endpoint, region: key.region, credentials: key, maxAttempts: 1, systemClockOffset })
}

/** What the store may be set to before a key is asked for. */
const LISTS: Readonly<Record<string, object>> = { "another list": { SECRETS_KMS_KEYS: "alias/others" }, "no list": {} }

/** The endpoint in front, AWS behind: an unmodified SDK talks to us, and we to (an emulated) AWS. */
for (const { player, called, skip } of PLAYERS)
  describe(`the AWS endpoint over values in AWS, played by ${called}`, { skip }, () => {
    let stage: AwsStage
    let client: SecretsManagerClient
    let key: IssuedAccessKey
    before(async () => {
      stage = await awsStage(
        { TYLER_ENVIRONMENT: "development", SECRETS_KMS_KEYS: "alias/aws/secretsmanager,alias/ours" },
        player,
      )
      key = await accessKey(stage.admin)
      client = clientAt(stage.server.url, stage, key)
    })
    after(async () => {
      client.destroy()
      await stage[Symbol.asyncDispose]()
    })

    test("made, read, written, listed, tagged, deleted and restored; it is all in AWS and in the log", async () => {
      const made = await client.send(
        new CreateSecretCommand({ Name: "config/e", SecretString: "one", Description: "d" }),
      )
      const get = () => client.send(new GetSecretValueCommand({ SecretId: "config/e" }))
      assert.equal((await get()).SecretString, "one")
      const put = await client.send(new PutSecretValueCommand({ SecretId: made.ARN, SecretString: "two" }))
      const now = await get()
      assert.deepEqual([now.SecretString, now.VersionId, now.VersionStages], ["two", put.VersionId, ["AWSCURRENT"]])
      const older = new GetSecretValueCommand({ SecretId: "config/e", VersionStage: "AWSPREVIOUS" })
      assert.equal((await client.send(older)).SecretString, "one")
      await client.send(new TagResourceCommand({ SecretId: "config/e", Tags: [{ Key: "team", Value: "x" }] }))
      const { SecretList } = await client.send(new ListSecretsCommand({}))
      assert.deepEqual(
        SecretList?.map(({ Name, ARN }) => [Name, ARN]),
        [["config/e", made.ARN]],
      )
      const there = await stage.aws.send(new DescribeSecretCommand({ SecretId: made.ARN }))
      assert.equal(there.Name, `${stage.prefix}/config/e`)
      assert.ok(there.Tags?.some(({ Key, Value }) => Key === "team" && Value === "x"))
      await client.send(new DeleteSecretCommand({ SecretId: "config/e", RecoveryWindowInDays: 7 }))
      await assert.rejects(get(), { name: "InvalidRequestException" })
      await client.send(new RestoreSecretCommand({ SecretId: "config/e" }))
      assert.equal((await get()).SecretString, "two")
      const verdict = await verdictOn(await exportLog(stage.admin))
      assert.ok(verdict.ok, JSON.stringify(verdict))
    })

    test("what AWS has not is not found, and a force that AWS would not undo is refused", async () => {
      await assert.rejects(client.send(new GetSecretValueCommand({ SecretId: "config/none" })), {
        name: "ResourceNotFoundException",
      })
      await client.send(new CreateSecretCommand({ Name: "config/forced", SecretString: "one" }))
      const force = new DeleteSecretCommand({ SecretId: "config/forced", ForceDeleteWithoutRecovery: true })
      await assert.rejects(client.send(force), (error: Error) => error.name.endsWith("Exception"))
      assert.equal((await client.send(new GetSecretValueCommand({ SecretId: "config/forced" }))).SecretString, "one")
    })

    test("labels move, versions are listed, and a batch reads them, as they are in AWS", async () => {
      const made = await client.send(new CreateSecretCommand({ Name: "config/v", SecretString: "one" }))
      const put = await client.send(
        new PutSecretValueCommand({ SecretId: "config/v", SecretString: "two", VersionStages: ["AWSPENDING"] }),
      )
      const SecretId = `${stage.prefix}/config/v`
      const value = async () => {
        const batch = await client.send(new BatchGetSecretValueCommand({ SecretIdList: ["config/v", "config/none"] }))
        assert.deepEqual(
          batch.Errors?.map((one) => [one.SecretId, one.ErrorCode]),
          [["config/none", "ResourceNotFoundException"]],
        )
        return batch.SecretValues?.[0]?.SecretString
      }
      assert.equal(await value(), "one")
      const move = { SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: put.VersionId }
      await assert.rejects(client.send(new UpdateSecretVersionStageCommand(move)), {
        name: "InvalidParameterException",
      })
      await client.send(new UpdateSecretVersionStageCommand({ ...move, RemoveFromVersionId: made.VersionId }))
      assert.equal(await value(), "two")
      const there = await stage.aws.send(new DescribeSecretCommand({ SecretId }))
      const here = await client.send(new DescribeSecretCommand({ SecretId }))
      const stages = (all: Record<string, string[]> = {}) =>
        Object.entries(all).map(([id, labels]) => [id, labels.filter((one) => one !== "tyler-staged").toSorted()])
      const expected = {
        [made.VersionId ?? ""]: ["AWSPREVIOUS"],
        [put.VersionId ?? ""]: ["AWSCURRENT", "AWSPENDING"],
      }
      for (const { VersionIdsToStages } of [there, here])
        assert.deepEqual(Object.fromEntries(stages(VersionIdsToStages)), expected)
      const { Versions = [] } = await client.send(new ListSecretVersionIdsCommand({ SecretId }))
      assert.deepEqual(new Set(Versions.map(({ VersionId }) => VersionId)), new Set(Object.keys(expected)))
    })

    test("a token repeated makes one version, another value under it is refused in AWS's words", async () => {
      const made = await client.send(new CreateSecretCommand({ Name: "config/token", SecretString: "one" }))
      const ClientRequestToken = randomUUID()
      const put = (SecretString: string) =>
        client.send(new PutSecretValueCommand({ SecretId: "config/token", SecretString, ClientRequestToken }))
      assert.equal((await put("two")).VersionId, ClientRequestToken)
      assert.equal((await put("two")).VersionId, ClientRequestToken)
      await assert.rejects(put("three"), { name: "ResourceExistsException", message: /already in use for a version/ })
      const { Versions = [] } = await stage.aws.send(new ListSecretVersionIdsCommand({ SecretId: made.ARN }))
      assert.equal(Versions.length, 2)
      const again = new CreateSecretCommand({ Name: "config/token", SecretString: "one" })
      await assert.rejects(client.send(again), { name: "ResourceExistsException" })
    })

    test("tags go and come in AWS; those that are ours are refused", async () => {
      await client.send(new CreateSecretCommand({ Name: "config/t", Tags: [{ Key: "team", Value: "x" }] }))
      await client.send(new TagResourceCommand({ SecretId: "config/t", Tags: [{ Key: "owner", Value: "y" }] }))
      await client.send(new UntagResourceCommand({ SecretId: "config/t", TagKeys: ["team"] }))
      const { Tags = [] } = await stage.aws.send(new DescribeSecretCommand({ SecretId: `${stage.prefix}/config/t` }))
      const keys = Tags.map(({ Key }) => String(Key)).toSorted()
      assert.deepEqual(keys, ["Application", "CreatedAt", "CreatedBy", "Environment", "owner"])
      const ours = new TagResourceCommand({ SecretId: "config/t", Tags: [{ Key: "CreatedBy", Value: "z" }] })
      await assert.rejects(client.send(ours), { name: "InvalidParameterException" })
    })

    test("what fails in AWS has AWS's name here: throttled, denied, gone", async () => {
      const made = await client.send(new CreateSecretCommand({ Name: "config/f", SecretString: "one" }))
      const put = new PutSecretValueCommand({ SecretId: "config/f", SecretString: "two" })
      for (const [error, name] of [
        ["ThrottlingException", "ThrottlingException"],
        ["AccessDeniedException", "ServiceUnavailableException"],
        ["LimitExceededException", "LimitExceededException"],
      ] as const) {
        stage.proxy.judge((operation) => (operation === "PutSecretValue" ? { error } : "pass"))
        await assert.rejects(client.send(put), { name })
      }
      stage.proxy.judge(() => "pass")
      assert.equal((await client.send(new GetSecretValueCommand({ SecretId: "config/f" }))).SecretString, "one")
      await stage.aws.send(new DeleteSecretCommand({ SecretId: made.ARN, ForceDeleteWithoutRecovery: true }))
      await stage.sweep()
      const get = new GetSecretValueCommand({ SecretId: "config/f" })
      await assert.rejects(client.send(get), { name: "ResourceNotFoundException" })
    })

    test("each call is an entry, an intent and an outcome for a write", async () => {
      await client.send(new CreateSecretCommand({ Name: "config/log", SecretString: "one" }))
      await client.send(new PutSecretValueCommand({ SecretId: "config/log", SecretString: "two" }))
      await client.send(new GetSecretValueCommand({ SecretId: "config/log" }))
      const answer = await stage.admin.get<{ auditLogs: Loose[] }>(`${secretPath("config/log", "audit")}?limit=100`)
      assert.deepEqual(
        answer.body.auditLogs.map(({ action, result }) => `${String(action)} ${String(result)}`).toReversed(),
        ["CREATE INTENT", "CREATE SUCCESS", "UPDATE INTENT", "UPDATE SUCCESS", "GET SUCCESS"],
      )
    })

    // A Tyler that keeps values itself has no keys of AWS's.
    if (player !== "own")
      test("a KMS key from the list is taken along, any other is refused", async () => {
        const create = (Name: string, KmsKeyId: string) =>
          client.send(new CreateSecretCommand({ Name, SecretString: "one", KmsKeyId }))
        const made = await create("config/k-1", "alias/ours")
        assert.equal((await stage.aws.send(new DescribeSecretCommand({ SecretId: made.ARN }))).KmsKeyId, "alias/ours")
        await assert.rejects(create("config/k-2", "alias/theirs"), { name: "InvalidParameterException" })
      })

    test("with another list, or none, a KMS key is refused in words that say why, and nothing is made", async () => {
      for (const [at, [called, list]] of Object.entries(LISTS).entries()) {
        const other = await stage.start(at + 1, { SECRETS_KMS_KEYS: undefined, ...list })
        const there = clientAt(other.url, stage, key)
        const create = new CreateSecretCommand({ Name: "config/k-3", SecretString: "one", KmsKeyId: "alias/ours" })
        const refusal = { name: "InvalidParameterException", message: /SECRETS_KMS_KEYS/ }
        await assert.rejects(there.send(create), refusal, called)
        there.destroy()
        await other.close()
      }
      const get = new GetSecretValueCommand({ SecretId: "config/k-3" })
      await assert.rejects(client.send(get), { name: "ResourceNotFoundException" })
    })
  })

test("values in AWS and a keyring under KMS go together, over a restart", { skip: noAwsStore }, async () => {
  takeTestCredentials()
  const kms = new KMSClient({ region: MOTO_REGION, endpoint: await moto() })
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  kms.destroy()
  await using both = await awsStage({ KMS_KEY_ID: KeyMetadata?.KeyId ?? "" })
  await createSecret(both.admin, "config/both", "value")
  assert.equal((await read(both.admin, "config/both")).body.value, "value")
  await both.server.close()
  const again = await both.start(0)
  const there = clientOf(again.url, both.admin.token)
  assert.equal((await read(there, "config/both")).body.value, "value")
  assert.equal((await there.put(secretPath("config/both"), { value: "next", reason: REASON })).status, 200)
  assert.equal((await read(there, "config/both")).body.value, "next")
})
