import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, test } from "node:test"
import type { IssuedAccessKey } from "../../src/api/access-keys.ts"
import type { MetadataAnswer } from "../../src/api/secrets.ts"
import { refuses } from "../aws/semantics.ts"
import { accessKey, KEY_REASON } from "../kit/access-key.ts"
import { entriesOf, exportLog, verdictOn } from "../kit/audit.ts"
import { type AwsClient, AwsRefused, sdkClient } from "../kit/aws.ts"
import { createSecret, REASON, secretPath } from "../kit/secrets.ts"
import { type AwsRaw, sendSigned } from "../kit/sign-aws.ts"
import { openStage, type Stage } from "../kit/stage.ts"

let stage: Stage<"dev" | "hr" | "reader">
let admin: AwsClient
let dev: AwsClient
let hr: AwsClient
/** Refused seldom enough that each refusal has an entry of its own. */
let reader: AwsClient
let adminKey: IssuedAccessKey

before(async () => {
  stage = await openStage({ dev: ["developer"], hr: ["hr"], reader: ["developer"] })
  const endpoint = stage.server.url
  adminKey = await accessKey(stage.admin)
  admin = sdkClient({ endpoint, ...adminKey })
  dev = sdkClient({ endpoint, ...(await accessKey(stage.people.dev.client)) })
  reader = sdkClient({ endpoint, ...(await accessKey(stage.people.reader.client)) })
  hr = sdkClient({ endpoint, ...(await accessKey(stage.people.hr.client)) })
})
after(async () => {
  for (const client of [admin, dev, hr, reader]) client.close()
  await stage.close()
})

function raw(operation: string, input: object): Promise<AwsRaw> {
  const { port } = stage.server
  const body = JSON.stringify(input)
  return sendSigned(port, { key: adminKey, host: `127.0.0.1:${port}`, now: Date.now(), operation, body })
}

const made = async (Name: string, more: object = {}): Promise<string> => {
  await admin.call("CreateSecret", { Name, SecretString: "value", ...more })
  return Name
}

test("every operation has its entry, with the key's reason, and the log verifies", async () => {
  const Name = "app/entries"
  const token = randomUUID()
  const at = { SecretId: Name }
  const calls: readonly (readonly [string, object, ...string[]])[] = [
    ["CreateSecret", { Name, SecretString: "one" }, "CREATE SUCCESS permit"],
    ["CreateSecret", { Name, SecretString: "one" }, "CREATE DENIED secret_exists"],
    ["PutSecretValue", { ...at, SecretString: "two", ClientRequestToken: token }, "UPDATE SUCCESS permit"],
    ["PutSecretValue", { ...at, SecretString: "x", ClientRequestToken: token }, "UPDATE DENIED idempotency_mismatch"],
    ["UpdateSecret", { ...at, Description: "d" }, "PATCH SUCCESS permit"],
    ["UpdateSecretVersionStage", { ...at, VersionStage: "blue", MoveToVersionId: token }, "STAGE SUCCESS permit"],
    [
      "UpdateSecretVersionStage",
      { ...at, VersionStage: "AWSCURRENT", RemoveFromVersionId: token },
      "STAGE DENIED label_required",
    ],
    ["GetSecretValue", at, "GET SUCCESS permit"],
    ["DescribeSecret", at, "DESCRIBE SUCCESS permit"],
    ["ListSecretVersionIds", at, "LIST_VERSIONS SUCCESS permit"],
    ["TagResource", { ...at, Tags: [{ Key: "k", Value: "v" }] }, "TAG SUCCESS permit"],
    ["UntagResource", { ...at, TagKeys: ["k"] }, "TAG SUCCESS permit"],
    ["RotateSecret", at, "ROTATE DENIED not_rotatable"],
    ["GetResourcePolicy", at, "DESCRIBE SUCCESS permit"],
    [
      "PutResourcePolicy",
      { ...at, ResourcePolicy: "{}" },
      "DESCRIBE SUCCESS permit",
      "DESCRIBE DENIED invalid_request",
    ],
    ["DeleteSecret", at, "DELETE SUCCESS permit"],
    ["GetSecretValue", at, "GET DENIED secret_pending_deletion"],
    ["RestoreSecret", at, "RESTORE SUCCESS permit"],
    ["BatchGetSecretValue", { SecretIdList: [Name] }, "GET SUCCESS permit"],
  ]
  const expected: string[] = []
  for (const [operation, input, ...entries] of calls) {
    await admin.call(operation, input).catch((error: unknown) => assert.ok(error instanceof AwsRefused, String(error)))
    expected.push(...entries)
  }
  const entries = await entriesOf(stage.admin, { resource: Name })
  const ours = entries.filter(({ resource_name }) => resource_name === Name)
  assert.deepEqual(
    ours.map((one) => `${one.action} ${one.result} ${one.decision}`),
    expected,
  )
  for (const { action, result, reason } of ours)
    if (["GET", "UPDATE", "STAGE", "TAG", "DELETE"].includes(action ?? "") && result === "SUCCESS")
      assert.equal(reason, KEY_REASON, String(action))
  assert.equal((await verdictOn(await exportLog(stage.admin))).ok, true)
})

