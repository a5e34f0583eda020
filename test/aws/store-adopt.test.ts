import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager"
import { parseConfig } from "../../src/main/config.ts"
import { awsDoctor } from "../../src/main/aws-doctor.ts"
import { systemClock } from "../../src/core/clock.ts"
import { type Home, newHome } from "../cli/kit.ts"
import { type AwsPlayer, type AwsStage, awsStage, PLAYERS } from "../kit/aws-store.ts"
import { MOTO_REGION } from "../kit/moto.ts"
import { read, REASON } from "../kit/secrets.ts"

/** Names that AWS takes and we never serve. Our own endpoint takes none of them, so only the emulator can hold them. */
const ODD: Readonly<Record<AwsPlayer, readonly string[]>> = {
  moto: ["config/Same", "config/same", "config//odd"],
  own: [],
}

for (const { player, called, skip } of PLAYERS)
  describe(`taking over what was there, AWS played by ${called}`, { skip }, () => {
    let stage: AwsStage
    let home: Home
    before(async () => {
      stage = await awsStage({}, player)
      home = newHome({ TYLER_URL: stage.server.publicUrl, TYLER_TOKEN: stage.admin.token ?? "" })
      const given = [
        { Name: "config/a", Tags: [] },
        { Name: "config/b", Tags: [{ Key: "Environment", Value: "theirs" }] },
        { Name: "config/c", Tags: [] },
        { Name: "database/d", Tags: [] },
        ...ODD[player].map((Name) => ({ Name, Tags: [] })),
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
      const env = {
        SECRETS_BACKEND: "aws",
        DATABASE_URL: "postgres://root@127.0.0.1/none",
        SECRETS_PREFIX: stage.prefix,
        AWS_REGION: MOTO_REGION,
        AWS_ENDPOINT_URL: stage.played.stsOrigin,
      }
      const parsed = parseConfig({ ...env, AWS_ENDPOINT_URL_SECRETS_MANAGER: stage.played.origin })
      assert.ok("config" in parsed, JSON.stringify(parsed))
      const said: string[] = []
      assert.equal(await awsDoctor(parsed.config, false, systemClock, (line) => said.push(line)), 0, said.join("\n"))
      const list = said.find((line) => line.includes("secrets list")) ?? ""
      const odd = ODD[player]
      const served =
        odd.length === 0 ? /^ok: .* 4 secrets below (?!.*not served)/ : /^note: .* 7 secrets below .*; 3 are not served/
      assert.match(list, served)
      for (const name of odd) assert.ok(list.includes(`/${name}"`), list)
      for (const permission of ["GetSecretValue", "PutSecretValue", "DeleteSecret", "UpdateSecretVersionStage"])
        assert.ok(
          said.some((line) => line.startsWith("ok:") && line.includes(`needs secretsmanager:${permission};`)),
          permission,
        )
      stage.proxy.judge(() => ({ error: "AccessDeniedException" }))
      const denied = parseConfig({ ...env, AWS_ENDPOINT_URL_SECRETS_MANAGER: stage.proxy.url })
      assert.ok("config" in denied)
      const faults: string[] = []
      assert.equal(await awsDoctor(denied.config, false, systemClock, (line) => faults.push(line)), 1)
      assert.equal(faults.filter((line) => line.startsWith("FAULT: secrets")).length, 12, faults.join("\n"))
      stage.proxy.judge(() => "pass")
    })
  })
