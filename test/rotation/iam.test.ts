import assert from "node:assert/strict"
import { before, describe, test } from "node:test"
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, ListAccessKeysCommand } from "@aws-sdk/client-iam"
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts"
import { stepsOf } from "../../src/adapters/targets/open.ts"
import type { Steps } from "../../src/rotation/steps.ts"
import { MOTO_REGION, moto, noMoto, takeTestCredentials } from "../kit/moto.ts"
import { Rehearsal, refuses, whileUsed } from "../kit/rehearsal.ts"

describe("AWS access keys", { skip: noMoto }, () => {
  let iam: IAMClient
  let steps: Steps
  let count = 0
  before(async () => {
    takeTestCredentials()
    process.env["AWS_ENDPOINT_URL"] = await moto()
    iam = new IAMClient({ region: MOTO_REGION })
    steps = await stepsOf("aws-iam")
  })

  async function newUser(): Promise<Record<string, string>> {
    const username = `app+${++count}@x`
    await iam.send(new CreateUserCommand({ UserName: username, Path: "/apps/" }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: username }))
    return {
      engine: "aws-iam",
      region: MOTO_REGION,
      username,
      accessKeyId: AccessKey?.AccessKeyId ?? "",
      secretAccessKey: AccessKey?.SecretAccessKey ?? "",
    }
  }

  /** moto knows the user of a key, and answers with another for keys it does not know. */
  async function isGood(value: string): Promise<boolean> {
    const key = JSON.parse(value) as { username: string; accessKeyId: string; secretAccessKey: string }
    const sts = new STSClient({ region: MOTO_REGION, credentials: key })
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
    sts.destroy()
    return Arn?.endsWith(`/${key.username}`) === true
  }
  async function keysOf(username: string): Promise<Record<string, string>> {
    const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName: username }))
    return Object.fromEntries(
      AccessKeyMetadata.map(({ AccessKeyId = "", Status = "Inactive" }) => [AccessKeyId, Status as string]),
    )
  }

  test("two keys take turns, and no use ever fails", async () => {
    const rehearsal = new Rehearsal(steps, await newUser())
    const { username = "" } = rehearsal.value()
    const seen = await whileUsed(rehearsal, isGood, async () => {
      for (let round = 0; round < 4; round++) {
        const old = rehearsal.value().accessKeyId ?? ""
        await rehearsal.rotate()
        assert.deepEqual(await keysOf(username), { [old]: "Active", [rehearsal.value().accessKeyId ?? ""]: "Active" })
      }
    })
    assert.deepEqual([seen.failedInside, seen.failedOutside], [0, 0])
    assert.ok(seen.logins > 4)
  })

  test("killed at every point: never more than two keys, the current one among them", async () => {
    const rehearsal = new Rehearsal(steps, await newUser())
    const { username = "" } = rehearsal.value()
    for (let round = 0; round < 3; round++) {
      const deaths = await rehearsal.dying(
        () => rehearsal.rotate(),
        async () => {
          const keys = await keysOf(username)
          assert.equal(keys[rehearsal.value().accessKeyId ?? ""], "Active")
          assert.ok(Object.keys(keys).length <= 2)
        },
      )
      assert.ok(deaths >= 3)
      assert.equal(Object.keys(await keysOf(username)).length, 2)
    }
    const old = (JSON.parse(rehearsal.previous ?? "{}") as Record<string, string>)["accessKeyId"] ?? ""
    await rehearsal.dying(
      () => rehearsal.revoke(),
      async () => assert.ok(await isGood(rehearsal.current)),
    )
    assert.equal((await keysOf(username))[old], "Inactive")
    await rehearsal.rotate()
    assert.equal((await keysOf(username))[old], undefined)
  })

  test("refusals", async () => {
    const good = await newUser()
    const other = await newUser()
    const at = (fields: object): Rehearsal => new Rehearsal(steps, { ...good, ...fields })
    await refuses("account_unsuitable", () => at({ username: other["username"] }).rotate())
    assert.equal(Object.keys(await keysOf(other["username"] ?? "")).length, 1)
    const secret = good["secretAccessKey"] ?? ""
    await refuses("secret_invalid", () => at({ username: "a/b" }).rotate(), secret)
    await refuses("secret_invalid", () => at({ accessKeyId: "x" }).rotate(), secret)
    await refuses("secret_invalid", () => at({ region: "evil.example/" }).rotate(), secret)
    await refuses("admin_missing", () => at({ masterarn: "admin" }).rotate(), secret)
    const admin = await newUser()
    const rehearsal = new Rehearsal(steps, { ...good, masterarn: "admin" }, admin)
    await rehearsal.rotate()
    assert.ok(await isGood(rehearsal.current))
    process.env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    try {
      await refuses("target_unreachable", () => at({}).rotate(), secret)
    } finally {
      process.env["AWS_ENDPOINT_URL"] = await moto()
    }
  })
})