test("roles come before existence, in every operation and by name or ARN", async () => {
  await made("vault/there")
  const { ARN } = await admin.call("DescribeSecret", { SecretId: "vault/there" })
  const pairs = [
    ["vault/there", "vault/absent"],
    [ARN, ARN.replace("there", "absent")],
    [ARN.slice(0, -7), ARN.slice(0, -7).replace("there", "absent")],
  ]
  const more: Readonly<Record<string, object>> = {
    GetSecretValue: {},
    DescribeSecret: {},
    ListSecretVersionIds: {},
    PutSecretValue: { SecretString: "x" },
    UpdateSecret: { Description: "x" },
    UpdateSecretVersionStage: { VersionStage: "blue", MoveToVersionId: randomUUID() },
    TagResource: { Tags: [] },
    UntagResource: { TagKeys: [] },
    DeleteSecret: {},
    RestoreSecret: {},
    RotateSecret: {},
    GetResourcePolicy: {},
  }
  const told = async (operation: string, SecretId: string, input: object): Promise<string> => {
    const error: unknown = await dev.call(operation, { SecretId, ...input }).catch((one: unknown) => one)
    assert.ok(error instanceof AwsRefused)
    const text = error.message.replace(/Request id: \S+/, "").replaceAll(/there|absent/g, "one")
    return `${error.code} ${text}`
  }
  for (const [there = "", absent = ""] of pairs)
    for (const [operation, input] of Object.entries(more)) {
      const known = await told(operation, there, input)
      assert.match(known, /^AccessDeniedException /, operation)
      assert.equal(await told(operation, absent, input), known, operation)
    }
  const forced = { ForceDeleteWithoutRecovery: true }
  assert.equal(await told("DeleteSecret", "vault/there", forced), await told("DeleteSecret", "vault/absent", forced))
  const batch = await dev.call("BatchGetSecretValue", { SecretIdList: ["vault/there", "vault/absent"] })
  assert.deepEqual(
    batch.Errors?.map((one) => one.ErrorCode),
    Array(2).fill("AccessDeniedException"),
  )
})

