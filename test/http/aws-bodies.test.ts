import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { IssuedAccessKey } from "../../src/api/access-keys.ts"
import { AWS_BODY_LIMIT } from "../../src/aws-api/wire.ts"
import { accessKey, KEY_REASON } from "../kit/access-key.ts"
import { entriesOf, entryOf } from "../kit/audit.ts"
import { addProgram } from "../kit/people.ts"
import { createSecret } from "../kit/secrets.ts"
import { type AwsRaw, sendSigned, type Signed } from "../kit/sign-aws.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const NAME = "config/bodies"

let stage: Stage<"dev" | "hr">
let key: IssuedAccessKey

before(async () => {
  stage = await openStage({ dev: ["developer"], hr: ["hr"] })
  await createSecret(stage.admin, NAME, "value")
  key = await accessKey(stage.people.dev.client)
})
after(() => stage.close())

function send(operation: string | null, body: string, over: Partial<Signed> = {}): Promise<AwsRaw> {
  const { port } = stage.server
  return sendSigned(port, { key, host: `127.0.0.1:${port}`, now: Date.now(), operation, body, ...over })
}

const get = (input: object, over: Partial<Signed> = {}): Promise<AwsRaw> =>
  send("GetSecretValue", JSON.stringify(input), over)

test("what is no input is refused as such, and is on record with the name that was meant", async () => {
  const odd: [string, string][] = [
    ["", "ValidationException"],
    ["{}", "ValidationException"],
    ["null", "SerializationException"],
    ["[]", "SerializationException"],
    ['"text"', "SerializationException"],
    ["{", "SerializationException"],
    ['{"SecretId":"a","SecretId":"b"}', "SerializationException"],
    ['{"__proto__":{}}', "SerializationException"],
    [`{"SecretId":${"[".repeat(50)}${"]".repeat(50)}}`, "SerializationException"],
    ['{"SecretId":1}', "SerializationException"],
    ['{"SecretId":true}', "SerializationException"],
    ['{"SecretId":{}}', "SerializationException"],
    [`{"SecretId":"${NAME}","VersionId":7}`, "SerializationException"],
    ['{"SecretId":""}', "ValidationException"],
    [`{"SecretId":"${"a".repeat(2049)}"}`, "ValidationException"],
    [`{"SecretId":"${NAME}","VersionId":"short"}`, "ValidationException"],
    [`{"SecretId":"${NAME}","VersionStage":""}`, "ValidationException"],
    [`{"SecretId":"${NAME}","VersionStage":"${"a".repeat(257)}"}`, "ValidationException"],
    [`{"SecretId":"${NAME}","VersionStage":"a\\u0000b"}`, "ValidationException"],
    [`{"SecretId":"${NAME}","Unknown":1}`, "ValidationException"],
    ['{"SecretId":"config/a b"}', "ValidationException"],
    ['{"SecretId":"config/\\u0000"}', "ValidationException"],
    ['{"SecretId":"config//b"}', "ValidationException"],
    ['{"SecretId":"config/../b"}', "ValidationException"],
  ]
  for (const [body, code] of odd) {
    const answer = await send("GetSecretValue", body)
    assert.deepEqual([answer.status, answer.code], [400, code], `${body.slice(0, 80)}: ${answer.text}`)
    const entry = await entryOf(stage.admin, answer.headers["x-amzn-requestid"])
    assert.deepEqual([entry.action, entry.result], ["GET", "DENIED"], body.slice(0, 80))
  }
  const utf8 = await sendSigned(
    stage.server.port,
    { key, host: `127.0.0.1:${stage.server.port}`, now: Date.now(), body: "{}" },
    (one) => ({ ...one, body: Buffer.from([0x7b, 0xff, 0x7d]) }),
  )
  assert.equal(utf8.code, "InvalidSignatureException")
  const named = await get({ SecretId: NAME, VersionStage: "" })
  assert.equal((await entryOf(stage.admin, named.headers["x-amzn-requestid"])).resource_name, NAME)
  assert.equal((await get({ SecretId: NAME, VersionId: null })).status, 200, "null is as good as absent")
})

test("a body may have 204,800 bytes", async () => {
  const padded = (size: number): string => {
    const bare = JSON.stringify({ SecretId: NAME })
    return bare + " ".repeat(size - bare.length)
  }
  for (const size of [AWS_BODY_LIMIT - 1, AWS_BODY_LIMIT])
    assert.equal((await send("GetSecretValue", padded(size))).status, 200, String(size))
  const over = await send("GetSecretValue", padded(AWS_BODY_LIMIT + 1))
  assert.deepEqual([over.status, over.code], [413, "RequestEntityTooLargeException"])
})

