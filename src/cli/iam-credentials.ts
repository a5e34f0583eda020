import type { AwsCredentials } from "../client/iam-signature.ts"
import { Unmet } from "./command.ts"
import { FAULT } from "./exit.ts"
import type { World } from "./world.ts"

/**
 * The credentials of the environment, as AWS's own tools find them: variables, then whatever the SDK's chain knows
 * (profiles, single sign-on, web identity, the container's or the instance's role), which is imported only then.
 */
export async function awsCredentials({ env }: World): Promise<AwsCredentials> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  if (accessKeyId && secretAccessKey && !env["AWS_PROFILE"]) {
    const token = env["AWS_SESSION_TOKEN"]
    return { accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) }
  }
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node")
  try {
    return await defaultProvider()()
  } catch {
    throw new Unmet(FAULT, "no_aws_credentials", "there are no AWS credentials in this environment")
  }
}