test("a caller lists, and reads by filters, what he may; his token is nobody else's and for no other question", async () => {
  for (const name of ["config/seen1", "config/seen2", "vault/unseen"]) await made(name)
  const Filters = [{ Key: "all", Values: ["seen1", "seen2", "unseen"] }]
  const names = async (client: AwsClient) => {
    const pages = await client.pages("ListSecrets", { Filters, MaxResults: 1 })
    return pages.flatMap((page) => page.SecretList.map(({ Name }) => Name))
  }
  assert.deepEqual(await names(admin), ["config/seen1", "config/seen2", "vault/unseen"])
  assert.deepEqual(await names(dev), ["config/seen1", "config/seen2"])
  assert.deepEqual(await names(hr), [])
  const batch = await dev.call("BatchGetSecretValue", { Filters })
  assert.deepEqual(
    batch.SecretValues.map(({ Name }) => Name),
    ["config/seen1", "config/seen2"],
  )
  assert.deepEqual(batch.Errors ?? [], [])
  const { NextToken } = await dev.call("ListSecrets", { Filters, MaxResults: 1 })
  assert.ok(NextToken !== undefined && !NextToken.includes("seen"))
  const next = { Filters, MaxResults: 1, NextToken }
  assert.equal((await dev.call("ListSecrets", next)).SecretList[0]?.Name, "config/seen2")
  await refuses(hr.call("ListSecrets", next), "InvalidNextTokenException")
  await refuses(dev.call("ListSecrets", { ...next, Filters: [] }), "InvalidNextTokenException")
  await refuses(dev.call("ListSecrets", { ...next, SortOrder: "desc" }), "InvalidNextTokenException")
  await refuses(dev.call("BatchGetSecretValue", { Filters, NextToken }), "InvalidNextTokenException")
  for (let at = 0; at < NextToken.length; at += 7) {
    const other = NextToken[at] === "A" ? "B" : "A"
    const changed = NextToken.slice(0, at) + other + NextToken.slice(at + 1)
    await refuses(dev.call("ListSecrets", { ...next, NextToken: changed }), "InvalidNextTokenException")
  }
})

test("each value of a batch is a use of its own, and has its own entry", async () => {
  await made("config/counted")
  const SecretIdList = Array<string>(6).fill("config/counted")
  const first = await reader.call("BatchGetSecretValue", { SecretIdList })
  assert.equal(first.SecretValues.length, 6)
  const second = await reader.call("BatchGetSecretValue", { SecretIdList })
  assert.equal(second.SecretValues.length, 4)
  assert.deepEqual(
    second.Errors?.map((one) => one.ErrorCode),
    Array(2).fill("AccessDeniedException"),
  )
  assert.match(second.Errors?.[0]?.Message ?? "", /daily limit/)
  await refuses(reader.call("GetSecretValue", { SecretId: "config/counted" }), "AccessDeniedException", /daily limit/)
  const entries = await entriesOf(stage.admin, { action: "GET" })
  const ours = entries.filter(({ resource_name }) => resource_name === "config/counted")
  assert.deepEqual(
    [ours.filter(({ result }) => result === "SUCCESS").length, ours.filter(({ result }) => result === "DENIED").length],
    [10, 3],
  )
})

test("an id in a batch that no secret can have is the error of that item", async () => {
  await made("app/batch")
  const batch = await admin.call("BatchGetSecretValue", { SecretIdList: ["not a name", "app/batch", "arn:aws:s3:::x"] })
  assert.deepEqual(
    batch.SecretValues.map(({ Name }) => Name),
    ["app/batch"],
  )
  const codes = batch.Errors?.map((one) => [one.SecretId, one.ErrorCode])
  assert.deepEqual(codes, [
    ["not a name", "ValidationException"],
    ["arn:aws:s3:::x", "ResourceNotFoundException"],
  ])
})

test("the prefix is optional in a SecretId, taken off once, and wrong in a new name", async () => {
  await made("app/prefixed")
  const { ARN } = await admin.call("DescribeSecret", { SecretId: "tyler-setup/app/prefixed" })
  assert.match(ARN, /:secret:app\/prefixed-\w{6}$/)
  await refuses(
    admin.call("DescribeSecret", { SecretId: "tyler-setup/tyler-setup/app/prefixed" }),
    "ResourceNotFoundException",
  )
  const create = admin.call("CreateSecret", { Name: "tyler-setup/app/new", SecretString: "x" })
  await refuses(create, "InvalidParameterException", /is called app\/new\.$/)
  const cased = admin.call("CreateSecret", { Name: "App/Prefixed", SecretString: "x" })
  await refuses(cased, "ResourceExistsException")
  for (const Name of ["/app/x", "app//x", "app/../x", "app/"])
    await refuses(admin.call("CreateSecret", { Name, SecretString: "x" }), "ValidationException", /^Invalid name/)
})

