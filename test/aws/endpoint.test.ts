import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
} from "@aws-sdk/client-secrets-manager"
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms"
import { accessKey } from "../kit/access-key.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { type AwsStage, awsStage, noAwsStore } from "../kit/aws-store.ts"
import { clientOf } from "../kit/client.ts"
import { moto, MOTO_REGION, takeTestCredentials } from "../kit/moto.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"

/** The endpoint in front, AWS behind: an unmodified SDK talks to us, and we to (an emulated) AWS. */
describe("the AWS endpoint over values in AWS", { skip: noAwsStore }, () => {
  let stage: AwsStage
  let client: SecretsManagerClient
  before(async () => {
    stage = await awsStage({ TYLER_ENVIRONMENT: "development", SECRETS_KMS_KEYS: "alias/ours" })
    const key = await accessKey(stage.admin)
    // The header Date, by which the SDK sets its clock, is the machine's and not the test's.
    const systemClockOffset = stage.clock.now() - Date.now()
    client = new SecretsManagerClient({
      endpoint: stage.server.url,
      region: key.region,
      credentials: key,
      maxAttempts: 1,
      systemClockOffset,
    })
  })
  after(async () => {
    client.destroy()
    await stage[Symbol.asyncDispose]()
  })

  test("made, read, written, listed, tagged, deleted and restored; it is all in AWS and in the log", async () => {
    const made = await client.send(new CreateSecretCommand({ Name: "config/e", SecretString: "one", Description: "d" }))
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

  test("a KMS key from the list is taken along, any other is refused", async () => {
    const create = (Name: string, KmsKeyId: string) =>
      client.send(new CreateSecretCommand({ Name, SecretString: "one", KmsKeyId }))
    const made = await create("config/k-1", "alias/ours")
    assert.equal((await stage.aws.send(new DescribeSecretCommand({ SecretId: made.ARN }))).KmsKeyId, "alias/ours")
    await assert.rejects(create("config/k-2", "alias/theirs"), { name: "InvalidParameterException" })
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
