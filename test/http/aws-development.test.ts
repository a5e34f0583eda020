import assert from "node:assert/strict"
import { after, test } from "node:test"
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager"
import type { IssuedAccessKey } from "../../src/api/access-keys.ts"
import { accessKey } from "../kit/access-key.ts"
import { codeOf } from "../kit/factors.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { read } from "../kit/secrets.ts"
import { openStage } from "../kit/stage.ts"

const NAMES = ["plain", "config/a", "database/a", "employee/a", "financial/a", "team-x/a"]

async function scene(environment: "development" | "production") {
  const stage = await openStage({ dev: ["developer"] }, { env: { TYLER_ENVIRONMENT: environment } })
  after(() => stage.close())
  const clientOf = (key: IssuedAccessKey): SecretsManagerClient => {
    const client = new SecretsManagerClient({
      endpoint: stage.server.url,
      region: key.region,
      credentials: key,
      maxAttempts: 1,
    })
    after(() => client.destroy())
    return client
  }
  return { stage, clientOf }
}

test("in development an admin's key does everything on every name, and the daily limit holds", async () => {
  const { stage, clientOf } = await scene("development")
  const client = clientOf(await accessKey(stage.admin))
  for (const Name of NAMES) {
    await client.send(new CreateSecretCommand({ Name, SecretString: "one" }))
    await client.send(new PutSecretValueCommand({ SecretId: Name, SecretString: "two" }))
    assert.equal((await client.send(new GetSecretValueCommand({ SecretId: Name }))).SecretString, "two", Name)
  }
  for (let use = 2; use <= 10; use++) await client.send(new GetSecretValueCommand({ SecretId: "config/a" }))
  await assert.rejects(client.send(new GetSecretValueCommand({ SecretId: "config/a" })), /limit/i)
  for (const SecretId of NAMES)
    await client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }))
  assert.ok((await verdictOn(await exportLog(stage.admin))).ok)
})

test("nobody else's key, no narrower key, no other way in, and nothing of it in production", async () => {
  const { stage, clientOf } = await scene("development")
  const admin = clientOf(await accessKey(stage.admin))
  for (const Name of NAMES) await admin.send(new CreateSecretCommand({ Name, SecretString: "one" }))
  const refused = { name: "AccessDeniedException" }
  const dev = clientOf(await accessKey(stage.people.dev.client))
  const narrow = clientOf(await accessKey(stage.admin, { scope: { secrets: ["config/*"], verbs: ["reveal"] } }))
  for (const SecretId of ["plain", "employee/a", "financial/a"]) {
    await assert.rejects(dev.send(new GetSecretValueCommand({ SecretId })), refused, SecretId)
    await assert.rejects(narrow.send(new GetSecretValueCommand({ SecretId })), refused, SecretId)
  }
  assert.equal(codeOf(await read(stage.admin, "financial/a")), "approval_required", "over REST the row holds")

  const real = await scene("production")
  const there = real.clientOf(await accessKey(real.stage.admin))
  await there.send(new CreateSecretCommand({ Name: "financial/a", SecretString: "one" }))
  await assert.rejects(there.send(new GetSecretValueCommand({ SecretId: "financial/a" })), refused)
})
