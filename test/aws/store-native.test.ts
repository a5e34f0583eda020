import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
} from "@aws-sdk/client-secrets-manager"
import { type AwsStage, awsStage, PLAYERS } from "../kit/aws-store.ts"
import { type Client, clientOf, type Loose } from "../kit/client.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"

for (const { player, called, skip } of PLAYERS)
  describe(`values in AWS as they are, and secrets that were there before us, played by ${called}`, { skip }, () => {
    let stage: AwsStage
    /** A replica that seals, on the same database and prefix. */
    let sealing: Client
    // The account's own is the only one that a Tyler in AWS's place has.
    const usual = player === "own" ? "alias/aws/secretsmanager" : "alias/one"
    before(async () => {
      stage = await awsStage({ ENABLE_SECRET_ENCRYPTION: "false", SECRETS_KMS_KEYS: `${usual}, alias/two` }, player)
      const other = await stage.start(1, { ENABLE_SECRET_ENCRYPTION: "true" })
      sealing = clientOf(other.url, stage.admin.token)
    })
    after(() => stage[Symbol.asyncDispose]())

    async function inAws(name: string) {
      const id = { SecretId: `${stage.prefix}/${name}`, VersionStage: "AWSCURRENT" }
      return stage.aws.send(new GetSecretValueCommand(id))
    }

    async function foreign(name: string, value: object): Promise<void> {
      await stage.aws.send(new CreateSecretCommand({ Name: `${stage.prefix}/${name}`, ...value }))
    }

    test("objects are JSON, text is text, bytes are bytes, and AWS's integrations can read them", async () => {
      await createSecret(stage.admin, "config/object", { user: "a", password: "b" })
      await createSecret(stage.admin, "config/text", "plain")
      const bytes = Buffer.from([1, 0, 255]).toString("base64")
      const made = await stage.admin.post("/api/secrets", { name: "config/bytes", valueBase64: bytes })
      assert.equal(made.status, 201, made.text)
      assert.equal((await inAws("config/object")).SecretString, '{"user":"a","password":"b"}')
      assert.equal((await inAws("config/text")).SecretString, "plain")
      assert.deepEqual(Buffer.from((await inAws("config/bytes")).SecretBinary ?? []).toString("base64"), bytes)
      assert.deepEqual((await read(stage.admin, "config/object")).body.value, { user: "a", password: "b" })
      assert.equal(
        (await read(stage.admin, "config/object", { as: "string" })).body.value,
        '{"user":"a","password":"b"}',
      )
      assert.equal((await read(stage.admin, "config/bytes")).body.valueBase64, bytes)
    })

    test("up to AWS's own bound; bytes that would be taken for a sealed value are refused", async () => {
      await createSecret(stage.admin, "config/most", "m".repeat(65_536))
      assert.equal((await inAws("config/most")).SecretString?.length, 65_536)
      const valueBase64 = Buffer.from("tyler-sealed/1\nx").toString("base64")
      const refused = await stage.admin.post("/api/secrets", { name: "config/fake", valueBase64 })
      assert.equal(refused.body["code"], "value_not_exact", refused.text)
    })

    test("both kinds are read by both, also mixed in one secret", async () => {
      await createSecret(stage.admin, "config/mixed", "native")
      assert.equal((await read(sealing, "config/mixed")).body.value, "native")
      const put = await sealing.put(secretPath("config/mixed"), { value: "sealed", reason: REASON })
      assert.equal(put.status, 200, put.text)
      assert.ok((await inAws("config/mixed")).SecretBinary)
      assert.equal((await read(stage.admin, "config/mixed")).body.value, "sealed")
      assert.equal((await read(sealing, "config/mixed", { stage: "previous" })).body.value, "native")
    })

    test("an idempotent repeat compares what comes back, whichever way it is kept", async () => {
      await createSecret(stage.admin, "config/repeat", "one")
      const headers = { "idempotency-key": crypto.randomUUID() }
      const ask = { value: '{"a":1}', reason: REASON }
      for (const client of [stage.admin, sealing]) {
        const answer = await client.put(secretPath("config/repeat"), ask, headers)
        assert.deepEqual([answer.status, answer.body["versionId"]], [200, headers["idempotency-key"]], answer.text)
      }
    })

    test("keys move on without the values: a version sealed in AWS opens after rotation and retirement", async () => {
      await createSecret(sealing, "config/rotated", "kept")
      const before = Buffer.from((await inAws("config/rotated")).SecretBinary ?? [])
      const rotated = await sealing.post("/api/keys/rotate", { reason: REASON, retire: true })
      assert.equal(rotated.status, 202, rotated.text)
      for (;;) {
        const keys = await sealing.get<{ progress: unknown; keys: Loose[] }>("/api/keys")
        if (keys.body.progress === null && !keys.body.keys.some(({ state }) => state === "retiring")) break
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      assert.deepEqual(Buffer.from((await inAws("config/rotated")).SecretBinary ?? []), before)
      for (const client of [sealing, stage.admin])
        assert.equal((await read(client, "config/rotated", { skipCache: true })).body.value, "kept")
    })

    test("what was there before is listed as not adopted, refused, adopted, and then read", async () => {
      await foreign("config/theirs", { SecretString: "before us", Tags: [{ Key: "team", Value: "x" }] })
      await stage.sweep()
      const list = await stage.admin.get<{ secrets: Loose[] }>("/api/secrets?prefix=config/theirs")
      assert.deepEqual(
        list.body.secrets.map(({ name, adopted }) => [name, adopted]),
        [["config/theirs", false]],
      )
      for (const answer of [
        await read(stage.admin, "config/theirs"),
        await stage.admin.put(secretPath("config/theirs"), { value: "x", reason: REASON }),
      ])
        assert.equal(answer.body["code"], "not_adopted", answer.text)
      const adopted = await stage.admin.post(secretPath("config/theirs", "adopt"), { reason: REASON })
      assert.equal(adopted.status, 200, adopted.text)
      assert.equal((await read(stage.admin, "config/theirs")).body.value, "before us")
      const { Tags = [] } = await stage.aws.send(
        new DescribeSecretCommand({ SecretId: `${stage.prefix}/config/theirs` }),
      )
      assert.deepEqual(Tags.map(({ Key }) => String(Key)).toSorted(), ["Application", "Environment", "team"])
      assert.equal((await stage.admin.post(secretPath("config/theirs", "adopt"), { reason: REASON })).status, 200)
    })

    test("a tag of others' that says something else is not taken from them", async () => {
      await foreign("config/tagged", { SecretString: "x", Tags: [{ Key: "Environment", Value: "theirs" }] })
      const refused = await stage.admin.post(secretPath("config/tagged", "adopt"), { reason: REASON })
      assert.deepEqual([refused.status, refused.body["code"]], [409, "store_refused"], refused.text)
      assert.equal((await read(stage.admin, "config/tagged")).body.code, "not_adopted")
    })

    test("a secret that is made anew is another: nothing of the old one holds for it", async () => {
      await createSecret(stage.admin, "config/anew", "ours")
      assert.equal((await read(stage.admin, "config/anew")).body.value, "ours")
      const id = `${stage.prefix}/config/anew`
      await stage.aws.send(new DeleteSecretCommand({ SecretId: id, ForceDeleteWithoutRecovery: true }))
      await foreign("config/anew", { SecretString: "another" })
      assert.equal((await read(stage.admin, "config/anew", { skipCache: true })).body.code, "not_adopted")
    })

    test("where a creation names no key it is the list's first", async () => {
      await createSecret(stage.admin, "config/unkeyed", "x")
      if (player === "own") return
      const id = `${stage.prefix}/config/unkeyed`
      const { KmsKeyId } = await stage.aws.send(new DescribeSecretCommand({ SecretId: id }))
      assert.ok(KmsKeyId?.endsWith(usual), KmsKeyId)
    })

    test("a key of AWS must be on the list", async () => {
      const body = { name: "config/keyed", value: "x", kmsKeyId: "alias/three" }
      const refused = await stage.admin.post("/api/secrets", body)
      assert.deepEqual([refused.status, refused.body["code"]], [400, "invalid_request"], refused.text)
      assert.match(refused.text, /SECRETS_KMS_KEYS/)
      const made = await stage.admin.post("/api/secrets", { ...body, kmsKeyId: "alias/two" })
      // A Tyler that keeps values itself has no keys of AWS's: that AWS refuses each, and nothing is made.
      if (player === "own") {
        assert.deepEqual([made.status, made.body["code"]], [400, "invalid_request"], made.text)
        return assert.equal((await read(stage.admin, "config/keyed")).status, 404)
      }
      assert.equal(made.status, 201, made.text)
      const { KmsKeyId } = await stage.aws.send(new DescribeSecretCommand({ SecretId: `${stage.prefix}/config/keyed` }))
      assert.match(KmsKeyId ?? "", /alias\/two/)
    })

    test("most of the catalog gone at once is not believed", async () => {
      const names = Array.from({ length: 30 }, (_, at) => `config/many-${at}`)
      for (const name of names) await createSecret(stage.admin, name, "x")
      stage.proxy.judge((operation) =>
        operation === "ListSecrets" ? { body: { SecretList: [] } } : { error: "ResourceNotFoundException" },
      )
      await stage.sweep()
      stage.proxy.judge(() => "pass")
      assert.equal((await read(stage.admin, "config/many-7")).body.value, "x")
    })

    test("the start stops for another account, another prefix, and a store of another kind", async () => {
      await createSecret(stage.admin, "config/there", "x")
      await assert.rejects(stage.start(2, { AWS_ACCOUNT_ID: "999999999999" }), /AWS_ACCOUNT_ID is 999999999999/)
      await assert.rejects(stage.start(3, { SECRETS_PREFIX: "elsewhere" }), /not in this account, Region and prefix/)
      await assert.rejects(
        stage.start(4, { SECRETS_BACKEND: "embedded", ENABLE_SECRET_ENCRYPTION: "true" }),
        /SECRETS_/,
      )
    })
  })
