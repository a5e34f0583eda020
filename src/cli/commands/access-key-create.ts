import { connect, reasonOf } from "../connect.ts"
import { type Call, given } from "../command.ts"
import { wholeNumber } from "../number.ts"
import { ownerProof } from "../owner-proof.ts"
import { answer, line, note } from "../print.ts"
import { printable } from "../printable.ts"
import { scopeOf } from "../scope.ts"

/** What AWS's clients read from their environment, alone on standard output. */
export async function run(call: Call): Promise<void> {
  const { world } = call
  const expiresInDays = wholeNumber(call, "days", 1, 365)
  const label = given(call, "label")
  const serviceAccountId = given(call, "service-account")
  const scope = scopeOf(call)
  const client = connect(call)
  const reason = await reasonOf(call)
  const proof = serviceAccountId === undefined ? await ownerProof(call, client) : {}
  const issued = await client.accessKeys.create({
    reason,
    ...(label === undefined ? {} : { label }),
    ...(expiresInDays === undefined ? {} : { expiresInDays }),
    ...(serviceAccountId === undefined ? {} : { serviceAccountId }),
    ...scope,
    ...proof,
  })
  await answer(call, issued, async () => {
    await note(world, printable(`tyler: this access key is shown once; it ends ${issued.expiresAt}`))
    await line(world, printable(`AWS_ACCESS_KEY_ID=${issued.accessKeyId}`))
    await line(world, printable(`AWS_SECRET_ACCESS_KEY=${issued.secretAccessKey}`))
    await line(world, printable(`AWS_REGION=${issued.region}`))
    await line(world, printable(`AWS_ENDPOINT_URL_SECRETS_MANAGER=${issued.endpointUrl}`))
  })
}
