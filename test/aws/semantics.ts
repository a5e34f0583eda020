import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import { type AwsAnswer, type AwsClient, AwsRefused } from "../kit/aws.ts"

/**
 * What AWS Secrets Manager does, as checks that hold against any client and any service that speaks its API. Each check
 * makes secrets of its own. Sources: AWS's API reference; where it is silent or wrong, answers of the real service that
 * LocalStack's and moto's own tests have on record.
 */
export interface Check {
  readonly name: string
  /** Few enough calls for a client that takes a process for each. */
  readonly brief?: true
  run(on: Scene): Promise<void>
}

export interface Scene {
  readonly client: AwsClient
  /** A name that nothing else in this run has; one segment. */
  readonly name: () => string
}

let names = 0
export function sceneOf(client: AwsClient): Scene {
  const run = randomUUID().slice(0, 8)
  return { client, name: () => `s${run}n${names++}` }
}

/** Runs the checks. @param faults what this service is known to do otherwise, by the check's name: expected to fail */
export function runChecks(
  checks: readonly Check[],
  scene: () => Scene,
  faults: Readonly<Record<string, string>> = {},
): void {
  for (const name of Object.keys(faults)) if (!checks.some((one) => one.name === name)) throw new Error(`no ${name}`)
  for (const check of checks) {
    const fault = faults[check.name]
    test(check.name, fault === undefined ? {} : { todo: fault }, () => check.run(scene()))
  }
}

export async function refuses(call: Promise<unknown>, code: string, message?: RegExp): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof AwsRefused, String(error))
    assert.equal(error.code, code, error.message)
    if (message !== undefined) assert.match(error.message, message)
    return true
  })
}

const GONE = /^Secrets Manager can't find the specified secret\.$/
const PENDING = /^You can't perform this operation on the secret because it was marked for deletion\.$/
const token = (): string => randomUUID()

async function stagesOf({ client }: Scene, SecretId: string): Promise<Record<string, string[]>> {
  const { VersionIdsToStages = {} } = await client.call("DescribeSecret", { SecretId })
  const stages: Record<string, string[]> = {}
  for (const [id, all] of Object.entries(VersionIdsToStages)) stages[id] = all.toSorted()
  return stages
}

async function namesOf(client: AwsClient, input: object): Promise<string[]> {
  const pages = await client.pages("ListSecrets", input)
  return pages.flatMap((page) => page.SecretList.map(({ Name }) => Name))
}