test("unknown targets and other media types are no operation", async () => {
  for (const operation of ["NoSuchThing", "", "getsecretvalue", "__proto__", "constructor"])
    assert.equal((await send(operation, "{}")).code, "UnknownOperationException", operation)
  assert.equal((await send(null, "{}")).code, "UnknownOperationException")
  for (const target of ["GetSecretValue", "kms.Decrypt", "secretsmanager", "SECRETSMANAGER.GetSecretValue"])
    assert.equal((await send(null, "{}", { headers: { "x-amz-target": target } })).code, "UnknownOperationException")
  for (const type of [
    "application/json",
    "application/x-amz-json-1.0",
    "text/plain",
    "application/x-amz-json-1.1; charset=utf-16",
  ])
    assert.equal(
      (await get({ SecretId: NAME }, { headers: { "content-type": type } })).code,
      "UnknownOperationException",
    )
})

test("a name is found with the prefix or without, stripped once, and by this Region's and account's ARN", async () => {
  const { body } = await get({ SecretId: NAME })
  const arn = String(body["ARN"])
  for (const SecretId of [NAME, `tyler-setup/${NAME}`, arn]) {
    const answer = await get({ SecretId })
    assert.equal(answer.body["SecretString"], "value", SecretId)
    assert.equal(answer.body["Name"], NAME)
  }
  const others = [
    `tyler-setup/tyler-setup/${NAME}`,
    arn.replace("us-east-1", "eu-west-1"),
    arn.replace("000000000000", "111111111111"),
    arn.replace("secret:", "secret:other/"),
    arn.replace(/.{6}$/, "AAAAAA"),
    "arn:aws:secretsmanager:us-east-1:000000000000:secret:",
    "arn:aws:s3:::bucket",
    "config/absent",
  ]
  const admins = await accessKey(stage.admin)
  for (const SecretId of others) {
    const { code, message } = await get({ SecretId }, { key: admins })
    assert.match(code, /^(ResourceNotFoundException|AccessDeniedException)$/, SecretId)
    if (code === "ResourceNotFoundException") assert.equal(message, "Secrets Manager can't find the specified secret.")
  }
})

test("versions and labels are asked for and missed in AWS's words", async () => {
  const { body } = await get({ SecretId: NAME })
  const VersionId = String(body["VersionId"])
  const found = await get({ SecretId: NAME, VersionId, VersionStage: "AWSCURRENT" })
  assert.equal(found.status, 200)
  const missing: [object, string, string][] = [
    [{ VersionStage: "AWSPREVIOUS" }, "ResourceNotFoundException", "value for staging label: AWSPREVIOUS"],
    [{ VersionStage: "current" }, "ResourceNotFoundException", "value for staging label: current"],
    [{ VersionId: "0".repeat(32) }, "ResourceNotFoundException", `value for VersionId: ${"0".repeat(32)}`],
    [{ VersionId: "_".repeat(32) }, "ResourceNotFoundException", `value for VersionId: ${"_".repeat(32)}`],
    [{ VersionId, VersionStage: "AWSPREVIOUS" }, "InvalidRequestException", "not associated to the provided VersionId"],
  ]
  for (const [more, code, text] of missing) {
    const answer = await get({ SecretId: NAME, ...more })
    assert.equal(answer.code, code, JSON.stringify(more))
    assert.ok(answer.message.includes(text), answer.message)
  }
})

test("bytes are SecretBinary, and pending deletion is told in AWS's words", async () => {
  const bytes = Buffer.from([0, 255, 254, 10])
  const made = await stage.admin.post("/api/secrets", { name: "config/bytes", valueBase64: bytes.toString("base64") })
  assert.equal(made.status, 201, made.text)
  const { body } = await get({ SecretId: "config/bytes" })
  assert.equal(body["SecretBinary"], bytes.toString("base64"))
  assert.equal(body["SecretString"], undefined)
  const confirmationCode = `DELETE-config/bytes-${new Date().toISOString().slice(0, 10)}`
  const gone = await stage.admin.delete("/api/secrets/config/bytes", {
    confirmationCode,
    reason: "No longer of any use to us",
  })
  assert.equal(gone.status, 200, gone.text)
  const refused = await get({ SecretId: "config/bytes" })
  assert.deepEqual(
    [refused.code, refused.message],
    ["InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion."],
  )
  const described = await send("DescribeSecret", JSON.stringify({ SecretId: "config/bytes" }))
  assert.equal(typeof described.body["DeletedDate"], "number")
})

