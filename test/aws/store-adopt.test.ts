import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager"
import { parseConfig } from "../../src/main/config.ts"
import { awsDoctor } from "../../src/main/aws-doctor.ts"
import { systemClock } from "../../src/core/clock.ts"
import { type Home, newHome } from "../cli/kit.ts"
import { type AwsStage, awsStage, noAwsStore } from "../kit/aws-store.ts"
import { moto, MOTO_REGION } from "../kit/moto.ts"
import { read, REASON } from "../kit/secrets.ts"

describe("taking over what was there", { skip: noAwsStore }, () => {
  let stage: AwsStage
  let home: Home
  before(async () => {
    stage = await awsStage()
    home = newHome({ TYLER_URL: stage.server.publicUrl, TYLER_TOKEN: stage.admin.token ?? "" })
    const given = [
      { Name: "config/a", Tags: [] },
      { Name: "config/b", Tags: [{ Key: "Environment", Value: "theirs" }] },
      { Name: "config/c", Tags: [] },
      { Name: "database/d", Tags: [] },
      { Name: "config/Same", Tags: [] },
      { Name: "config/same", Tags: [] },
      { Name: "config//odd", Tags: [] },
    ]
    for (const { Name, Tags } of given)
      await stage.aws.send(new CreateSecretCommand({ Name: `${stage.prefix}/${Name}`, SecretString: "x", Tags }))
    await stage.sweep()
  })
  after(async () => {
    home[Symbol.dispose]()
    await stage[Symbol.asyncDispose]()
  })

  test("without --yes it is only said; with it done, refused one by one, and a second run goes on", async () => {
    const preview = await home.tyler(["aws", "adopt", "config/"])
    assert.deepEqual([preview.code, preview.out], [0, "config/a\nconfig/b\nconfig/c\n"], preview.err)
    assert.match(preview.err, /3 would be adopted; nothing was done without --yes/)
    assert.equal((await read(stage.admin, "config/a")).body.code, "not_adopted")
    const done = await home.tyler(["aws", "adopt", "config/", "--yes", "--reason", REASON])
    assert.equal(done.code, 3, done.err)
    assert.match(done.out, /^2 adopted, 1 refused\n/)
    assert.match(done.out, /config\/b +store_refused: .*Environment/)
    assert.equal((await read(stage.admin, "config/a")).body.value, "x")
    assert.equal((await read(stage.admin, "database/d")).body.code, "not_adopted")
    const again = await home.tyler(["aws", "adopt", "config/", "--yes", "--json", "--reason", REASON])
    const report = JSON.parse(again.out) as { adopted: number; refused: { name: string }[] }
    assert.deepEqual([report.adopted, report.refused.map(({ name }) => name)], [0, ["config/b"]])
  })

  test("the doctor tries each permission, makes nothing, and names what is not served", async () => {
    const upstream = await moto()
    const env = { SECRETS_BACKEND: "aws", DATABASE_URL: "postgres://root@127.0.0.1/none", SECRETS_PREFIX: stage.prefix }
    const parsed = parseConfig({ ...env, AWS_REGION: MOTO_REGION, AWS_ENDPOINT_URL: upstream })
    assert.ok("config" in parsed, JSON.stringify(parsed))
    const said: string[] = []
    assert.equal(await awsDoctor(parsed.config, false, systemClock, (line) => said.push(line)), 0, said.join("\n"))
    const list = said.find((line) => line.includes("secrets list")) ?? ""
    assert.match(list, /^note: .* 7 secrets below .*; 3 are not served/)
    for (const name of ["config/Same", "config/same", "config//odd"]) assert.ok(list.includes(`/${name}"`), list)
    for (const permission of ["GetSecretValue", "PutSecretValue", "DeleteSecret", "UpdateSecretVersionStage"])
      assert.ok(
        said.some((line) => line.startsWith("ok:") && line.includes(`needs secretsmanager:${permission};`)),
        permission,
      )
    stage.proxy.judge(() => ({ error: "AccessDeniedException" }))
    const denied = parseConfig({
      ...env,
      AWS_REGION: MOTO_REGION,
      AWS_ENDPOINT_URL: upstream,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: stage.proxy.url,
    })
    assert.ok("config" in denied)
    const faults: string[] = []
    assert.equal(await awsDoctor(denied.config, false, systemClock, (line) => faults.push(line)), 1)
    assert.equal(faults.filter((line) => line.startsWith("FAULT: secrets")).length, 10, faults.join("\n"))
    stage.proxy.judge(() => "pass")
  })
})