export const CHECKS: readonly Check[] = [
  {
    name: "create, put, get, stages, list, filter, batch, delete, restore, tags, password",
    brief: true,
    async run(on) {
      const { client } = on
      const Name = on.name()
      const made = await client.call("CreateSecret", { Name, SecretString: "one", Description: "of a story" })
      assert.match(made.ARN, new RegExp(`^arn:aws:secretsmanager:[a-z0-9-]+:\\d{12}:secret:${Name}-[A-Za-z0-9]{6}$`))
      assert.equal(made.Name, Name)
      const put = await client.call("PutSecretValue", { SecretId: Name, SecretString: "two" })
      assert.deepEqual(put.VersionStages, ["AWSCURRENT"])
      const got = await client.call("GetSecretValue", { SecretId: made.ARN })
      assert.deepEqual([got.SecretString, got.VersionId, got.Name], ["two", put.VersionId, Name])
      const before = await client.call("GetSecretValue", { SecretId: Name, VersionStage: "AWSPREVIOUS" })
      assert.deepEqual([before.SecretString, before.VersionId], ["one", made.VersionId])
      const move = { SecretId: Name, VersionStage: "AWSCURRENT" }
      await client.call("UpdateSecretVersionStage", {
        ...move,
        MoveToVersionId: made.VersionId,
        RemoveFromVersionId: put.VersionId,
      })
      const expected = { [made.VersionId]: ["AWSCURRENT"], [put.VersionId]: ["AWSPREVIOUS"] }
      assert.deepEqual(await stagesOf(on, Name), expected)
      await client.call("TagResource", { SecretId: Name, Tags: [{ Key: "team", Value: Name }] })
      const Filters = [{ Key: "tag-value", Values: [Name] }]
      assert.deepEqual(await namesOf(client, { Filters }), [Name])
      const batch = await client.call("BatchGetSecretValue", { SecretIdList: [Name, `${Name}x`] })
      assert.deepEqual(
        batch.SecretValues.map((one) => one.SecretString),
        ["one"],
      )
      assert.deepEqual(
        batch.Errors?.map((one) => [one.SecretId, one.ErrorCode]),
        [[`${Name}x`, "ResourceNotFoundException"]],
      )
      await client.call("UntagResource", { SecretId: Name, TagKeys: ["team"] })
      const gone = await client.call("DeleteSecret", { SecretId: Name, RecoveryWindowInDays: 7 })
      assert.ok(Math.abs(gone.DeletionDate - Date.now() / 1000 - 7 * 86_400) < 60, String(gone.DeletionDate))
      await refuses(client.call("GetSecretValue", { SecretId: Name }), "InvalidRequestException", PENDING)
      await client.call("RestoreSecret", { SecretId: Name })
      assert.equal((await client.call("GetSecretValue", { SecretId: Name })).SecretString, "one")
      const drawn = await client.call("GetRandomPassword", { PasswordLength: 24, ExcludePunctuation: true })
      assert.match(drawn.RandomPassword, /^[A-Za-z0-9]{24}$/)
      await client.call("DeleteSecret", { SecretId: Name, ForceDeleteWithoutRecovery: true })
      await refuses(client.call("DescribeSecret", { SecretId: Name }), "ResourceNotFoundException", GONE)
    },
  },
  {
    name: "a secret without a value has no version; the first put becomes current whatever its stages",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const made = await client.call("CreateSecret", { Name })
      assert.deepEqual(Object.keys(made).toSorted(), ["ARN", "Name"])
      const described = await client.call("DescribeSecret", { SecretId: Name })
      assert.deepEqual(Object.keys(described).toSorted(), ["ARN", "CreatedDate", "LastChangedDate", "Name"])
      const current = /^Secrets Manager can't find the specified secret value for staging label: AWSCURRENT$/
      await refuses(client.call("GetSecretValue", { SecretId: Name }), "ResourceNotFoundException", current)
      assert.deepEqual((await client.call("ListSecretVersionIds", { SecretId: Name })).Versions, [])
      const put = await client.call("PutSecretValue", {
        SecretId: Name,
        SecretString: "first",
        VersionStages: ["blue"],
      })
      assert.deepEqual(put.VersionStages.toSorted(), ["AWSCURRENT", "blue"])
      assert.equal((await client.call("GetSecretValue", { SecretId: Name })).SecretString, "first")
    },
  },
  {
    name: "bytes come back as bytes, and a version is either text or bytes",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const SecretBinary = Buffer.from([0, 255, 128, 10]).toString("base64")
      await client.call("CreateSecret", { Name, SecretBinary })
      const got = await client.call("GetSecretValue", { SecretId: Name })
      assert.equal(got.SecretBinary, SecretBinary)
      assert.equal("SecretString" in got, false)
      await client.call("PutSecretValue", { SecretId: Name, SecretString: "text now" })
      assert.equal((await client.call("GetSecretValue", { SecretId: Name })).SecretString, "text now")
    },
  },
  {
    name: "both kinds of value in one version are refused",
    async run(on) {
      const both = { Name: on.name(), SecretBinary: "AAAA", SecretString: "x" }
      await refuses(on.client.call("CreateSecret", both), "InvalidParameterException")
    },
  },
  {
    name: "a put without a value is refused",
    async run(on) {
      const Name = on.name()
      await on.client.call("CreateSecret", { Name })
      await refuses(on.client.call("PutSecretValue", { SecretId: Name }), "InvalidRequestException")
    },
  },
  {
    name: "a value is at most 65,536 bytes",
    async run(on) {
      const { client } = on
      const Name = on.name()
      await client.call("CreateSecret", { Name, SecretString: "x".repeat(65_535) })
      await client.call("PutSecretValue", { SecretId: Name, SecretString: "x".repeat(65_536) })
      const over = client.call("PutSecretValue", { SecretId: Name, SecretString: "x".repeat(65_537) })
      await refuses(over, "ValidationException")
      assert.equal((await client.call("GetSecretValue", { SecretId: Name })).SecretString.length, 65_536)
    },
  },
  {
    name: "create repeated with the same token and value answers alike; with another value the token is used up",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const create = { Name, SecretString: "one", ClientRequestToken: token() }
      const made = await client.call("CreateSecret", create)
      assert.equal(made.VersionId, create.ClientRequestToken)
      assert.deepEqual(await client.call("CreateSecret", create), made)
      const used = client.call("CreateSecret", { ...create, SecretString: "two" })
      const told = new RegExp(`ClientRequestToken ${create.ClientRequestToken} .*${made.ARN}`)
      await refuses(used, "ResourceExistsException", told)
      const another = client.call("CreateSecret", { ...create, ClientRequestToken: token() })
      await refuses(another, "ResourceExistsException", new RegExp(`the secret ${Name} already exists`))
    },
  },
  {
    name: "put repeated with the same token and value changes nothing; with another value the token is used up",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const made = await client.call("CreateSecret", { Name, SecretString: "one" })
      const put = { SecretId: Name, SecretString: "two", ClientRequestToken: token() }
      await client.call("PutSecretValue", put)
      await client.call("PutSecretValue", { SecretId: Name, SecretString: "three" })
      const again = await client.call("PutSecretValue", put)
      assert.deepEqual([again.VersionId, again.VersionStages], [put.ClientRequestToken, ["AWSPREVIOUS"]])
      assert.equal((await client.call("GetSecretValue", { SecretId: Name })).SecretString, "three")
      const told = new RegExp(`ClientRequestToken ${put.ClientRequestToken} .*${made.ARN}`)
      const used = client.call("PutSecretValue", { ...put, SecretString: "four" })
      await refuses(used, "ResourceExistsException", told)
    },
  },
  {
    name: "update repeated with the same token and value answers 200; with another value the token is used up",
    async run(on) {
      const { client } = on
      const Name = on.name()
      await client.call("CreateSecret", { Name, SecretString: "one" })
      const update = { SecretId: Name, SecretString: "two", ClientRequestToken: token() }
      assert.equal((await client.call("UpdateSecret", update)).VersionId, update.ClientRequestToken)
      assert.equal((await client.call("UpdateSecret", update)).VersionId, update.ClientRequestToken)
      await refuses(client.call("UpdateSecret", { ...update, SecretString: "three" }), "ResourceExistsException")
    },
  },
  {
    name: "an update of the description alone makes no version, and an empty one takes it away",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const made = await client.call("CreateSecret", { Name, SecretString: "one", Description: "first" })
      const updated = await client.call("UpdateSecret", { SecretId: Name, Description: "second" })
      assert.deepEqual(updated, { ARN: made.ARN, Name })
      assert.equal((await client.call("DescribeSecret", { SecretId: Name })).Description, "second")
      await client.call("UpdateSecret", { SecretId: Name, Description: "" })
      assert.equal("Description" in (await client.call("DescribeSecret", { SecretId: Name })), false)
      assert.deepEqual(await stagesOf(on, Name), { [made.VersionId]: ["AWSCURRENT"] })
      const both = await client.call("UpdateSecret", { SecretId: Name, Description: "third", SecretString: "two" })
      const after = await client.call("DescribeSecret", { SecretId: Name })
      assert.equal(after.Description, "third")
      assert.deepEqual(after.VersionIdsToStages?.[both.VersionId], ["AWSCURRENT"])
    },
  },
  {
    name: "a put with stages touches exactly those; labels of one's own stay where they are",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const one = await client.call("CreateSecret", { Name, SecretString: "one" })
      const blue = { SecretId: Name, SecretString: "two", VersionStages: ["blue", "green"] }
      const two = await client.call("PutSecretValue", blue)
      assert.deepEqual(two.VersionStages.toSorted(), ["blue", "green"])
      assert.deepEqual(await stagesOf(on, Name), {
        [one.VersionId]: ["AWSCURRENT"],
        [two.VersionId]: ["blue", "green"],
      })
      const three = await client.call("PutSecretValue", { ...blue, SecretString: "three", VersionStages: ["blue"] })
      await client.call("PutSecretValue", { SecretId: Name, SecretString: "four" })
      const stages = await stagesOf(on, Name)
      assert.deepEqual([stages[one.VersionId], stages[two.VersionId]], [["AWSPREVIOUS"], ["green"]])
      assert.deepEqual(stages[three.VersionId], ["blue"])
      assert.equal(
        (await client.call("GetSecretValue", { SecretId: Name, VersionStage: "blue" })).SecretString,
        "three",
      )
    },
  },
  {
    name: "labels that are called like nobody's own stay apart from AWS's",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const one = await client.call("CreateSecret", { Name, SecretString: "one" })
      const VersionStages = ["current", "previous", "pending"]
      const two = await client.call("PutSecretValue", { SecretId: Name, SecretString: "two", VersionStages })
      const expected = { [one.VersionId]: ["AWSCURRENT"], [two.VersionId]: VersionStages.toSorted() }
      assert.deepEqual(await stagesOf(on, Name), expected)
      assert.equal((await client.call("GetSecretValue", { SecretId: Name })).SecretString, "one")
      const own = await client.call("GetSecretValue", { SecretId: Name, VersionStage: "current" })
      assert.equal(own.SecretString, "two")
    },
  },
  {
    name: "a version that was current and pending is not pending once another becomes current",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const one = await client.call("CreateSecret", { Name, SecretString: "one" })
      const stage = { SecretId: Name, VersionStage: "AWSPENDING", MoveToVersionId: one.VersionId }
      await client.call("UpdateSecretVersionStage", stage)
      const two = await client.call("PutSecretValue", { SecretId: Name, SecretString: "two" })
      const expected = { [one.VersionId]: ["AWSPREVIOUS"], [two.VersionId]: ["AWSCURRENT"] }
      assert.deepEqual(await stagesOf(on, Name), expected)
    },
  },
  {
    name: "a label is not taken from a version that is not named, and AWSCURRENT is never taken away",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const one = await client.call("CreateSecret", { Name, SecretString: "one" })
      const two = await client.call("PutSecretValue", { SecretId: Name, SecretString: "two", VersionStages: ["blue"] })
      const move = { SecretId: Name, VersionStage: "blue" }
      const call = (more: object) => client.call("UpdateSecretVersionStage", { ...move, ...more })
      const held = new RegExp(`currently attached to version ${two.VersionId}`)
      await refuses(call({ MoveToVersionId: one.VersionId }), "InvalidParameterException", held)
      const wrong = { MoveToVersionId: one.VersionId, RemoveFromVersionId: one.VersionId }
      await refuses(call(wrong), "InvalidParameterException")
      const moved = await call({ MoveToVersionId: one.VersionId, RemoveFromVersionId: two.VersionId })
      assert.deepEqual(moved, { ARN: one.ARN, Name })
      await call({ RemoveFromVersionId: one.VersionId })
      assert.deepEqual(await stagesOf(on, Name), { [one.VersionId]: ["AWSCURRENT"] })
      const current = { VersionStage: "AWSCURRENT", RemoveFromVersionId: one.VersionId }
      await refuses(call(current), "InvalidParameterException", /can only move staging label AWSCURRENT/)
      await call({ MoveToVersionId: two.VersionId })
      const swap = { VersionStage: "AWSCURRENT", MoveToVersionId: two.VersionId, RemoveFromVersionId: one.VersionId }
      await call(swap)
      const expected = { [one.VersionId]: ["AWSPREVIOUS"], [two.VersionId]: ["AWSCURRENT", "blue"] }
      assert.deepEqual(await stagesOf(on, Name), expected)
    },
  },
  {
    name: "a label that AWSCURRENT leaves behind moves back: AWSPREVIOUS changes sides",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const one = await client.call("CreateSecret", { Name, SecretString: "one" })
      const two = await client.call("PutSecretValue", { SecretId: Name, SecretString: "two" })
      await client.call("UpdateSecretVersionStage", {
        SecretId: Name,
        VersionStage: "AWSCURRENT",
        MoveToVersionId: one.VersionId,
        RemoveFromVersionId: two.VersionId,
      })
      const expected = { [one.VersionId]: ["AWSCURRENT"], [two.VersionId]: ["AWSPREVIOUS"] }
      assert.deepEqual(await stagesOf(on, Name), expected)
    },
  },
  {
    name: "a version without a label is deprecated: listed only when asked for, still read by its id",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const one = await client.call("CreateSecret", { Name, SecretString: "one" })
      await client.call("PutSecretValue", { SecretId: Name, SecretString: "two" })
      await client.call("PutSecretValue", { SecretId: Name, SecretString: "three" })
      assert.equal(Object.keys(await stagesOf(on, Name)).length, 2)
      const listed = await client.call("ListSecretVersionIds", { SecretId: Name })
      assert.equal(listed.Versions.length, 2)
      assert.deepEqual([listed.ARN, listed.Name], [one.ARN, Name])
      const all = await client.call("ListSecretVersionIds", { SecretId: Name, IncludeDeprecated: true })
      const old = all.Versions.find(({ VersionId }) => VersionId === one.VersionId)
      assert.ok(old !== undefined && !("VersionStages" in old), JSON.stringify(all))
      const read = await client.call("GetSecretValue", { SecretId: Name, VersionId: one.VersionId })
      assert.deepEqual([read.SecretString, read.VersionStages ?? []], ["one", []])
      const pages = await client.pages("ListSecretVersionIds", {
        SecretId: Name,
        IncludeDeprecated: true,
        MaxResults: 1,
      })
      const ids = pages.flatMap(({ Versions }) => Versions.map(({ VersionId }) => VersionId))
      assert.deepEqual(ids.toSorted(), all.Versions.map(({ VersionId }) => VersionId).toSorted())
    },
  },
  {
    name: "a read names what is not there: secret, label, version, or both that do not go together",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const made = await client.call("CreateSecret", { Name, SecretString: "one" })
      const get = (more: object) => client.call("GetSecretValue", { SecretId: Name, ...more })
      await refuses(client.call("GetSecretValue", { SecretId: on.name() }), "ResourceNotFoundException", GONE)
      await refuses(get({ VersionStage: "none" }), "ResourceNotFoundException", /staging label: none$/)
      const VersionId = token()
      await refuses(get({ VersionId }), "ResourceNotFoundException", new RegExp(`VersionId: ${VersionId}$`))
      const apart = { VersionId: made.VersionId, VersionStage: "AWSPREVIOUS" }
      await refuses(
        get(apart),
        "InvalidRequestException",
        /VersionStage that is not associated to the provided VersionId/,
      )
      const together = await get({ VersionId: made.VersionId, VersionStage: "AWSCURRENT" })
      assert.equal(together.SecretString, "one")
    },
  },
  {
    name: "every refusal is HTTP 400, whatever it is about",
    async run(on) {
      const get = on.client.call("GetSecretValue", { SecretId: on.name() })
      await assert.rejects(get, (error: unknown) => error instanceof AwsRefused && error.status === 400)
    },
  },
  {
    name: "a SecretId is a name, an ARN, or an ARN without its last seven characters",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const { ARN } = await client.call("CreateSecret", { Name, SecretString: "one" })
      for (const SecretId of [Name, ARN, ARN.slice(0, -7)])
        assert.equal((await client.call("DescribeSecret", { SecretId })).ARN, ARN, SecretId)
      for (const SecretId of [`${ARN.slice(0, -6)}000000`, ARN.replace(Name, `${Name}x`)])
        await refuses(client.call("DescribeSecret", { SecretId }), "ResourceNotFoundException", GONE)
    },
  },
  {
    name: "a name may end like an ARN, and is then found by name and by its whole ARN",
    async run(on) {
      const { client } = on
      const Name = `${on.name()}-secret`
      const short = Name.slice(0, -7)
      const { ARN } = await client.call("CreateSecret", { Name, SecretString: "long" })
      assert.equal((await client.call("DescribeSecret", { SecretId: Name })).Name, Name)
      assert.equal((await client.call("DescribeSecret", { SecretId: ARN })).Name, Name)
      const other = await client.call("CreateSecret", { Name: short, SecretString: "short" })
      assert.equal((await client.call("GetSecretValue", { SecretId: other.ARN })).SecretString, "short")
      assert.equal((await client.call("GetSecretValue", { SecretId: ARN })).SecretString, "long")
    },
  },
  {
    name: "characters that no name has are a ValidationException",
    async run(on) {
      const create = on.client.call("CreateSecret", { Name: "not a name", SecretString: "x" })
      await refuses(create, "ValidationException", /^Invalid name\. Must be a valid name/)
      await refuses(on.client.call("GetSecretValue", { SecretId: "not a name" }), "ValidationException")
    },
  },
  {
    name: "while it awaits deletion a secret can be described, and nothing else",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const made = await client.call("CreateSecret", { Name, SecretString: "one" })
      const gone = await client.call("DeleteSecret", { SecretId: Name })
      assert.deepEqual([gone.ARN, gone.Name], [made.ARN, Name])
      assert.ok(Math.abs(gone.DeletionDate - Date.now() / 1000 - 30 * 86_400) < 60)
      assert.ok((await client.call("DescribeSecret", { SecretId: Name })).DeletedDate > 0)
      const calls: readonly (readonly [string, object])[] = [
        ["GetSecretValue", {}],
        ["PutSecretValue", { SecretString: "two" }],
        ["UpdateSecret", { SecretString: "two" }],
        ["UpdateSecret", { Description: "two" }],
        ["TagResource", { Tags: [{ Key: "a", Value: "b" }] }],
        ["UntagResource", { TagKeys: ["a"] }],
        ["DeleteSecret", {}],
      ]
      for (const [operation, more] of calls)
        await refuses(client.call(operation, { SecretId: Name, ...more }), "InvalidRequestException", PENDING)
      const create = client.call("CreateSecret", { Name, SecretString: "x" })
      await refuses(create, "InvalidRequestException", /already scheduled for deletion/)
    },
  },
  {
    name: "a secret that lives is restored already",
    async run(on) {
      const Name = on.name()
      const { ARN } = await on.client.call("CreateSecret", { Name, SecretString: "one" })
      assert.deepEqual(await on.client.call("RestoreSecret", { SecretId: Name }), { ARN, Name })
    },
  },
  {
    name: "a forced delete works on what awaits deletion and on what was never there; the name is free again",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const first = await client.call("CreateSecret", { Name, SecretString: "one" })
      await client.call("DeleteSecret", { SecretId: Name })
      await client.call("DeleteSecret", { SecretId: Name, ForceDeleteWithoutRecovery: true })
      const again = await client.call("CreateSecret", { Name, SecretString: "two" })
      assert.notEqual(again.ARN, first.ARN)
      await refuses(client.call("GetSecretValue", { SecretId: first.ARN }), "ResourceNotFoundException", GONE)
      const absent = on.name()
      const none = await client.call("DeleteSecret", { SecretId: absent, ForceDeleteWithoutRecovery: true })
      assert.equal(none.Name, absent)
      assert.match(none.ARN, new RegExp(`:secret:${absent}-[A-Za-z0-9]{6}$`))
      await refuses(client.call("DeleteSecret", { SecretId: absent }), "ResourceNotFoundException", GONE)
    },
  },
  {
    name: "the window is 7 to 30 days, and does not go with a forced delete",
    async run(on) {
      const { client } = on
      const range = /between 7 and 30 days \(inclusive\)/
      for (const RecoveryWindowInDays of [6, 31, 0, -1]) {
        const SecretId = on.name()
        await client.call("CreateSecret", { Name: SecretId, SecretString: "x" })
        const call = client.call("DeleteSecret", { SecretId, RecoveryWindowInDays })
        await refuses(call, "InvalidParameterException", range)
      }
      for (const RecoveryWindowInDays of [7, 30]) {
        const SecretId = on.name()
        await client.call("CreateSecret", { Name: SecretId, SecretString: "x" })
        const both = { SecretId, RecoveryWindowInDays, ForceDeleteWithoutRecovery: true }
        await refuses(client.call("DeleteSecret", both), "InvalidParameterException", /in conjunction with/)
        await client.call("DeleteSecret", { ...both, ForceDeleteWithoutRecovery: false })
      }
    },
  },
  {
    name: "tags are set one by one and taken away; after the last there is an empty list",
    async run(on) {
      const { client } = on
      const Name = on.name()
      await client.call("CreateSecret", { Name, SecretString: "x" })
      const tags = async () => (await client.call("DescribeSecret", { SecretId: Name })).Tags
      assert.equal(await tags(), undefined)
      const set = (Tags: object[]) => client.call("TagResource", { SecretId: Name, Tags })
      await set([
        { Key: "a", Value: "1" },
        { Key: "b", Value: "2" },
      ])
      await set([
        { Key: "b", Value: "" },
        { Key: "B", Value: "3" },
      ])
      const byKey = (all: AwsAnswer["Tags"]) => all?.toSorted((x, y) => (x.Key < y.Key ? -1 : 1))
      assert.deepEqual(byKey(await tags()), [
        { Key: "B", Value: "3" },
        { Key: "a", Value: "1" },
        { Key: "b", Value: "" },
      ])
      await client.call("UntagResource", { SecretId: Name, TagKeys: ["a", "b", "B", "absent"] })
      assert.deepEqual(await tags(), [])
      const { SecretList } = await client.call("ListSecrets", { Filters: [{ Key: "name", Values: [Name] }] })
      assert.deepEqual(SecretList[0]?.Tags, [])
    },
  },
  {
    name: "a list tells what describe tells, under AWS's other name for the stages",
    async run(on) {
      const { client } = on
      const Name = on.name()
      await client.call("CreateSecret", { Name, SecretString: "x", Description: "d", Tags: [{ Key: "k", Value: "v" }] })
      const { VersionIdsToStages, ...described } = await client.call("DescribeSecret", { SecretId: Name })
      const { SecretList } = await client.call("ListSecrets", { Filters: [{ Key: "name", Values: [Name] }] })
      assert.deepEqual(SecretList, [{ ...described, SecretVersionsToStages: VersionIdsToStages }])
    },
  },
  {
    name: "reads set the day of the last access, of the secret and of the version",
    async run(on) {
      const { client } = on
      const Name = on.name()
      const one = await client.call("CreateSecret", { Name, SecretString: "one" })
      const two = await client.call("PutSecretValue", { SecretId: Name, SecretString: "two" })
      assert.equal("LastAccessedDate" in (await client.call("DescribeSecret", { SecretId: Name })), false)
      await client.call("GetSecretValue", { SecretId: Name })
      const { LastAccessedDate } = await client.call("DescribeSecret", { SecretId: Name })
      assert.equal(LastAccessedDate % 86_400, 0)
      const { Versions } = await client.call("ListSecretVersionIds", { SecretId: Name })
      const days = new Map(Versions.map((each) => [each.VersionId, each.LastAccessedDate]))
      assert.deepEqual([days.get(two.VersionId), days.get(one.VersionId)], [LastAccessedDate, undefined])
      assert.deepEqual(Versions[0]?.KmsKeyIds, ["DefaultEncryptionKey"])
    },
  },
  {
    name: "every change moves the date of the last change",
    async run(on) {
      const { client } = on
      const Name = on.name()
      await client.call("CreateSecret", { Name, SecretString: "one" })
      const changed = async () => (await client.call("DescribeSecret", { SecretId: Name })).LastChangedDate
      let last = await changed()
      for (const more of [{ SecretString: "one" }, { Description: "d" }, { Description: "d" }]) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        await client.call("UpdateSecret", { SecretId: Name, ...more })
        const now = await changed()
        assert.ok(now > last, `${now} ${last}`)
        last = now
      }
    },
  },
  {
    name: "lists are sorted by creation unless asked otherwise, both ways, page by page",
    async run(on) {
      const { client } = on
      const prefix = on.name()
      const made = ["c", "a", "b"].map((end) => `${prefix}${end}`)
      for (const Name of made) {
        await client.call("CreateSecret", { Name, SecretString: "x" })
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      const Filters = [{ Key: "name", Values: [prefix] }]
      assert.deepEqual(await namesOf(client, { Filters }), made)
      assert.deepEqual(await namesOf(client, { Filters, SortOrder: "desc" }), made.toReversed())
      assert.deepEqual(await namesOf(client, { Filters, SortOrder: "desc", MaxResults: 1 }), made.toReversed())
      assert.deepEqual(await namesOf(client, { Filters, SortBy: "name" }), made.toSorted())
      await client.call("UpdateSecret", { SecretId: made[1], Description: "changed last" })
      assert.equal((await namesOf(client, { Filters, SortBy: "last-changed-date", SortOrder: "desc" }))[0], made[1])
      await client.call("GetSecretValue", { SecretId: made[2] })
      assert.equal((await namesOf(client, { Filters, SortBy: "last-accessed-date", SortOrder: "desc" }))[0], made[2])
    },
  },
  {
    name: "a secret that awaits deletion is listed only when asked for",
    async run(on) {
      const { client } = on
      const Name = on.name()
      await client.call("CreateSecret", { Name, SecretString: "x" })
      await client.call("DeleteSecret", { SecretId: Name })
      const Filters = [{ Key: "name", Values: [Name] }]
      assert.deepEqual(await namesOf(client, { Filters }), [])
      const { SecretList } = await client.call("ListSecrets", { Filters, IncludePlannedDeletion: true })
      assert.deepEqual(
        SecretList.map((one) => [one.Name, one.DeletedDate > 0]),
        [[Name, true]],
      )
    },
  },
  {
    name: "names and tags filter by prefix and case, descriptions and all by words, ! negates, filters add up",
    async run(on) {
      const { client } = on
      const p = on.name()
      const make = (end: string, Description: string, Tags: object[] = []) =>
        client.call("CreateSecret", { Name: `${p}${end}`, SecretString: "x", Description, Tags })
      await make("a", "alpha BetaGamma", [{ Key: `${p}Key`, Value: `${p}Value` }])
      await make("b", "alpha delta")
      await make("c", "epsilon")
      const found = async (...filters: (readonly [string, ...string[]])[]) => {
        const Filters = [["name", p], ...filters].map(([Key, ...Values]) => ({ Key, Values }))
        return (await namesOf(client, { Filters })).map((name) => name.slice(p.length)).join("")
      }
      assert.equal(await found(["name", `${p}a`, `${p}c`]), "ac")
      assert.equal(await found(["name", p.toUpperCase()]), "")
      assert.equal(await found(["name", `!${p}a`]), "bc")
      assert.equal(await found(["description", "alpha"]), "ab")
      assert.equal(await found(["description", "ALPH"]), "ab")
      assert.equal(await found(["description", "gamma alpha"]), "a", "each word begins some word")
      assert.equal(await found(["description", "pha"]), "", "not inside a word")
      assert.equal(await found(["description", "alpha"], ["description", "delta"]), "b")
      assert.equal(await found(["description", "!alpha"]), "c")
      assert.equal(await found(["tag-key", `${p}Ke`]), "a")
      assert.equal(await found(["tag-key", `${p}ke`]), "")
      assert.equal(await found(["tag-value", `${p}Va`]), "a")
      assert.equal(await found(["all", "delta"]), "b")
      assert.equal(await found(["all", "epsilon", "delta"]), "bc")
      assert.equal(await found(["owning-service", "rds"]), "")
    },
  },
  {
    name: "a filter needs a key, and one that AWS knows",
    async run(on) {
      const list = (filter: object) => on.client.call("ListSecrets", { Filters: [filter] })
      await refuses(
        list({ Key: "colour", Values: ["red"] }),
        "ValidationException",
        /Value 'colour' at 'filters\.1\.member\.key'/,
      )
      await refuses(list({ Values: ["red"] }), "InvalidParameterException", /^Invalid filter key$/)
    },
  },
  {
    name: "a batch takes ids or filters, says what failed for each, and turns pages by filters only",
    async run(on) {
      const { client } = on
      const p = on.name()
      const all = ["a", "b", "c"].map((end) => `${p}${end}`)
      for (const Name of all) await client.call("CreateSecret", { Name, SecretString: `of ${Name}` })
      await client.call("DeleteSecret", { SecretId: all[2] })
      const batch = (input: object) => client.call("BatchGetSecretValue", input)
      const mixed = await batch({ SecretIdList: [...all, `${p}none`] })
      const values = mixed.SecretValues.map((one) => [one.Name, one.SecretString, one.VersionStages])
      assert.deepEqual(
        values,
        all.slice(0, 2).map((name) => [name, `of ${name}`, ["AWSCURRENT"]]),
      )
      assert.deepEqual(
        mixed.Errors?.map((one) => [one.SecretId, one.ErrorCode]),
        [
          [all[2], "InvalidRequestException"],
          [`${p}none`, "ResourceNotFoundException"],
        ],
      )
      const Filters = [{ Key: "name", Values: [p] }]
      const pages = await client.pages("BatchGetSecretValue", { Filters, MaxResults: 1 })
      const names = pages.flatMap((page) => page.SecretValues.map(({ Name }) => Name))
      assert.deepEqual(names, all.slice(0, 2))
      await refuses(batch({}), "InvalidParameterException")
      await refuses(batch({ SecretIdList: [p], Filters }), "InvalidParameterException")
      await refuses(batch({ SecretIdList: [p], MaxResults: 3 }), "InvalidParameterException")
    },
  },
  {
    name: "a token of another list is none",
    async run(on) {
      const { client } = on
      const call = client.call("ListSecrets", { NextToken: "bm90IG1pbmU" })
      await refuses(call, "InvalidNextTokenException")
      const SecretId = on.name()
      await client.call("CreateSecret", { Name: SecretId, SecretString: "x" })
      const versions = client.call("ListSecretVersionIds", { SecretId, NextToken: "bm90IG1pbmU" })
      await refuses(versions, "InvalidNextTokenException")
    },
  },
  {
    name: "rotation needs a function; there is none to cancel",
    async run(on) {
      const { client } = on
      const SecretId = on.name()
      await client.call("CreateSecret", { Name: SecretId, SecretString: "x" })
      await refuses(
        client.call("RotateSecret", { SecretId }),
        "InvalidRequestException",
        /^No Lambda rotation function ARN is associated with this secret\.$/,
      )
      await refuses(client.call("CancelRotateSecret", { SecretId }), "InvalidRequestException")
    },
  },
  {
    name: "there is no resource policy, and the answer leaves it out",
    async run(on) {
      const Name = on.name()
      const { ARN } = await on.client.call("CreateSecret", { Name, SecretString: "x" })
      assert.deepEqual(await on.client.call("GetResourcePolicy", { SecretId: Name }), { ARN, Name })
    },
  },
]
