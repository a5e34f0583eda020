import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { IssuedAccessKey } from "../../src/api/access-keys.ts"
import { accessKey } from "../kit/access-key.ts"
import { noAwsCli, noBoto } from "../kit/aws.ts"
import { type Ran, run } from "../kit/programs.ts"
import { createSecret } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

/** Clients that AWS makes, as they are: all that they are told is what `tyler access-key create` prints. */

let stage: Stage<"dev" | "hr">
let key: IssuedAccessKey
let others: IssuedAccessKey

before(async () => {
  stage = await openStage({ dev: ["developer"], hr: ["hr"] })
  await createSecret(stage.admin, "config/text", "Grüße")
  await createSecret(stage.admin, "config/object", { user: "ada" })
  const valueBase64 = Buffer.from([0, 255, 254]).toString("base64")
  assert.equal((await stage.admin.post("/api/secrets", { name: "config/bytes", valueBase64 })).status, 201)
  key = await accessKey(stage.people.dev.client)
  others = await accessKey(stage.people.hr.client)
})
after(() => stage.close())

function environment({ accessKeyId, secretAccessKey, region, endpointUrl }: IssuedAccessKey): Record<string, string> {
  return {
    HOME: stage.server.folder,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpointUrl,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_MAX_ATTEMPTS: "1",
  }
}

const PROGRAM = `
import boto3, botocore.exceptions, datetime, json
sm = boto3.client("secretsmanager")
text = sm.get_secret_value(SecretId="config/text")
assert text["SecretString"] == "Gr\\u00fc\\u00dfe", text
assert text["VersionStages"] == ["AWSCURRENT"], text
assert abs((datetime.datetime.now(datetime.timezone.utc) - text["CreatedDate"]).total_seconds()) < 120, text
assert sm.get_secret_value(SecretId=text["ARN"])["VersionId"] == text["VersionId"]
assert sm.get_secret_value(SecretId="tyler-setup/config/object")["SecretString"] == '{"user":"ada"}'
assert sm.get_secret_value(SecretId="config/bytes")["SecretBinary"] == b"\\x00\\xff\\xfe"
described = sm.describe_secret(SecretId="config/text")
assert described["VersionIdsToStages"] == {text["VersionId"]: ["AWSCURRENT"]}, described
assert len(sm.get_random_password(PasswordLength=17)["RandomPassword"]) == 17
def code(**ask):
    try:
        sm.get_secret_value(**ask)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "answered"
assert code(SecretId="config/text", VersionStage="AWSPREVIOUS") == "ResourceNotFoundException"
assert code(SecretId="config/absent") == "ResourceNotFoundException"
assert code(SecretId="config/a b") == "ValidationException"
try:
    sm.get_secret_value(SecretId="config/absent")
except sm.exceptions.ResourceNotFoundException as error:
    assert error.response["ResponseMetadata"]["RequestId"]
    assert error.response["Error"]["Message"] == "Secrets Manager can't find the specified secret."
print("as expected")
`

test("boto3, which judges every answer by AWS's model", { skip: noBoto() }, async () => {
  const ran = await run("python3", ["-"], environment(key), PROGRAM)
  assert.deepEqual([ran.code, ran.out], [0, "as expected\n"], ran.err)
})

test("the aws CLI", { skip: noAwsCli() }, async () => {
  const aws = (who: IssuedAccessKey, ...args: string[]): Promise<Ran> =>
    run("aws", ["secretsmanager", ...args, "--output", "json"], environment(who))
  const got = await aws(key, "get-secret-value", "--secret-id", "config/text")
  assert.equal(got.code, 0, got.err)
  assert.equal((JSON.parse(got.out) as { SecretString: string }).SecretString, "Grüße")
  const pointed = await aws(key, "describe-secret", "--secret-id", "config/object", "--endpoint-url", stage.server.url)
  assert.equal(pointed.code, 0, pointed.err)
  const denied = await aws(others, "get-secret-value", "--secret-id", "config/text")
  assert.notEqual(denied.code, 0)
  assert.match(denied.err, /\(AccessDeniedException\) when calling the GetSecretValue operation: Access denied: /)
  const wrong = await aws({ ...key, secretAccessKey: "wrong" }, "get-secret-value", "--secret-id", "config/text")
  assert.match(wrong.err, /InvalidSignatureException/)
  const elsewhere = await aws({ ...key, region: "eu-west-1" }, "get-secret-value", "--secret-id", "config/text")
  assert.match(elsewhere.err, /should be scoped to a valid region: 'us-east-1'/)
})