test("who may not read is told why, whether the secret is there or not; both are on record with the key's reason", async () => {
  const theirs = await accessKey(stage.people.hr.client)
  for (const SecretId of [NAME, "config/absent"]) {
    const answer = await get({ SecretId }, { key: theirs })
    assert.deepEqual([answer.status, answer.code], [400, "AccessDeniedException"], answer.text)
    assert.match(
      answer.message,
      /^Access denied: allows reveal to .*\(rule config.* for config\/\*\)\. What would change it: /,
    )
    const requestId = answer.headers["x-amzn-requestid"] ?? ""
    assert.ok(answer.message.endsWith(`Request id: ${requestId}.`), answer.message)
    const entry = await entryOf(stage.admin, requestId)
    assert.deepEqual(
      [entry.action, entry.result, entry.user_id, entry.resource_name, entry.reason],
      ["GET", "DENIED", stage.people.hr.id, SecretId, KEY_REASON],
    )
  }
  const read = await get({ SecretId: NAME })
  const entry = await entryOf(stage.admin, read.headers["x-amzn-requestid"])
  assert.deepEqual([entry.result, entry.reason, entry.details], ["SUCCESS", KEY_REASON, "unmasked"])
})

test("a program's key reads by its own reason, and reads are limited as on REST", async () => {
  const robot = await addProgram(stage.admin, "robot", ["developer"])
  const robots = await accessKey(stage.admin, { serviceAccountId: robot.id, reason: "Deploys by the AWS SDK" })
  const read = await get({ SecretId: NAME }, { key: robots })
  const entry = await entryOf(stage.admin, read.headers["x-amzn-requestid"])
  assert.deepEqual([entry.user_id, entry.reason, entry.principalKind], [robot.id, "Deploys by the AWS SDK", "program"])

  const limited = await openStage({ dev: ["developer"] }, { env: { SECRETS_RATE_LIMIT_MAX: "2" } })
  try {
    await createSecret(limited.admin, NAME, "value")
    const own = await accessKey(limited.people.dev.client)
    const { port } = limited.server
    const input = { key: own, host: `127.0.0.1:${port}`, now: Date.now(), body: JSON.stringify({ SecretId: NAME }) }
    const codes: string[] = []
    for (let round = 0; round < 3; round++) codes.push((await sendSigned(port, input)).code)
    assert.deepEqual(codes, ["", "", "ThrottlingException"])
    const denied = (await entriesOf(limited.admin, { action: "GET" })).at(-1)
    assert.deepEqual([denied?.result, denied?.resource_name], ["DENIED", "ALL"])
    const other = await sendSigned(port, { ...input, operation: "DescribeSecret" })
    assert.equal(other.status, 200, "only reads of values count")
  } finally {
    await limited.close()
  }
})

test("GetRandomPassword: AWS's defaults, bounds and refusals", async () => {
  const draw = (input: object): Promise<AwsRaw> => send("GetRandomPassword", JSON.stringify(input))
  for (const PasswordLength of [4, 5, 4095, 4096]) {
    const { body } = await draw({ PasswordLength })
    assert.equal(String(body["RandomPassword"]).length, PasswordLength)
  }
  assert.equal(String((await draw({})).body["RandomPassword"]).length, 32)
  for (const PasswordLength of [0, 4097, -1, 1.5])
    assert.match((await draw({ PasswordLength })).code, /^(ValidationException|SerializationException)$/)
  assert.equal((await draw({ PasswordLength: "8" })).code, "SerializationException")
  assert.equal((await draw({ PasswordLength: 3 })).code, "InvalidParameterException")
  const one = await draw({ PasswordLength: 3, RequireEachIncludedType: false })
  assert.equal(String(one.body["RandomPassword"]).length, 3)
  const drawn = await draw({ PasswordLength: 9 })
  const entry = await entryOf(stage.admin, drawn.headers["x-amzn-requestid"])
  assert.deepEqual([entry.action, entry.details], ["RANDOM_PASSWORD", "length=9"])
})
