import assert from "node:assert/strict"
import { test } from "node:test"
import { parseConfig } from "./config.ts"
import { endpointsOf } from "./endpoints.ts"

async function found(env: Readonly<Record<string, string>>): Promise<object> {
  const parsed = parseConfig({ TYLER_ENVIRONMENT: "development", ...env })
  assert.ok("config" in parsed, JSON.stringify(parsed))
  return Object.fromEntries(
    (await endpointsOf(parsed.config)).map(({ service, host, reach }) => [service, [host, reach]]),
  )
}

test("nothing of AWS is asked without a Region; else the services that the configuration needs", async () => {
  assert.deepEqual(await found({}), {})
  const loopback = { AWS_REGION: "eu-central-1", AWS_ENDPOINT_URL: "http://127.0.0.1:5000" }
  assert.deepEqual(await found(loopback), { sts: ["127.0.0.1", "loopback"] })
  const more = {
    KMS_KEY_ID: "alias/tyler",
    CLOUDWATCH_NAMESPACE: "TylerSetup/Security",
    AUDIT_MIRROR_S3_BUCKET: "a-bucket",
  }
  assert.deepEqual(Object.keys(await found({ ...loopback, ...more })).toSorted(), ["kms", "monitoring", "s3", "sts"])
})

test("where a name leads: a private network, this machine, the internet, nowhere", async () => {
  const at = async (url: string) => {
    const { kms } = (await found({
      AWS_REGION: "eu-central-1",
      AWS_ENDPOINT_URL: "http://127.0.0.1:5000",
      KMS_KEY_ID: "alias/tyler",
      AWS_ENDPOINT_URL_KMS: url,
    })) as { kms: readonly [string, string] }
    return kms[1]
  }
  assert.deepEqual(
    [
      await at("https://10.20.0.7"),
      await at("https://[::1]"),
      await at("https://52.94.5.1"),
      await at("https://kms.invalid"),
    ],
    ["private", "loopback", "global", "unresolved"],
  )
})