test("without a token a write is no request; a rotation's parameters are wrong", async () => {
  const SecretId = await made("app/tokens")
  const create = await raw("CreateSecret", { Name: "app/raw", SecretString: "x" })
  assert.equal(create.code, "InvalidRequestException")
  assert.match(create.message, /^You must provide a ClientRequestToken value\./)
  for (const operation of ["PutSecretValue", "UpdateSecret"])
    assert.equal((await raw(operation, { SecretId, SecretString: "x" })).code, "InvalidRequestException")
  assert.equal((await raw("RotateSecret", { SecretId })).code, "InvalidParameterException")
  for (const [length, code] of [
    [31, "ValidationException"],
    [65, "ValidationException"],
    [32, ""],
    [64, ""],
  ] as const) {
    const put = { SecretId, SecretString: "x", ClientRequestToken: "t_".padEnd(length, "~") }
    assert.equal((await raw("PutSecretValue", put)).code, code, String(length))
  }
  const odd = { SecretId, SecretString: "x", ClientRequestToken: "ü".repeat(32) }
  assert.equal((await raw("PutSecretValue", odd)).code, "InvalidParameterException")
})

test("limits hold at the limit and one beyond", async () => {
  const SecretId = await made("app/limits")
  const tag = (at: number, Key = `k${at}`, Value = "v") => ({ Key, Value })
  const tags = (count: number) => Array.from({ length: count }, (_, at) => tag(at))
  const labels = (count: number) => Array.from({ length: count }, (_, at) => `label${at}`)
  const name = (length: number) => "app/".padEnd(length, "n")
  const cases: readonly (readonly [string, object, string])[] = [
    ["UpdateSecret", { Description: "d".repeat(2048) }, ""],
    ["UpdateSecret", { Description: "d".repeat(2049) }, "ValidationException"],
    ["PutSecretValue", { SecretString: "" }, "ValidationException"],
    ["PutSecretValue", { SecretString: "ü".repeat(32_768) }, ""],
    ["PutSecretValue", { SecretString: `${"ü".repeat(32_768)}x` }, "ValidationException"],
    ["PutSecretValue", { SecretBinary: Buffer.alloc(65_536).toString("base64") }, ""],
    ["PutSecretValue", { SecretBinary: Buffer.alloc(65_537).toString("base64") }, "ValidationException"],
    ["PutSecretValue", { SecretString: "x", VersionStages: [] }, "ValidationException"],
    ["PutSecretValue", { SecretString: "x", VersionStages: labels(21) }, "ValidationException"],
    ["PutSecretValue", { SecretString: "x", VersionStages: ["l".repeat(257)] }, "ValidationException"],
    ["PutSecretValue", { SecretString: "x", VersionStages: ["l".repeat(256)] }, ""],
    // AWSCURRENT, AWSPREVIOUS and the long one are there already.
    ["PutSecretValue", { SecretString: "x", VersionStages: labels(18) }, "LimitExceededException"],
    ["PutSecretValue", { SecretString: "x", VersionStages: labels(17) }, ""],
    ["TagResource", { Tags: [tag(0, "k".repeat(129))] }, "ValidationException"],
    ["TagResource", { Tags: [tag(0, "k".repeat(128), "v".repeat(256))] }, ""],
    ["TagResource", { Tags: [tag(0, "k", "v".repeat(257))] }, "ValidationException"],
    ["TagResource", { Tags: [tag(0, "AWS:mine")] }, "InvalidParameterException"],
    ["TagResource", { Tags: tags(50) }, "InvalidParameterException"],
    ["TagResource", { Tags: tags(49) }, ""],
    ["ListSecretVersionIds", { MaxResults: 0 }, "ValidationException"],
    ["ListSecretVersionIds", { MaxResults: 101 }, "ValidationException"],
    ["ListSecretVersionIds", { MaxResults: 100 }, ""],
    ["UpdateSecret", { KmsKeyId: "alias/aws/secretsmanager" }, ""],
    ["UpdateSecret", { KmsKeyId: "" }, ""],
    ["UpdateSecret", { KmsKeyId: "alias/mine" }, "InvalidParameterException"],
    ["UpdateSecret", { Description: "a\0b" }, "ValidationException"],
    ["TagResource", { Tags: [tag(0, "a\0b")] }, "ValidationException"],
    ["PutSecretValue", { SecretString: "x", VersionStages: ["a\0b"] }, "ValidationException"],
    ["PutSecretValue", { SecretString: "a\0b" }, ""],
  ]
  for (const [operation, more, code] of cases) {
    const answer = await raw(operation, { SecretId, ClientRequestToken: randomUUID(), ...more }).then((one) =>
      one.code === "ValidationException" && /ClientRequestToken/.test(one.message)
        ? raw(operation, { SecretId, ...more })
        : one,
    )
    assert.equal(answer.code, code, `${operation} ${JSON.stringify(more).slice(0, 80)} ${answer.message}`)
  }
  const create = (Name: string) => raw("CreateSecret", { Name, ClientRequestToken: randomUUID() })
  // 512 with the prefix, which is eleven characters and a slash.
  assert.equal((await create(name(500))).code, "")
  assert.equal((await create(name(501))).code, "ValidationException")
  assert.equal((await create(name(513))).code, "ValidationException")
  const filters = (count: number) => Array.from({ length: count }, () => ({ Key: "name", Values: ["app"] }))
  const list = async (input: object) => (await raw("ListSecrets", input)).code
  assert.equal(await list({ Filters: filters(10) }), "")
  assert.equal(await list({ Filters: filters(11) }), "ValidationException")
  assert.equal(await list({ Filters: [{ Key: "name", Values: labels(10) }] }), "")
  assert.equal(await list({ Filters: [{ Key: "name", Values: labels(11) }] }), "ValidationException")
  assert.equal(await list({ Filters: [{ Key: "name", Values: ["a".repeat(512)] }] }), "")
  assert.equal(await list({ Filters: [{ Key: "name", Values: ["a".repeat(513)] }] }), "ValidationException")
  assert.equal(await list({ Filters: [{ Key: "name", Values: ["a*"] }] }), "ValidationException")
  const batch = async (count: number) =>
    (await raw("BatchGetSecretValue", { SecretIdList: Array(count).fill(SecretId) })).code
  assert.deepEqual(
    [await batch(20), await batch(21), await batch(0)],
    ["", "ValidationException", "ValidationException"],
  )
})

