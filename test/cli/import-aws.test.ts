import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import * as aws from "@aws-sdk/client-secrets-manager"
import { MOTO_ACCOUNT, MOTO_REGION, moto, noMoto, takeTestCredentials } from "../kit/moto.ts"
import { type Home, newHome } from "./kit.ts"
import { REASON, type Team, team, tokenIn } from "./server.ts"

const MANY = 130

let all: Team
let here: Home

before(async () => {
  if (noMoto !== false) return
  all = await team()
  takeTestCredentials()
  const endpoint = await moto()
  here = newHome({
    TYLER_URL: all.url,
    TYLER_REASON: REASON,
    TYLER_TOKEN: tokenIn(all.ada),
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: MOTO_REGION,
    AWS_ACCESS_KEY_ID: process.env["AWS_ACCESS_KEY_ID"] ?? "",
    AWS_SECRET_ACCESS_KEY: process.env["AWS_SECRET_ACCESS_KEY"] ?? "",
  })
  const client = new aws.SecretsManagerClient({ endpoint, region: MOTO_REGION })
  const create = (input: aws.CreateSecretCommandInput) => client.send(new aws.CreateSecretCommand(input))
  for (let at = 0; at < MANY; at++) await create({ Name: `many/s${at}`, SecretString: `value ${at}` })
  const Tags = [{ Key: "team", Value: "pay" }]
  await create({ Name: "app/db", SecretString: '{ "user": "u", "port": 1 }', Description: "main", Tags })
  // It is the emulator that answers, not somebody's account.
  assert.match((await create({ Name: "first" })).ARN ?? "", new RegExp(`:${MOTO_ACCOUNT}:`))
  await create({ Name: "app/cert", SecretBinary: Uint8Array.of(0, 255) })
  await create({ Name: "app/none" })
  await create({ Name: "App/other", SecretString: "not asked for" })
  await create({ Name: "app/gone", SecretString: "x" })
  await client.send(new aws.DeleteSecretCommand({ SecretId: "app/gone" }))
  client.destroy()
})
after(async () => {
  if (noMoto !== false) return
  here[Symbol.dispose]()
  await all.stop()
})

test("an account's secrets under a prefix come in as they are; what is deleted there is told", {
  skip: noMoto,
}, async () => {
  const dry = await here.tyler(["import", "app/", "--from", "aws", "--dry-run"])
  assert.deepEqual(dry.out.trim().split("\n").toSorted(), [
    "created   app/cert",
    "created   app/db",
    "created   app/none",
    "gone      app/gone: is scheduled for deletion in AWS",
  ])
  const { code, out, err } = await here.tyler(["import", "app/", "--from", "aws"])
  assert.equal(code, 3, err)
  assert.equal(out, "2 created, 1 deleted at the source, 1 not imported\n")
  assert.match(err, /app\/none: [^\n]*ResourceNotFoundException/)
  const db = await all.admin.get("app/db", { unmask: true })
  assert.equal(db.value, '{ "user": "u", "port": 1 }')
  const { description, tags } = await all.admin.metadata("app/db")
  assert.deepEqual([description, tags], ["main", [{ Key: "team", Value: "pay" }]])
  const cert = await all.admin.get("app/cert", { unmask: true })
  assert.equal(cert.valueBase64, "AP8=")
  const objects = await here.tyler(["import", "app/db", "--from", "aws", "--objects", "--prefix", "objects"])
  assert.equal(objects.code, 0, objects.err)
  assert.deepEqual((await all.admin.get("objects/app/db", { unmask: true })).value, { user: "u", port: 1 })
})

test("more than a page, and once more is the same", { skip: noMoto }, async () => {
  assert.equal((await here.tyler(["import", "many/", "--from", "aws"])).out, `${MANY} created\n`)
  const again = await here.tyler(["import", "many/", "--from", "aws", "--on-conflict", "write"])
  assert.equal(again.out, `${MANY} there already with the same value\n`)
})

test("a Region is required, and an AWS that does not answer ends it", { skip: noMoto }, async () => {
  const none = await here.tyler(["import", "many/", "--from", "aws"], { env: { AWS_REGION: "" } })
  assert.deepEqual([none.code, none.out], [2, ""])
  assert.match(none.err, /AWS_REGION/)
  const dead = await here.tyler(["import", "--from", "aws"], { env: { AWS_ENDPOINT_URL: "http://127.0.0.1:9" } })
  assert.deepEqual([dead.code, dead.out], [7, ""], dead.err)
  assert.match(dead.err, /AWS: ECONNREFUSED/)
  assert.equal((await here.tyler(["import", "a", "b", "--from", "aws"])).err.includes("one prefix"), true)
})
