import assert from "node:assert/strict"
import { accessKey } from "./access-key.ts"
import type { PlayedAws } from "./aws-stage.ts"
import { fakeSts } from "./fake-sts.ts"
import { MOTO_ACCOUNT, MOTO_REGION } from "./moto-process.ts"
import { setUpAdmin } from "./people.ts"
import { startServer } from "./server.ts"

/**
 * An AWS of our own making: a Tyler in development, and an STS that verifies signatures. A key of its
 * admin becomes the credentials of the SDK in this process.
 * @param prefix under which nothing is counted
 */
export async function ownAws(prefix: string): Promise<PlayedAws> {
  const env = { TYLER_ENVIRONMENT: "development", AWS_REGION: MOTO_REGION, AWS_ACCOUNT_ID: MOTO_ACCOUNT }
  const server = await startServer({ env })
  const admin = await setUpAdmin(server)
  const row = {
    secretPattern: `${prefix}/*`,
    allowedRoles: ["admin"],
    maxAccessPerDay: null,
    reason: "Not counted here",
  }
  const made = await admin.post("/api/policies", row)
  assert.equal(made.status, 201, made.text)
  const { accessKeyId, secretAccessKey } = await accessKey(admin)
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey })
  for (const name of ["AWS_SESSION_TOKEN", "AWS_PROFILE"]) delete process.env[name]
  const sts = await fakeSts(MOTO_REGION)
  sts.keys.set(accessKeyId, { secretAccessKey, arn: `arn:aws:iam::${MOTO_ACCOUNT}:user/tyler`, account: MOTO_ACCOUNT })
  return {
    origin: server.url,
    stsOrigin: sts.origin,
    async [Symbol.asyncDispose]() {
      await sts.close()
      await server.close()
    },
  }
}