test("what a secret here cannot have is refused with the reason", async () => {
  const SecretId = await made("app/plain")
  const replica = { AddReplicaRegions: [{ Region: "eu-west-1" }] }
  const cases: readonly (readonly [string, object, string, RegExp])[] = [
    ["PutResourcePolicy", { ResourcePolicy: "{}" }, "InvalidRequestException", /policy rows/],
    ["DeleteResourcePolicy", {}, "InvalidRequestException", /policy rows/],
    ["ValidateResourcePolicy", { ResourcePolicy: "{}" }, "InvalidRequestException", /policy rows/],
    ["ReplicateSecretToRegions", replica, "InvalidParameterException", /one Region/],
    [
      "RemoveRegionsFromReplication",
      { RemoveReplicaRegions: ["eu-west-1"] },
      "InvalidParameterException",
      /one Region/,
    ],
    ["StopReplicationToReplica", {}, "InvalidParameterException", /one Region/],
    ["RotateSecret", { RotationLambdaARN: "arn:aws:lambda:x" }, "InvalidRequestException", /does not invoke/],
    ["CancelRotateSecret", {}, "InvalidRequestException", /never configured/],
  ]
  for (const [operation, more, code, message] of cases)
    await refuses(admin.call(operation, { SecretId, ...more }), code, message)
  const create = admin.call("CreateSecret", { Name: "app/replicated", SecretString: "x", ...replica })
  await refuses(create, "InvalidParameterException", /one Region/)
})

