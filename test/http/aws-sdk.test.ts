import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager"
import type { IssuedAccessKey } from "../../src/api/access-keys.ts"
import { accessKey } from "../kit/access-key.ts"
import { createSecret } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

let stage: Stage<"dev">
let key: IssuedAccessKey
const clients: SecretsManagerClient[] = []

function sdk({ accessKeyId, secretAccessKey, region }: IssuedAccessKey): SecretsManagerClient {
  const client = new SecretsManagerClient({
    endpoint: stage.server.url,
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  })
  clients.push(client)
  return client
}

before(async () => {
  stage = await openStage({ dev: ["developer"] })
  await createSecret(stage.admin, "config/text", "plain text")
  await createSecret(stage.admin, "config/object", { user: "ada", port: 5432 })
  key = await accessKey(stage.people.dev.client)
})
after(async () => {
  for (const client of clients) client.destroy()
  await stage.close()
})

test("the SDK reads text and objects as SecretString, with AWS's members", async () => {
  const client = sdk(key)
  const read = await client.send(new GetSecretValueCommand({ SecretId: "config/text" }))
  assert.equal(read.SecretString, "plain text")
  assert.equal(read.Name, "config/text")
  assert.deepEqual(read.VersionStages, ["AWSCURRENT"])
  assert.ok(read.CreatedDate instanceof Date && Math.abs(Date.now() - read.CreatedDate.getTime()) < 60_000)
  assert.match(read.ARN ?? "", /^arn:aws:secretsmanager:us-east-1:000000000000:secret:config\/text-\w{6}$/)
  const object = await client.send(new GetSecretValueCommand({ SecretId: "tyler-setup/config/object" }))
  assert.equal(object.SecretString, '{"user":"ada","port":5432}')
  const byArn = await client.send(new GetSecretValueCommand({ SecretId: read.ARN }))
  assert.equal(byArn.SecretString, "plain text")
  const described = await client.send(new DescribeSecretCommand({ SecretId: "config/text" }))
  assert.deepEqual(described.VersionIdsToStages, { [read.VersionId ?? ""]: ["AWSCURRENT"] })
  const drawn = await client.send(new GetRandomPasswordCommand({ PasswordLength: 20, ExcludePunctuation: true }))
  assert.match(drawn.RandomPassword ?? "", /^[A-Za-z0-9]{20}$/)
})
