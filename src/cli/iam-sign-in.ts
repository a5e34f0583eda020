import { signIdentity } from "../client/iam-signature.ts"
import { ago } from "./ago.ts"
import { type Call, UsageError } from "./command.ts"
import { addressOf, connectAnonymously } from "./connect.ts"
import { awsCredentials } from "./iam-credentials.ts"
import { answer, line } from "./print.ts"
import { storeToken, tokenPath } from "./token-file.ts"

/** Signs in as a service account with this environment's AWS credentials, which do not leave the machine. */
export async function signInWithIam(call: Call): Promise<void> {
  const { world } = call
  const region = world.env["AWS_REGION"] || world.env["AWS_DEFAULT_REGION"]
  if (!region) throw new UsageError("--iam needs AWS_REGION: the Region that the server asks", call.command.words)
  const address = addressOf(call)
  const signed = signIdentity(await awsCredentials(world), {
    region,
    serverId: new URL(address).host,
    now: world.now(),
    stsEndpoint: world.env["AWS_ENDPOINT_URL_STS"] || world.env["AWS_ENDPOINT_URL"] || undefined,
  })
  const { token, expiresAt, assurance } = await connectAnonymously(call).loginIam(signed)
  storeToken(world, address, token, expiresAt)
  await answer(call, { expiresAt, assurance, file: tokenPath(world) }, () =>
    line(world, `Logged in to ${address}; the session ends ${ago(expiresAt, world.now())}.`),
  )
}