test("in production a forced delete takes a second factor and a second person", async () => {
  const SecretId = await made("app/kept")
  const forced = admin.call("DeleteSecret", { SecretId, ForceDeleteWithoutRecovery: true })
  await refuses(forced, "AccessDeniedException", /second person.*second factor/)
  assert.equal((await admin.call("GetSecretValue", { SecretId })).SecretString, "value")
})

test("a hundred puts with one token make one version; a hundred tags at once stop at fifty", async () => {
  const SecretId = await made("app/parallel")
  const put = { SecretId, SecretString: "two", ClientRequestToken: randomUUID() }
  const all = await Promise.all(Array.from({ length: 100 }, () => admin.call("PutSecretValue", put)))
  assert.equal(new Set(all.map(({ VersionId }) => VersionId)).size, 1)
  assert.equal((await admin.call("ListSecretVersionIds", { SecretId })).Versions.length, 2)
  const tagged = await Promise.allSettled(
    Array.from({ length: 100 }, (_, at) =>
      admin.call("TagResource", { SecretId, Tags: [{ Key: `k${at}`, Value: "" }] }),
    ),
  )
  assert.equal(tagged.filter(({ status }) => status === "fulfilled").length, 50)
  assert.equal((await admin.call("DescribeSecret", { SecretId })).Tags?.length, 50)
})

test("REST tells of what only AWS's clients can make: no value yet, labels and ids of their own", async () => {
  await admin.call("CreateSecret", { Name: "app/empty", Description: "d".repeat(2048) })
  const path = secretPath("app/empty")
  const patched = await stage.admin.patch(path, { description: "short", reason: REASON })
  assert.deepEqual([patched.status, patched.body["versionId"]], [200, null], patched.text)
  const unread = await stage.admin.post(secretPath("app/empty", "access"), { reason: REASON, unmask: true })
  assert.equal(unread.status, 404)
  const ClientRequestToken = "~".repeat(40)
  const put = {
    SecretId: "app/empty",
    SecretString: "x",
    VersionStages: ["mine, quite: odd", "current"],
    ClientRequestToken,
  }
  await admin.call("PutSecretValue", put)
  const { body } = await stage.admin.get<MetadataAnswer>(secretPath("app/empty", "metadata"))
  assert.deepEqual(
    body.versions.map(({ versionId, stages }) => [versionId, stages.toSorted()]),
    [[ClientRequestToken, ["AWSCURRENT", "current", "mine, quite: odd"]]],
  )
  await admin.call("CreateSecret", { Name: "onesegment", SecretString: "x" })
  assert.equal((await stage.admin.get(secretPath("onesegment", "metadata"))).status, 200)
})

test("what REST made reads the same through AWS's API", async () => {
  await createSecret(stage.admin, "app/object", { user: "ada", port: 5432 }, { tags: [{ Key: "a", Value: "b" }] })
  const read = await admin.call("GetSecretValue", { SecretId: "app/object" })
  assert.equal(read.SecretString, '{"user":"ada","port":5432}')
  const { Tags } = await admin.call("DescribeSecret", { SecretId: "app/object" })
  assert.deepEqual(Tags, [{ Key: "a", Value: "b" }])
})
